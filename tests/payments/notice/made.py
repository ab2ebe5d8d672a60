"""Notices of every kind, and what PDFium sees on their pages: texts with their places, codes."""

from __future__ import annotations

import ctypes
import os
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium
import pytest
from PIL import Image

from chalicelib.payments import iuv
from chalicelib.payments.notice.model import Creditor, Debtor, Notice, Payment, Postal
from chalicelib.payments.notice.pdf import MARK_FILE, render
from chalicelib.payments.notice.sheet import FILES

ROOT = Path(__file__).parents[3]
POINT_MM = 25.4 / 72
LOGO = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">'
    b'<circle cx="50" cy="50" r="48" fill="#133"/><path d="M20 70L50 20L80 70Z" fill="#fc0"/></svg>'
)
# From the top of the boxes that were measured to the baseline, for a size of 1: Roboto Mono's own,
# and for Titillium (whose file PagoPA used is not public) what centres its capitals in their bands.
ASCENTS = {"Titillium": 0.924, "RobotoMono": 1.048}


def fonts() -> Path:
    """The folder of fonts and marks that the build takes out of their packages."""
    folder = Path(os.environ.get("SPORTELLO_FONTS") or ROOT / ".local" / "layers" / "fonts")
    if not all((folder / file).is_file() for file in (*FILES.values(), MARK_FILE)):
        pytest.skip(f"no fonts in {folder}: build the layer or set SPORTELLO_FONTS")
    return folder


def number(base: int) -> str:
    return iuv.notice_number(iuv.make("01", base))


def payment(base: int, cents: int = 15_000, due: date | None = date(2026, 12, 31)) -> Payment:
    return Payment(number(base), cents, due)


def rates(count: int, cents: int = 5_050) -> tuple[Payment, ...]:
    return tuple(payment(100 + n, cents, date(2027, 1 + n % 12, 28)) for n in range(count))


POSTAL = Postal("123456", "Ordine dei Farmacisti di Test", "AUT. DB/SSIC/E 12345 DEL 01/02/2026")
CREDITOR = Creditor(
    code="80012345678",
    name="Ordine dei Farmacisti di Test",
    sector="Ufficio iscrizioni",
    info="www.ordinetest.it · segreteria@ordinetest.it · 06 1234567",
    cbill="A90S3",
    site=True,
    logo=LOGO,
)
DEBTOR = Debtor("RSSMRA80A01H501U", "Mario Rossi", ("Via Nazionale 1", "00100 Roma (RM)"))
NOTICE = Notice(CREDITOR, DEBTOR, "Quota di iscrizione anno 2026", payment(42))
WITH_POST = replace(NOTICE, creditor=replace(CREDITOR, postal=POSTAL))
# Everything as long as it may be, in capitals, which are the widest.
LONG = Notice(
    Creditor(
        code="80012345678",
        name="FEDERAZIONE NAZIONALE DEGLI ORDINI DELLE PROFESSIO",
        sector="UFFICIO ISCRIZIONI, TRIBUTI E RISCOSSIONE COATTIVA",
        info="WWW.FEDERAZIONENAZIONALE.EXAMPLE.IT · PROTOCOLLO@PEC.FEDERAZIONE.EXAMPLE.IT · "
        "06 12345678 AL M",
        cbill="A90S3",
        site=True,
        counter="CASSE AUTOMATICHE DELLA SEDE DI VIA GARIBALDI, 152",
        postal=Postal(
            "123456789012",
            "FEDERAZIONE NAZIONALE DEGLI ORDINI DELLE PROFESSIO",
            POSTAL.authorisation,
        ),
        logo=LOGO,
    ),
    Debtor(
        "RSSMRA80A01H501U",
        "MASSIMILIANO ALESSANDRO FERDINANDO DELLA ROVERE DI MONTEFELTRO COLONNA",
        (
            "VIA DEI MARTIRI DELLA RESISTENZA E DELLA LIBERAZIONE NAZIONALE 123 SCALA B INTERNO 45",
            "00100 SANT’AGATA SUL SANTERNO DI SOPRA MONTAGNA (RM)",
        ),
    ),
    "QUOTA DI ISCRIZIONE ALL’ALBO PROFESSIONALE 2026, SANZIONE PER RITARDATO PAGAMENTO 2025, X",
    payment(42, 9_999_999_999),
    rates(3, 9_999_999_999),
    link="https://paga.federazionenazionale.example.it/posizioni/301000000000004285",
)
SLOVENE = Notice(
    replace(CREDITOR, name="Občina Devin Nabrežina", logo=b"", cbill=""),
    Debtor("12345678901", "Žiga Čuček Štrukelj Müßiggang", ("Ulica Šolska 1", "34011 Devin")),
    "Pristojbina za vpis",
    payment(42, 1, None),
    varying=False,
    second="sl",
)
KINDS = {
    "whole": NOTICE,
    "post": WITH_POST,
    "bare": Notice(Creditor("80012345678", "Comune"), Debtor("AB", "X"), "Y", payment(1, 1, None)),
    "two": replace(NOTICE, instalments=rates(2)),
    "three": replace(NOTICE, instalments=rates(3)),
    "five": replace(NOTICE, instalments=rates(5)),
    "eight": replace(NOTICE, instalments=rates(8)),
    "post two": replace(WITH_POST, instalments=rates(2)),
    "post three": replace(WITH_POST, instalments=rates(3)),
    "post four": replace(WITH_POST, instalments=rates(4)),
    "rates only": replace(NOTICE, whole=None, instalments=rates(4)),
    "post rates only": replace(WITH_POST, whole=None, instalments=rates(4)),
    "many": replace(NOTICE, whole=None, instalments=rates(12)),
    "post many": replace(WITH_POST, whole=None, instalments=rates(10)),
    "many and whole": replace(NOTICE, instalments=rates(11)),
    "long": LONG,
    "long two": replace(LONG, instalments=rates(2, 9_999_999_999)),
    "long many": replace(LONG, whole=None, instalments=rates(10, 9_999_999_999)),
    "greatest": replace(
        LONG, creditor=replace(LONG.creditor, postal=None), whole=payment(1, 99_999_999_999),
        instalments=rates(3, 99_999_999_999),
    ),
    "linked": replace(NOTICE, link="https://paga.example.it/p/(301000000000004285)"),
    "slovene": SLOVENE,
    "en": replace(NOTICE, second="en", instalments=rates(3)),
    "long en": replace(LONG, second="en", instalments=rates(4, 9_999_999_999)),
    "long fr": replace(LONG, second="fr", instalments=rates(4, 9_999_999_999)),
    "long de": replace(LONG, second="de", instalments=rates(4, 9_999_999_999)),
    "long sl": replace(LONG, second="sl", instalments=rates(4, 9_999_999_999)),
    "post de": replace(WITH_POST, second="de", instalments=rates(2)),
    "only sl": replace(WITH_POST, second="sl", whole=None, instalments=rates(3)),
}  # fmt: skip


def made(name: str) -> bytes:
    return render(KINDS[name], fonts())


# ------------------------------------------------------------------ what stands where
@dataclass(frozen=True)
class Run:
    """A text in one face and size on one line, in millimetres from the upper left corner; `top` is
    where PagoPA's own would have the top of its box."""

    text: str
    face: str
    points: float
    left: float
    right: float
    top: float
    baseline: float
    colour: tuple[int, int, int]


def runs(data: bytes) -> list[list[Run]]:
    """The texts of each page as PDFium finds them, in the order of the file."""
    document = pypdfium2.PdfDocument(data)
    found = []
    for page in document:
        high = page.get_height()
        text = page.get_textpage()
        signs: list[tuple[str, str, float, float, float, float, tuple[int, int, int]]] = []
        lines: list[list[Any]] = []
        for index in range(text.count_chars()):
            if pdfium.FPDFText_IsGenerated(text, index) == 1:
                continue
            x, y = ctypes.c_double(), ctypes.c_double()
            pdfium.FPDFText_GetCharOrigin(text, index, x, y)
            box = pdfium.FS_RECTF()
            pdfium.FPDFText_GetLooseCharBox(text, index, box)
            name, flags = ctypes.create_string_buffer(80), ctypes.c_int()
            pdfium.FPDFText_GetFontInfo(text, index, name, 80, flags)
            sign = chr(pdfium.FPDFText_GetUnicode(text, index))
            points = round(pdfium.FPDFText_GetFontSize(text, index), 2)
            shade = [ctypes.c_uint() for _ in range(4)]
            pdfium.FPDFText_GetFillColor(text, index, *shade)
            one = (sign, name.value.decode(), points, x.value, y.value, box.right,
                   (shade[0].value, shade[1].value, shade[2].value))  # fmt: skip
            previous = signs[-1] if signs else None
            signs.append(one)
            follows = (
                previous is not None
                and previous[1:3] == one[1:3]
                and abs(previous[4] - one[4]) < 0.05
                and abs(previous[5] - one[3]) < 0.6
            )
            if follows:
                lines[-1].append(one)
            else:
                lines.append([one])
        found.append([_run(line, high) for line in lines])
    document.close()
    return found


def _run(line: list[Any], high: float) -> Run:
    first = line[0]
    ascent = next(value for name, value in ASCENTS.items() if name in first[1])
    baseline = (high - first[4]) * POINT_MM
    return Run(
        "".join(one[0] for one in line),
        first[1],
        first[2],
        first[3] * POINT_MM,
        line[-1][5] * POINT_MM,
        baseline - ascent * first[2] * POINT_MM,
        baseline,
        first[6],
    )


def pictures(data: bytes, dpi: int = 300) -> list[Image.Image]:
    """Each page as a picture in greys."""
    document = pypdfium2.PdfDocument(data)
    found = [page.render(scale=dpi / 72, grayscale=True).to_pil() for page in document]
    document.close()
    return found
