"""Ours and the simulator's, made independently, on documents that nobody chose."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from chalicelib.invoicing import claims, controls, ledger
from chalicelib.invoicing.fatturapa import reader, schema
from infra.local.invoices import ORDINARY_TYPES, SIMPLIFIED_TYPES, Fund, Line, Withholding, make
from infra.local.sdi.duplicates import fiscal_keys
from infra.local.sdi.parties import read_header
from infra.local.sdi.registry import Registry
from infra.local.subjects import BUYER, PERSON, SELLER, parties
from tests.invoicing.controls.cases import CASES, IDENTIFIERS, WRONG
from tests.invoicing.controls.mutations import LINES, Mutation, bytes_of, line, tree
from tests.invoicing.controls.test_controls import codes, judged, simulated
from tests.invoicing.official import schemas

MORE_LINES = st.lists(
    st.builds(
        Line,
        price=st.decimals(-500, 500, places=4),
        quantity=st.none() | st.decimals(0, 20, places=3),
        rate=st.sampled_from([Decimal("22.00"), Decimal("21.00")]),
        discounts=st.lists(st.decimals(0, 100, places=2), max_size=2).map(tuple),
    )
    | st.builds(
        Line,
        price=st.decimals(-500, 500, places=2),
        rate=st.just(Decimal("0.00")),
        natura=st.sampled_from(["N2.2", "N3.2", "N5"]),
    ),
    max_size=6,
)


def ours(root: Any) -> set[str]:
    """The simulator has no grey zone, so `likely` counts."""
    return codes(judged(root), "error", "likely")


def document(case: Mutation, format: str, more: list[Line], **options: Any) -> Any:
    type = case.type_in(format)
    if format == "FSM10":
        return tree(make(type, format, **options))
    # A document for plafond overrun has no line at rate zero; LINES[2] is one.
    lines = LINES[:2] if type == "TD21" else (*LINES, *more)
    return tree(make(type, format, lines=lines, buyer=parties(type)[1], **options))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(CASES + IDENTIFIERS), st.data(), MORE_LINES)
def test_one_broken_thing_in_any_document(case: Mutation, data: Any, more: list[Line]) -> None:
    root = document(case, data.draw(st.sampled_from(case.formats)), more)
    for act in case.acts:
        act(root)
    root = tree(bytes_of(root))
    found = ours(root)
    assert found == simulated(root)
    # 00419 counts blocks: the Nature of the other lines may bring enough of them.
    assert found | {"00419"} == case.breaks | {"00419"}


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from(CASES + IDENTIFIERS), min_size=1, max_size=4), st.data(), MORE_LINES
)
def test_several_broken_things_in_any_lot(
    cases: list[Mutation], data: Any, more: list[Line]
) -> None:
    format = data.draw(st.sampled_from(cases[0].formats))
    options: dict[str, Any] = {"bodies": data.draw(st.integers(1, 3))}
    if format != "FSM10":
        options |= {
            "ritenuta": data.draw(st.sampled_from([None, Withholding()])),
            "cassa": data.draw(st.sampled_from([None, Fund(), Fund(withheld=True)])),
            "art73": data.draw(st.booleans()),
        }
    root = document(cases[0], format, more, **options)
    for case in cases:
        for act in case.acts if format in case.formats else ():
            act(root)
    root = tree(bytes_of(root))
    assume(not schema.check(root, schemas()))
    assert ours(root) == simulated(root)


AMOUNTS = ["0.00", "0.01", "1.00", "150.00", "149.99", "-33.00", "33.02", "99999999999.99"]
RATES = ["0.00", "0.99", "1.00", "4.00", "22.00", "100.00"]
NATURES = ["N1", "N2", "N2.2", "N3", "N3.5", "N4", "N6", "N6.1", "N7"]
DAYS = ["1970-01-01", "2020-12-31", "2021-01-01", "2026-11-20", "2026-11-21", "2026-11-22"]
VALUES = {
    "PrezzoTotale": [*AMOUNTS, "150.01", "150.011", "150.0199", "150.02", "0.12345678"],
    "PrezzoUnitario": [*AMOUNTS, "0.00000001"],
    "Quantita": ["0.00", "1.00", "3.00", "0.333"],
    "Percentuale": ["0.00", "0.01", "8.50", "100.00"],
    "ImponibileImporto": AMOUNTS,
    "Imposta": AMOUNTS,
    "Arrotondamento": AMOUNTS,
    "ImportoContributoCassa": AMOUNTS,
    "AliquotaIVA": RATES,
    "Natura": NATURES,
    "EsigibilitaIVA": ["I", "D", "S"],
    "TipoDocumento": list(ORDINARY_TYPES),
    "Data": DAYS,
    "Numero": ["1", "senza", "1/2026", "A"],
    "IdPaese": ["IT", "DE", "SM", "OO"],
    "IdCodice": [SELLER.vat, BUYER.vat, WRONG, "00000000000", PERSON.tax_code, "136695976"],
    "CodiceFiscale": [SELLER.vat, PERSON.tax_code, WRONG, PERSON.tax_code[:-1] + "0"],
    "CodiceDestinatario": ["0000000", "XXXXXXX", "ABC1234", "ABC123"],
    "FormatoTrasmissione": ["FPA12", "FPR12"],
    "SoggettoEmittente": ["CC", "TZ"],
    "Art73": ["SI"],
}
REMOVABLE = ("IdFiscaleIVA", "CodiceFiscale", "Natura", "Quantita", "Percentuale", "DatiRitenuta")


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(ORDINARY_TYPES), st.data(), MORE_LINES)
def test_values_put_anywhere(type: str, data: Any, more: list[Line]) -> None:
    root = tree(
        make(
            type,
            lines=(*LINES, *more),
            bodies=data.draw(st.integers(1, 2)),
            ritenuta=data.draw(st.sampled_from([None, Withholding()])),
            cassa=data.draw(st.sampled_from([None, Fund(withheld=True)])),
            linked=data.draw(st.sampled_from([(), (("7", "2026-11-21"),)])),
        )
    )
    for _ in range(data.draw(st.integers(1, 6))):
        names = sorted({node.tag for node in root.iter() if node.tag in VALUES})
        name = data.draw(st.sampled_from(names))
        node = data.draw(st.sampled_from(root.findall(f".//{name}")))
        node.text = data.draw(st.sampled_from(VALUES[name]))
    if data.draw(st.booleans()):
        gone = [node for name in REMOVABLE for node in root.findall(f".//{name}")]
        node = data.draw(st.sampled_from(gone))
        node.getparent().remove(node)
    root = tree(bytes_of(root))
    assume(not schema.check(root, schemas()))
    assert ours(root) == simulated(root)


SIMPLE_VALUES = {
    "Importo": ["0.00", "400.00", "400.01", "217.00", "-1.00"],
    "Aliquota": RATES,
    "Natura": ["N1", "N2", "N2.2", "N3", "N4"],
    "TipoDocumento": ["TD07", "TD08", "TD09"],
    "RegimeFiscale": ["RF01", "RF19", "RF20"],
    **{name: VALUES[name] for name in ("Numero", "Data", "IdPaese", "SoggettoEmittente")},
    **{name: VALUES[name] for name in ("IdCodice", "CodiceFiscale")},
    "DataFR": DAYS,
    "CodiceDestinatario": ["0000000", "XXXXXXX"],
}
SIMPLE_REMOVABLE = ("IdFiscaleIVA", "CodiceFiscale", "Natura", "Aliquota", "Imposta")


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(SIMPLIFIED_TYPES), st.data())
def test_values_put_anywhere_in_a_simplified_file(type: str, data: Any) -> None:
    lines = (Line(), Line(rate=Decimal("0.00"), natura="N4", price=Decimal("10.00")))
    root = tree(make(type, lines=lines, bodies=data.draw(st.integers(1, 3))))
    for _ in range(data.draw(st.integers(1, 5))):
        names = sorted({node.tag for node in root.iter() if node.tag in SIMPLE_VALUES})
        name = data.draw(st.sampled_from(names))
        node = data.draw(st.sampled_from(root.findall(f".//{name}")))
        node.text = data.draw(st.sampled_from(SIMPLE_VALUES[name]))
    if data.draw(st.booleans()):
        gone = [node for name in SIMPLE_REMOVABLE for node in root.findall(f".//{name}")]
        node = data.draw(st.sampled_from(gone))
        node.getparent().remove(node)
    root = tree(bytes_of(root))
    assume(not schema.check(root, schemas()))
    assert ours(root) == simulated(root)


# --- what only a registry knows -------------------------------------------------------------------
INTENT = (
    "<AltriDatiGestionali><TipoDato>INTENTO</TipoDato>"
    "<RiferimentoTesto>08060120341234567-000001</RiferimentoTesto></AltriDatiGestionali>"
)
DAYS_OF_ANY_YEAR = st.dates(date(2010, 1, 1), date(2027, 1, 1))


@st.composite
def registries(draw: Any, root: Any) -> Registry:
    """Any exceptions about the people and the codes that a document names."""
    vat = sorted({SELLER.vat, *(node.text for node in root.iter("IdCodice"))})
    tax = sorted({*vat, *(node.text for node in root.iter("CodiceFiscale"))})
    recipient = root.findtext(".//CodiceDestinatario")
    code, some = st.sampled_from(tax), st.frozensets(st.sampled_from(tax), max_size=2)
    here = st.frozensets(st.just(recipient))
    return Registry(
        unknown=draw(some),
        ceased=draw(st.dictionaries(st.sampled_from(vat), DAYS_OF_ANY_YEAR, max_size=2)),
        owners=draw(st.dictionaries(st.sampled_from(vat), code, max_size=2)),
        groups=draw(st.dictionaries(code.filter(lambda one: len(one) == 11), some, max_size=2)),
        unknown_codes=draw(here),
        closed_codes=draw(st.dictionaries(st.just(recipient), DAYS_OF_ANY_YEAR)),
        offices=draw(st.dictionaries(code, st.frozensets(st.sampled_from(["UF1", "UF2"])))),
        central_codes=draw(here),
        void_intents=draw(st.frozensets(st.just("08060120341234567-000001"))),
    )


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from([*ORDINARY_TYPES, *SIMPLIFIED_TYPES]),
    st.lists(st.sampled_from(IDENTIFIERS), max_size=2),
    st.data(),
)
def test_what_a_registry_refuses_was_never_reported_as_passed(
    type: str, cases: list[Mutation], data: Any
) -> None:
    """What SdI finds beyond our controls is among the codes that they left open."""
    format = "FSM10" if type in SIMPLIFIED_TYPES else data.draw(st.sampled_from(["FPA12", "FPR12"]))
    root = tree(make(type, format, buyer=data.draw(st.sampled_from([parties(type)[1], PERSON]))))
    for case in cases:
        for act in case.acts if format in case.formats else ():
            act(root)
    if format != "FSM10" and data.draw(st.booleans()):
        line("0.00", "N3.5")(root)
        root.findall(".//DettaglioLinee")[-1].append(tree(INTENT.encode()))
    root = tree(bytes_of(root))
    assume(not schema.check(root, schemas()))
    assert ours(root) == simulated(root)
    registry = data.draw(registries(root))
    more = simulated(root, registry) - simulated(root)
    assert more <= set(judged(root).not_evaluated)
    event(f"{len(more)} codes more")


# --- the same invoice sent before (00404) ---------------------------------------------------------
def our_keys(root: Any) -> list[tuple[str, str]]:
    """Where the check looks for each body's number in a reseller's claims."""
    asked: list[controls.Key] = []

    def sent(keys: Sequence[controls.Key]) -> dict[controls.Key, controls.Earlier]:
        asked.extend(keys)
        return {}

    judged(root, sent=sent)
    return [ledger._place("alfa", key) for key in asked]


def claimed(root: Any) -> set[tuple[str, str]]:
    """What intake claims of the same file."""
    wanted = claims.of("alfa", "c1", "a.xml", "0", reader.read(root))
    return {one.key for one in wanted if one.kind == "number"}


@st.composite
def sent_files(draw: Any) -> Any:
    type = draw(st.sampled_from(["TD01", "TD04", "TD05", "TD16", "TD17", "TD24", "TD27", "TD07"]))
    options: dict[str, Any] = {"bodies": draw(st.integers(1, 3))}
    if type != "TD07":
        options["art73"] = draw(st.booleans())
        options["emitter"] = draw(st.sampled_from(["", "CC", "TZ"]))
    root = tree(make(type, **options))
    general = "DatiGenerali/DatiGeneraliDocumento"
    for body in root.findall("FatturaElettronicaBody"):
        body.find(f"{general}/Numero").text = draw(st.sampled_from(["1", "2", "1/a", "1#2026"]))
        body.find(f"{general}/Data").text = draw(
            st.sampled_from(["2025-12-31", "2026-01-01", "2026-01-01+02:00", "2026-03-04"])
        )
        if type != "TD07" and draw(st.booleans()):
            body.find(f"{general}/TipoDocumento").text = draw(
                st.sampled_from(["TD01", "TD04", "TD17"])
            )
    return tree(bytes_of(root))


@settings(max_examples=300, deadline=None)
@given(sent_files(), sent_files())
def test_the_check_intake_and_sdi_know_an_invoice_by_the_same(one: Any, other: Any) -> None:
    for root in (one, other):
        assert set(our_keys(root)) == claimed(root)
    theirs = [fiscal_keys(root, read_header(root)) for root in (one, other)]
    mine_of_both = our_keys(one) + our_keys(other)
    same: dict[tuple[str, str], str] = {}
    for mine, sdis in zip(mine_of_both, theirs[0] + theirs[1], strict=True):
        assert same.setdefault(mine, sdis) == sdis
    assert len(set(same.values())) == len(same), "two of SdI's keys are one of ours"
