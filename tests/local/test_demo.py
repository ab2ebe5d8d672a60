"""The demonstration's archive: what it says of itself is true."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import zipfile
from collections import Counter
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import PurePosixPath

import pytest

from chalicelib.base import archives, limits, xml
from chalicelib.base.errors import Rejected
from chalicelib.invoicing.fatturapa import reader, schema
from chalicelib.invoicing.model import Invoice
from infra.local import demo, invoices
from infra.local.invoices import Fund, Withholding, make
from infra.local.sdi.bodies import check_content
from infra.local.sdi.parties import read_header
from infra.local.sdi.xmlfiles import parse_xml
from infra.local.subjects import GERMAN, OFFICE, PERSON, tax_code, vat_number
from tests.invoicing.official import schemas

NOW = datetime(2026, 11, 21, 8, 30)
SENT = {"delivered", "available", "accepted", "refused", "expired", "undeliverable"}
_SEAL = b"\x30\x80signed:"


def sign(data: bytes) -> bytes:
    """A stand-in that keeps the document readable inside, as CMS does."""
    return _SEAL + data + b"\0"


def unpack(packed: bytes) -> list[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        return [(info.filename, archive.read(info)) for info in archive.infolist()]


MEMBERS = unpack(demo.build_zip(NOW, sign))
DESCRIBED = demo.describe(NOW, sign)


def document(data: bytes) -> bytes:
    """The XML inside a member, signed or not."""
    if b"<" not in data and re.fullmatch(rb"[A-Za-z0-9+/=\n]+", data):
        data = base64.b64decode(data)
    return data.removeprefix(_SEAL).removesuffix(b"\0")


def of(*fates: str) -> list[tuple[demo.Described, bytes]]:
    return [
        (said, data)
        for said, (_, data) in zip(DESCRIBED, MEMBERS, strict=True)
        if said.fate in fates
    ]


def tree(data: bytes) -> xml.Element:
    return xml.read(document(data), limit_bytes=limits.DOCUMENT_BYTES)


def read(data: bytes) -> Invoice:
    return reader.read(tree(data))


def key(invoice: Invoice, index: int) -> tuple[str, str, str, str]:
    body = invoice.bodies[index]
    return (invoice.issuer.fiscal_id, body.kind, body.number, body.year)


# --- the archive as a whole ---------------------------------------------------------------------
def test_it_is_described_member_by_member() -> None:
    assert [name for name, _ in MEMBERS] == [said.name for said in DESCRIBED]
    assert {said.fate for said in DESCRIBED} == set(demo.FATES)
    assert len(MEMBERS) >= 44


def test_without_a_signature_it_is_as_large() -> None:
    names = [name for name, _ in unpack(demo.build_zip(NOW, None))]
    assert len(names) >= 44
    assert not any(name.endswith(".p7m") for name in names)
    assert names == [said.name for said in demo.describe(NOW)]


def test_the_same_day_makes_the_same_bytes() -> None:
    assert demo.build_zip(NOW, sign) == demo.build_zip(NOW + timedelta(hours=9), sign)


def test_two_days_share_neither_names_nor_numbers() -> None:
    names: Counter[str] = Counter()
    keys: Counter[tuple[str, str, str, str]] = Counter()
    for days in (0, 1, 26, 41, 365, 4000):
        then = NOW + timedelta(days=days)
        fates = demo.describe(then)
        names.update({said.name for said in fates if said.name.startswith("IT")})
        for said, (_, data) in zip(fates, unpack(demo.build_zip(then, None)), strict=True):
            if said.fate in SENT:
                invoice = read(data)
                keys.update(key(invoice, index) for index in range(len(invoice.bodies)))
    assert names.most_common(1)[0][1] == 1
    assert keys.most_common(1)[0][1] == 1


def test_every_type_and_format_is_there() -> None:
    found = [read(data) for _, data in of(*SENT)]
    types = {body.type for invoice in found for body in invoice.bodies}
    assert types == {*invoices.ORDINARY_TYPES, *invoices.SIMPLIFIED_TYPES}
    assert {invoice.format for invoice in found} == {"FPA12", "FPR12", "FSM10"}
    assert sum(len(invoice.bodies) > 1 for invoice in found) == 2
    codes = {invoice.recipient_code for invoice in found if invoice.format == "FPA12"}
    assert codes == {"UFEC01", "UFEC02", "UFDT01", "UFMC01", "UFAT01", "UFRC01"}


def test_customers_come_mixed() -> None:
    order = [name[2:13] for name, _ in MEMBERS if name.startswith("IT")]
    assert sum(a != b for a, b in pairwise(order)) > len(order) / 3


# --- the fates ----------------------------------------------------------------------------------
def test_what_will_be_sent_passes_schema_and_controls() -> None:
    folder = schemas()
    for said, data in of(*SENT, "held", "unassigned"):
        root = parse_xml(document(data))
        assert schema.check(root, folder) == (), said
        assert check_content(root, read_header(root), NOW.date()) == [], said


def test_every_issuer_is_a_customer() -> None:
    known = {customer.vat_id for customer in demo.customers()}
    assert len(known) == 3
    for said, data in of(*SENT, "held", "rejected"):
        assert read(data).issuer.vat_id in known, said
    for _, data in of("unassigned"):
        assert read(data).issuer.vat_id not in known


def test_what_sdi_rejects_passes_the_schema() -> None:
    folder, codes = schemas(), []
    for said, data in of("rejected"):
        root = parse_xml(document(data))
        assert schema.check(root, folder) == (), said
        codes.append({found.code for found in check_content(root, read_header(root), NOW.date())})
    assert codes == [{"00311"}]


def test_what_is_invalid_is_so_for_its_reason() -> None:
    folder = schemas()
    reasons: Counter[str] = Counter()
    for said, data in of("invalid"):
        if "changed after" in said.what:
            assert b"Precisazion" in data
            reasons["touched"] += 1
            continue
        try:
            root = tree(data)
        except Rejected as why:
            reasons[why.code] += 1
        else:
            broken = schema.check(root, folder)
            judged = check_content(root, read_header(root), NOW.date()) if not broken else ()
            assert broken or judged, said
            reasons["00200" if broken else "content"] += 1
    assert reasons == {"touched": 1, "00200": 3, "xml_malformed": 1, "content": 2}


def test_clones_repeat_what_they_say() -> None:
    said = {said.what: (said.name, data) for said, data in of("held", "delivered")}
    original = said["original of two clones"]
    same_bytes = said["the same bytes under another name"]
    same_name = said["another invoice under the same name, in a folder"]
    assert hashlib.sha256(original[1]).digest() == hashlib.sha256(same_bytes[1]).digest()
    assert original[0] != same_bytes[0]
    assert PurePosixPath(same_name[0]).name == original[0] != same_name[0]
    assert same_name[1] != original[1]
    first = read(said["original of a number used twice"][1])
    second = read(said["the same number and year, other content"][1])
    assert key(first, 0) == key(second, 0)
    assert first != second


def test_apart_from_the_clones_nothing_is_repeated() -> None:
    keys: Counter[tuple[str, str, str, str]] = Counter()
    for _, data in of(*SENT, "rejected"):
        invoice = read(data)
        keys.update(key(invoice, index) for index in range(len(invoice.bodies)))
    assert keys.most_common(1)[0][1] == 1


def test_numbers_of_sent_documents_have_no_gaps() -> None:
    series: dict[tuple[str, str], set[int]] = {}
    for _, data in of(*SENT):
        invoice = read(data)
        for body in invoice.bodies:
            name, _, running = body.number.partition("-")
            series.setdefault((invoice.issuer.fiscal_id, name), set()).add(int(running))
    # The second clone took a number on purpose, and is held.
    gaps = [running for running in series.values() if running != set(range(1, len(running) + 1))]
    assert len(gaps) <= 1


def test_names_tell_apart_what_never_becomes_a_flow() -> None:
    names = {said.name for said, _ in of("not_taken")}
    assert any(name.startswith("../") for name in names)
    assert any(name.endswith(".zip") for name in names)
    assert any(not data for _, data in of("not_taken"))
    fine = re.compile(r"(copie/)?IT[0-9]{11}_[0-9A-Z]{5}\.xml(\.p7m)?")
    assert all(fine.fullmatch(said.name) for said, _ in of(*SENT, "held", "rejected"))


class InMemory:
    """An archive for the house's own reader."""

    def __init__(self, data: bytes) -> None:
        self.data, self.size = data, len(data)

    def read(self, start: int, length: int) -> bytes:
        return self.data[start : start + length]


def test_the_archive_reader_refuses_those_and_no_others() -> None:
    plan = archives.plan(InMemory(demo.build_zip(NOW, sign)))
    refused = {member.name for member in plan.members if member.refusal}
    assert len(plan.members) == len(DESCRIBED)
    assert refused == {said.name for said, _ in of("not_taken")}


def test_the_pdf_is_one() -> None:
    ((said, data),) = of("conversion")
    assert said.name.endswith(".pdf")
    assert data.startswith(b"%PDF-1.4")
    table = int(data.rpartition(b"startxref\n")[2].split()[0])
    assert data[table:].startswith(b"xref\n0 6")
    for place in re.findall(rb"(\d{10}) 00000 n", data[table:]):
        assert re.match(rb"\d obj|\d 0 obj", data[int(place) :])


# --- the maker, by the controls of the simulator ------------------------------------------------
@pytest.mark.parametrize("type", [*invoices.ORDINARY_TYPES, *invoices.SIMPLIFIED_TYPES])
def test_every_made_type_passes_the_controls(type: str) -> None:
    root = parse_xml(make(type, bodies=2))
    assert check_content(root, read_header(root), date(2026, 11, 21)) == []


@pytest.mark.parametrize(
    "more",
    [
        {"format": "FPA12"},
        {"buyer": GERMAN, "natura": "N3.2"},
        {"buyer": PERSON, "natura": "N4", "bollo": True},
        {"ritenuta": Withholding(), "cassa": Fund(withheld=True)},
        {"cassa": Fund(), "natura": "N2.2"},
        {"type": "TD04", "format": "FPA12"},
    ],
    ids=lambda more: "-".join(map(str, more)),
)
def test_every_extra_passes_the_controls(more: dict[str, object]) -> None:
    root = parse_xml(make(**more))  # type: ignore[arg-type]
    assert check_content(root, read_header(root), date(2026, 11, 21)) == []


def test_identifiers_have_the_right_check_digits() -> None:
    # Published examples of the algorithms.
    assert vat_number(74311, 15) == "00743110157"
    assert tax_code("Rossi", "Mario", date(1980, 1, 1), place="H501") == "RSSMRA80A01H501U"
    assert OFFICE.tax_code.isdigit()
    assert len(PERSON.tax_code) == 16
