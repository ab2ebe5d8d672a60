"""The notice as a file: read by readers of texts and codes that are not ours, and looked over."""

from __future__ import annotations

import hashlib
import io
import os
import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from itertools import combinations
from typing import Any

import pypdf
import pytest

from chalicelib.base.errors import Rejected
from chalicelib.payments import codes
from chalicelib.payments.notice import pdf
from chalicelib.payments.notice.model import Debtor, Notice, day, euros
from chalicelib.payments.notice.words import WORDS
from tests.payments.notice.made import (
    CREDITOR,
    KINDS,
    NOTICE,
    POINT_MM,
    ROOT,
    SLOVENE,
    WITH_POST,
    Run,
    fonts,
    made,
    pictures,
    rates,
    runs,
)
from tests.payments.reading import codes_in

pytestmark = pytest.mark.feature("F001-161")
PAGES = {
    "whole": 1, "post": 1, "bare": 1, "two": 1, "three": 1, "five": 2, "eight": 3,
    "post two": 2, "post three": 2, "post four": 3, "rates only": 2, "post rates only": 3,
    "many": 3, "post many": 5, "many and whole": 3, "long": 2, "slovene": 1, "en": 2,
}  # fmt: skip


def said(data: bytes) -> str:
    """All the text of a file, by pypdf, without blanks."""
    reader = pypdf.PdfReader(io.BytesIO(data), strict=True)
    return "".join("".join(page.extract_text().split()) for page in reader.pages)


def asked(notice: Notice) -> Counter[str]:
    """The texts of all codes that a notice must have."""
    creditor = notice.creditor
    wanted = Counter(codes.qr_text(one.number, creditor.code, one.cents) for one in notice.payments)
    if creditor.postal:
        wanted.update(
            codes.slip_text(
                number=one.number,
                account=creditor.postal.account,
                cents=one.cents,
                creditor=creditor.code,
                debtor=notice.debtor.code,
                debtor_name=notice.debtor.name,
                subject=notice.subject,
            )
            for one in notice.payments
        )
    return wanted


# --- what can be read -----------------------------------------------------------------------------
@pytest.mark.parametrize("name", KINDS)
def test_every_code_is_read_from_paper(name: str) -> None:
    """At 300 dots to the inch, as it is printed: each payment's QR code, and each slip's Data
    Matrix where there is a postal account; nothing else. With the white around them that readers
    are promised: four modules, and one (ISO/IEC 18004, 16022)."""
    read = []
    for page in pictures(made(name)):
        for code in codes_in(page):
            read.append(code.text)
            square = code.kind == "QR Code"
            if square:
                assert (code.version, code.correction) == ("4", "M")
            else:
                assert code.version == "48x48"
            quiet = int(code.side / (33 if square else 48) * (4 if square else 1)) - 1
            around = page.crop(
                (
                    int(code.left) - quiet,
                    int(code.top) - quiet,
                    int(code.left + code.side) + quiet,
                    int(code.top + code.side) + quiet,
                )
            )
            side = int(code.side)
            around.paste(255, (quiet - 1, quiet - 1, quiet + side + 1, quiet + side + 1))
            # The grey behind a heading is paper to a reader; ink is not.
            assert around.getextrema()[0] > 200, code  # type: ignore[operator]
    assert Counter(read) == asked(KINDS[name])


@pytest.mark.parametrize("name", KINDS)
def test_every_value_is_on_it(name: str) -> None:
    notice = KINDS[name]
    text = said(made(name))
    creditor, debtor = notice.creditor, notice.debtor
    wanted = [
        creditor.code, creditor.name, creditor.sector, creditor.info, creditor.cbill,
        creditor.counter, debtor.code, debtor.name, *debtor.address, notice.subject, notice.link,
    ]  # fmt: skip
    if creditor.postal:
        wanted += [f"{creditor.postal.account:0>12}", creditor.postal.holder]
        wanted += [creditor.postal.authorisation]
    for payment in notice.payments:
        wanted += [payment.number, euros(payment.cents)]
        wanted += [day(payment.due)] if payment.due else []
    if notice.varying:
        wanted.append(WORDS["it"].legal)
    if notice.second:
        wanted += [WORDS[notice.second].title, WORDS[notice.second].local_text]
    assert [one for one in wanted if "".join(one.split()) not in text] == []


@pytest.mark.feature("F001-055")
def test_the_description_that_was_asked_for_is_on_each_page() -> None:
    notice = replace(NOTICE, subject="Quote 2024, 2025 e sanzioni", instalments=rates(8))
    pages = runs(pdf.render(notice, fonts()))
    assert all("Quote 2024, 2025 e sanzioni" in [run.text for run in page] for page in pages)


@pytest.mark.parametrize("name", PAGES)
def test_as_many_pages_as_needed(name: str) -> None:
    assert len(pypdf.PdfReader(io.BytesIO(made(name))).pages) == PAGES[name]


def test_the_whole_comes_first_and_instalments_in_order() -> None:
    text = said(made("eight"))
    places = [text.index("Rataunica"), *(text.index(f"Rata{n}") for n in range(1, 9))]
    assert places == sorted(places)


def test_the_words_follow_what_can_be_done() -> None:
    def text(**more: Any) -> str:
        return said(pdf.render(replace(NOTICE, **more), fonts()))

    assert "Puoipagareperinterooin3rate" in text(instalments=rates(3))
    assert "Puoipagarein4rate" in text(whole=None, instalments=rates(4))
    many = text(whole=None, instalments=rates(10))
    assert "Importiescadenzesonoriportatineldettagliodiognisingolarata." in many
    assert "Puoipagare" not in many
    assert "sulsitodiOrdinedeiFarmacistidiTest," in text()
    assert "sulsitodi" not in text(creditor=replace(CREDITOR, site=False))
    assert "pressoCassa1,pressoBanche" in text(creditor=replace(CREDITOR, counter="Cassa 1"))
    assert "Infasedipagamento" not in text(varying=False)
    assert "CBILL" not in text(creditor=replace(CREDITOR, cbill=""))
    dateless = text(whole=replace(NOTICE.payments[0], due=None))
    assert "Quantopagare?" in dateless
    assert "entroil" not in dateless


def test_the_second_language_is_grey_and_beside_the_first() -> None:
    (page,) = runs(pdf.render(SLOVENE, fonts()))
    by_text = {run.text: run for run in page}
    first, second = by_text["Avviso di pagamento"], by_text["Obvestilo o plačilu"]
    assert second.colour == (0x7C, 0x7C, 0x7B)
    assert first.colour == (0, 0, 0)
    assert abs(first.baseline - second.baseline) < 0.1
    assert 14 in {run.points for run in page if run.text == "Žiga Čuček Štrukelj Müßiggang"}


# --- what it looks like ---------------------------------------------------------------------------
@pytest.mark.parametrize("name", KINDS)
def test_nothing_leaves_the_margins(name: str) -> None:
    for page in runs(made(name)):
        for run in page:
            assert run.left >= 10.0 - 0.05, run
            assert run.right <= 200.0 + 0.05, run
            assert run.top >= 9.0, run
            assert run.baseline <= 287.0, run


@pytest.mark.parametrize("name", KINDS)
def test_nothing_stands_on_anything_else(name: str) -> None:
    for page in runs(made(name)):
        boxes = [(box_of(run), run) for run in page if run.text.strip()]
        for (one, first), (other, second) in combinations(boxes, 2):
            apart = (
                one[2] <= other[0] + 0.05
                or other[2] <= one[0] + 0.05
                or one[3] <= other[1] + 0.05
                or other[3] <= one[1] + 0.05
            )
            assert apart, (first, second)


def box_of(run: Run) -> tuple[float, float, float, float]:
    """The letters of a text: from the height of small ones to below the line."""
    unit = run.points * POINT_MM
    return run.left, run.baseline - 0.6 * unit, run.right, run.baseline + 0.12 * unit


def test_a_long_logo_lies_in_the_corner() -> None:
    wide = (
        b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 100">'
        b'<rect width="300" height="100" fill="#000"/></svg>'
    )
    data = pdf.render(replace(NOTICE, creditor=replace(CREDITOR, logo=wide)), fonts())
    (picture,) = pictures(data, 72)

    def at(left: float, top: float) -> object:
        return picture.getpixel((left / POINT_MM, top / POINT_MM))

    assert at(171, 11) == at(199, 19) == 0
    assert at(199, 21) == at(168, 11) == 255


# --- the file -------------------------------------------------------------------------------------
def test_the_same_notice_gives_the_same_bytes() -> None:
    first = made("post two")
    pdf._kit.cache_clear()
    pdf._fonts.cache_clear()
    assert made("post two") == first
    program = (
        "import hashlib; from tests.payments.notice.made import made;"
        "print(hashlib.sha256(made('post two')).hexdigest())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": str(ROOT), "TZ": "Asia/Tokyo"},
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert done.stdout.strip() == hashlib.sha256(first).hexdigest()


def test_one_notice_leaves_nothing_in_the_next() -> None:
    """What is kept between notices is what they share: fonts and logos."""
    alone = made("whole")
    for name in ("long", "slovene", "post three"):
        made(name)
    assert made("whole") == alone
    assert "Colonna".upper() not in said(alone)


def test_faces_are_embedded_subsets() -> None:
    reader = pypdf.PdfReader(io.BytesIO(made("post")), strict=True)
    found: Any = reader.pages[0]["/Resources"]["/Font"]  # type: ignore[index]
    names = set()
    for one in found.values():
        font = one.get_object()
        names.add(font["/BaseFont"])
        below = font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
        assert "/FontFile2" in below
        assert "/ToUnicode" in font
    assert all(re.fullmatch(r"/[A-Z]{6}\+(TitilliumWeb|RobotoMono)-\w+", name) for name in names)
    assert {name.partition("+")[2] for name in names} == {
        "TitilliumWeb-Regular", "TitilliumWeb-Bold", "RobotoMono-Regular", "RobotoMono-Bold",
    }  # fmt: skip
    # Ten thousand of them go out by mail.
    assert len(made("post")) < 70_000


def test_it_can_be_read_aloud() -> None:
    """Title and language, and a structure that names each text once and says what codes are."""
    data = made("post two")
    reader = pypdf.PdfReader(io.BytesIO(data), strict=True)
    catalogue: Any = reader.trailer["/Root"]
    assert reader.metadata is not None
    assert reader.metadata.title == "Avviso di pagamento 3010 0000 0000 0042 85"
    assert catalogue["/Lang"] == "it-IT"
    assert catalogue["/MarkInfo"]["/Marked"]
    assert catalogue["/ViewerPreferences"]["/DisplayDocTitle"]
    tree = catalogue["/StructTreeRoot"]
    elements = [one.get_object() for one in tree["/K"].get_object()["/K"]]
    figures = [one["/Alt"] for one in elements if one["/S"] == "/Figure"]
    assert sum(text.startswith("Codice QR: PAGOPA|002|") for text in figures) == 3
    assert figures.count("Data Matrix del bollettino") == 3
    assert figures.count("pagoPA") == 2
    nums = tree["/ParentTree"]["/Nums"]
    for page in reader.pages:
        content = page.get_contents()
        assert content is not None
        marks = [int(mark) for mark in re.findall(rb"/MCID (\d+)", content.get_data())]
        own = [one for one in elements if one["/Pg"].get_object() == page]
        assert marks == list(range(len(own)))
        assert len(nums[2 * page["/StructParents"] + 1].get_object()) == len(marks)


def test_the_link_is_printed_and_opens() -> None:
    reader = pypdf.PdfReader(io.BytesIO(made("linked")), strict=True)
    (annotation,) = reader.pages[0]["/Annots"]  # type: ignore[misc]
    link = annotation.get_object()
    wanted = KINDS["linked"].link
    assert link["/A"]["/URI"] == wanted
    left, bottom, right, top = (float(side) * POINT_MM for side in link["/Rect"])
    (run,) = [run for run in runs(made("linked"))[0] if run.text == wanted]
    assert left <= run.left + 0.1
    assert right >= run.right - 0.1
    assert 297 - top <= run.baseline <= 297 - bottom


def test_a_letter_without_shape_is_named() -> None:
    """Beyond western Europe the whole faces are asked; what they have not is shown as its code."""
    debtor = Debtor("RSSMRA80A01H501U", "Ştefan Ţepeş 李")
    (page,) = runs(pdf.render(replace(NOTICE, debtor=debtor), fonts()))
    assert "Ştefan Ţepeş [U+674E]" in [run.text for run in page]


def test_a_logo_that_cannot_be_printed_is_refused() -> None:
    for logo in (b"GIF89a", b"<svg"):
        with pytest.raises(Rejected, match="logo_un"):
            pdf.kept_logo(logo)
        with pytest.raises(Rejected, match="logo_un"):
            pdf.render(replace(WITH_POST, creditor=replace(CREDITOR, logo=logo)), fonts())
    pdf.kept_logo(CREDITOR.logo)
