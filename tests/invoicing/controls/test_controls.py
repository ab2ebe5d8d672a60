"""Every code that can be decided offline, from both sides; twice, against two implementations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from lxml import etree

from chalicelib.base import xml
from chalicelib.invoicing import controls
from chalicelib.invoicing.controls.catalogue import CONTROLS, RETIRED
from chalicelib.invoicing.controls.finding import FINDINGS_MAX, Finding, Severity, Verdict, verdict
from chalicelib.invoicing.controls.numbers import _ORDINARY, _SIMPLIFIED
from chalicelib.invoicing.fatturapa import reader, schema
from infra.local.invoices import ORDINARY_TYPES, SIMPLIFIED_TYPES, Fund, Withholding, make
from infra.local.sdi.bodies import check_content
from infra.local.sdi.duplicates import fiscal_keys
from infra.local.sdi.parties import read_header
from infra.local.sdi.registry import USUAL, Registry
from tests.invoicing.controls.cases import CASES, IDENTIFIERS
from tests.invoicing.controls.mutations import (
    TODAY,
    Mutation,
    base,
    bytes_of,
    ids,
    line,
    linked,
    put,
    summary,
    tree,
)
from tests.invoicing.official import schemas


def judged(root: Any, today: date = TODAY, **options: Any) -> Verdict:
    return controls.check(reader.read_all(root), today, **options)


def codes(found: Verdict, *severities: str) -> set[str]:
    wanted = severities or ("error",)
    return {one.code for one in found.findings if one.severity in wanted}


def simulated(root: Any, registry: Registry = USUAL) -> set[str]:
    """What the simulator's own implementation says, in any order."""
    header = read_header(root)
    found = {one.code for one in check_content(root, header, TODAY, registry)}
    keys = fiscal_keys(root, header)
    return found | ({"00409"} if len(set(keys)) < len(keys) else set())


def mutated(case: Mutation, format: str) -> Any:
    root = base(case.type_in(format), format)
    for act in case.acts:
        act(root)
    # Again from its bytes: what is judged is a file, not a tree that was tinkered with.
    return tree(bytes_of(root))


def spread(cases: tuple[Mutation, ...]) -> list[Any]:
    return [
        pytest.param(case, format, id=f"{case.name}, {format}")
        for case in cases
        for format in case.formats
    ]


@pytest.mark.parametrize(("case", "format"), spread(CASES + IDENTIFIERS))
def test_each_control_from_both_sides(case: Mutation, format: str) -> None:
    root = mutated(case, format)
    assert not schema.check(root, schemas())
    found = judged(root)
    assert codes(found) == case.breaks
    assert found.accepted is (not case.breaks)
    assert not case.breaks & set(found.not_evaluated)
    for one in found.errors:
        assert format in CONTROLS[one.code].formats
        assert one.message_it
        assert one.message_en
        assert one.message_it != one.message_en
        assert one.id, one.where


@pytest.mark.parametrize(("case", "format"), spread(CASES + IDENTIFIERS))
def test_the_simulator_finds_the_same(case: Mutation, format: str) -> None:
    assert simulated(mutated(case, format)) == case.breaks


def test_the_cases_leave_no_offline_content_control_out() -> None:
    here = {code for case in (*CASES, *IDENTIFIERS) for code in case.breaks} | {"00409", "00404"}
    offline = {
        one.code
        for one in CONTROLS.values()
        if one.family in ("content", "duplicate") and one.offline != "N"
    }
    # For these the document alone says nothing: what they ask is in a registry.
    assert offline - here == {"00311", "00322", "00326"}


@pytest.mark.parametrize("type", [*ORDINARY_TYPES, *SIMPLIFIED_TYPES])
@pytest.mark.parametrize("bodies", [1, 3])
def test_every_made_document_passes(type: str, bodies: int) -> None:
    root = tree(make(type, bodies=bodies))
    assert judged(root).findings == ()
    assert not simulated(root)


def test_made_documents_to_the_public_administration_pass() -> None:
    for options in ({}, {"ritenuta": Withholding()}, {"cassa": Fund()}, {"natura": "N4"}):
        root = tree(make("TD01", "FPA12", **options))
        assert not schema.check(root, schemas())
        assert judged(root).findings == ()


# --- where and what -----------------------------------------------------------------------------
def test_a_finding_says_where_and_what() -> None:
    root = base(bodies=2)
    put("FatturaElettronicaBody[2]/DatiBeniServizi/DettaglioLinee[2]/PrezzoTotale", "40.00")(root)
    line_total, taxable = judged(root).findings
    assert line_total == Finding(
        "00423",
        "error",
        "PrezzoTotale diverso da prezzo, sconti e quantità",
        "PrezzoTotale is not price, discounts and quantity",
        "FatturaElettronicaBody[2]/DatiBeniServizi/DettaglioLinee[2]/PrezzoTotale",
        1,
        "40.00",
        "33.89",
        "2.2.1.11",
    )
    assert root.find(line_total.where).text == "40.00"
    assert (taxable.code, taxable.body) == ("00422", 1)
    assert line_total.sentence() == f"{line_total.message_it} (trovato 40.00, atteso 33.89)"
    assert line_total.sentence("en") == f"{line_total.message_en} (found 40.00, expected 33.89)"


@pytest.mark.parametrize(("case", "format"), spread(CASES + IDENTIFIERS))
def test_every_path_leads_to_an_element(case: Mutation, format: str) -> None:
    root = mutated(case, format)
    for one in judged(root).findings:
        assert root.find(one.where) is not None, one.where


@pytest.mark.parametrize(
    ("table", "root"), [(_ORDINARY, reader.ORDINARY), (_SIMPLIFIED, reader.SIMPLIFIED)]
)
def test_numbers_are_the_official_ones(table: dict[str, str], root: str) -> None:
    official = schema._ids(schemas(), schema.FILES[root])
    for path, number in table.items():
        assert official[tuple(path.split("/"))] == number


# --- severities ---------------------------------------------------------------------------------
def test_a_foreign_number_that_looks_odd_is_a_warning() -> None:
    root = base()
    ids("CessionarioCommittente", "DE", "DE136695976")(root)
    found = judged(root)
    assert found.accepted
    assert codes(found, "warning") == {"00305"}


@pytest.mark.parametrize(
    ("type", "severity"), [("TD01", "warning"), ("TD04", "error"), ("TD05", "warning")]
)
def test_a_date_before_the_linked_document(type: str, severity: str) -> None:
    root = base(type)
    linked("2026-11-21")(root)
    assert [(one.code, one.severity) for one in judged(root).findings] == [("00418", severity)]


def test_td28_from_elsewhere_is_a_warning() -> None:
    root = base("TD28")
    ids("CedentePrestatore", "DE", "136695976")(root)
    found = judged(root)
    assert found.accepted
    assert codes(found, "warning") == {"00473"}


@pytest.mark.parametrize(
    ("total", "severity"),
    [("10.01", None), ("10.010001", "likely"), ("10.0199", "likely"), ("10.02", "error")],
)
def test_the_grey_zone_of_a_line(total: str, severity: str | None) -> None:
    root = base()
    line(price="10.00", total=total)(root)
    line(price="-10.00", total="-10.00")(root)
    found = judged(root)
    assert [one.severity for one in found.findings] == ([severity] if severity else [])
    assert found.accepted is (severity != "error")
    # The simulator knows no grey zone: it rejects.
    assert simulated(root) == ({"00423"} if severity else set())


# --- lots ---------------------------------------------------------------------------------------
NUMBER = "FatturaElettronicaBody[{}]/DatiGenerali/DatiGeneraliDocumento/Numero"


def lot(*numbers: str, type: str = "TD01", **options: Any) -> Any:
    root = tree(make(type, bodies=len(numbers), **options))
    for at, number in enumerate(numbers, start=1):
        put(NUMBER.format(at), number)(root)
    return root


def test_a_number_twice_in_a_lot() -> None:
    root = lot("1", "2", "1")
    (found,) = judged(root).findings
    assert (found.code, found.severity, found.body) == ("00409", "error", 2)
    assert found.where == NUMBER.format(3)
    assert simulated(root) == {"00409"}


def test_numbers_that_differ_by_case_or_blanks_are_a_warning() -> None:
    root = lot("1/A", "1/a", "1 /A")
    found = judged(root)
    assert [(one.code, one.severity, one.body) for one in found.findings] == [
        ("00409", "warning", 1),
        ("00409", "warning", 2),
    ]
    assert not simulated(root)


def test_a_credit_note_may_repeat_the_number_of_an_invoice() -> None:
    root = lot("1", "1")
    put("FatturaElettronicaBody[2]/DatiGenerali/DatiGeneraliDocumento/TipoDocumento", "TD04")(root)
    assert judged(root).findings == ()
    put("FatturaElettronicaBody[1]/DatiGenerali/DatiGeneraliDocumento/TipoDocumento", "TD04")(root)
    assert codes(judged(root)) == simulated(root) == {"00409"}


def test_under_art73_a_number_belongs_to_its_day() -> None:
    day = "FatturaElettronicaBody[2]/DatiGenerali/DatiGeneraliDocumento/Data"
    for art73, expected in ((True, set()), (False, {"00409"})):
        root = lot("1", "1", art73=art73)
        assert codes(judged(root)) == {"00409"}
        put(day, "2026-11-19")(root)
        assert codes(judged(root)) == simulated(root) == expected
    put(day, "2025-11-20")(root)
    assert judged(root).findings == ()


def test_the_buyers_number_counts_where_he_issues() -> None:
    seen: list[controls.Key] = []

    def ask(keys: Sequence[controls.Key]) -> dict[controls.Key, controls.Earlier]:
        seen.extend(keys)
        return {}

    for type, options in (("TD01", {}), ("TD17", {}), ("TD01", {"emitter": "CC"})):
        root = tree(make(type, **options))
        judged(root, sent=ask)
    issuers = [key.issuer for key in seen]
    first, second, third = issuers
    assert first == "IT" + tree(make()).findtext(".//CedentePrestatore//IdCodice")
    assert second == first  # the same firm, now as the buyer
    assert third == "IT" + tree(make()).findtext(".//CessionarioCommittente//IdCodice")


@pytest.mark.parametrize("severity", ["error", "warning"])
def test_an_invoice_already_sent_is_found_by_its_key(severity: Severity) -> None:
    issuer = "IT" + tree(make()).findtext(".//CedentePrestatore//IdCodice")
    known = {controls.Key(issuer, "I", "2", "2026"): controls.Earlier(severity, "doc")}
    asked: list[Sequence[controls.Key]] = []

    def ask(keys: Sequence[controls.Key]) -> dict[controls.Key, controls.Earlier]:
        asked.append(keys)
        return known

    found = judged(lot("1", "2"), sent=ask)
    (one,) = found.findings
    assert (one.code, one.severity, one.body, one.found) == ("00404", severity, 1, "2 = doc")
    assert one.where == NUMBER.format(2)
    assert found.accepted is (severity == "warning")
    assert ("00404" in found.not_evaluated) is (severity == "warning")
    assert len(asked) == 1, "a lot is one question"
    assert "00404" in judged(lot("1", "3"), sent=ask).not_evaluated


def test_one_broken_body_refuses_the_lot() -> None:
    root = lot("1", "senza", "3")
    found = judged(root)
    assert not found.accepted
    assert [one.body for one in found.findings] == [1]


# --- what is left open --------------------------------------------------------------------------
def test_what_only_a_registry_knows_is_never_passed() -> None:
    assert judged(base()).not_evaluated == (
        "00300", "00301", "00302", "00305", "00306", "00311", "00312", "00320", "00321", "00324",
        "00325", "00399", "00404",
    )  # fmt: skip
    assert "00398" in judged(base(format="FPA12")).not_evaluated
    assert "00323" in judged(base("TD20")).not_evaluated
    assert {"00399", "00398"} & set(judged(base("TD07", "FSM10")).not_evaluated) == set()


def test_a_recipient_that_is_no_code_is_not_looked_up() -> None:
    root = tree(make(pec="a@pec.esempio.it"))
    assert not {"00311", "00312"} & set(judged(root).not_evaluated)


def test_a_wrong_check_digit_is_an_answer() -> None:
    root = base()
    ids("CedentePrestatore", "IT", "12345678901")(root)
    found = judged(root)
    assert codes(found) == {"00301"}
    assert "00301" not in found.not_evaluated
    assert "00322" in found.not_evaluated  # no tax code: is it a group's number?


def test_the_control_of_may_2026_begins_on_its_day() -> None:
    root = tree(make(date="2026-05-01"))
    ids("CessionarioCommittente", tax_code="02200200150")(root)
    assert "00327" not in judged(root, date(2026, 5, 14)).not_evaluated
    assert "00327" in judged(root, date(2026, 5, 15)).not_evaluated
    ids("CessionarioCommittente", tax_code="FRRGLI84C49F839T")(root)
    assert "00327" not in judged(root, date(2026, 5, 15)).not_evaluated


def test_declarations_of_intent_are_left_open() -> None:
    root = base()
    line("0.00", "N3.5")(root)
    summary("0.00", "N3.5")(root)
    assert "00477" not in judged(root).not_evaluated
    added = root.findall(".//DettaglioLinee")[-1]
    etree.SubElement(etree.SubElement(added, "AltriDatiGestionali"), "TipoDato").text = "INTENTO"
    assert "00477" in judged(root).not_evaluated


# --- oddities of real trees ---------------------------------------------------------------------
def test_a_comment_inside_a_number_does_not_cut_it() -> None:
    data = make().replace(b"<PrezzoTotale>150.00<", b"<!-- x --><PrezzoTotale>1<!-- y -->50.00<")
    root = xml.read(data, limit_bytes=10**6)
    assert not schema.check(root, schemas())
    assert judged(root).findings == ()


def test_years_beyond_pythons_calendar() -> None:
    root = base("TD04")
    linked("12026-01-01")(root)
    assert not schema.check(root, schemas())
    assert codes(judged(root)) == {"00418"}
    linked("-0044-03-15")(root)
    assert judged(root).findings == ()


def test_a_hostile_file_makes_no_endless_list() -> None:
    root = base()
    for _ in range(FINDINGS_MAX + 50):
        line("0.00")(root)
    found = judged(root)
    assert len(found.findings) == FINDINGS_MAX
    warnings = [Finding("00418", "warning", "", "")] * FINDINGS_MAX
    errors = [Finding("00400", "error", "", "")]
    assert not verdict(warnings + errors).accepted


# --- the catalogue ------------------------------------------------------------------------------
def test_what_is_retired_is_never_evaluated() -> None:
    """That the catalogue is the table of the facts is seen in test_audit.py."""
    assert RETIRED
    assert not RETIRED & set(CONTROLS)


def test_every_control_holds_on_its_days() -> None:
    assert CONTROLS["00327"].holds(date(2026, 5, 15))
    assert not CONTROLS["00327"].holds(date(2026, 5, 14))
    assert CONTROLS["00445"].by == "document"
    assert all(one.holds(TODAY) for one in CONTROLS.values())
