"""One call to a remote signing service of the Cloud Signature Consortium, and what failures mean.

Sources: CSC API 1.0.4.0 and 2.0.0.2, sections 8 (JSON over POST) and 10.1 (error messages).
"""

from __future__ import annotations

import base64
import http.client
import ipaddress
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, urlencode, urlsplit

from chalicelib.base import limits
from chalicelib.base.errors import Rejected, Transient

ANSWER_BYTES = 2 * 1000 * 1000  # some hundred signatures of 4096 bits, or a chain, stay far below
_REASON_CHARS = 80

# What the error of an answer means, whatever the call. Words in the description are not looked
# at except for the SAD: both versions report it as a parameter that is not valid.
_FINAL = {
    "invalid_pin": ("csc_pin", "The signing service does not accept the PIN."),
    "invalid_otp": ("csc_otp", "The signing service does not accept the one-time password."),
}


class SadRefused(Rejected):
    """The signature activation data has expired, was used, or is for other hashes."""

    def __init__(self) -> None:
        super().__init__("csc_authorization", "The signing service withdrew its leave to sign.")


@dataclass(frozen=True)
class Service:
    """Where the API is, up to and with its version (`https://host/csc/v1`).

    Without a context the address must be plain http, and that only on this machine.
    """

    url: str
    ssl_context: ssl.SSLContext | None = field(default=None, repr=False)
    timeout_s: float = limits.HTTP_TIMEOUT_S


def service(url: str, ca_pem: str = "", timeout_s: float = limits.HTTP_TIMEOUT_S) -> Service:
    """A service at `url`, trusted by `ca_pem` alone when given, else by the public authorities.

    Raises Rejected `csc_address` (not https, or not an address) and `csc_authority`.
    """
    try:
        parts = urlsplit(url)
        sound = bool(parts.hostname) and not parts.query and parts.port != 0
    except ValueError:
        sound = False
    if not sound or parts.scheme not in ("https", "http"):
        raise _bad_address()
    if parts.scheme == "http":
        if not _is_here(parts.hostname or ""):
            raise _bad_address()  # PIN and password would travel in the open
        return Service(url.rstrip("/"), None, timeout_s)
    try:
        context = ssl.create_default_context(cadata=ca_pem or None)
    except (ssl.SSLError, ValueError) as error:
        raise Rejected("csc_authority", "The authority of the service cannot be read.") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return Service(url.rstrip("/"), context, timeout_s)


def call(service: Service, method: str, body: Mapping[str, Any], token: str = "") -> dict[str, Any]:
    """POST one API method; the JSON object of the answer.

    Raises SadRefused; Rejected `csc_pin`, `csc_otp`, `csc_session` (the token is not accepted),
    `csc_refused` (any other refusal, its code as `reason`); Transient `csc_unreachable`,
    `csc_unavailable` (5xx, 429), `csc_answer` (not what the API promises).
    """
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    return _post(service, f"{service.url}/{method}", json.dumps(body).encode(), headers)


def login_basic(service: Service, user: str, password: str) -> str:
    """An access token by HTTP Basic (auth/login). Raises as `call`, and Rejected `csc_login`."""
    secret = base64.b64encode(f"{user}:{password}".encode()).decode()
    headers = {"Content-Type": "application/json", "Authorization": f"Basic {secret}"}
    url = f"{service.url}/auth/login"
    return _token(service, url, json.dumps({"rememberMe": False}).encode(), headers)


def login_client(service: Service, base_url: str, client: str, secret: str) -> str:
    """An access token by OAuth 2.0 client credentials (RFC 6749, 4.4). Raises as `login_basic`."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    asked = {
        "grant_type": "client_credentials",
        "scope": "service",
        "client_id": client,
        "client_secret": secret,
    }
    url = base_url.rstrip("/") + "/oauth2/token"
    return _token(service, url, urlencode(asked).encode(), headers)


def _token(service: Service, url: str, body: bytes, headers: Mapping[str, str]) -> str:
    try:
        answer = _post(service, url, body, headers)
    except Rejected as refusal:
        raise Rejected(
            "csc_login",
            "The signing service does not accept the login.",
            reason=refusal.details.get("reason", ""),
        ) from None
    token = answer.get("access_token")
    if not isinstance(token, str) or not token or not token.isascii():
        raise unexpected("there is no access token")
    return token


def unexpected(reason: str) -> Transient:
    """An answer that the API does not allow."""
    return Transient("csc_answer", "The signing service answered unexpectedly.", reason=reason)


def _post(service: Service, url: str, body: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
    parts = urlsplit(url)
    connection = _connection(service, parts)
    try:
        connection.request("POST", parts.path or "/", body, dict(headers))
        with connection.getresponse() as response:  # closed here also when it is not read whole
            status, data = response.status, response.read(ANSWER_BYTES + 1)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Transient(
            "csc_unreachable",
            "The signing service did not answer in time.",
            reason=type(error).__name__,
        ) from error
    finally:
        connection.close()
    answer = _json(data)
    if status >= 500 or status == 429:
        raise Transient("csc_unavailable", "The signing service is not available.", status=status)
    if status >= 300:
        raise _refusal(status, answer or {})
    if answer is None:
        raise unexpected("not a JSON object")
    return answer


def _connection(service: Service, parts: SplitResult) -> http.client.HTTPConnection:
    host = parts.hostname or ""
    if (parts.scheme == "https") is (service.ssl_context is None):
        raise _bad_address()  # the service names a token address of another kind than its own
    if service.ssl_context is None:
        if not _is_here(host):
            raise _bad_address()
        return http.client.HTTPConnection(host, parts.port, timeout=service.timeout_s)
    return http.client.HTTPSConnection(
        host, parts.port, timeout=service.timeout_s, context=service.ssl_context
    )


def _json(data: bytes) -> dict[str, Any] | None:
    if len(data) > ANSWER_BYTES:
        return None
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _refusal(status: int, answer: Mapping[str, Any]) -> Rejected:
    code = str(answer.get("error", ""))[:_REASON_CHARS]
    about_sad = "SAD" in str(answer.get("error_description", "")) or "sad" in code.lower()
    if code in _FINAL:
        return Rejected(*_FINAL[code])
    if status == 401 or code in ("invalid_token", "expired_token"):
        return Rejected("csc_session", "The signing service does not accept the session.")
    if about_sad:
        return SadRefused()
    # The description is not passed on: services repeat in it what they were sent.
    return Rejected("csc_refused", "The signing service refused.", reason=code, answer=status)


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _bad_address() -> Rejected:
    return Rejected("csc_address", "The address of the signing service must be https.")
