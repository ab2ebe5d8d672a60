"""What SdI asks of a signer's certificate and time, whatever the form of the signature."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from infra.local.sdi.catalogue import Finding

_HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}
_RSA_BITS_MIN = 2048


@dataclass(frozen=True)
class SignatureError(Exception):
    """A signature that SdI refuses, with the code it refuses it by."""

    finding: Finding


def broken(detail: str) -> SignatureError:
    """00102: not intact, or not what its name says."""
    return SignatureError(Finding("00102", detail))


def verify_value(
    certificate: x509.Certificate, scheme: str, hash_name: str, value: bytes, octets: bytes
) -> None:
    """Check a raw signature. `scheme` is rsa (PKCS#1 v1.5), pss or ecdsa (DER value).

    `hash_name` is sha256, sha384 or sha512. Raises SignatureError.
    """
    hash_type = _HASHES.get(hash_name)
    if hash_type is None:
        raise broken(f"algoritmo di hash non ammesso: {hash_name}")
    algorithm = hash_type()
    try:
        key = certificate.public_key()
    except (UnsupportedAlgorithm, ValueError) as error:
        raise broken("chiave del firmatario illeggibile") from error
    try:
        if isinstance(key, rsa.RSAPublicKey) and scheme in {"rsa", "pss"}:
            if key.key_size < _RSA_BITS_MIN:
                raise broken("chiave RSA di lunghezza insufficiente")
            pss = padding.PSS(padding.MGF1(algorithm), padding.PSS.AUTO)
            key.verify(value, octets, pss if scheme == "pss" else padding.PKCS1v15(), algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey) and scheme == "ecdsa":
            key.verify(value, octets, ec.ECDSA(algorithm))
        else:
            raise broken("algoritmo di firma non coerente con il certificato")
    except InvalidSignature as error:
        raise broken("il valore della firma non corrisponde") from error


def check_signer(
    certificate: x509.Certificate,
    signed_at: datetime | None,
    received_at: datetime,
    trusted: x509.Certificate,
) -> None:
    """The signer's controls in SdI's order; raises SignatureError at the first that fails."""
    if signed_at is None:
        raise SignatureError(Finding("00103"))
    end = certificate.not_valid_after_utc
    if signed_at > end or received_at > end:
        raise SignatureError(Finding("00100", f"scaduto il {end.date().isoformat()}"))
    if signed_at > received_at:
        raise SignatureError(Finding("00105", signed_at.isoformat()))
    if signed_at < certificate.not_valid_before_utc:
        raise SignatureError(Finding("00107", "firma anteriore alla validità del certificato"))
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound as error:
        raise SignatureError(Finding("00107", "keyUsage assente")) from error
    if not usage.content_commitment:
        raise SignatureError(Finding("00107", "keyUsage privo di nonRepudiation"))
    try:
        certificate.verify_directly_issued_by(trusted)
    except (InvalidSignature, ValueError, TypeError) as error:
        issuer = certificate.issuer.rfc4514_string()
        raise SignatureError(Finding("00104", issuer)) from error
