"""Our XAdES-BES signatures, judged by others: signxml, the JDK, SdI's simulator, the schema."""

from __future__ import annotations

import shutil
import subprocess
from datetime import timedelta, timezone
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from chalicelib.base.errors import Rejected
from chalicelib.invoicing.signing import xades, xades_verify
from infra.local.sdi.xades import check_xades
from infra.local.sdi.xmlfiles import InvoiceSchemas, parse_xml

from .. import SIGNED_AT, XML, authority, certificate, pem, signer
from ..official import samples, schemas
from . import C14N, EXCLUSIVE, INVOICE, NAMES, canonical, parsed, signed

JAVA = shutil.which("java") or ""
proves_signed_file = pytest.mark.feature("F004-068")

DOCUMENTS = {
    "invoice": INVOICE,
    "plain": XML,
    "bare": b"<a>x</a>",
    "default namespace": b'<a xmlns="urn:a" xml:lang="it" b="&#10;"><b xmlns=""><c/></b>  </a>',
    "instruction before": b'<?xml-stylesheet href="x"?><!-- c --><a>x\r\n</a>\n \n',
    "cdata": b"<a><![CDATA[</a>]]>&lt;/a&gt;<b/></a>",
    "utf-16": '\ufeff<?xml version="1.0" encoding="UTF-16"?><a>è€</a>'.encode("utf-16-le"),
    "latin": '<?xml version="1.0" encoding="ISO-8859-1"?><a>è</a>'.encode("latin-1"),
    "bom": b"\xef\xbb\xbf<a>x</a >",
}


@proves_signed_file
@pytest.mark.parametrize("name", DOCUMENTS)
def test_signxml_accepts_our_signature(name: str) -> None:
    xades_of_signxml = pytest.importorskip("signxml.xades", reason="signxml is not installed here")
    if name == "instruction before":
        pytest.skip("signxml loses what stands before the root; the JDK keeps it, as is right")
    document = DOCUMENTS[name]
    made = xades.sign(document, signer(), SIGNED_AT)
    config = xades_of_signxml.XAdESSignatureConfiguration(expect_references=2)
    results = xades_of_signxml.XAdESVerifier().verify(
        etree.fromstring(made), x509_cert=certificate(), expect_config=config
    )
    assert len(results) == 2
    assert xades_verify.verify(made, SIGNED_AT) == ()


@proves_signed_file
def test_sdi_accepts_our_signature() -> None:
    check_xades(parse_xml(signed()), SIGNED_AT, authority())


@proves_signed_file
def test_jdk_accepts_our_signatures(tmp_path: Path) -> None:
    """javax.xml.crypto, with a key selector that takes the certificate out of KeyInfo."""
    if not JAVA or not shutil.which("javac"):
        pytest.skip("there is no JDK here")
    (tmp_path / "Check.java").write_text(_CHECK)
    for name, document in DOCUMENTS.items():
        made = xades.sign(document, signer(), SIGNED_AT)
        (tmp_path / f"{name}.xml").write_bytes(made)
    (tmp_path / "tampered.xml").write_bytes(signed().replace(b"100.00", b"100.01"))
    done = subprocess.run(
        [JAVA, "-Xshare:auto", "-XX:TieredStopAtLevel=1", tmp_path / "Check.java", tmp_path],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    said = dict(line.rsplit(" ", 1) for line in done.stdout.splitlines())
    wanted = {f"{name}.xml": "true" for name in DOCUMENTS} | {"tampered.xml": "false"}
    assert said == wanted, done.stderr


_CHECK = """
import java.io.*; import java.security.cert.*; import javax.xml.crypto.*;
import javax.xml.crypto.dsig.*; import javax.xml.crypto.dsig.dom.*; import org.w3c.dom.*;
public class Check {
  public static void main(String[] a) throws Exception {
    var dbf = javax.xml.parsers.DocumentBuilderFactory.newInstance();
    dbf.setNamespaceAware(true);
    for (File f : new File(a[0]).listFiles((d, n) -> n.endsWith(".xml"))) {
      Document doc = dbf.newDocumentBuilder().parse(f);
      Element s = (Element) doc.getElementsByTagNameNS(XMLSignature.XMLNS, "Signature").item(0);
      Element c = (Element) s.getElementsByTagNameNS(XMLSignature.XMLNS, "X509Certificate").item(0);
      byte[] der = java.util.Base64.getMimeDecoder().decode(c.getTextContent());
      var x = CertificateFactory.getInstance("X.509")
          .generateCertificate(new ByteArrayInputStream(der));
      var context = new DOMValidateContext(x.getPublicKey(), s);
      var p = s.getElementsByTagNameNS("http://uri.etsi.org/01903/v1.3.2#", "SignedProperties");
      ((Element) p.item(0)).setIdAttribute("Id", true);
      var sig = XMLSignatureFactory.getInstance("DOM").unmarshalXMLSignature(context);
      System.out.println(f.getName() + " " + sig.validate(context));
    }
  }
}
"""


@proves_signed_file
def test_signed_invoices_are_valid_by_the_schema() -> None:
    """ds:Signature has its place in the schema: a signed invoice is still an invoice."""
    found = samples()
    if not found:
        pytest.skip("the tax agency's examples are not at hand")
    rules = InvoiceSchemas.load(schemas())
    for path in found:
        document = path.read_bytes()
        before = rules.errors(parse_xml(document))
        made = xades.sign(document, signer(), SIGNED_AT)
        assert rules.errors(parse_xml(made)) == before
        assert xades_verify.verify(made) == ()
        check_xades(parse_xml(made), SIGNED_AT, authority())


def test_document_stays_as_it_is_and_signature_is_last() -> None:
    for document in DOCUMENTS.values():
        made = xades.sign(document, signer(), SIGNED_AT)
        encoding = "utf-16-le" if b"\0" in document else "latin-1"
        start = made.index("<ds:Signature ".encode(encoding))
        end = made.index("</ds:Signature>".encode(encoding)) + len(
            "</ds:Signature>".encode(encoding)
        )
        assert made[:start] + made[end:] == document
        root, signature = parsed(made)
        assert root[-1] is signature


@proves_signed_file
def test_signature_is_byte_deterministic() -> None:
    elsewhere = SIGNED_AT.astimezone(timezone(timedelta(hours=2)))
    assert signed() == xades.sign(INVOICE, signer(), elsewhere)
    assert signed() == xades.sign(INVOICE, signer(), SIGNED_AT.replace(microsecond=9))
    assert signed() != xades.sign(INVOICE, signer(), SIGNED_AT + timedelta(seconds=1))


def test_templates_are_their_own_canonical_form() -> None:
    prepared = xades.prepare(INVOICE, signer(), SIGNED_AT)
    root, signature = parsed(signed())
    info = signature.find("ds:SignedInfo", NAMES)
    properties = signature.find(".//xades:SignedProperties", NAMES)
    assert info is not None
    assert properties is not None
    assert canonical(info, EXCLUSIVE) == prepared.signed_info.encode()
    assert canonical(properties, EXCLUSIVE) == prepared.properties.encode()
    assert canonical(root, C14N) != INVOICE


def test_what_the_form_asks_for_is_there() -> None:
    _, signature = parsed(signed())
    found = [r.attrib for r in signature.iterfind("ds:SignedInfo/ds:Reference", NAMES)]
    assert [r["URI"] for r in found] == ["", "#SignedProperties1"]
    assert found[1]["Type"] == "http://uri.etsi.org/01903#SignedProperties"
    assert signature.findtext(".//xades:SigningTime", "", NAMES) == "2026-05-05T10:30:00Z"
    assert signature.find(".//xades:SigningCertificateV2//ds:DigestValue", NAMES) is not None
    values = signature.findall("ds:KeyInfo/ds:X509Data/ds:X509Certificate", NAMES)
    assert len(values) == 2
    assert b"".join((values[0].text or "").encode().split()) in pem(certificate()).replace(
        b"\n", b""
    )
    (own,) = xades_verify.open_xades(signed())
    assert own.signer.signing_time == SIGNED_AT
    assert own.signer.certificate == certificate().public_bytes(Encoding.DER)
    assert "Mario Rossi" in own.signer.subject


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (signed, "xades_signed_already"),
        (lambda: b"<a/>", "xades_unfit"),
        (lambda: b"<a></a>", "xades_unfit"),
        (lambda: b"<a>x</a><!-- </a> -->", "xades_unfit"),
        (lambda: b"<a>x</a><?x </a>?>", "xades_unfit"),
        (lambda: b"<a>x", "xml_malformed"),
        (lambda: b"", "xml_empty"),
        (lambda: b"<!DOCTYPE a><a>x</a>", "xml_doctype"),
        (lambda: b'<a xmlns="relative">x</a>', "xml_not_canonical"),
        (lambda: b"<a>" + b"x" * 5_000_000 + b"</a>", "document_too_large"),
    ],
)
def test_refusals(document, code: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(Rejected) as refused:
        xades.sign(document(), signer(), SIGNED_AT)
    assert refused.value.code == code


def test_time_must_have_a_zone_and_be_in_the_term() -> None:
    with pytest.raises(ValueError, match="time zone"):
        xades.sign(INVOICE, signer(), SIGNED_AT.replace(tzinfo=None))
    with pytest.raises(Rejected) as refused:
        xades.sign(INVOICE, signer(), SIGNED_AT + timedelta(days=3650))
    assert refused.value.code == "signing_certificate_expired"
