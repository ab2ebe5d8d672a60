"""The `.xml.p7m` of an invoice: CMS SignedData with its content, at CAdES-BES level."""

from __future__ import annotations

import base64
import binascii
import hashlib
from datetime import datetime
from typing import Any

from asn1crypto import cms, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509

from infra.local.sdi.signer import broken, check_signer, verify_value

_DIGESTS = {"sha256": hashlib.sha256, "sha384": hashlib.sha384, "sha512": hashlib.sha512}
_SCHEMES = {"rsassa_pkcs1v15": "rsa", "rsassa_pss": "pss", "ecdsa": "ecdsa"}
_CERTIFICATE_V2 = "signing_certificate_v2"


def signed_content(data: bytes) -> bytes:
    """The bytes inside a p7m, without checking anything else. Raises SignatureError (00102)."""
    return _content(_signed_data(data))


def check_cades(data: bytes, received_at: datetime, trusted: x509.Certificate) -> bytes:
    """The content of a p7m all of whose signatures are good.

    `received_at` is aware; `trusted` is the CA of qualified certificates. Raises SignatureError
    with SdI's code (00100, 00102-00105, 00107).
    """
    signed = _signed_data(data)
    content = _content(signed)
    try:
        infos = list(signed["signer_infos"])
        if not infos:
            raise broken("nessuna firma nel file")
        for info in infos:
            _check_signer_info(info, signed, content, received_at, trusted)
    except (ValueError, TypeError, KeyError) as error:
        # asn1crypto reads lazily: rot deep inside only shows when the field is touched.
        raise broken(str(error)) from error
    return content


def _signed_data(data: bytes) -> Any:
    if data[:1] != b"\x30":
        # Some signing programs write the DER in base64, and SdI opens it.
        try:
            data = base64.b64decode(b"".join(data.split()), validate=True)
        except binascii.Error as error:
            raise broken("il file non è una busta CMS") from error
    try:
        info = cms.ContentInfo.load(data)
        if info["content_type"].native != "signed_data":
            raise broken("la busta CMS non è SignedData")
        signed = info["content"]
        _ = signed["encap_content_info"]["content_type"].native
    except (ValueError, TypeError, KeyError) as error:
        raise broken("il file non è una busta CMS") from error
    return signed


def _content(signed: Any) -> bytes:
    try:
        inner = signed["encap_content_info"]
        content = inner["content"].native
        if inner["content_type"].native != "data" or not isinstance(content, bytes) or not content:
            raise broken("la busta non contiene il documento")
    except (ValueError, TypeError) as error:
        raise broken("la busta non contiene il documento") from error
    return content


def _check_signer_info(
    info: Any, signed: Any, content: bytes, received_at: datetime, trusted: x509.Certificate
) -> None:
    found = _signer_certificate(info, signed)
    certificate = x509.load_der_x509_certificate(found.dump())
    attributes = {a["type"].native: a["values"] for a in info["signed_attrs"]}

    digest_name = info["digest_algorithm"]["algorithm"].native
    if digest_name not in _DIGESTS:
        raise broken(f"algoritmo di hash non ammesso: {digest_name}")
    if "message_digest" not in attributes or "content_type" not in attributes:
        raise broken("attributi firmati assenti")
    if attributes["content_type"][0].native != "data":
        raise broken("content-type non coerente")
    if attributes["message_digest"][0].native != _DIGESTS[digest_name](content).digest():
        raise broken("l'impronta del documento non corrisponde")
    _check_signing_certificate(attributes.get(_CERTIFICATE_V2), found.dump())

    # What is signed is the DER of a SET OF, not the implicitly tagged field that carries it.
    octets = info["signed_attrs"].untag().dump()
    algorithm = info["signature_algorithm"]
    scheme = _SCHEMES.get(algorithm.signature_algo, "")
    plain_rsa = algorithm["algorithm"].native == "rsassa_pkcs1v15"
    hash_name = digest_name if plain_rsa else algorithm.hash_algo
    verify_value(certificate, scheme, hash_name, info["signature"].native, octets)

    times = attributes.get("signing_time")
    signed_at = times[0].native if times is not None else None
    check_signer(certificate, signed_at, received_at, trusted)


def _signer_certificate(info: Any, signed: Any) -> asn1_x509.Certificate:
    wanted = info["sid"].chosen
    by_serial = info["sid"].name == "issuer_and_serial_number"
    for choice in signed["certificates"]:
        candidate = choice.chosen
        if choice.name != "certificate":
            continue
        if by_serial:
            same = (
                candidate.serial_number == wanted["serial_number"].native
                and candidate.issuer == wanted["issuer"]
            )
        else:
            same = candidate.key_identifier == wanted.native
        if same:
            return candidate
    raise broken("il certificato del firmatario non è nella busta")


def _check_signing_certificate(values: Any, certificate_der: bytes) -> None:
    """CAdES-BES binds the signature to one certificate; SdI refuses plain CMS."""
    if values is None:
        raise broken("attributo signing-certificate-v2 assente")
    value: tsp.SigningCertificateV2 = values[0]
    first = value["certs"][0]
    name = first["hash_algorithm"]["algorithm"].native
    if name not in _DIGESTS:
        raise broken(f"algoritmo di hash non ammesso: {name}")
    if _DIGESTS[name](certificate_der).digest() != first["cert_hash"].native:
        raise broken("signing-certificate-v2 indica un altro certificato")
