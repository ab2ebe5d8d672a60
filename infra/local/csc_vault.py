"""The signing service's credentials, sessions and leaves to sign, behind its API.

Written from CSC API 1.0.4.0 (sections 11.1-11.11) and 2.0.0.2 (section 11).
"""

from __future__ import annotations

import base64
import binascii
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from infra.local.authority import Authority

if TYPE_CHECKING:
    from infra.local.csc_faults import Faults

SHA256 = "2.16.840.1.101.3.4.2.1"
RSA, SHA256_RSA = "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.11"
_SAD_LIFE = timedelta(minutes=5)
_PAGE = 2
_COMMON = {
    "credentials/list": {"userID", "maxResults", "pageToken", "clientData"},
    "credentials/info": {"credentialID", "certificates", "certInfo", "authInfo", "lang"},
}
_PARAMETERS = {
    1: {
        **_COMMON,
        "credentials/sendOTP": {"credentialID"},
        "credentials/authorize": {
            "credentialID", "numSignatures", "hash", "PIN", "OTP", "description", "clientData",
        },
        "signatures/signHash": {
            "credentialID", "SAD", "hash", "hashAlgo", "signAlgo", "signAlgoParams", "clientData",
        },
    },
    2: {
        **_COMMON,
        "credentials/getChallenge": {"credentialID", "authObjectId", "clientData"},
        "credentials/authorize": {
            "credentialID", "numSignatures", "hashes", "hashAlgorithmOID", "authData",
            "description", "clientData",
        },
        "signatures/signHash": {
            "credentialID", "SAD", "hashes", "hashAlgorithmOID", "signAlgo", "signAlgoParams",
            "operationMode", "clientData",
        },
    },
}  # fmt: skip


class ApiError(Exception):
    """A refusal as the API writes it."""

    def __init__(self, code: str, text: str, status: int = 400) -> None:
        super().__init__(code)
        self.code, self.text, self.status = code, text, status


@dataclass(frozen=True)
class Credential:
    """A key that the service holds. `pin` and `otp` "" where none is wanted."""

    id: str
    key: rsa.RSAPrivateKey
    certificates: tuple[bytes, ...]
    pin: str = ""
    otp: str = ""
    multisign: int = 50
    scal: str = "2"
    status: str = "enabled"
    mode: str = "explicit"
    algorithms: tuple[str, ...] = (RSA, SHA256_RSA)


def certified(
    name: str,
    key: rsa.RSAPrivateKey,
    authority: Authority,
    now: datetime,
    *,
    revocation_url: str = "",
    **options: Any,
) -> Credential:
    """A credential whose certificate the authority makes (as `certify_signer` does); `options`
    are fields of Credential."""
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    certificate = authority.certify_signer(
        public, "Anna Bianchi", now, revocation_url=revocation_url
    )
    own = x509.load_pem_x509_certificate(certificate)
    root = x509.load_pem_x509_certificate(authority.ca_pem)
    chain = tuple(each.public_bytes(Encoding.DER) for each in (own, root))
    return Credential(name, key, chain, **options)


@dataclass
class _Leave:
    credential: str
    hashes: tuple[str, ...]
    number: int
    until: datetime


@dataclass
class Vault:
    """What lies behind the API. One lock: a test service need not be fast."""

    credentials: dict[str, Credential]
    clock: Callable[[], datetime]
    faults: Faults
    pin_failures: int = 0
    challenges: int = 0
    _tokens: set[str] = field(default_factory=set)
    _leaves: dict[str, _Leave] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def methods(self, version: int) -> list[str]:
        return ["info", "auth/login", *_PARAMETERS[version]]

    def new_token(self) -> str:
        token = secrets.token_urlsafe(16)
        self._tokens.add(token)
        return token

    def check_token(self, authorization: str) -> None:
        if authorization.removeprefix("Bearer ") not in self._tokens:
            raise ApiError("invalid_token", "unknown access token", 401)

    def call(self, version: int, method: str, asked: dict[str, Any]) -> dict[str, Any]:
        """One method of the API for somebody who is logged in. Raises ApiError."""
        allowed = _PARAMETERS[version].get(method)
        if allowed is None:
            raise ApiError("invalid_request", f"no method {method}", 404)
        if stray := set(asked) - allowed:
            raise ApiError("invalid_request", f"unknown parameters: {sorted(stray)}")
        with self._lock:
            if method == "credentials/list":
                return self._list(asked)
            credential = self.credentials.get(asked.get("credentialID", ""))
            if credential is None:
                raise ApiError("invalid_request", "Invalid parameter credentialID")
            if method == "credentials/info":
                return _info(credential, version)
            if method in ("credentials/sendOTP", "credentials/getChallenge"):
                self.challenges += 1
                return {}
            if method == "credentials/authorize":
                return self._authorize(credential, version, asked)
            return self._sign(credential, version, asked)

    def _list(self, asked: dict[str, Any]) -> dict[str, Any]:
        ids = sorted(self.credentials)
        start = int(asked.get("pageToken") or 0)
        answer: dict[str, Any] = {"credentialIDs": ids[start : start + _PAGE]}
        if start + _PAGE < len(ids):
            answer["nextPageToken"] = str(start + _PAGE)
        return answer

    def _authorize(
        self, credential: Credential, version: int, asked: dict[str, Any]
    ) -> dict[str, Any]:
        number = asked.get("numSignatures")
        listed = _hashes(asked, version, required=credential.scal == "2")
        if not isinstance(number, int) or not 0 < number <= credential.multisign:
            raise ApiError("invalid_request", "Invalid value for parameter numSignatures")
        if listed and len(listed) != number:
            raise ApiError("invalid_request", "numSignatures is not the number of hashes")
        pin, otp = _given(asked, version)
        if credential.pin and pin != credential.pin:
            self.pin_failures += 1
            raise ApiError("invalid_pin", "The PIN is not valid")
        if credential.otp and otp != credential.otp:
            raise ApiError("invalid_otp", "The OTP is not valid")
        expired = self.faults.take("expired_sad", "credentials/authorize")
        until = self.clock() + (-_SAD_LIFE if expired else _SAD_LIFE)
        sad = secrets.token_urlsafe(24)
        self._leaves[sad] = _Leave(credential.id, tuple(listed), number, until)
        return {"SAD": sad, "expiresIn": int(_SAD_LIFE.total_seconds())}

    def _sign(self, credential: Credential, version: int, asked: dict[str, Any]) -> dict[str, Any]:
        leave = self._leaves.pop(str(asked.get("SAD", "")), None)
        if leave is None or leave.credential != credential.id or self.clock() >= leave.until:
            raise ApiError("invalid_request", "Invalid parameter SAD")
        listed = _hashes(asked, version, required=True)
        if len(listed) > leave.number or (leave.hashes and set(listed) - set(leave.hashes)):
            raise ApiError("invalid_request", "Hash is not authorized by the SAD")
        algorithm = asked.get("signAlgo")
        named = asked.get("hashAlgo" if version == 1 else "hashAlgorithmOID")
        if algorithm not in credential.algorithms or (algorithm == RSA and named != SHA256):
            raise ApiError("invalid_request", "Invalid parameter signAlgo")
        made = [_signature(self.faults, credential.key, base64.b64decode(h)) for h in listed]
        if self.faults.take("fewer", "signatures/signHash"):
            made.pop()
        if self.faults.take("not_base64", "signatures/signHash"):
            made = ["€"] * len(made)
        return {"signatures": made}


def _signature(faults: Faults, key: rsa.RSAPrivateKey, digest: bytes) -> str:
    if faults.take("other_key", "signatures/signHash"):
        key = rsa.generate_private_key(65537, 2048)
    if faults.take("other_hash", "signatures/signHash"):
        digest = bytes(reversed(digest))
    return base64.b64encode(
        key.sign(digest, padding.PKCS1v15(), Prehashed(hashes.SHA256()))
    ).decode()


def _hashes(asked: dict[str, Any], version: int, *, required: bool) -> list[str]:
    listed = asked.get("hash" if version == 1 else "hashes", [])
    if not isinstance(listed, list) or (required and not listed):
        raise ApiError("invalid_request", "Missing (or invalid type) array parameter hash")
    for each in listed:
        try:
            sound = len(base64.b64decode(each, validate=True)) == hashes.SHA256.digest_size
        except (binascii.Error, TypeError):
            sound = False
        if not sound:
            raise ApiError("invalid_request", "Invalid hash parameter length")
    return listed


def _given(asked: dict[str, Any], version: int) -> tuple[str, str]:
    if version == 1:
        return asked.get("PIN", ""), asked.get("OTP", "")
    values = {each["id"]: each["value"] for each in asked.get("authData", [])}
    return values.get("PIN", ""), values.get("OTP", "")


def _info(credential: Credential, version: int) -> dict[str, Any]:
    own = x509.load_der_x509_certificate(credential.certificates[0])
    answer: dict[str, Any] = {
        "description": "Certificato di firma automatica",
        "key": {
            "status": credential.status,
            "algo": list(credential.algorithms),
            "len": credential.key.key_size,
        },
        "cert": {
            "status": "valid",
            "certificates": [base64.b64encode(c).decode() for c in credential.certificates],
            "issuerDN": own.issuer.rfc4514_string(),
            "subjectDN": own.subject.rfc4514_string(),
            "serialNumber": f"{own.serial_number:X}",
            "validFrom": own.not_valid_before_utc.strftime("%Y%m%d%H%M%SZ"),
            "validTo": own.not_valid_after_utc.strftime("%Y%m%d%H%M%SZ"),
        },
        "SCAL": credential.scal,
        "multisign": credential.multisign,
        "lang": "it-IT",
    }
    if version == 1:
        answer["authMode"] = credential.mode
        answer["PIN"] = {"presence": "true" if credential.pin else "false", "format": "N"}
        answer["OTP"] = {"presence": "true" if credential.otp else "false", "type": "online"}
        return answer
    objects: list[dict[str, str]] = []
    if credential.pin:
        objects.append({"type": "Password", "id": "PIN", "format": "N", "label": "PIN"})
    if credential.otp:
        objects.append({"type": "OTP", "id": "OTP", "format": "N", "generator": "sms"})
    expression = " AND ".join(each["id"] for each in objects)
    answer["auth"] = {"mode": credential.mode, "expression": expression, "objects": objects}
    return answer
