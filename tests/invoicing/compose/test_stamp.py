"""The stamp of 2.00: when it is due, what counts, who pays."""

from __future__ import annotations

from decimal import Decimal as D

import pytest

from chalicelib.invoicing.compose import Stamp
from chalicelib.invoicing.compose.amounts import STAMP_NATURES
from tests.invoicing.compose.cases import NATURES
from tests.invoicing.compose.examples import accepted, body, document, invoice, line


def stamp(*amounts: tuple[str, str], kind: str = "TD01", **more: object) -> D:
    lines = [line(price, "0", natura=natura) for natura, price in amounts]
    made = document(*lines, line("500"), kind=kind, stamp=Stamp(**more))  # type: ignore[arg-type]
    return accepted(invoice(made)).totals[0].stamp


@pytest.mark.parametrize("natura", NATURES)
def test_natures(natura: str) -> None:
    due = natura in STAMP_NATURES
    assert stamp((natura, "77.48")) == (2 if due else 0)
    assert stamp((natura, "77.47")) == 0


@pytest.mark.parametrize(
    ("n1", "alone", "beside"), [("mixed", 0, 2), ("always", 2, 2), ("never", 0, 0)]
)
def test_what_is_excluded(n1: str, alone: int, beside: int) -> None:
    assert stamp(("N1", "100"), n1=n1) == alone
    assert stamp(("N1", "50"), ("N4", "50"), n1=n1) == beside


def test_several_natures_add_up() -> None:
    assert stamp(("N4", "40"), ("N2.2", "37.48")) == 2
    assert stamp(("N4", "140"), ("N2.2", "-70")) == 0


def test_credit_notes() -> None:
    assert stamp(("N4", "100"), kind="TD04") == 2
    assert stamp(("N4", "-100"), kind="TD04") == 2


def test_always_and_never() -> None:
    assert stamp(("N3.1", "1"), due="always") == 2
    assert stamp(("N4", "100"), due="never") == 0


@pytest.mark.parametrize("charged", [False, True])
def test_who_pays(charged: bool) -> None:
    made = document(line("77.48", "0", natura="N4"), stamp=Stamp(charged=charged))
    (totals,) = accepted(invoice(made)).totals
    assert totals.total == D("77.48") + 2 * charged
    found = body(documents=(made,))
    lines = found.findall("DatiBeniServizi/DettaglioLinee")
    assert len(lines) == 1 + charged
    assert found.findtext(".//DatiBollo/ImportoBollo") == "2.00"
    if charged:
        assert (lines[1].findtext("Natura"), lines[1].findtext("PrezzoTotale")) == ("N1", "2.00")


def test_the_charged_stamp_does_not_count_for_itself() -> None:
    assert stamp(("N4", "76"), n1="always", charged=True) == 0
