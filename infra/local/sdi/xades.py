"""The enveloped XAdES-BES signature of an `.xml` invoice."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from infra.local.sdi.canonical import (
    C14N,
    CANONICAL_FORMS,
    DIGESTS,
    ENVELOPED,
    FILTER2,
    canonical,
    document_octets,
)
from infra.local.sdi.signer import broken, check_signer, verify_value
from infra.local.sdi.xmlfiles import DS

_XADES = "http://uri.etsi.org/01903/v1.3.2#"
_PROPERTIES_TYPE = "http://uri.etsi.org/01903#SignedProperties"
_NAMES = {"ds": DS, "xades": _XADES}
_METHODS = {
    f"http://www.w3.org/2001/04/xmldsig-more#{scheme}-{name}": (scheme, name)
    for scheme in ("rsa", "ecdsa")
    for name in ("sha256", "sha384", "sha512")
}


def find_signatures(root: etree._Element) -> list[etree._Element]:
    """The ds:Signature children of the root; a counter-signature inside another is not one."""
    return list(root.findall("ds:Signature", _NAMES))


def check_xades(root: etree._Element, received_at: datetime, trusted: x509.Certificate) -> None:
    """Check every signature of `root`, which has at least one.

    Raises SignatureError with SdI's code, as `cades.check_cades`.
    """
    for signature in find_signatures(root):
        _check_signature(root, signature, received_at, trusted)


def _check_signature(
    root: etree._Element,
    signature: etree._Element,
    received_at: datetime,
    trusted: x509.Certificate,
) -> None:
    signed_info = _required(signature, "ds:SignedInfo")
    key_info = _required(signature, "ds:KeyInfo")
    properties = _required(signature, ".//xades:SignedProperties")
    references = signed_info.findall("ds:Reference", _NAMES)
    covered = {_check_reference(root, signature, reference) for reference in references}
    if root not in covered:
        raise broken("la firma non copre il documento")
    if properties not in covered:
        raise broken("la firma non copre SignedProperties")

    certificate = _certificate(key_info)
    _check_certificate_bound(properties, key_info in covered, certificate)
    method = _required(signed_info, "ds:SignatureMethod").get("Algorithm", "")
    if method not in _METHODS:
        raise broken(f"algoritmo di firma non ammesso: {method}")
    form = _required(signed_info, "ds:CanonicalizationMethod").get("Algorithm", "")
    if form not in CANONICAL_FORMS:
        raise broken(f"canonicalizzazione non ammessa: {form}")
    scheme, hash_name = _METHODS[method]
    value = _decode(signature.findtext("ds:SignatureValue", "", _NAMES))
    if scheme == "ecdsa":
        value = _ecdsa_der(value)
    verify_value(certificate, scheme, hash_name, value, canonical(signed_info, form))
    check_signer(certificate, _signing_time(properties), received_at, trusted)


def _required(node: etree._Element, path: str) -> etree._Element:
    found = node.find(path, _NAMES)
    if found is None:
        raise broken(f"{path.split(':')[-1]} assente nella firma")
    return found


def _check_reference(
    root: etree._Element, signature: etree._Element, reference: etree._Element
) -> etree._Element:
    """Check one digest and give back the element that it covers."""
    uri = reference.get("URI")
    if uri is None:
        raise broken("ds:Reference senza URI")
    target = root if uri == "" else _by_id(root, signature, uri)
    transforms = [t.get("Algorithm", "") for t in reference.iter(f"{{{DS}}}Transform")]
    form = C14N
    removes_signature = False
    for algorithm in transforms:
        if algorithm in CANONICAL_FORMS:
            form = algorithm
        elif algorithm in {ENVELOPED, FILTER2}:
            removes_signature = True
        else:
            raise broken(f"trasformazione non ammessa: {algorithm}")
    if target is root:
        if not removes_signature:
            raise broken("la firma non è enveloped")
        octets = document_octets(root, form)
    else:
        octets = canonical(target, form)
    digest = DIGESTS.get(_required(reference, "ds:DigestMethod").get("Algorithm", ""))
    if digest is None:
        raise broken("algoritmo di hash non ammesso")
    if digest(octets).digest() != _decode(reference.findtext("ds:DigestValue", "", _NAMES)):
        raise broken(f"l'impronta di '{uri}' non corrisponde")
    return target


def _by_id(root: etree._Element, signature: etree._Element, uri: str) -> etree._Element:
    """The root or an element of the signature; anything else would leave the rest unsigned."""
    wanted = uri.removeprefix("#")
    found = [e for e in (root, *signature.iter()) if wanted in (e.get("Id"), e.get("id"))]
    if not uri.startswith("#") or len(found) != 1:
        raise broken(f"riferimento non risolto: {uri}")
    return found[0]


def _decode(encoded: str) -> bytes:
    try:
        return base64.b64decode("".join(encoded.split()), validate=True)
    except binascii.Error as error:
        raise broken("base64 non valido nella firma") from error


def _ecdsa_der(value: bytes) -> bytes:
    """XML signature carries r and s one after the other, not the DER that cryptography wants."""
    half = len(value) // 2
    return encode_dss_signature(
        int.from_bytes(value[:half], "big"), int.from_bytes(value[half:], "big")
    )


def _certificate(key_info: etree._Element) -> x509.Certificate:
    encoded = key_info.findtext(".//ds:X509Certificate", "", _NAMES)
    try:
        return x509.load_der_x509_certificate(_decode(encoded))
    except ValueError as error:
        raise broken("certificato assente o illeggibile") from error


def _check_certificate_bound(
    properties: etree._Element, key_info_covered: bool, certificate: x509.Certificate
) -> None:
    """BES wants the certificate signed: by SigningCertificate(V2) or by a signed KeyInfo."""
    for name in ("SigningCertificateV2", "SigningCertificate"):
        digests = properties.find(f".//xades:{name}//xades:CertDigest", _NAMES)
        if digests is None:
            continue
        digest = DIGESTS.get(_required(digests, "ds:DigestMethod").get("Algorithm", ""))
        value = _decode(digests.findtext("ds:DigestValue", "", _NAMES))
        if digest is None or digest(_der(certificate)).digest() != value:
            raise broken(f"{name} indica un altro certificato")
        return
    if not key_info_covered:
        raise broken("il certificato del firmatario non è coperto dalla firma")


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def _signing_time(properties: etree._Element) -> datetime | None:
    value = properties.findtext(".//xades:SigningTime", "", _NAMES).strip()
    if not value:
        return None
    try:
        signed_at = datetime.fromisoformat(value)
    except ValueError as error:
        raise broken("SigningTime non valido") from error
    return signed_at if signed_at.tzinfo else signed_at.replace(tzinfo=UTC)
