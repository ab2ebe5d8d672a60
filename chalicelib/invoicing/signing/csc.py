"""Remote qualified signature by the Cloud Signature Consortium's API, versions 1.0.4 and 2.

The service holds key and certificate. It is asked for leave to sign certain hashes (`authorize`
gives signature activation data, SAD) and then for the signatures (`signHash`), many at once. SAD
is never used twice. What the versions differ in is in `_authorize` and `_sign`, and nowhere else.
"""

from __future__ import annotations

import base64
import binascii
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from cryptography import x509

from chalicelib.base.errors import Rejected, Transient
from chalicelib.invoicing.signing import csc_http
from chalicelib.invoicing.signing.csc_http import SadRefused, Service, call, unexpected
from chalicelib.invoicing.signing.holder import Identity, checked, identify

SHA256_OID = "2.16.840.1.101.3.4.2.1"
_SHA256_WITH_RSA, _RSA = "1.2.840.113549.1.1.11", "1.2.840.113549.1.1.1"
_HASHES_MAX = 100  # in one call, however many the credential allows
_LISTED_MAX = 1_000
_CERTIFICATES_MAX = 10

Version = Literal[1, 2]


@dataclass(frozen=True)
class Access:
    """How one gets in: a bearer `token`; or `user` and `password` (HTTP Basic); or `client` and
    `secret` (OAuth 2.0 client credentials). `pin` and `otp` are what the credential wants."""

    token: str = field(default="", repr=False)
    user: str = ""
    password: str = field(default="", repr=False)
    client: str = ""
    secret: str = field(default="", repr=False)
    pin: str = field(default="", repr=False)
    otp: str = field(default="", repr=False)


@dataclass(frozen=True)
class Credential:
    """A key at the service. `mode` is how it is authorised; `objects` are what has to be given
    with it, kind ("pin", "otp") to the name that the service has for it."""

    id: str
    certificates: tuple[x509.Certificate, ...] = field(repr=False)
    mode: str
    objects: Mapping[str, str]
    batch: int
    algorithm: str
    enabled: bool


@dataclass(frozen=True)
class CscSigner(Identity):
    """A credential ready to sign."""

    service: Service
    version: Version
    access: Access
    credential: Credential
    # A wrong PIN is sent once and never again by this process: three of them lock a credential.
    pin_refused: threading.Event = field(default_factory=threading.Event, repr=False, compare=False)

    def sign_digests(self, digests: Sequence[bytes]) -> list[bytes]:
        """As few calls as the credential allows; every signature is proved before it is used.

        Raises as csc_http.call, Rejected `csc_login`, `csc_otp_used` and `signing_key_mismatch`,
        Transient `csc_authorization` (the leave to sign was withdrawn twice).
        """
        if self.pin_refused.is_set():
            raise Rejected("csc_pin", "The PIN was refused: it is not tried again.")
        size = self.credential.batch
        batches = [digests[i : i + size] for i in range(0, len(digests), size)]
        if self.access.otp and len(batches) > 1:
            raise Rejected("csc_otp_used", "One password allows one batch.", batch=size)
        token = login(self.service, self.access)
        signatures: list[bytes] = []
        for batch in batches:
            signatures += self._sign_batch(token, batch)
        return checked(self, digests, signatures)

    def _sign_batch(self, token: str, digests: Sequence[bytes]) -> list[bytes]:
        hashes = [base64.b64encode(each).decode() for each in digests]
        # A one-time password is used up by the first leave; else a second try is for SAD that
        # expired between the two calls.
        for _ in range(1 if self.access.otp else 2):
            try:
                return _sign(self, token, _authorize(self, token, hashes), hashes)
            except SadRefused:
                continue
            except Rejected as refusal:
                if refusal.code == "csc_pin":
                    self.pin_refused.set()
                raise
        raise Transient("csc_authorization", "The signing service withdrew its leave to sign.")


def open_csc(service: Service, access: Access, credential_id: str = "") -> CscSigner:
    """A signer by a credential of the service; the only one there when none is named.

    Raises as csc_http.call and holder.identify do; Rejected `csc_version` (neither 1 nor 2),
    `csc_credential` (none, several, or disabled), `csc_authorization_mode` (needs a browser),
    `csc_pin_missing`, `csc_otp_missing`, `csc_algorithm` (no RSA with SHA-256).
    """
    version = _version(info(service))
    token = login(service, access)
    credential = describe(service, version, token, credential_id or _only(service, token))
    if not credential.enabled:
        raise Rejected("csc_credential", "The credential is not enabled.")
    if credential.mode not in ("implicit", "explicit"):
        raise Rejected("csc_authorization_mode", "The credential has to be authorised by hand.")
    for kind in ("pin", "otp"):
        if kind in credential.objects and not getattr(access, kind):
            raise Rejected(f"csc_{kind}_missing", f"The credential cannot sign without {kind}.")
    who = identify(credential.certificates)
    return CscSigner(
        **vars(who), service=service, version=version, access=access, credential=credential
    )


def info(service: Service) -> dict[str, Any]:
    """What the service says of itself: `specs`, `name`, `authType`, `methods`, `oauth2`…"""
    return call(service, "info", {})


def login(service: Service, access: Access) -> str:
    """An access token; one that was given is given back."""
    if access.token:
        return access.token
    if access.client:
        base = info(service).get("oauth2")
        if not isinstance(base, str) or not base:
            raise unexpected("the service names no OAuth 2.0 address")
        return csc_http.login_client(service, base, access.client, access.secret)
    return csc_http.login_basic(service, access.user, access.password)


def credentials(service: Service, token: str) -> list[str]:
    """The ids of the user's credentials, all pages."""
    found: list[str] = []
    page = ""
    while len(found) <= _LISTED_MAX:
        answer = call(service, "credentials/list", {"pageToken": page} if page else {}, token)
        ids = answer.get("credentialIDs")
        if not isinstance(ids, list) or not all(isinstance(i, str) for i in ids):
            raise unexpected("credentialIDs")
        found += ids
        page = _text(answer, "nextPageToken")
        if not page or not ids:
            break
    return found


def send_otp(signer: CscSigner) -> None:
    """Let the service send a one-time password to the signer, where it sends them."""
    token = login(signer.service, signer.access)
    body: dict[str, Any] = {"credentialID": signer.credential.id}
    if signer.version == 1:
        call(signer.service, "credentials/sendOTP", body, token)
        return
    body["authObjectId"] = signer.credential.objects.get("otp", "OTP")
    call(signer.service, "credentials/getChallenge", body, token)


def describe(service: Service, version: Version, token: str, credential_id: str) -> Credential:
    """A credential with its certificates. Raises Rejected `csc_credential`, `csc_algorithm`."""
    asked = {
        "credentialID": credential_id,
        "certificates": "chain",
        "certInfo": True,
        "authInfo": True,
    }
    try:
        answer = call(service, "credentials/info", asked, token)
    except Rejected as refusal:
        if refusal.code != "csc_refused":
            raise
        raise Rejected("csc_credential", "The service has no such credential.") from refusal
    key, certificate = _object(answer, "key"), _object(answer, "cert")
    algorithms = key.get("algo")
    offered = algorithms if isinstance(algorithms, list) else []
    algorithm = next((a for a in (_SHA256_WITH_RSA, _RSA) if a in offered), "")
    if not algorithm:
        raise Rejected("csc_algorithm", "The credential does not sign by RSA and SHA-256.")
    mode, objects = _authorisation(answer, version)
    batch = answer.get("multisign", 1)
    if not isinstance(batch, int) or batch < 1:
        raise unexpected("multisign")
    return Credential(
        id=credential_id,
        certificates=_certificates(certificate),
        mode=mode,
        objects=objects,
        batch=min(batch, _HASHES_MAX),
        algorithm=algorithm,
        enabled=key.get("status") == "enabled" and certificate.get("status", "valid") == "valid",
    )


def _authorisation(answer: Mapping[str, Any], version: Version) -> tuple[str, dict[str, str]]:
    objects: dict[str, str] = {}
    if version == 1:
        for kind in ("PIN", "OTP"):
            # "optional" is left to the service: what we have is sent in any case.
            if _text(_object(answer, kind), "presence") == "true":
                objects[kind.lower()] = kind
        return _text(answer, "authMode"), objects
    auth = _object(answer, "auth")
    listed = auth.get("objects")
    for each in listed if isinstance(listed, list) else []:
        if isinstance(each, dict):
            name, kind = _text(each, "id"), _text(each, "type").lower()
            is_otp = kind == "otp" or name.upper().startswith("OTP")
            objects["otp" if is_otp else "pin"] = name
    return _text(auth, "mode"), objects


def _authorize(signer: CscSigner, token: str, hashes: Sequence[str]) -> str:
    """SAD for these hashes. They are named whatever the credential's level (SCAL) asks for: a
    stolen SAD is then worth nothing."""
    access, credential = signer.access, signer.credential
    body: dict[str, Any] = {"credentialID": credential.id, "numSignatures": len(hashes)}
    given = {kind: value for kind in ("pin", "otp") if (value := getattr(access, kind))}
    if signer.version == 1:
        body["hash"] = hashes
        body |= {kind.upper(): value for kind, value in given.items()}
    else:
        body |= {"hashes": hashes, "hashAlgorithmOID": SHA256_OID}
        body["authData"] = [
            {"id": credential.objects[kind], "value": value}
            for kind, value in given.items()
            if kind in credential.objects
        ]
    sad = _text(call(signer.service, "credentials/authorize", body, token), "SAD")
    if not sad:
        raise unexpected("SAD")
    return sad


def _sign(signer: CscSigner, token: str, sad: str, hashes: Sequence[str]) -> list[bytes]:
    credential = signer.credential
    body = {"credentialID": credential.id, "SAD": sad, "signAlgo": credential.algorithm}
    named: dict[str, Any] = (
        {"hash": hashes, "hashAlgo": SHA256_OID}
        if signer.version == 1
        else {"hashes": hashes, "hashAlgorithmOID": SHA256_OID}
    )
    answer = call(signer.service, "signatures/signHash", body | named, token)
    found = answer.get("signatures")
    if not isinstance(found, list) or len(found) != len(hashes):
        raise unexpected("not as many signatures as hashes")
    return [_decoded(each) for each in found]


def _version(answer: Mapping[str, Any]) -> Version:
    specs = _text(answer, "specs")
    if specs.startswith("1."):
        return 1
    if specs.startswith("2."):
        return 2
    raise Rejected("csc_version", "The service speaks neither version 1 nor 2.", specs=specs[:20])


def _only(service: Service, token: str) -> str:
    found = credentials(service, token)
    if len(found) != 1:
        raise Rejected(
            "csc_credential", "Say which credential: there is not just one.", count=len(found)
        )
    return found[0]


def _certificates(certificate: Mapping[str, Any]) -> tuple[x509.Certificate, ...]:
    """The signer's first, as the API promises."""
    found = certificate.get("certificates")
    if not isinstance(found, list) or not 0 < len(found) <= _CERTIFICATES_MAX:
        raise unexpected("certificates")
    try:
        return tuple(x509.load_der_x509_certificate(_decoded(each)) for each in found)
    except ValueError as error:
        raise unexpected("a certificate") from error


def _decoded(value: object) -> bytes:
    try:
        return base64.b64decode("".join(str(value).split()), validate=True)
    except (binascii.Error, ValueError):
        raise unexpected("not base64") from None


def _object(answer: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = answer.get(name)
    return found if isinstance(found, dict) else {}


def _text(answer: Mapping[str, Any], name: str) -> str:
    found = answer.get(name)
    return found if isinstance(found, str) else ""
