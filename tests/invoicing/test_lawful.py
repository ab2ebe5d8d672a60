"""Who is a natural person, and which invoices may not go to SdI (pure)."""

from __future__ import annotations

import pytest

from chalicelib.invoicing import lawful
from chalicelib.invoicing.model import Body, Invoice, Party

COMPANY = Party("IT", "01234567890", "01234567890", "Clinica S.r.l.")
PATIENT = Party("", "", "RSSMRA80A01H501U", "Mario Rossi", person=True)


def invoice(buyer: Party, **changes: object) -> Invoice:
    found = Invoice(
        format="FPR12", version="FPR12", progressive="1", transmitter="IT01234567890",
        recipient_code="0000000", recipient_pec="", seller=COMPANY, buyer=buyer, emitter="",
        bodies=(),
    )  # fmt: skip
    return found._replace(**changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("party", "natural"),
    [
        (PATIENT, True),
        (PATIENT._replace(person=False), True),  # his code, though named as a firm
        (PATIENT._replace(tax_code="rssmra80a01h501u"), True),
        (PATIENT._replace(tax_code="RSSMRAULALMHRLMD"), True),  # omocodia
        (PATIENT._replace(tax_code="80012345678"), True),  # a provisional code
        (Party("FR", "12345678901", "", "Anne Dupont", person=True), True),
        (Party("FR", "12345678901", "", "Clinique SA"), False),
        (COMPANY, False),
        (Party("IT", "01234567890", "RSSMRA80A01H501U", "Mario Rossi", person=True), False),
        (Party("", "", "80012345678", "Associazione"), False),
        (Party("", "", "", ""), False),
    ],
)
def test_who_is_a_natural_person(party: Party, natural: bool) -> None:
    assert lawful.is_natural_person(party) is natural


@pytest.mark.feature("F000-033")
def test_health_invoices_to_persons_are_forbidden_and_no_others() -> None:
    assert lawful.forbidden(invoice(PATIENT), health=True)
    assert not lawful.forbidden(invoice(PATIENT), health=False)
    assert not lawful.forbidden(invoice(COMPANY), health=True)
    assert not lawful.forbidden(invoice(PATIENT, format="FPA12"), health=True)
    own = Body("TD17", "1", "2026-11-21", "EUR", None, 0, 0)  # type: ignore[arg-type]
    assert not lawful.forbidden(invoice(PATIENT, bodies=(own,)), health=True)


def test_the_refusal_names_the_law() -> None:
    found = lawful.refusal()
    assert (found.code, found.status) == ("unlawful_recipient", 403)
    assert "10-bis" in found.details["law"]
