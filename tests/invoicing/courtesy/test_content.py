"""What a copy shows, before it is drawn: every value, in words, in either language."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from chalicelib.base import limits, xml
from chalicelib.base.errors import Rejected
from chalicelib.invoicing.courtesy import content, words
from chalicelib.invoicing.courtesy.labels import LANGUAGES, Language, meaning, tables
from chalicelib.invoicing.courtesy.pdf import courtesy_copy
from chalicelib.invoicing.courtesy.shapes import Boxes, Copy, Document, Facts, Table, Totals
from chalicelib.invoicing.fatturapa import reader
from chalicelib.invoicing.states import NOT_DOCUMENTS, STATES
from infra.local.invoices import ORDINARY_TYPES, SIMPLIFIED_TYPES, File, make
from tests.invoicing.courtesy.made import document, fonts, squeezed
from tests.invoicing.official import facts


def build(data: bytes, language: Language = "it", sdi: content.Sdi | None = None) -> Copy:
    root = xml.read(data, limit_bytes=limits.DOCUMENT_RAW_BYTES)
    return content.build(root, reader.read(root), language, sdi)


def texts(found: Document) -> Iterator[str]:
    """All that a document shows."""
    yield from (found.title, found.subtitle, found.total.label, found.total.value)
    for block in found.blocks:
        if isinstance(block, Boxes):
            for box in block.boxes:
                yield from (box.heading, box.name, *box.lines)
                yield from (text for fact in box.facts for text in (fact.label, fact.value))
            continue
        yield block.heading
        if isinstance(block, Facts | Totals):
            yield from (text for fact in block.facts for text in (fact.label, fact.value))
        elif isinstance(block, Table):
            yield from (column.title for column in block.columns)
            yield from (p.text for row in block.rows for cell in row for p in cell)
            yield from block.notes


def shown(copy: Copy) -> str:
    return squeezed("\n".join(text for found in copy.documents for text in texts(found)))


def block(copy: Copy, heading: str, index: int = 0) -> Facts | Table | Totals:
    found = [
        each
        for each in copy.documents[index].blocks
        if not isinstance(each, Boxes) and each.heading.startswith(heading)
    ]
    assert found, heading
    return found[0]


@pytest.mark.parametrize("simplified", [False, True])
@pytest.mark.parametrize("seed", range(20))
def test_every_value_is_shown(seed: int, simplified: bool) -> None:
    data, expected = document(seed, simplified=simplified, bodies=1 + seed % 3, full=seed < 5)
    copy = build(data)
    text = shown(copy)
    assert [value for value in expected if value not in text] == []
    # Nothing had to be listed under its bare name: each element has its place.
    assert not any(
        b.heading == words.word("others", "it")
        for found in copy.documents
        for b in found.blocks
        if not isinstance(b, Boxes)
    )


def test_what_nobody_asked_for_is_shown_as_well() -> None:
    data = make().replace(b"<Divisa>EUR</Divisa>", b"<Divisa>EUR</Divisa><Divisa>USD</Divisa>")
    data = data.replace(
        b"<DatiBeniServizi>", b"<Nuovo><Campo>ignoto</Campo></Nuovo><DatiBeniServizi>"
    )
    data = data.replace(
        b"</FatturaElettronicaHeader>", b"<X>testata</X></FatturaElettronicaHeader>"
    )
    copy = build(data)
    found = block(copy, words.word("others", "it"))
    assert isinstance(found, Facts)
    pairs = {
        (fact.label, fact.value)
        for each in copy.documents[0].blocks
        if isinstance(each, Facts) and each.heading == found.heading
        for fact in each.facts
    }
    assert pairs == {
        ("DatiGenerali/DatiGeneraliDocumento/Divisa", "USD"),
        ("Nuovo/Campo", "ignoto"),
        ("X", "testata"),
    }


@pytest.mark.feature("F004-075")
@pytest.mark.parametrize("type", [*ORDINARY_TYPES, *SIMPLIFIED_TYPES])
def test_characteristic_values_are_those_of_the_file(type: str) -> None:
    data = make(type, number="A/12", date="2026-11-20")
    root = xml.read(data, limit_bytes=limits.DOCUMENT_RAW_BYTES)
    body = reader.read(root).bodies[0]
    found = build(data).documents[0]
    assert found.title == meaning("TipoDocumento", type, "it", "2026-11-20")
    assert found.subtitle == f"n. A/12 del 20/11/2026 · {type}"
    assert squeezed(found.total.value) == squeezed(words.money(f"{body.amount:f}", "EUR", "it"))
    totals = block(build(data), "Totali")
    assert isinstance(totals, Totals)
    values = [fact.value for fact in totals.facts]
    assert values[:2] == [words.money(f"{v:f}", "EUR", "it") for v in (body.taxable, body.tax)]


def test_a_total_that_the_file_leaves_out_is_called_computed() -> None:
    data = re.sub(rb"<ImportoTotaleDocumento>.*?</ImportoTotaleDocumento>", b"", make())
    assert build(data).documents[0].total.label == words.word("total_sum", "it")
    assert build(make()).documents[0].total.label == words.word("total", "it")


def test_no_sum_is_made_of_what_cannot_be_read() -> None:
    data = make().replace(b"<Imposta>33.00<", b"<Imposta>trentatre<")
    copy = build(data)
    totals = block(copy, "Totali")
    assert isinstance(totals, Totals)
    assert [fact.label for fact in totals.facts] == [words.word("total", "it")]
    assert "trentatre" in shown(copy)
    data = re.sub(rb"<ImportoTotaleDocumento>.*?</ImportoTotaleDocumento>", b"", data)
    (found,) = build(data).documents
    assert found.total.value == ""
    assert not [each for each in found.blocks if isinstance(each, Totals)]


def test_a_lot_shows_every_document_with_its_parties() -> None:
    copy = build(make(bodies=5, number="1/2026"))
    assert [found.subtitle[:9] for found in copy.documents] == [f"n. {n}/2026" for n in range(1, 6)]
    for found in copy.documents:
        assert isinstance(found.blocks[0], Boxes)
        assert len(found.blocks[0].boxes) == 2


def test_attachments_have_name_and_size_but_not_their_bytes() -> None:
    data = make(attachments=(File("orario.pdf", "PDF", b"x" * 12_345), File("vuoto", "", b"y")))
    found = block(build(data), "Allegati")
    assert isinstance(found, Table)
    cells = [[p.text for cell in row for p in cell] for row in found.rows]
    assert cells == [["orario.pdf", "PDF", "12,3 kB"], ["vuoto", "1 byte"]]
    broken = re.sub(rb"<Attachment>.*?</Attachment>", b"<Attachment>!</Attachment>", data, count=1)
    assert "nonleggibile" in shown(build(broken))


def test_sdi_data_are_shown_when_they_are_given() -> None:
    sdi = content.Sdi("9876543210", "delivered", "2026-11-20T10:11:12Z", "2026-11-21")
    found = block(build(make(), sdi=sdi), words.word("sdi", "it"))
    assert isinstance(found, Facts)
    assert [fact.value for fact in found.facts] == [
        "9876543210",
        "Consegnata",
        "20/11/2026 10:11:12 UTC",
        "21/11/2026",
    ]
    assert "9876543210" not in shown(build(make()))
    assert "unheard" in shown(build(make(), sdi=content.Sdi(state="unheard")))


def test_english_labels_and_figures_around_the_same_data() -> None:
    copy = build(make("TD06", format="FPA12"), "en")
    found = copy.documents[0]
    assert (found.title, found.subtitle) == ("Fee note", "no. 1/2026 of 20 Nov 2026 · TD06")
    assert copy.mark == "Courtesy copy without fiscal value"
    text = shown(copy)
    for wanted in (
        "Split payment",
        "Bank transfer",
        "Taxable",
        "183.00",
        "Prestazione professionale",
    ):
        assert squeezed(wanted) in text
    for italian in ("Imponibile", "Cedente", "Pagamento"):
        assert italian not in text


def test_a_file_without_bodies_is_shown() -> None:
    data = re.sub(rb"<FatturaElettronicaBody>.*</FatturaElettronicaBody>", b"", make(), flags=re.S)
    (found,) = build(data).documents
    assert "Officina Bassi S.r.l." in set(texts(found))


def test_what_is_no_invoice_is_refused() -> None:
    with pytest.raises(Rejected, match="not_fatturapa"):
        courtesy_copy(b"%PDF-1.7 x", "it", fonts())
    with pytest.raises(Rejected, match="not_fatturapa"):
        courtesy_copy(b"<?xml version='1.0'?><a/>", "it", fonts())


# --- words and labels ---------------------------------------------------------------------------
def test_the_lists_are_the_official_ones() -> None:
    official: dict[str, set[str]] = {}
    name = ""
    for line in facts("fatturapa_lists.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            name = line.split()[2].removesuffix("Type")
            name = {"TipoScontoMaggiorazione": "Sconto"}.get(name, name)
        else:
            official.setdefault(name, set()).add(line.partition("\t")[0])
    marks = {"Art73", "Ritenuta", "BolloVirtuale"}  # only SI
    assert {n: set(rows) for n, rows in tables().items() if n != "State"} == {
        n: codes for n, codes in official.items() if n not in marks
    }


def test_every_label_is_in_both_languages() -> None:
    for name, rows in tables().items():
        for code, labels in rows.items():
            assert all(label.it and label.en for label in labels), (name, code)
            bounds = [(label.since, label.until) for label in labels]
            assert all(re.fullmatch(r"(\d{4}-\d\d-\d\d)?", b) for pair in bounds for b in pair)


def test_every_state_of_a_document_has_its_words() -> None:
    assert set(tables()["State"]) == set(STATES) - NOT_DOCUMENTS


def test_a_label_is_the_one_of_the_day() -> None:
    assert "9-bis" in meaning("TipoDocumento", "TD20", "it", "2025-04-01")
    assert "9-bis" not in meaning("TipoDocumento", "TD20", "it", "2025-03-31")
    assert meaning("Natura", "N3", "it", "2026-01-01") == "Non imponibili"  # shown all the same
    assert meaning("Natura", "N99", "it") == ""


@pytest.mark.parametrize(
    ("text", "italian", "english"),
    [
        ("1234.56", "1.234,56", "1,234.56"),
        ("150.00000000", "150,00", "150.00"),
        ("-1000000.12345678", "-1.000.000,12345678", "-1,000,000.12345678"),
        ("0007", "7,00", "7.00"),
        ("+12.5", "12,50", "12.50"),
        ("1e5", "1e5", "1e5"),
        ("", "", ""),
    ],
)
def test_numbers(text: str, italian: str, english: str) -> None:
    assert [words.number(text, language) for language in LANGUAGES] == [italian, english]


@pytest.mark.parametrize(
    ("text", "italian", "english"),
    [
        ("2026-11-20", "20/11/2026", "20 Nov 2026"),
        ("2026-11-20T09:05:00", "20/11/2026 09:05:00", "20 Nov 2026 09:05:00"),
        ("2026-11-20+01:00", "20/11/2026 +01:00", "20 Nov 2026 +01:00"),
        ("2026-13-40", "2026-13-40", "2026-13-40"),
        ("ieri", "ieri", "ieri"),
    ],
)
def test_days(text: str, italian: str, english: str) -> None:
    assert [words.day(text, language) for language in LANGUAGES] == [italian, english]


def test_sizes() -> None:
    sizes = (0, 999, 1_000, 12_345, 3_456_789, -1)
    assert [words.size(n, "it") for n in sizes] == [
        "0 byte",
        "999 byte",
        "1,0 kB",
        "12,3 kB",
        "3,5 MB",
        "non leggibile",
    ]
