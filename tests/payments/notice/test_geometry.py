"""Where each text stands, against PagoPA's own notices as they were measured: within a millimetre.

The measures are of the PDFs that PagoPA's print service makes (facts: pagopa.md section 3.3). That
service prints headings in capitals and some fixed texts otherwise than the guide has them; there
the guide is followed, and only places are compared.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pytest

from chalicelib.payments.notice.model import Creditor, Debtor, Notice, Payment, Postal
from chalicelib.payments.notice.pdf import render
from tests.payments.notice.made import LOGO, Run, fonts, pictures, runs
from tests.payments.reading import codes_in

pytestmark = pytest.mark.feature("F001-161")
MEASURED = Path(__file__).parents[4] / "shared/schemas/pagopa/avviso/geometry"
NEAR_MM = 1.0
LINE = re.compile(
    r"x= *([\d.]+) y= *([\d.]+) w= *([\d.]+) h= *([\d.]+) (.+?) ([\d.]+)pt #\w+ \| (.*)"
)
# Right edges that texts are set against.
EDGES = (100.0, 168.5, 200.0)

CREDITOR = Creditor(
    "99999000013", "Comune di Test", "Settore di Test", "Info di Test", "CBI1234", logo=LOGO
)
POSTAL = Postal("000000123456", "Comune di Test", "AUT. 08/5 S3/81 53079 08129.07.20211")
DEBTOR = Debtor("FFFCST83A15L113V", "Mario Rossi", ("Via Nazionale 1", "00100 Roma (RM)"))
END_OF_24, END_OF_25, END_OF_26 = (date(year, 12, 31) for year in (2024, 2025, 2026))


def notice(whole: Payment, *rates: Payment, postal: bool = False) -> Notice:
    creditor = replace(CREDITOR, postal=POSTAL if postal else None)
    return Notice(creditor, DEBTOR, "Avviso Pagamento di TEST", whole, rates)


def pay(number: str, cents: int, due: date = END_OF_24) -> Payment:
    return Payment(f"4700000088009990{number}", cents, due)


TWO = (pay("62", 160_000), pay("73", 140_000, END_OF_25))
THREE = (pay("51", 150_000), pay("62", 150_000, END_OF_25), pay("73", 150_000, END_OF_26))
OF_TWO = pay("51", 300_000, date(2024, 12, 30))
OF_THREE = pay("50", 450_000)
NOTICES = {
    "golden_ft_01": notice(pay("51", 150_000)),
    "golden_ft_03": notice(pay("51", 150_000), postal=True),
    "golden_ft_09": notice(OF_TWO, *TWO),
    "golden_ft_11": notice(OF_THREE, *THREE),
    "golden_ft_13": notice(OF_TWO, *TWO, postal=True),
    "golden_ft_15": notice(OF_THREE, *THREE, postal=True),
}
# What the print service says otherwise than the guide, or breaks elsewhere: by their beginnings.
OTHERWISE = (
    "aggiornato automaticamente", "sgravi, note di credito", "oppure sul sito dell'ente",
    "app di pagamento o con gli altri", "postali, nei bar", "tabaccherie e altri",
    "di pagamento o usa i dati", "inquadra il codice qr", "puoi pagare per intero",
    "rata unica entro 3", "in fase di pagamento", "presso banche", "bollettino postale pagabile",
    "gli uffici postali", "digitali abilitati", "dell'ente creditore",
)  # fmt: skip
SAME = {"cod. avviso": {"cod. avviso", "codice avviso"}}


@dataclass(frozen=True)
class Box:
    """A text as it was measured."""

    x: float
    y: float
    right: float
    points: float
    text: str


def measured(name: str) -> list[list[Box]]:
    path = MEASURED / f"{name}.txt"
    if not path.is_file():
        pytest.skip("the measured notices are not at hand")
    pages: list[list[Box]] = []
    for line in path.read_text().splitlines():
        if line.startswith("-- page"):
            pages.append([])
        elif found := LINE.match(line):
            x, y, w, _, _, points, text = found.groups()
            pages[-1].append(Box(float(x), float(y), float(x) + float(w), float(points), text))
    return pages


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", text).replace("’", "'").strip().casefold()


def near(one: float, other: float) -> bool:
    return abs(one - other) <= NEAR_MM


def stands(box: Box, run: Run) -> bool:
    """Its top, and its left end or else the edge that it is set against."""
    if not near(box.y, run.top):
        return False
    edge = next((edge for edge in EDGES if abs(box.right - edge) < 0.2), None)
    return near(box.x, run.left) or (edge is not None and near(edge, run.right))


def says(box: Box, run: Run) -> bool:
    wanted, said = plain(box.text), plain(run.text)
    if wanted.startswith(OTHERWISE) or re.fullmatch(r"rata \d entro \S+", wanted):
        return True
    return said in SAME.get(wanted, {wanted})


def parts(box: Box) -> list[Box]:
    """The print service writes some labels and their values as one text in two sizes."""
    text = box.text
    if found := re.fullmatch(r"(Euro) +(\S+)", text):
        return [replace(box, text=found[2], x=0.0)]  # the figures, against the right edge
    if found := re.fullmatch(r"(sul C/C n\.) +(\S+)", text):
        return [replace(box, text=found[2], x=box.right - 30.5)]
    if found := re.fullmatch(r"(Intestato a|Destinatario|Oggetto pagamento)   (.+)", text):
        return [replace(box, text=found[1])]
    if text.startswith("vai su"):
        return [replace(box, text="pagopa.gov.it", x=0.0)]
    return [box]


@pytest.mark.parametrize("name", NOTICES)
def test_each_text_stands_where_pagopas_does(name: str) -> None:
    wanted = measured(name)
    found = runs(render(NOTICES[name], fonts()))
    assert len(found) == len(wanted)
    for page, boxes in zip(found, wanted, strict=True):
        lost = [
            part
            for box in boxes
            for part in parts(box)
            if not any(stands(part, run) and says(part, run) for run in page)
        ]
        assert lost == []


MANY = "model3.0_pagoPA-3.0-Avviso_con_molte_rate__pagina_1_"
# What is its own in PagoPA's model of many instalments; its values are names of fields. The rest of
# the page is as in the print service's notices, which are newer: there columns begin elsewhere, and
# an instalment names nobody.
OF_MANY = ("quanto e quando pagare?", "importi e scadenze sono", "aggiornato automaticamente",
           "in fase di pagamento", "(per sgravi", "dati per il pagamento", "rata ", "euro",
           "entro il")  # fmt: skip


def page_of_many() -> list[Box]:
    """Page one where nothing can be paid at once: the model's own texts; around them the header and
    the places to pay of a notice with three instalments, and its row, where the model begins it."""
    model, golden = measured(MANY)[0], measured("golden_ft_11")[0]
    own = [box for box in model if plain(box.text).startswith(OF_MANY)]
    (first,) = (box for box in model if box.text == "Rata 1")
    (row,) = (box.y for box in golden if box.text == "Rata 1")
    around = [box for box in golden if box.y < 90 or (box.y < 140 and box.x > 105)]
    moved = [replace(box, y=box.y - row + first.y) for box in golden if box.y >= row]
    return [*own, *around, *moved]


@pytest.mark.parametrize("count", [10, 12, 25])
def test_many_instalments_begin_where_pagopas_do(count: int) -> None:
    later = tuple(pay(f"{number:02d}", 150_000) for number in range(3, count))
    many = Notice(CREDITOR, DEBTOR, "Avviso Pagamento di TEST", None, (*THREE, *later))
    page, *others = runs(render(many, fonts()))
    wanted = page_of_many()
    lost = [
        part
        for box in wanted
        for part in parts(box)
        if not any(
            stands(part, run) and (says(part, run) or plain(part.text).startswith("(per sgravi"))
            for run in page
        )
    ]
    assert lost == []
    # Nothing of ours stands where PagoPA has nothing.
    assert [run.text for run in page if not any(near(box.y, run.top) for box in wanted)] == []
    assert len(others) == -(-(count - 3) // 6)


@pytest.mark.parametrize("name", NOTICES)
def test_faces_and_sizes_are_pagopas(name: str) -> None:
    """Each measured size is that of the text of ours which stands there."""
    for page, boxes in zip(runs(render(NOTICES[name], fonts())), measured(name), strict=True):
        for box in boxes:
            if parts(box) != [box] or plain(box.text).startswith(OTHERWISE):
                continue
            sizes = {run.points for run in page if stands(box, run) and says(box, run)}
            assert box.points in sizes, box


@pytest.mark.parametrize("name", NOTICES)
def test_texts_that_pagopa_has_not_are_few(name: str) -> None:
    """Nothing of ours stands where PagoPA has nothing."""
    for page, boxes in zip(runs(render(NOTICES[name], fonts())), measured(name), strict=True):
        others = {run.text for run in page if not any(near(box.y, run.top) for box in boxes)}
        # Poste's mark and sign, which are graphics there, and two labels that stand on the baseline
        # of larger figures: there the top of the figures was measured.
        assert others <= {"Poste italiane", "€", "Euro", "sul C/C n."}


@pytest.mark.parametrize(
    ("name", "page", "places"),
    [
        ("golden_ft_01", 0, [(10.0, 154.8, 25.0)]),
        ("golden_ft_03", 0, [(10.0, 154.8, 25.0), (177.0, 231.8, 23.0)]),
        ("golden_ft_09", 0, [(10, 154.8, 25), (74, 209.6, 25), (175, 209.6, 25)]),
        (
            "golden_ft_11", 0,
            [(10, 154.8, 25), (45.2, 209.6, 20), (112.6, 209.6, 20), (179.8, 209.6, 20)],
        ),
        (
            "golden_ft_15", 1,
            [(45.2, 56.1, 20), (112.6, 56.1, 20), (179.8, 56.1, 20),
             (177, 136.5, 23), (177, 197.4, 23), (177, 258.2, 23)],
        ),
    ],
)  # fmt: skip
def test_codes_stand_where_pagopas_do(
    name: str, page: int, places: list[tuple[float, float, float]]
) -> None:
    """Measures of pagopa.md section 3.3."""
    picture = pictures(render(NOTICES[name], fonts()))[page]
    unit = 25.4 / 300
    found = [(one.left * unit, one.top * unit, one.side * unit) for one in codes_in(picture)]
    assert len(found) == len(places)
    for one in places:
        assert any(all(near(a, b) for a, b in zip(one, other, strict=True)) for other in found), (
            one,
            found,
        )
