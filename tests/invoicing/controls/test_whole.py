"""From bytes to a verdict, in SdI's order."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.base import clock, limits, xml
from chalicelib.invoicing.controls import Finding
from chalicelib.invoicing.controls.catalogue import of_families
from chalicelib.invoicing.controls.order import judge
from chalicelib.invoicing.controls.whole import Examination, examine_all
from chalicelib.invoicing.fatturapa import envelope, reader, schema
from chalicelib.invoicing.signing import cades
from infra.local.invoices import File, Line, make
from tests.invoicing import SIGNED_AT, UNTIL, signer
from tests.invoicing.official import samples, schemas

NAME = "IT11001000154_00001.xml"
CONTENT = of_families("content", "duplicate")
SIGNING = of_families("signature")
REGISTRIES = {"00101", "00104", "00107"}
TODAY = date(2026, 11, 21)
XMLDSIG = "http://www.w3.org/2000/09/xmldsig#"


def examined(
    data: bytes, name: str = NAME, received_at: datetime | None = None, today: date = TODAY
) -> Examination:
    at = received_at or datetime(2026, 11, 21, 9, tzinfo=UTC)
    return examine_all(data, name, at, schemas(), today)


def found(one: Examination, severity: str = "error") -> list[str]:
    return [each.code for each in one.verdict.findings if each.severity == severity]


def signed(data: bytes, when: datetime = SIGNED_AT) -> bytes:
    return cades.sign(data, signer(), when)


def at_signing(data: bytes, name: str = NAME + ".p7m", **more: Any) -> Examination:
    received = SIGNED_AT + timedelta(minutes=5)
    return examined(data, name, received_at=received, today=clock.rome_day(received), **more)


# --- the families -------------------------------------------------------------------------------
def test_a_good_file() -> None:
    one = examined(make())
    assert (one.name, one.format) == (NAME, "FPR12")
    assert one.verdict.findings == ()
    assert one.invoice is not None
    assert one.invoice.bodies[0].number == "1/2026"
    assert "00002" in one.verdict.not_evaluated
    assert not SIGNING & set(one.verdict.not_evaluated)


def test_a_signed_file() -> None:
    one = at_signing(signed(make(date="2026-01-10")))
    assert one.verdict.findings == ()
    assert SIGNING & set(one.verdict.not_evaluated) == REGISTRIES


def test_size_comes_first() -> None:
    big = make(attachments=(File("a.bin", "BIN", bytes(4_000_000)),), number="senza")
    one = examined(big)
    assert found(one) == ["00003"]
    # These two are not controls of this format.
    assert CONTENT - set(one.verdict.not_evaluated) == {"00398", "00460"}
    assert found(examined(b" " * (limits.DOCUMENT_RAW_BYTES + 1))) == ["00003"]


def test_signature_comes_before_the_schema_and_stops() -> None:
    broken = signed(make()).replace(b"150.00", b"150.0X", 1)
    one = at_signing(broken)
    assert found(one) == ["00102"]
    assert {"00200", "00423"} <= set(one.verdict.not_evaluated)
    assert "00102" not in one.verdict.not_evaluated


@pytest.mark.parametrize(
    ("received", "when", "code"),
    [
        (UNTIL + timedelta(days=1), SIGNED_AT, "00100"),
        (SIGNED_AT, SIGNED_AT + timedelta(hours=2), "00105"),
    ],
)
def test_times_of_the_signature(received: datetime, when: datetime, code: str) -> None:
    data = signed(make(date="2026-01-10"), when)
    one = examined(data, NAME + ".p7m", received, clock.rome_day(received))
    assert found(one) == [code]
    (finding,) = one.verdict.errors
    assert finding.message_it != finding.message_en


def test_schema_comes_before_content_and_stops() -> None:
    data = make(number="senza").replace(b"<Divisa>EUR", b"<Divisa>euro")
    one = examined(data)
    (finding,) = one.verdict.findings
    assert (finding.code, finding.body, finding.id) == ("00200", 0, "2.1.1.2")
    assert finding.where == "FatturaElettronicaBody/DatiGenerali/DatiGeneraliDocumento/Divisa"
    assert finding.message_it.startswith("File non conforme")
    assert "00425" in one.verdict.not_evaluated


ENGLISH = re.compile(r"\b(the|is|not|may|value|expected|missing|here|text)\b")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<Divisa>EUR", "<Divisa>euro"),
        ("<TipoDocumento>TD01", "<TipoDocumento>TD99"),
        ("<Numero>1/2026", "<Numero>1/2026/" + "9" * 30),
        ("<Data>2026-11-20", "<Data>1969-12-31"),
        ("<Data>2026-11-20", "<Data>oggi"),
        ("<NumeroLinea>1<", "<NumeroLinea>0<"),
        ("<AliquotaIVA>22.00", "<AliquotaIVA>101.00"),
        ("<Divisa>EUR</Divisa>", ""),
        ("<Divisa>EUR</Divisa>", "<Divisa>EUR</Divisa><Boh/>"),
        ("</p:FatturaElettronica>", "<Boh/></p:FatturaElettronica>"),
        ("<Divisa>EUR", "<Divisa><Boh/>EUR"),
        ("<DatiGenerali>", "<DatiGenerali>testo"),
        (' versione="FPR12"', ""),
        (' versione="FPR12"', ' versione="FPR12" altro="1"'),
        ("/fatture/v1.2", "/fatture/v1.1"),
        ("<Divisa>EUR</Divisa>", '<x:Divisa xmlns:x="urn:x">EUR</x:Divisa>'),
    ],
)
def test_format_errors_are_told_in_italian(old: str, new: str) -> None:
    data = make()
    assert old.encode() in data
    for finding in examined(data.replace(old.encode(), new.encode(), 1)).verdict.errors:
        assert finding.code == "00200"
        assert not ENGLISH.search(finding.message_it), finding.message_it
        assert ENGLISH.search(finding.message_en)


def test_the_body_of_a_format_error_is_told() -> None:
    parts = make(bodies=3).split(b"<Divisa>EUR")
    data = b"<Divisa>EUR".join(parts[:3]) + b"<Divisa>euro" + parts[3]
    assert [one.body for one in examined(data).verdict.findings] == [2]
    header = make().replace(b"<Nazione>IT", b"<Nazione>it", 1)
    assert [one.body for one in examined(header).verdict.findings] == [None]


def test_more_than_fifty_format_errors() -> None:
    lines = tuple(Line(description="x") for _ in range(60))
    data = make(lines=lines).replace(b"<AliquotaIVA>22.00", b"<AliquotaIVA>22")
    assert found(examined(data))[-1] == "00201"


def test_content_errors_are_listed_together() -> None:
    data = make(number="senza", date="2027-01-01")
    assert found(examined(data)) == ["00403", "00425"]


# --- what is only a warning, because the house puts it right ------------------------------------
@pytest.mark.parametrize(
    ("name", "good"),
    [
        (NAME, True),
        ("cartella/" + NAME, True),
        ("it11001000154_00001.XML", True),
        ("DE1_a.xml", False),
        ("DE12_a.xml", True),
        ("IT1100100015_00001.xml", False),
        ("IT11001000154_000001.xml", False),
        ("IT11001000154_00001.xml.p7m", False),
        ("IT11001000154_00001.zip", False),
        ("fattura.xml", False),
        ("IT11001000154_00001", False),
        ("", False),
    ],
)
def test_a_name_is_a_warning(name: str, good: bool) -> None:
    one = examined(make(), name)
    assert one.verdict.accepted
    assert found(one, "warning") == ([] if good else ["00001"])


def test_a_signed_file_is_named_by_its_content() -> None:
    data = signed(make(date="2026-01-10"))
    assert found(at_signing(data, NAME), "warning") == ["00001"]


def test_an_unsigned_file_for_the_administration() -> None:
    one = examined(make(format="FPA12"))
    assert one.verdict.accepted
    assert found(one, "warning") == ["00102"]
    assert set(one.verdict.not_evaluated) >= SIGNING
    assert found(at_signing(signed(make(format="FPA12", date="2026-01-10"))), "warning") == []


def test_repairs_are_a_warning_but_a_guess_is_an_error() -> None:
    tidied = examined(b"\n" + make())
    assert tidied.verdict.accepted
    assert found(tidied, "warning") == ["00200"]
    guessed = examined(make().replace(b"</FatturaElettronicaHeader>", b"", 1))
    assert found(guessed)[0] == "00200"


def test_heavy_attachments_are_a_warning() -> None:
    one = examined(make(attachments=(File("a.bin", "BIN", bytes(3_600_000)),)))
    assert one.verdict.accepted
    assert found(one, "warning") == ["00003"]


def test_a_xades_signature_that_signs_nothing_is_broken() -> None:
    data = make().replace(
        b"</p:FatturaElettronica>",
        f'<ds:Signature xmlns:ds="{XMLDSIG}"/></p:FatturaElettronica>'.encode(),
    )
    assert [one.code for one in examined(data).verdict.errors] == ["00102"]


# --- what is no document ------------------------------------------------------------------------
def zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(NAME, make())
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "00106"),
        (b"hello, world", "unknown_content"),
        (b"<html/>", "not_fatturapa"),
        (b"%PDF-1.7\n", "pdf_needs_template"),
        (b"<!DOCTYPE a><a/>", "xml_doctype"),
        (zipped(), "member_nested_archive"),
    ],
)
def test_what_is_no_document(data: bytes, code: str) -> None:
    one = examined(data)
    assert (one.format, one.invoice) == ("", None)
    (finding,) = one.verdict.findings
    assert (finding.code, finding.severity, finding.where) == (code, "error", "")
    assert finding.message_it
    assert finding.message_it != finding.message_en
    assert set(one.verdict.not_evaluated) >= CONTENT
    assert isinstance(finding, Finding)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_damage_makes_it_fail(data: Any) -> None:
    """Cut, flipped or doubled anywhere, a file gets a verdict."""
    bytes_ = bytearray(make(data.draw(st.sampled_from(["TD01", "TD04", "TD07", "TD17"]))))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(bytes_) - 1))
        kind = data.draw(st.integers(0, 3))
        if kind == 0:
            bytes_[at] = data.draw(st.integers(0, 255))
        elif kind == 1:
            del bytes_[at : at + data.draw(st.integers(1, 60))]
        elif kind == 2:
            bytes_[at:at] = bytes_[at : at + 40]
        else:
            bytes_[at:at] = data.draw(st.sampled_from([b"<!-- -->", b" ", b"\n", b"<?x y?>", b"0"]))
    one = examined(bytes(bytes_))
    assert one.verdict.accepted is not bool(found(one))


# --- the official examples ----------------------------------------------------------------------
# Their identifiers are made up and fail the check digits; README beside them tells of the rest.
EXAMPLES = {"00300", "00301", "00302", "00305", "00306"}
KNOWN = {"1.2.2_IT01234567890_FPR02.xml": {"00200"}, "1.2.2_IT01234567890_FPR03.xml": {"00422"}}


def test_the_official_examples() -> None:
    files = samples()
    if not files:
        pytest.skip("the tax agency's examples are not at hand")
    for path in files:
        one = examined(path.read_bytes(), path.name)
        expected = KNOWN.get(path.name, set())
        assert set(found(one)) - EXAMPLES == expected, path.name
        assert not found(one, "likely"), path.name


def test_judge_is_what_intake_can_call() -> None:
    data = make(number="senza")
    unwrapped = envelope.unwrap(data)
    parsed = xml.parse(unwrapped.xml, limit_bytes=limits.DOCUMENT_RAW_BYTES, recover=True)
    read = reader.read_all(parsed.root)
    at = datetime(2026, 11, 21, 9, tzinfo=UTC)
    verdict = judge(data, unwrapped, parsed, read, at, schemas(), TODAY)
    assert [one.code for one in verdict.findings] == ["00425"]
    assert not schema.check(parsed.root, schemas())
