"""Whatever is composed passes, and its figures are those of another calculation.

The figures are worked out again here from the values, with Decimal in a wide context instead of
fractions, and compared with what the file says.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext

from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from lxml import etree

from chalicelib.base import limits, xml
from chalicelib.invoicing import controls
from chalicelib.invoicing.compose import Document, Invoice, Line
from chalicelib.invoicing.fatturapa.reader import read_all
from tests.invoicing.compose.cases import case
from tests.invoicing.compose.examples import TODAY, accepted

WIDE = Context(prec=150, rounding=ROUND_HALF_UP)
CENT = Decimal("0.01")
STAMPED = {"N2.1", "N2.2", "N3.5", "N3.6", "N4"}
QUICK = {"deadline": None, "suppress_health_check": list(HealthCheck), "database": None}
MANY, SOME = settings(max_examples=2_000, **QUICK), settings(max_examples=200, **QUICK)


def number(node: etree._Element, path: str) -> Decimal:
    return Decimal(node.findtext(path) or "0")


def total_of(line: Line, document: Document) -> Decimal:
    price = line.price
    for change in (*line.changes, *document.changes):
        step = change.amount if change.amount is not None else price * change.percent / 100
        price = price + step if change.kind == "MG" else price - step
    exact = price * (1 if line.quantity is None else line.quantity)
    return exact.quantize(Decimal(1).scaleb(-document.places))


def judge(document: Document, body: etree._Element) -> None:
    """An ordinary body against the values that it was made of."""
    totals = [total_of(line, document) for line in document.lines]
    rows = list(body.iterfind("DatiBeniServizi/DettaglioLinee"))
    own = [row for row in rows if row.findtext("Descrizione", "").startswith("Voce")]
    assert [number(row, "PrezzoTotale") for row in own] == totals
    general = body.find("DatiGenerali/DatiGeneraliDocumento")
    assert general is not None
    pairs = zip(totals, document.lines, strict=True)
    funded = Decimal(0)
    for total, line in pairs:
        if line.funded or (line.funded is None and line.natura != "N1"):
            funded += total
    funds = []
    for fund, block in zip(document.funds, general.iterfind("DatiCassaPrevidenziale"), strict=True):
        base = fund.base if fund.base is not None else funded.quantize(CENT)
        funds.append((base * fund.percent / 100).quantize(CENT))
        assert number(block, "ImportoContributoCassa") == funds[-1]

    parts = [*zip(document.lines, totals, strict=True), *zip(document.funds, funds, strict=True)]

    # --- stamp
    outside = defaultdict(Decimal)
    for part, amount in parts:
        outside[part.natura] += amount
    counted = sum((outside[natura] for natura in STAMPED), Decimal(0))
    n1 = document.stamp.n1
    if n1 == "always" or (n1 == "mixed" and counted != 0):
        counted += outside["N1"]
    issued = document.kind[2:] not in {
        "16",
        "17",
        "18",
        "19",
        "20",
        "21",
        "22",
        "23",
        "27",
        "28",
        "29",
    }
    wanted = {"always": True, "never": False}.get(
        document.stamp.due, issued and abs(counted) > Decimal("77.47")
    )
    assert (general.findtext("DatiBollo/ImportoBollo") == "2.00") is wanted
    charged = wanted and document.stamp.charged

    # --- summaries
    sums: dict[tuple[Decimal, str], Decimal] = defaultdict(Decimal)
    for part, amount in parts:
        sums[part.rate, part.natura] += amount
    if charged:
        sums[Decimal(0), "N1"] += 2
    found = {}
    for block in body.iterfind("DatiBeniServizi/DatiRiepilogo"):
        key = (number(block, "AliquotaIVA"), block.findtext("Natura", ""))
        assert key not in found
        found[key] = block
        taxable = number(block, "ImponibileImporto")
        assert taxable == sums[key].quantize(CENT)
        assert taxable - number(block, "Arrotondamento") == sums[key]
        assert number(block, "Imposta") == (taxable * key[0] / 100).quantize(CENT)
        plain = key[0] == 0 or key[1]
        assert block.findtext("EsigibilitaIVA") == (None if plain else document.exigibility)
        assert not key[1] or block.findtext("RiferimentoNormativo")
    assert set(found) == set(sums)

    # --- withholding, total, payment
    held = Decimal(0)
    lines = sum((a for part, a in parts[: len(totals)] if part.withheld), Decimal(0))
    extra = sum((a for part, a in parts[len(totals) :] if part.withheld), Decimal(0))
    blocks = general.iterfind("DatiRitenuta")
    for each, block in zip(document.withholdings, blocks, strict=True):
        tax = each.kind in ("RT01", "RT02")
        base = (
            each.base if each.base is not None else (lines + (extra if tax else 0)).quantize(CENT)
        )
        due = (base * each.share / 100 * each.percent / 100).quantize(CENT)
        assert number(block, "ImportoRitenuta") == due
        held += due
    taxes = sum((number(block, "Imposta") for block in found.values()), Decimal(0))
    total = sum((number(block, "ImponibileImporto") for block in found.values()), taxes)
    total += document.rounding or 0
    assert number(general, "ImportoTotaleDocumento") == total
    added = document.kind in ("TD16", "TD17", "TD18", "TD19")
    payable = total - held - (taxes if added or document.exigibility == "S" else 0)
    paid = [number(part, "ImportoPagamento") for part in body.iter("DettaglioPagamento")]
    assert not paid or sum(paid) == payable
    assert not paid or max(paid) - min(paid) <= CENT


def judge_short(document: Document, body: etree._Element) -> None:
    rows = list(body.iterfind("DatiBeniServizi"))
    own = [row for row in rows if row.findtext("Descrizione", "").startswith("Voce")]
    for line, row in zip(document.lines, own, strict=True):
        gross = line.price.quantize(CENT)
        assert number(row, "Importo") == gross
        net = gross - number(row, "DatiIVA/Imposta")
        assert abs(net + net * line.rate / 100 - gross) <= CENT


def check(made: Invoice) -> None:
    composed = accepted(made)
    root = etree.fromstring(composed.data)
    bodies = root.findall("FatturaElettronicaBody")
    assert len(bodies) == len(made.documents) == len(composed.totals)
    short = made.format == "FSM10"
    with localcontext(WIDE):
        for document, body in zip(made.documents, bodies, strict=True):
            (judge_short if short else judge)(document, body)
    # Empty elements are what SdI refuses first.
    assert [
        node.tag for node in root.iter() if not len(node) and not (node.text or "").strip()
    ] == []


@MANY
@given(seed=st.integers(0, 2**40))
def test_any_invoice_passes_and_adds_up(seed: int) -> None:
    note(f"seed {seed}")
    check(case(seed))


@SOME
@given(seed=st.integers(0, 2**40))
def test_any_invoice_passes_our_own_controls(seed: int) -> None:
    note(f"seed {seed}")
    root = xml.read(accepted(case(seed)).data, limit_bytes=limits.DOCUMENT_BYTES)
    reading = read_all(root)
    assert reading.invoice.warnings == ()
    findings = controls.check(reading, TODAY).findings
    assert [one.sentence() for one in findings if one.severity != "warning"] == []
