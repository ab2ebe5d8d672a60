"""Reading FatturaPA files: values equal the XML, whatever the file looks like."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.base import limits, xml
from chalicelib.base.errors import NotFound, Rejected
from chalicelib.invoicing.fatturapa import reader
from chalicelib.invoicing.model import Invoice
from infra.local import invoices
from infra.local.invoices import File, Fund, Line, Withholding, make
from infra.local.subjects import BUYER, GERMAN, PERSON, SELLER
from tests.invoicing.official import samples


def tree(data: bytes) -> xml.Element:
    return xml.read(data, limit_bytes=limits.DOCUMENT_BYTES)


def read(data: bytes) -> Invoice:
    return reader.read(tree(data))


def with_change(data: bytes, old: str, new: str) -> bytes:
    assert old.encode() in data, old
    return data.replace(old.encode(), new.encode(), 1)


# --- values -------------------------------------------------------------------------------------
def test_reads_every_value_of_an_ordinary_file() -> None:
    invoice = read(
        make(
            "TD04",
            number="NC 7/A",
            date="2026-03-01",
            pec="amministrazione@pec.esempio.it",
            progressive="0A1b2",
            transmitter="IT09999999999",
            emitter="TZ",
            art73=True,
            linked=(("12", "2026-02-01"), ("13/B", "2026-02-02")),
            attachments=(File("a.pdf", "PDF", b"%PDF"),),
        )
    )
    assert (invoice.format, invoice.version, invoice.family) == ("FPR12", "FPR12", "private")
    assert (invoice.progressive, invoice.transmitter) == ("0A1b2", "IT09999999999")
    assert invoice.recipient_code == "0000000"
    assert invoice.recipient_pec == "amministrazione@pec.esempio.it"
    assert invoice.emitter == "TZ"
    assert (invoice.seller.vat_id, invoice.seller.name) == ("IT" + SELLER.vat, SELLER.name)
    assert (invoice.buyer.tax_code, invoice.buyer.name) == (BUYER.tax_code, BUYER.name)
    (body,) = invoice.bodies
    assert (body.type, body.number, body.date, body.currency) == (
        "TD04", "NC 7/A", "2026-03-01", "EUR",
    )  # fmt: skip
    assert (body.taxable, body.tax, body.total) == (Decimal("150"), Decimal("33"), Decimal("183"))
    assert body.art73
    assert body.linked == ("12", "13/B")
    assert [(a.name, a.format, a.size) for a in body.attachments] == [("a.pdf", "PDF", 4)]


@pytest.mark.parametrize("type", [*invoices.ORDINARY_TYPES, *invoices.SIMPLIFIED_TYPES])
def test_every_type_reads_without_a_warning(type: str) -> None:
    invoice = read(make(type))
    assert invoice.warnings == ()
    assert invoice.bodies[0].type == type
    own = type in ("TD21", "TD27")
    assert (invoice.seller.fiscal_id == invoice.buyer.fiscal_id) is own
    assert invoice.issuer.country == "IT" or type == "TD29"


def test_a_person_is_read_by_name_and_surname() -> None:
    invoice = read(make(buyer=PERSON))
    assert invoice.buyer.name == "Giulia Ferri"
    assert invoice.buyer.vat_id == ""
    assert invoice.buyer.fiscal_id == PERSON.tax_code


def test_a_foreign_buyer_keeps_his_country() -> None:
    invoice = read(make(buyer=GERMAN, natura="N2.1"))
    assert invoice.buyer.vat_id == "DE136695976"
    assert invoice.recipient_code == "XXXXXXX"


def test_the_public_administration_is_its_own_family() -> None:
    invoice = read(make(format="FPA12"))
    assert (invoice.format, invoice.family, invoice.recipient_code) == ("FPA12", "pa", "UFEC01")


amounts = st.decimals(min_value="0.01", max_value="99999.99999999", places=8)
lines = st.lists(
    st.builds(
        Line,
        price=amounts,
        quantity=st.none() | st.decimals(min_value="0.01", max_value="999.99", places=2),
        rate=st.sampled_from([Decimal("4.00"), Decimal("10.00"), Decimal("22.00")]),
    ),
    min_size=1,
    max_size=6,
).map(tuple)


@pytest.mark.feature("F004-075")
@settings(max_examples=120, deadline=None)
@given(lines=lines, kept=st.booleans(), fund=st.booleans())
def test_amounts_are_those_that_were_made(lines: tuple[Line, ...], kept: bool, fund: bool) -> None:
    root = tree(
        make(lines=lines, ritenuta=Withholding() if kept else None, cassa=Fund() if fund else None)
    )
    (body,) = reader.read(root).bodies
    sums: dict[Decimal, Decimal] = {}
    for line in lines:
        sums[line.rate] = sums.get(line.rate, Decimal(0)) + line.total
    if fund:
        net = invoices.round2(sum((line.total for line in lines), Decimal(0)))
        sums[lines[0].rate] += invoices.round2(net * 4 / 100)
    taxable = {rate: invoices.round2(total) for rate, total in sums.items()}
    assert body.taxable == sum(taxable.values())
    assert body.tax == sum(invoices.round2(rate * part / 100) for rate, part in taxable.items())
    assert body.total == body.taxable + body.tax == body.amount


@settings(max_examples=60, deadline=None)
@given(st.lists(st.decimals(min_value="0.01", max_value="90.00", places=2), min_size=1, max_size=4))
def test_simplified_amounts_are_taken_out_of_the_gross(prices: list[Decimal]) -> None:
    made = make("TD07", lines=tuple(Line(price=price) for price in prices))
    (body,) = read(made).bodies
    assert body.total is None
    assert body.taxable == sum(prices)
    assert body.tax == sum(invoices.round2(price * 22 / 100) for price in prices)


def test_simplified_tax_from_the_rate_alone() -> None:
    made = make("TD07", lines=(Line(price=Decimal("100.00")),))
    (body,) = read(with_change(made, "<Imposta>22.00</Imposta>", "")).bodies
    assert (body.taxable, body.tax, body.amount) == (Decimal(100), Decimal(22), Decimal(122))


def test_simplified_rectification_is_a_link() -> None:
    (body,) = read(make("TD08", linked=(("45", "2026-01-02"),))).bodies
    assert (body.linked, body.kind) == (("45",), "C")


# --- lots ---------------------------------------------------------------------------------------
def test_a_lot_has_as_many_bodies_as_the_file() -> None:
    invoice = read(make(bodies=25, number="FE-8/26"))
    assert [body.number for body in invoice.bodies] == [f"FE-{n}/26" for n in range(8, 33)]


def test_a_lot_beyond_the_limit_is_refused_whole() -> None:
    data = make()
    body = data[data.index(b"<FatturaElettronicaBody>") : data.index(b"</p:")]
    many = data.replace(body, b"<FatturaElettronicaBody/>" * (limits.LOT_BODIES + 1))
    with pytest.raises(Rejected) as caught:
        read(many)
    assert caught.value.code == "too_many_bodies"


# --- leniency -----------------------------------------------------------------------------------
@pytest.mark.parametrize("prefix", ["p", "ns2", "b", "FatturaElettronica"])
def test_any_prefix_is_as_good(prefix: str) -> None:
    assert read(make(prefix=prefix)) == read(make())


@pytest.mark.parametrize("type", ["TD01", "TD07"])
def test_a_default_namespace_is_read_with_a_warning(type: str) -> None:
    plain, qualified = read(make(type)), read(make(type, prefix=""))
    assert qualified.warnings == ("children_qualified",)
    assert qualified.bodies == plain.bodies
    assert (qualified.seller, qualified.buyer) == (plain.seller, plain.buyer)


@pytest.mark.parametrize(
    ("written", "date", "warnings"),
    [
        ("2020-01-01+01:00", "2020-01-01", ("date_normalised",)),
        ("2020-01-01Z", "2020-01-01", ("date_normalised",)),
        ("\n 2020-01-01 ", "2020-01-01", ("date_normalised",)),
        ("01/02/2020", "01/02/2020", ("date_unreadable",)),
        ("2020-02-30", "2020-02-30", ("date_unreadable",)),
        ("", "", ()),
    ],
)
def test_dates_lose_blanks_and_zone(written: str, date: str, warnings: tuple[str, ...]) -> None:
    changed = with_change(make(), "<Data>2026-11-20</Data>", f"<Data>{written}</Data>")
    invoice = read(changed)
    assert (invoice.bodies[0].date, invoice.warnings) == (date, warnings)


@pytest.mark.parametrize("written", ["1.234,56", "NaN", "1e5", "Infinity", "9" * 40, "12,00"])
def test_what_is_no_number_is_nothing_and_warns(written: str) -> None:
    changed = with_change(
        make(), "<ImportoTotaleDocumento>183.00", "<ImportoTotaleDocumento>" + written
    )
    invoice = read(changed)
    assert invoice.bodies[0].total is None
    assert invoice.bodies[0].amount == Decimal("183.00")
    assert invoice.warnings == ("amount_unreadable",)


def test_a_comment_does_not_cut_a_value() -> None:
    changed = with_change(make(number="12"), "<Numero>12", "<Numero>1<!-- x -->2")
    assert read(changed).bodies[0].number == "12"


def test_a_number_keeps_its_inner_blanks_only() -> None:
    invoice = read(with_change(make(number="1  A"), "<Numero>1", "<Numero>\n 1"))
    assert (invoice.bodies[0].number, invoice.warnings) == ("1  A", ("number_trimmed",))


@pytest.mark.parametrize("root", ["FatturaElettronica", "FatturaElettronicaSemplificata"])
def test_a_bare_root_is_read(root: str) -> None:
    invoice = read(f"<{root}/>".encode())
    assert invoice.bodies == ()
    assert {"header_missing", "body_missing", "namespace_unknown"} <= set(invoice.warnings)


@pytest.mark.parametrize("name", ["DatiGenerali", "DatiBeniServizi", "CedentePrestatore", "Numero"])
def test_missing_blocks_are_read_as_nothing(name: str) -> None:
    text = make().decode()
    start, end = text.index(f"<{name}>"), text.index(f"</{name}>") + len(name) + 3
    invoice = read((text[:start] + text[end:]).encode())
    assert len(invoice.bodies) == 1


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["TD01", "TD04", "TD07"]), st.data())
def test_no_damage_below_the_root_makes_reading_fail(type: str, data: st.DataObject) -> None:
    files = (File("a.pdf", "PDF", b"%PDF"),)
    root = tree(make(type, bodies=2, attachments=files, cassa=Fund(), ritenuta=Withholding()))
    nodes = list(root.iter())
    for _ in range(data.draw(st.integers(1, 12))):
        node = data.draw(st.sampled_from(nodes))
        other = data.draw(st.sampled_from(nodes))
        parent = node.getparent()
        match data.draw(st.sampled_from(["drop", "text", "rename", "move"])):
            case "drop" if parent is not None:
                parent.remove(node)
            case "text":
                node.text = data.draw(st.text("0123456789.-+eE, ZT:\nàx", max_size=30))
            case "rename" if parent is not None:
                node.tag = "{urn:other}" + xml.local(other)
            case "move" if other not in node.iter() and node not in other.iterancestors():
                other.append(node)
    invoice = reader.read(root)
    assert len(set(invoice.warnings)) == len(invoice.warnings)
    for index, body in enumerate(invoice.bodies):
        assert body.amount.is_finite()
        for place, attached in enumerate(body.attachments):
            if attached.size >= 0:
                assert len(reader.attachment(root, index, place)) == attached.size


@pytest.mark.parametrize(
    ("version", "declared", "code", "format", "words"),
    [
        ("FPR12", "FPA12", "ABC1234", "FPR12", ("format_mismatch",)),
        ("1.1", "SDI11", "ABC123", "FPA12", ("format_mismatch", "format_guessed")),
        ("1.1", "1.1", "ABC1234", "FPR12", ("format_guessed",)),
    ],
)
def test_the_format_of_doubtful_files(
    version: str, declared: str, code: str, format: str, words: tuple[str, ...]
) -> None:
    changed = with_change(make(recipient=code), 'versione="FPR12"', f'versione="{version}"')
    invoice = read(
        with_change(changed, "<FormatoTrasmissione>FPR12", f"<FormatoTrasmissione>{declared}")
    )
    assert (invoice.format, invoice.version, invoice.warnings) == (format, version, words)


@pytest.mark.parametrize("data", [b"<Invoice/>", b'<x:Fattura xmlns:x="urn:x"/>'])
def test_other_roots_are_refused(data: bytes) -> None:
    with pytest.raises(Rejected) as caught:
        read(data)
    assert caught.value.code == "not_fatturapa"


# --- attachments --------------------------------------------------------------------------------
@pytest.mark.feature("F004-046")
@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.binary(max_size=3_000), min_size=1, max_size=3), st.sampled_from(["TD01", "TD07"])
)
def test_attachments_survive_byte_for_byte(contents: list[bytes], type: str) -> None:
    files = tuple(File(f"{n}.bin", "BIN", data + b"!") for n, data in enumerate(contents))
    root = tree(make(type, attachments=files, bodies=2))
    for body_index, body in enumerate(reader.read(root).bodies):
        assert [a.size for a in body.attachments] == [len(file.data) for file in files]
        for index, file in enumerate(files):
            assert reader.attachment(root, body_index, index) == file.data


def test_base64_in_lines_is_decoded() -> None:
    made = make(attachments=(File("a.txt", "TXT", b"Sportello"),))
    root = tree(with_change(made, "U3BvcnRlbGxv", "\n  U3Bv\r\n\tcnRl bGxv\n"))
    assert reader.attachment(root, 0, 0) == b"Sportello"


def test_broken_base64_is_said_and_refused() -> None:
    made = make(attachments=(File("a.txt", "TXT", b"Sportello"),))
    root = tree(with_change(made, "U3BvcnRlbGxv", "U3Bv*nRlbGx"))
    invoice = reader.read(root)
    assert (invoice.bodies[0].attachments[0].size, invoice.warnings) == (-1, ("attachment_broken",))
    with pytest.raises(Rejected) as caught:
        reader.attachment(root, 0, 0)
    assert caught.value.code == "attachment_broken"


@pytest.mark.parametrize(("body", "index"), [(0, 1), (1, 0), (-1, 0), (0, -1)])
def test_an_attachment_that_is_not_there(body: int, index: int) -> None:
    root = tree(make(attachments=(File("a.txt", "TXT", b"x"),)))
    with pytest.raises(NotFound):
        reader.attachment(root, body, index)


def test_an_empty_attachment_is_read() -> None:
    made = make(attachments=(File("a.txt", "TXT", b"x"),))
    invoice = read(with_change(made, "<Attachment>eA==</Attachment>", "<Attachment/>"))
    assert invoice.bodies[0].attachments[0].size == 0
    assert invoice.warnings == ("attachment_empty",)


# --- the official examples ----------------------------------------------------------------------
def _xpath(root: xml.Element, path: str) -> list[str]:
    return [str(found) for found in root.xpath(path + "/text()")]


@pytest.mark.feature("F004-075")
@pytest.mark.parametrize("path", samples() or [None], ids=lambda p: p.stem if p else "none")
def test_official_examples_read_as_their_xml_says(path: Path | None) -> None:
    if path is None:
        pytest.skip("the official examples are not at hand")
    root = tree(path.read_bytes())
    invoice = reader.read(root)
    sent = "FatturaElettronicaHeader/DatiTrasmissione/"
    assert invoice.warnings == ()
    assert [invoice.format] == _xpath(root, sent + "FormatoTrasmissione")
    assert [invoice.recipient_code] == _xpath(root, sent + "CodiceDestinatario")
    assert invoice.transmitter == "".join(_xpath(root, sent + "IdTrasmittente/*"))
    for side, party in (("Cedente", invoice.seller), ("Cessionario", invoice.buyer)):
        base = f"FatturaElettronicaHeader/*[starts-with(local-name(), '{side}')]/DatiAnagrafici/"
        assert party.vat_id == "".join(_xpath(root, base + "IdFiscaleIVA/*"))
        assert party.tax_code == "".join(_xpath(root, base + "CodiceFiscale"))
        assert party.name == " ".join(_xpath(root, base + "Anagrafica/*"))
    bodies = root.xpath("FatturaElettronicaBody")
    assert len(invoice.bodies) == len(bodies)
    for body, node in zip(invoice.bodies, bodies, strict=True):
        general = "DatiGenerali/DatiGeneraliDocumento/"
        assert [body.type] == _xpath(node, general + "TipoDocumento")
        assert [body.number] == _xpath(node, general + "Numero")
        assert [body.date] == _xpath(node, general + "Data")
        summed = [
            sum(Decimal(value) for value in _xpath(node, f"DatiBeniServizi/DatiRiepilogo/{name}"))
            for name in ("ImponibileImporto", "Imposta")
        ]
        assert [body.taxable, body.tax] == summed
        assert list(body.linked) == _xpath(node, "DatiGenerali/DatiFattureCollegate/IdDocumento")
