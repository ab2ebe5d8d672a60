"""Every document type with every kind of seller and buyer: what is refused is what SdI refuses."""

from __future__ import annotations

from dataclasses import replace

import pytest
from lxml import etree

from chalicelib.base.errors import Rejected
from chalicelib.invoicing.compose import Document, Invoice, Line, Rectified, compose
from chalicelib.invoicing.model import SELF_INVOICE_TYPES
from infra.local import subjects
from infra.local.invoices import ORDINARY_TYPES, SIMPLIFIED_TYPES
from infra.local.sdi.parties import check_parties, read_header
from infra.local.subjects import Subject
from tests.invoicing.compose.examples import (
    DAY,
    TODAY,
    accepted,
    buyer,
    document,
    invoice,
    line,
    seller,
)

WORLD = replace(subjects.GERMAN, country="OO", vat="99999999999")
SELLERS = (subjects.SELLER, subjects.SUPPLIER, subjects.GERMAN, subjects.SAMMARINO, WORLD)
BUYERS = (subjects.SELLER, subjects.BUYER, subjects.PERSON, subjects.GERMAN)


def case(kind: str, sold_by: Subject, bought_by: Subject) -> Invoice:
    return invoice(document(kind=kind), seller=seller(sold_by), buyer=buyer(bought_by))


def control_of(made: Invoice) -> str:
    """The control for which the composer refuses the parties, "" when it does not."""
    try:
        accepted(made)
    except Rejected as refusal:
        if refusal.code not in ("compose_parties", "compose_buyer"):
            raise
        return str(refusal.details["control"])
    return ""


@pytest.mark.parametrize("kind", ORDINARY_TYPES)
def test_parties_are_judged_as_sdi_does(kind: str) -> None:
    # SdI's judgement on the same parties, on a type that has no rules of its own.
    verdicts = set()
    for sold_by in SELLERS:
        for bought_by in BUYERS:
            made = case(kind, sold_by, bought_by)
            try:
                plain = compose(replace(made, documents=(document(kind="TD26"),)), TODAY)
            except Rejected:
                # No type is free of 00473 for OO, nor of 00476.
                verdict = None
            else:
                header = read_header(etree.fromstring(plain.data))
                found = [finding.code for finding in check_parties(header, kind)]
                verdict = found[0] if found else ""
            control = control_of(made)
            if verdict is not None:
                assert control == verdict, (sold_by.label, bought_by.label)
            verdicts.add(control)
    # Of twenty pairs some go and some do not.
    assert "" in verdicts
    assert len(verdicts) > 1


@pytest.mark.parametrize("kind", [*ORDINARY_TYPES, *SIMPLIFIED_TYPES])
def test_who_issues(kind: str) -> None:
    sold_by, bought_by = subjects.parties(kind)
    more = {"format": "FSM10"} if kind in SIMPLIFIED_TYPES else {}
    made = invoice(document(kind=kind), seller=seller(sold_by), buyer=buyer(bought_by), **more)
    root = etree.fromstring(accepted(made).data)
    emitter = root.findtext("FatturaElettronicaHeader/SoggettoEmittente")
    assert emitter == ("CC" if kind in SELF_INVOICE_TYPES else None)
    said = etree.fromstring(accepted(replace(made, emitter="")).data)
    assert said.find("FatturaElettronicaHeader/SoggettoEmittente") is None


def test_services_from_outside_the_union_without_a_number() -> None:
    american = replace(subjects.GERMAN, country="US", vat="", city="Boston")
    root = etree.fromstring(accepted(case("TD17", american, subjects.SELLER)).data)
    found = root.find("FatturaElettronicaHeader/CedentePrestatore")
    assert found is not None
    assert found.findtext("DatiAnagrafici/IdFiscaleIVA/IdPaese") == "OO"
    assert found.findtext("DatiAnagrafici/IdFiscaleIVA/IdCodice") == "99999999999"
    assert (found.findtext("Sede/CAP"), found.findtext("Sede/Nazione")) == ("00000", "US")
    assert found.find("Sede/Provincia") is None
    with pytest.raises(Rejected) as caught:
        accepted(case("TD18", american, subjects.SELLER))
    assert caught.value.details["control"] == "00473"


@pytest.mark.parametrize(
    ("who", "code", "country", "number"),
    [
        (subjects.BUYER, "0000000", "IT", subjects.BUYER.vat),
        (subjects.PERSON, "0000000", None, None),
        (subjects.GERMAN, "XXXXXXX", "DE", subjects.GERMAN.vat),
        (replace(subjects.GERMAN, vat=""), "XXXXXXX", "DE", "0000000"),
        (replace(subjects.GERMAN, vat="", country="US"), "XXXXXXX", "OO", "99999999999"),
    ],
)
def test_where_it_goes(who: Subject, code: str, country: str | None, number: str | None) -> None:
    head = etree.fromstring(accepted(case("TD01", subjects.SELLER, who)).data)[0]
    identity = "CessionarioCommittente/DatiAnagrafici/IdFiscaleIVA/"
    assert head.findtext("DatiTrasmissione/CodiceDestinatario") == code
    assert head.findtext(f"{identity}IdPaese") == country
    assert head.findtext(f"{identity}IdCodice") == number


def test_today_and_foreign_postcodes() -> None:
    french = replace(subjects.FRENCH, postcode="69001", province="RH")
    made = invoice(document(day=TODAY), buyer=buyer(french))
    seat = etree.fromstring(accepted(made).data).find(".//CessionarioCommittente/Sede")
    assert seat is not None
    assert (seat.findtext("CAP"), seat.find("Provincia")) == ("00000", None)


def test_reverse_charge_integration_has_rate_and_natura() -> None:
    sold_by, bought_by = subjects.parties("TD16")
    made = document(line(natura="N6.3"), kind="TD16")
    found = accepted(invoice(made, seller=seller(sold_by), buyer=buyer(bought_by)))
    root = etree.fromstring(found.data)
    summary = root.find("FatturaElettronicaBody/DatiBeniServizi/DatiRiepilogo")
    assert summary is not None
    assert (summary.findtext("AliquotaIVA"), summary.findtext("Natura")) == ("22.00", "N6.3")
    assert summary.findtext("Imposta") == "22.00"


# --- FSM10 --------------------------------------------------------------------------------------
def short(*lines: Line, **more: object) -> Document:
    return document(*lines, **{"kind": "TD07", **more})


def test_simplified_amounts_hold_the_tax() -> None:
    made = invoice(short(line("122"), line("10.40", "4")), format="FSM10")
    found = accepted(made)
    lines = etree.fromstring(found.data).findall("FatturaElettronicaBody/DatiBeniServizi")
    assert [each.findtext("Importo") for each in lines] == ["122.00", "10.40"]
    assert [each.findtext("DatiIVA/Imposta") for each in lines] == ["22.00", "0.40"]
    assert found.totals[0].total == 132 + line("0.40").price


def test_simplified_buyer_needs_only_an_identifier() -> None:
    who = replace(subjects.PERSON, first="", last="")
    made = invoice(short(), format="FSM10", buyer=replace(buyer(who), place=None))
    head = etree.fromstring(accepted(made).data)[0]
    assert head.find("CessionarioCommittente/AltriDatiIdentificativi") is None


def test_simplified_limit() -> None:
    full, over = short(line("400")), short(line("400.01"))
    accepted(invoice(full, format="FSM10"))
    with pytest.raises(Rejected) as caught:
        compose(invoice(over, format="FSM10"), TODAY)
    assert (caught.value.code, caught.value.details["control"]) == ("compose_limit", "00460")
    accepted(invoice(over, format="FSM10", seller=seller(regime="RF19")))
    corrected = Rectified(number="1", day=DAY, what="Importo")
    accepted(invoice(replace(over, kind="TD08", rectified=corrected), format="FSM10"))


def test_simplified_stamp() -> None:
    made = short(line("80", "0", natura="N2.2"), stamp=replace(short().stamp, charged=True))
    found = accepted(invoice(made, format="FSM10", seller=seller(regime="RF19")))
    body = etree.fromstring(found.data)[1]
    assert body.findtext("DatiGenerali/DatiGeneraliDocumento/BolloVirtuale") == "SI"
    assert [each.findtext("Natura") for each in body.iterfind("DatiBeniServizi")] == ["N2.2", "N1"]
    assert "forfetario" in body.findtext("DatiBeniServizi/RiferimentoNormativo", "")
