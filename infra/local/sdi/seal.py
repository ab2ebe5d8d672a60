"""SdI's electronic seal on its messages: enveloped XAdES-BES in the shape SdI itself uses.

Shape as observed on genuine messages (facts §12): references to the document by XPath filter 2,
to `#SignedProperties_1` and to `#KeyInfoId`; SignedInfo in exclusive canonical form; RSA-SHA256.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from lxml import etree

from infra.local.sdi.canonical import (
    EXCLUSIVE,
    FILTER2,
    SUBTRACT_SIGNATURE,
    canonical,
    document_octets,
)
from infra.local.sdi.xmlfiles import DS, parse_xml

XADES = "http://uri.etsi.org/01903/v1.3.2#"
SHA256_URI = "http://www.w3.org/2001/04/xmlenc#sha256"
RSA_SHA256_URI = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
SIGNED_PROPERTIES_TYPE = "http://uri.etsi.org/01903#SignedProperties"

SEAL_SUBJECT = "CN=Sistema Interscambio Fattura PA,OU=Servizi Telematici,O=Agenzia delle Entrate"


class SealError(ValueError):
    """The message has no seal, or the seal does not hold."""


@dataclass(frozen=True)
class Sealer:
    """SdI's key, loaded once, for loading costs a hundred times a signature."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey

    @classmethod
    def load(cls, certificate_pem: bytes, key_pem: bytes) -> Sealer:
        """Raises ValueError unless the key is RSA."""
        # The key is our own: proving its primes again would take longer than all the rest.
        key = serialization.load_pem_private_key(
            key_pem, password=None, unsafe_skip_rsa_key_validation=True
        )
        if not isinstance(key, rsa.RSAPrivateKey):
            raise ValueError("SdI seals with RSA")
        return cls(x509.load_pem_x509_certificate(certificate_pem), key)

    def seal(self, root: etree._Element, signed_at: datetime) -> bytes:
        """Append the seal as last child of `root` and give back the message, UTF-8."""
        signature = _append(root, DS, "Signature", Id="Signature1")
        signed_info = _append(signature, DS, "SignedInfo")
        _append(signed_info, DS, "CanonicalizationMethod", Algorithm=EXCLUSIVE)
        _append(signed_info, DS, "SignatureMethod", Algorithm=RSA_SHA256_URI)

        value = _append(signature, DS, "SignatureValue", Id="SignatureValue1")
        key_info = _append(signature, DS, "KeyInfo", Id="KeyInfoId")
        der = self.certificate.public_bytes(serialization.Encoding.DER)
        x509_data = _append(key_info, DS, "X509Data")
        _append(x509_data, DS, "X509Certificate").text = base64.b64encode(der).decode()
        properties = _append_properties(signature, signed_at)

        document = _append_reference(signed_info, "reference-document", "", document_octets(root))
        _insert_filter(document)
        properties_reference = _append_reference(
            signed_info,
            "reference-signedproperties",
            "#SignedProperties_1",
            canonical(properties),
        )
        properties_reference.set("Type", SIGNED_PROPERTIES_TYPE)
        _append_reference(signed_info, "reference-keyinfo", "#KeyInfoId", canonical(key_info))

        octets = canonical(signed_info, EXCLUSIVE)
        raw = self.key.sign(octets, padding.PKCS1v15(), hashes.SHA256())
        value.text = base64.b64encode(raw).decode()
        return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


def _append_properties(signature: etree._Element, signed_at: datetime) -> etree._Element:
    holder = _append(signature, DS, "Object")
    qualifying = etree.SubElement(
        holder,
        f"{{{XADES}}}QualifyingProperties",
        nsmap={"xades": XADES},
        Target="#Signature1",
    )
    properties = _append(qualifying, XADES, "SignedProperties", Id="SignedProperties_1")
    signed = _append(properties, XADES, "SignedSignatureProperties")
    _append(signed, XADES, "SigningTime").text = signed_at.isoformat(timespec="seconds")
    return properties


def _append(parent: etree._Element, space: str, name: str, **attributes: str) -> etree._Element:
    prefixes = {"ds": DS} if name == "Signature" else None
    return etree.SubElement(parent, f"{{{space}}}{name}", attributes, nsmap=prefixes)


def _append_reference(
    signed_info: etree._Element, identifier: str, uri: str, octets: bytes
) -> etree._Element:
    reference = _append(signed_info, DS, "Reference", Id=identifier, URI=uri)
    _append(reference, DS, "DigestMethod", Algorithm=SHA256_URI)
    digest = base64.b64encode(hashlib.sha256(octets).digest()).decode()
    _append(reference, DS, "DigestValue").text = digest
    return reference


def _insert_filter(reference: etree._Element) -> None:
    transforms = etree.Element(f"{{{DS}}}Transforms")
    reference.insert(0, transforms)
    transform = _append(transforms, DS, "Transform", Algorithm=FILTER2)
    xpath = etree.SubElement(
        transform, f"{{{FILTER2}}}XPath", nsmap={None: FILTER2}, Filter="subtract"
    )
    xpath.text = SUBTRACT_SIGNATURE


def verify_seal(xml_bytes: bytes, ca_pem: bytes) -> x509.Certificate:
    """Check SdI's seal on a message and give back its certificate.

    Raises SealError when the seal is absent, when a digest or the signature is wrong, or when the
    certificate is not SdI's or not issued by the CA in `ca_pem`. XmlError when it is not XML.
    """
    root = parse_xml(xml_bytes)
    names = {"ds": DS, "xades": XADES}
    signatures = root.findall("ds:Signature", names)
    if len(signatures) != 1 or root[-1] is not signatures[0]:
        raise SealError("ds:Signature is not the only and last one of its kind")
    signature = signatures[0]
    signed_info = signature.find("ds:SignedInfo", names)
    properties = signature.find(".//xades:SignedProperties[@Id='SignedProperties_1']", names)
    key_info = signature.find("ds:KeyInfo[@Id='KeyInfoId']", names)
    if signed_info is None or properties is None or key_info is None:
        raise SealError("the seal lacks SignedInfo, SignedProperties or KeyInfo")

    octets = {
        "": document_octets(root),
        "#SignedProperties_1": canonical(properties),
        "#KeyInfoId": canonical(key_info),
    }
    references = signed_info.findall("ds:Reference", names)
    if sorted(r.get("URI", "?") for r in references) != sorted(octets):
        raise SealError("the references are not the three of SdI's seal")
    for reference in references:
        digest = base64.b64encode(hashlib.sha256(octets[reference.get("URI")]).digest()).decode()
        if reference.findtext("ds:DigestValue", "", names).strip() != digest:
            raise SealError(f"digest mismatch for {reference.get('URI')!r}")

    certificate = _embedded_certificate(key_info)
    _check_issuer(certificate, ca_pem)
    value = base64.b64decode(signature.findtext("ds:SignatureValue", "", names))
    public_key = certificate.public_key()
    if not isinstance(public_key, rsa.RSAPublicKey):
        raise SealError("the seal's key is not RSA")
    try:
        public_key.verify(
            value, canonical(signed_info, EXCLUSIVE), padding.PKCS1v15(), hashes.SHA256()
        )
    except InvalidSignature as error:
        raise SealError("the signature value does not match SignedInfo") from error
    return certificate


def _embedded_certificate(key_info: etree._Element) -> x509.Certificate:
    encoded = key_info.findtext(f".//{{{DS}}}X509Certificate", "")
    try:
        return x509.load_der_x509_certificate(base64.b64decode(encoded))
    except ValueError as error:
        raise SealError("no readable certificate in KeyInfo") from error


def _check_issuer(certificate: x509.Certificate, ca_pem: bytes) -> None:
    if not certificate.subject.rfc4514_string().startswith(SEAL_SUBJECT):
        raise SealError("the certificate is not that of Sistema di Interscambio")
    try:
        certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(ca_pem))
    except (InvalidSignature, ValueError, TypeError) as error:
        raise SealError("the certificate is not issued by CA Agenzia delle Entrate") from error
