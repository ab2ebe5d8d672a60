"""The copy as a PDF, read back by readers that are not ours."""

from __future__ import annotations

import hashlib
import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from itertools import combinations
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pypdf
import pypdfium2
import pytest

from chalicelib.base import limits, xml
from chalicelib.base.errors import Rejected
from chalicelib.base.typeset import POINT_MM, width
from chalicelib.invoicing.courtesy import content, layout
from chalicelib.invoicing.courtesy.labels import Language
from chalicelib.invoicing.courtesy.pages import BOTTOM, LEFT, RIGHT, TOP, Ink, Page
from chalicelib.invoicing.courtesy.pdf import courtesy_copy, faces
from chalicelib.invoicing.courtesy.typeset import COLUMN, HEADING, NAME
from chalicelib.invoicing.fatturapa import reader
from infra.local.invoices import File, Fund, Line, Withholding, make
from tests.invoicing.courtesy.made import ROOT, document, fonts, squeezed

MARK = {
    "it": "Copia di cortesia priva di valore fiscale",
    "en": "Courtesy copy without fiscal value",
}
NUMBERED = {"it": "Pagina {} di {}", "en": "Page {} of {}"}

LONG = (
    Line(description="X" * 1_000),
    Line(description=("parola " * 143)[:1_000].strip()),
    Line(description="a/b-" * 250, quantity=Decimal("99999999.12345678"), price=Decimal("0.1")),
    Line(description="W" * 30 + " " + "i" * 400),
)
CASES = {
    "simple": make(),
    "professional": make("TD06", ritenuta=Withholding(), cassa=Fund(), bollo=True),
    "public": make(format="FPA12", attachments=(File("ordine.pdf", "PDF", b"x"),)),
    "lines": make(
        lines=tuple(
            Line(description=f"Articolo {i:03d}" + " molto esteso" * (i % 9)) for i in range(300)
        )
    ),
    "lot": make(bodies=5),
    "simplified": make("TD08"),
    "long": make(lines=LONG),
    "orders": make(
        "TD04", linked=tuple((f"FT-{i:04d}", "2026-10-01") for i in range(250)), natura="N2.2"
    ),
    "everything": document(7, full=True, bodies=2)[0],
}


def copy(data: bytes, language: Language = "it") -> bytes:
    return courtesy_copy(data, language, fonts())


def read(made: bytes) -> list[str]:
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(made)).pages]


def laid_out(data: bytes, language: Language = "it") -> tuple[Page, ...]:
    root = xml.read(data, limit_bytes=limits.DOCUMENT_RAW_BYTES)
    return layout.pages(content.build(root, reader.read(root), language), faces(fonts()))


def inks(page: Page) -> list[Ink]:
    return [trace for trace in page.traces if isinstance(trace, Ink) and trace.text.strip()]


# --- what can be read ---------------------------------------------------------------------------
@pytest.mark.parametrize("simplified", [False, True])
@pytest.mark.parametrize("seed", range(8))
def test_every_value_can_be_read_back(seed: int, simplified: bool) -> None:
    data, expected = document(seed, simplified=simplified, bodies=1 + seed % 2, full=seed == 0)
    text = squeezed("".join(read(copy(data))))
    assert [value for value in expected if value not in text] == []


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("language", ["it", "en"])
def test_every_page_says_what_it_is(name: str, language: Language) -> None:
    pages = read(copy(CASES[name], language))
    for number, text in enumerate(pages, start=1):
        assert text.count(MARK[language]) == 2, "at its head and at its foot"
        assert NUMBERED[language].format(number, len(pages)) in text


def test_reading_order_is_the_order_of_the_page() -> None:
    (text,) = read(copy(CASES["professional"]))
    wanted = ["Parcella", "Cedente", "Cessionario", "Dettaglio", "Cassa", "Ritenute", "Riepilogo"]
    places = [text.index(word) for word in [*wanted, "Totale imponibile", "Pagamento ·", "Trasm"]]
    assert places == sorted(places)


def test_markup_and_formulas_are_only_text() -> None:
    said = "**grassetto** __sotto__ <b>b</b> {nb} [a](http://a.it) =1+1 --x-- \\n"
    made = copy(make(lines=(Line(description=said),)))
    assert squeezed(said) in squeezed(read(made)[0])
    (page,) = pypdf.PdfReader(io.BytesIO(made)).pages
    assert "/Annots" not in page


def test_every_character_of_the_format_has_its_shape() -> None:
    signs = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    said = " ".join(map(chr, signs)) + " € – — ‘ ’ “ ” … •"
    for known in faces(fonts()).values():
        assert not set(said) - set(known)
        assert not set(" ".join(MARK.values())) - set(known)
    assert squeezed(said) in squeezed(read(copy(make(lines=(Line(description=said),))))[0])


def test_a_character_without_shape_is_named() -> None:
    text = squeezed(read(copy(make(lines=(Line(description="tè 中 fine"),))))[0])
    assert "tè[U+4E2D]fine" in text


# --- the file -----------------------------------------------------------------------------------
def _fonts_of(reader_: pypdf.PdfReader) -> Iterator[Any]:
    for page in reader_.pages:
        for font in page["/Resources"]["/Font"].values():  # type: ignore[index]
            yield font.get_object()


def test_title_language_and_embedded_subsets() -> None:
    made = copy(CASES["simple"], "en")
    file = pypdf.PdfReader(io.BytesIO(made))
    assert file.metadata is not None
    assert file.metadata.title == "Invoice no. 1/2026 of 20 Nov 2026 - Officina Bassi S.r.l."
    catalogue: Any = file.trailer["/Root"]
    assert catalogue["/Lang"] == "en-GB"
    assert catalogue["/ViewerPreferences"]["/DisplayDocTitle"]
    names = set()
    for font in _fonts_of(file):
        names.add(font["/BaseFont"])
        below = font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
        assert "/FontFile2" in below
        assert "/ToUnicode" in font
    assert len(names) == 2
    assert all(re.fullmatch(r"/[A-Z]{6}\+SourceSansPro.*", name) for name in names)
    whole = sum((fonts() / name).stat().st_size for name in os.listdir(fonts()))
    assert len(made) < whole / 10


def test_a_lot_has_an_outline() -> None:
    file = pypdf.PdfReader(io.BytesIO(copy(CASES["lot"])))
    assert [entry.title for entry in file.outline] == [  # type: ignore[union-attr]
        f"Fattura n. {number}/2026 del 20/11/2026" for number in range(1, 6)
    ]


def test_the_same_file_gives_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "x.xml").write_bytes(CASES["everything"])
    first = copy(CASES["everything"])
    assert copy(CASES["everything"]) == first
    program = (
        "import sys, hashlib; from pathlib import Path;"
        "from chalicelib.invoicing.courtesy.pdf import courtesy_copy;"
        "data = Path(sys.argv[1]).read_bytes();"
        "print(hashlib.sha256(courtesy_copy(data, 'it', Path(sys.argv[2]))).hexdigest())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "x.xml"), str(fonts())],
        env={**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": str(ROOT), "TZ": "Asia/Tokyo"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == hashlib.sha256(first).hexdigest()


# --- where it stands ----------------------------------------------------------------------------
@pytest.mark.parametrize("name", CASES)
def test_nothing_leaves_the_margins(name: str) -> None:
    file = pypdfium2.PdfDocument(copy(CASES[name]))
    for page in file:
        assert [round(side) for side in page.get_size()] == [595, 842]
        text = page.get_textpage()
        for index in range(text.count_rects()):
            left, bottom, right, top = (side * POINT_MM for side in text.get_rect(index))
            assert left >= LEFT - 0.5
            assert right <= RIGHT + 0.5
            assert bottom >= 5
            assert top <= 297 - 5
    file.close()


@pytest.mark.parametrize("name", CASES)
def test_nothing_stands_on_anything_else(name: str) -> None:
    known = faces(fonts())
    for page in laid_out(CASES[name]):
        found = [
            (i.x, i.x + width(i.text, known, i.style), i.y, i.style.points * POINT_MM, i.text)
            for i in inks(page)
        ]
        for one, other in combinations(sorted(found, key=lambda each: each[2]), 2):
            if other[2] - one[2] < 0.75 * other[3]:
                apart = one[1] <= other[0] + 0.01 or other[1] <= one[0] + 0.01
                assert apart, (one[4], other[4])


@pytest.mark.parametrize("name", CASES)
def test_no_heading_ends_a_page(name: str) -> None:
    for page in laid_out(CASES[name]):
        body = [ink for ink in inks(page) if TOP <= ink.y <= BOTTOM]
        assert body
        assert body[-1].style not in (HEADING, COLUMN), body[-1].text


def test_the_titles_of_a_table_are_on_each_of_its_pages() -> None:
    pages = laid_out(CASES["lines"])
    assert 9 <= len(pages) <= 20
    numbers = []
    for page in pages:
        body = inks(page)
        lines = [ink.text for ink in body if re.fullmatch(r"Articolo \d{3}.*", ink.text)]
        numbers += [int(text.split()[1]) for text in lines]
        if lines:
            assert "Descrizione" in [ink.text for ink in body if ink.style == COLUMN]
    assert numbers == list(range(300)), "each line once, in order"


def test_pages_after_the_first_name_the_document() -> None:
    first, *others = read(copy(CASES["lines"]))
    assert "segue" not in first
    assert all("Fattura n. 1/2026 del 20/11/2026 (segue)" in text for text in others)


def test_a_text_longer_than_a_page_is_divided_and_whole() -> None:
    words_ = [f"w{index:05d}" for index in range(4_000)]
    data = make(lines=(Line(description=" ".join(words_)),))
    pages = laid_out(data)
    assert len(pages) > 2
    found = re.findall(r"w\d{5}", " ".join(ink.text for page in pages for ink in inks(page)))
    assert found == words_


def test_a_party_longer_than_a_page_is_divided_and_whole() -> None:
    name = "".join(f"<{index:05d}>" for index in range(2_000))
    data = make().replace(b"Officina Bassi S.r.l.", escape(name).encode())
    pages = laid_out(data)
    assert len(pages) > 2
    # The buyer's stands beside it, on the first page.
    said = [ink.text for page in pages for ink in inks(page) if ink.style == NAME]
    assert name == "".join(text for text in said if not text.startswith("Ferramenta"))


# --- limits -------------------------------------------------------------------------------------
def test_too_many_pages_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    count = len(laid_out(CASES["lines"]))
    monkeypatch.setattr(limits, "COURTESY_PAGES", count)
    assert copy(CASES["lines"])
    monkeypatch.setattr(limits, "COURTESY_PAGES", count - 1)
    with pytest.raises(Rejected, match="copy_too_long") as refused:
        copy(CASES["lines"])
    assert refused.value.details == {"limit_pages": count - 1}


@pytest.mark.parametrize(
    ("before", "added"),
    [
        (b"<DatiBeniServizi>", b"<Q>" + b"<a>1</a>" * 3_000 + b"</Q>"),
        (b"</Descrizione>", b"W" * 200_000),
        (b"</Numero>", b"1" * 200_000),
    ],
)
def test_an_endless_file_is_refused_early(
    before: bytes, added: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "COURTESY_PAGES", 5)
    with pytest.raises(Rejected, match="copy_too_long"):
        copy(make().replace(before, added + before))


def test_a_lot_of_the_greatest_size_fits() -> None:
    # Each document takes a page; a hundred of them show it as well as LOT_BODIES.
    assert len(laid_out(make(bodies=100))) == 100
    assert limits.COURTESY_PAGES > limits.LOT_BODIES


def test_too_many_bytes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "COURTESY_BYTES", 10_000)
    with pytest.raises(Rejected, match="copy_too_long"):
        copy(CASES["simple"])


def test_columns_fit_whatever_the_figures() -> None:
    for naturals in ([6.0, 300.0, 60.0, 60.0, 60.0, 60.0], [6.0, 1.0, 1.0, 1.0, 1.0, 1.0]):
        columns = (
            layout.Column("N."),
            layout.Column("D", wide=True),
            *[layout.Column("x", right=True)] * 4,
        )
        found = layout.widths(columns, naturals)
        assert sum(found) + 3.5 * 5 <= RIGHT - LEFT + 0.01
        assert all(size > 0 for size in found)
        assert found[1] >= 40
