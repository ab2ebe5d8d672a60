"""Positions and dues in the office: what its pages send, refuse and say."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.portal.eyes import Eyes, expect
from tests.portal.office import (
    AT,
    GENERATED,
    MAPPINGS,
    attempt,
    batch,
    flow,
    office,
    payment,
    run,
    session,
    whole,
)
from tests.portal.stub import error
from tests.portal.test_office import asked, sent

Look = Callable[..., Eyes]
P1 = "GET /v1/body/positions/p1"
OPEN_ALL = "document.querySelectorAll('main details').forEach((one) => { one.open = true; })"
TEXTS = {"it": "", "en": "", "fr": "", "es": ""}


def service(code: str, subject: str, price: Any = None, **more: Any) -> dict[str, Any]:
    return {"code": code, "subject": subject, "active": True, "price": price, "stamp": False,
            "description": TEXTS} | more  # fmt: skip


ITEMS = [{"code": "aula", "label": "In aula", "cents": 12_000},
         {"code": "web", "label": "A distanza", "cents": 4_550}]  # fmt: skip
SERVICES = {"GET /v1/body/services": (200, {"services": [
    service("quota", "Quota annuale"),
    service("corsi", "Corsi", {"kind": "tariff", "items": ITEMS}),
    service("tassa", "Tassa di iscrizione", {"kind": "fixed", "cents": 5_000}),
    service("dono", "Contributo", {"kind": "free", "least_cents": 500, "most_cents": 9_900}),
    service("vecchio", "Non più offerto", None, active=False),
]})}  # fmt: skip
SPONTANEOUS = whole(origin="spontaneous", flow="", payments=[payment()])
PAST = {"GET /v1/body": (200, {"outside_until": "2099-12-31"})}
REFUSED = {
    "state": "refused", "status": "VALID", "version": 1, "at": AT, "code": "pagopa_refused",
    "answered": 422, "said": "fiscal code not valid", "attempts": 2,
}  # fmt: skip
PART = {"kind": "late_fee", "reason": "Mora", "cents": 500}
AMOUNTS = [
    {"day": "2026-03-02", "cents": 15_000, "parts": [], "daily": False},
    {"day": "2026-07-01", "cents": 15_500, "parts": [PART], "daily": True},
]
RULE = {"kind": "late_fee", "reason": "Mora", "first": "2026-07-01", "last": None, "cents": 500,
        "percent": "0", "yearly_percent": "2.500"}  # fmt: skip
RICH = whole(
    pagopa=REFUSED, rules=[RULE], amounts=AMOUNTS, origin="spontaneous", payments=[payment()],
    timeline=[
        {"event": "generated", "state": "draft", "at": AT, "by": "user:u1", "facts": {}},
        {"event": "edited", "state": "valid", "at": AT, "by": "user:u1",
         "facts": {"due": "2026-06-30", "subject": True}},
        {"event": "paid_outside", "state": "paid_outside", "at": AT, "by": "key:k1",
         "facts": {"day": "2026-03-01", "cents": 15_000, "how": "cash", "note": "Allo sportello"}},
    ],
)  # fmt: skip
FORM = [{"name": "corso", "label": "Corso", "value": "Sicurezza"}]
COLUMNS = {
    "row": 3, "fields": {"name": "Nominativo", "tax_code": "Cod. Fisc.", "amount": "Dovuto"},
    "columns": [
        {"column": "A", "header": "Matricola", "examples": ["0012", "0013"]},
        {"column": "B", "header": "Cod. Fisc.", "examples": ["RSSMRA80A41H501Y"]},
        {"column": "C", "header": "Nominativo", "examples": ["Rossi Maria", "Bianchi Luca"]},
        {"column": "D", "header": "Dovuto", "examples": ["150,50"]},
    ],
}  # fmt: skip
FAILED = batch(state="failed", rows=0, good=0, code="dues_headers:tax_code,amount")
STRANGE = {
    "GET /v1/body/dues/imports/i1": (200, FAILED),
    "GET /v1/body/dues/imports/i1/columns": (200, COLUMNS),
}
REFUSAL = REFUSED | {
    "position": "p1", "name": "Rossi Maria", "subject": "Quota annuale 2026", "cents": 15_000,
}  # fmt: skip
REFUSALS = {"GET /v1/body/pagopa/refusals": (200, {"refusals": [REFUSAL], "cursor": None})}
EXPORT = {"id": "e1", "state": "waiting", "format": "xlsx", "filter": {}, "created_at": AT,
          "rows": 0, "code": ""}  # fmt: skip
WRITTEN = EXPORT | {"state": "written", "rows": 4,
                    "filter": {"state": "paid", "debtor": True, "least_cents": 1_000}}  # fmt: skip
READER = {"GET /v1/session": (200, session(scopes=["body:read"]))}

# ------------------------------------------------------------------ every page, for everybody
STATES: dict[str, tuple[str, dict[str, Any]]] = {
    "entry": ("?page=entry", SERVICES),
    "position": ("?page=position&id=p1", {
        P1: (200, RICH), f"{P1}/form": (200, {"fields": FORM}), **PAST,
        f"{P1}/deliveries": (200, {"attempts": [attempt("failed")]}),
    }),
    "layout": ("?page=layout&import=i1", STRANGE | SERVICES),
    "layout-edit": ("?page=layout&name=albo", {}),
    "import-failed": ("?page=import&id=i1", STRANGE),
    "refusals": ("?page=refusals", REFUSALS),
    "flow-changed": ("?page=flow&id=f1", {"GET /v1/body/flows/f1": (200, GENERATED | {
        "parameters": {"description": "Quote", "late_fee_cents": 500, "late_fee_days": 30,
                       "changes": [{"kind": "reduction", "reason": "Sconto", "days": 10,
                                    "cents": 0, "rate": 0.1, "yearly_rate": 0}]}})}),
    "reader": ("?page=layout&import=i1", STRANGE | READER),
}  # fmt: skip


@pytest.mark.feature("F001-163", "F001-165", "F001-170")
@pytest.mark.parametrize("name", STATES)
def test_each_of_these_pages_is_for_everybody(name: str, look: Look) -> None:
    where, answers = STATES[name]
    eyes = look(f"office/{where}", office(**answers), width=320)
    expect(eyes.page.locator(".waiting")).to_have_count(0)
    eyes.page.evaluate(OPEN_ALL)
    eyes.require_accessible()
    eyes.require_narrow()


# ------------------------------------------------------------------ the archive
@pytest.mark.feature("F001-163", "F001-164", "F001-176")
def test_the_archive_has_sums_that_filter_and_goes_into_a_file(look: Look) -> None:
    stub = office(**{
        "POST /v1/body/exports": [error(503, "unavailable"), (202, EXPORT)],
        "GET /v1/body/exports/e1": (200, WRITTEN),
        "GET /v1/body/exports/e1/file": (200, {
            "url": "/portal/icon.svg", "file_name": "posizioni.xlsx", "expires_in_s": 60}),
        "GET /v1/body/exports": (200, {"exports": [WRITTEN]}),
    })  # fmt: skip
    eyes = look("office/?page=positions", stub)
    eyes.expected = ("503",)
    eyes.follow("Pagata 150,00 €")
    expect(eyes.page).to_have_url(re.compile("state=paid$"))
    expect(eyes.page.get_by_role("link", name="Pagata 150,00 €")).to_have_attribute(
        "aria-current", "true"
    )
    eyes.fill("Codice fiscale o partita IVA", "RSSMRA80A41H501Y")
    eyes.page.get_by_text("Altri filtri").click()
    eyes.fill("Importo da", "10")
    eyes.press("Cerca")
    expect(eyes.page).to_have_url(re.compile("least=10$"))
    expect(eyes.h1).to_be_focused()  # the other page is there
    eyes.press("Esporta in Excel")
    eyes.sees("C’è un guasto")
    with eyes.page.expect_download() as coming:
        eyes.press("Esporta in Excel")
    assert coming.value.suggested_filename == "posizioni.xlsx"
    eyes.sees("Il file è pronto: 4 righe.")
    wanted = {"state": "paid", "tax_code": "RSSMRA80A41H501Y", "least_cents": 1_000,
              "format": "xlsx"}  # fmt: skip
    assert asked(stub, "POST /v1/body/exports") == [wanted, wanted]
    assert len(set(sent(stub, "POST /v1/body/exports", "Idempotency-Key"))) == 1
    eyes.page.get_by_text("Esportazioni precedenti").click()
    eyes.sees("Stato: Pagata; un solo debitore; importo da: 10.00")
    eyes.require_accessible()


# ------------------------------------------------------------------ point entry
@pytest.mark.feature("F001-143", "F001-160", "F001-167", "F001-170")
def test_a_tariff_is_computed_before_it_is_saved_and_then_the_notice_is_there(look: Look) -> None:
    made = SPONTANEOUS | {"cents": 21_100}
    stub = office(**SERVICES, **{
        "POST /v1/body/positions": [
            error(422, "debtor_malformed", problem="tax_code"), (201, made)],
        f"{P1}/notice": (200, {
            "url": "/portal/icon.svg", "file_name": "avviso.pdf", "expires_in_s": 60}),
    })  # fmt: skip
    eyes = look("office/?page=entry", stub)
    eyes.expected = ("422",)
    eyes.press("Crea la posizione")
    for text in ("Scrivi il nome.", "Scegli il servizio."):
        eyes.sees(text)
    eyes.fill("Nome e cognome", "Rossi Maria")
    eyes.fill("Codice fiscale", "rssmra80a41h501y")
    expect(eyes.page.get_by_role("option", name="Non più offerto")).to_have_count(0)
    eyes.page.get_by_label("Servizio").select_option("corsi")
    eyes.fill("In aula", "1")
    eyes.fill("A distanza", "2")
    expect(eyes.page.locator(".sum")).to_contain_text("211,00 €")
    eyes.press("Crea la posizione")
    eyes.sees("non è giusto")
    eyes.press("Crea la posizione")
    eyes.at("La posizione è creata")
    expect(eyes.h1).to_be_focused()
    order = {"service": "corsi", "reason": "", "chosen": {"aula": 1, "web": 2},
             "debtor": {"name": "Rossi Maria", "tax_code": "RSSMRA80A41H501Y"}}  # fmt: skip
    assert asked(stub, "POST /v1/body/positions") == [order, order]
    assert len(set(sent(stub, "POST /v1/body/positions", "Idempotency-Key"))) == 1
    eyes.sees("211,00 €")
    eyes.require_accessible()
    with eyes.page.expect_download() as coming:
        eyes.press("Scarica l’avviso (PDF)")
    assert coming.value.suggested_filename == "avviso.pdf"
    send = eyes.page.get_by_role("link", name="Invia l’avviso")
    expect(send).to_have_attribute("href", re.compile("page=deliveries&position=p1"))
    eyes.press("Inseriscine un’altra")
    expect(eyes.page.get_by_label("Nome e cognome")).to_have_value("")


@pytest.mark.feature("F001-171")
def test_an_amount_is_typed_where_the_price_allows_it(look: Look) -> None:
    stub = office(**SERVICES, **{"POST /v1/body/positions": (201, SPONTANEOUS)})
    eyes = look("office/?page=entry", stub)
    eyes.fill("Nome e cognome", "Rossi Maria")
    eyes.fill("Codice fiscale", "RSSMRA80A41H501Y")
    service = eyes.page.get_by_label("Servizio")
    service.select_option("dono")
    eyes.fill("Importo in euro", "120")
    eyes.press("Crea la posizione")
    eyes.sees("Al massimo 99,00 €.")
    service.select_option("quota")
    eyes.sees("Questo servizio non ha un prezzo")
    service.select_option("tassa")
    expect(eyes.page.locator(".sum")).to_contain_text("50,00 €")
    eyes.page.get_by_label("Come si stabilisce l’importo").select_option("manual")
    eyes.fill("Importo in euro", "zero")
    eyes.press("Crea la posizione")
    eyes.sees("Scrivi un importo")
    eyes.fill("Importo in euro", "1.234,50")
    expect(eyes.page.locator(".sum")).to_contain_text("1.234,50 €")
    eyes.page.get_by_label("Scadenza").fill("2026-06-30")
    eyes.press("Crea la posizione")
    eyes.at("La posizione è creata")
    (order,) = asked(stub, "POST /v1/body/positions")
    assert (order["cents"], order["manual"], order["due"]) == (123_450, True, "2026-06-30")


@pytest.mark.feature("F001-171")
def test_instalments_are_counted_or_typed_and_seen_before_they_are_made(look: Look) -> None:
    rates = [payment(), payment(1, cents=7_500), payment(2, cents=7_500, due="2026-07-31")]
    seen = [{name: one[name] for name in ("number", "cents", "due")} for one in rates]
    wrong = error(422, "instalments_sum", cents=15_000, instalments_cents=14_999)
    stub = office(**SERVICES, **{
        "POST /v1/body/positions/preview": (200, {"cents": 15_000, "payments": seen}),
        "POST /v1/body/positions": [wrong, (201, SPONTANEOUS | {"payments": rates})],
    })  # fmt: skip
    eyes = look("office/?page=entry", stub)
    eyes.expected = ("422",)
    eyes.page.get_by_label("Servizio").select_option("quota")
    eyes.page.get_by_label("Consenti il pagamento a rate").check()
    eyes.press("Anteprima delle rate")
    for text in ("Scrivi un importo", "Scrivi un numero da 2 a 68.", "scadenza della prima rata."):
        eyes.sees(text)
    eyes.fill("Importo in euro", "150")
    eyes.fill("Numero di rate", "2")
    eyes.page.get_by_label("Scadenza della prima rata").fill("2026-06-30")
    eyes.press("Anteprima delle rate")
    table = eyes.page.get_by_role("table", name="Rate")
    expect(table).to_contain_text("Intero")
    expect(table).to_contain_text("75,00 €")
    eyes.require_accessible()
    computed = {"count": 2, "first_due": "2026-06-30", "every_months": 1, "whole": True}
    (asked_for,) = asked(stub, "POST /v1/body/positions/preview")
    assert asked_for == {"service": "quota", "manual": True, "cents": 15_000, "plan": computed}
    eyes.page.get_by_label("Come si stabiliscono le rate").select_option("manual")
    expect(table).to_have_count(0)  # it was of other values
    eyes.press("Aggiungi una rata")
    eyes.press("Togli la rata 2")
    first, second = (
        eyes.page.get_by_role("group", name=f"Rata {one}", exact=True) for one in (1, 2)
    )
    for group, cents, due in ((first, "74,99", "2026-06-30"), (second, "75", "2026-07-31")):
        group.get_by_label("Importo in euro").fill(cents)
        group.get_by_label("Scadenza").fill(due)
    eyes.sees("149,99 € su 150,00 €")
    eyes.page.get_by_label("Soltanto a rate").check()
    eyes.fill("Nome e cognome", "Rossi Maria")
    eyes.fill("Codice fiscale", "RSSMRA80A41H501Y")
    eyes.require_narrow()
    eyes.press("Crea la posizione")
    eyes.sees("Le rate fanno 149,99 €, ma l’importo è 150,00 €.")
    first.get_by_label("Importo in euro").fill("75")
    eyes.press("Crea la posizione")
    eyes.at("La posizione è creata")
    expect(eyes.page.get_by_role("table", name="Rate")).to_contain_text("Rata 2")
    assert asked(stub, "POST /v1/body/positions")[-1]["plan"] == {"whole": False, "instalments": [
        {"cents": 7_500, "due": "2026-06-30"}, {"cents": 7_500, "due": "2026-07-31"},
    ]}  # fmt: skip
    eyes.require_accessible()


# ------------------------------------------------------------------ a position
@pytest.mark.feature("F001-165", "F001-166", "F001-168")
def test_an_unpaid_position_is_changed_and_a_spontaneous_one_deleted(look: Look) -> None:
    edited = SPONTANEOUS | {"version": 3, "subject": "Altro oggetto"}
    stub = office(**{
        P1: [(200, SPONTANEOUS), (200, SPONTANEOUS | {"version": 2})],
        "PATCH /v1/body/positions/p1": [error(409, "conflict"), (200, edited)],
        "DELETE /v1/body/positions/p1": [
            error(409, "position_state"), (200, edited | {"state": "invalid"})],
    })  # fmt: skip
    eyes = look("office/?page=position&id=p1", stub)
    eyes.expected = ("409",)
    edit = eyes.page.locator("summary", has_text="Modifica")
    for version in (1, 2):
        edit.click() if not eyes.page.locator("details.box[open]").count() else None
        eyes.fill("Oggetto", "")
        eyes.press("Salva le modifiche")
        eyes.sees("Scrivi l’oggetto.")
        eyes.fill("Oggetto", "Altro oggetto")
        eyes.press("Salva le modifiche")
        if version == 1:
            expect(eyes.page.get_by_label("Oggetto")).to_have_value("Quota annuale 2026")
    eyes.at("Altro oggetto")
    eyes.sees("La posizione è modificata.")
    assert asked(stub, "PATCH /v1/body/positions/p1") == [
        {"version": version, "subject": "Altro oggetto"} for version in (1, 2)
    ]
    expect(eyes.page.get_by_role("button", name="Annulla la posizione")).to_have_count(0)
    eyes.press("Elimina la posizione")
    dialog = eyes.page.get_by_role("dialog", name="Eliminare la posizione?")
    dialog.get_by_role("button", name="Elimina la posizione").click()
    expect(dialog).to_contain_text("Lo stato della posizione non lo consente")
    dialog.get_by_role("button", name="Elimina la posizione").click()
    eyes.sees("La posizione è eliminata.")
    expect(edit).to_have_count(0)
    # What dues ask for is cancelled, never deleted; its instalments keep their days.
    stub.answers[P1] = (200, whole())
    eyes.open("office/?page=position&id=p1")
    expect(eyes.page.get_by_role("button", name="Elimina la posizione")).to_have_count(0)
    edit.click()
    expect(eyes.page.get_by_label("Scadenza", exact=True)).to_have_count(0)


@pytest.mark.feature("F001-166")
def test_amount_days_and_debtor_of_an_unpaid_position_are_changed(look: Look) -> None:
    items = [{"code": "cert", "label": "Certificato", "cents": 1_000}]
    service = {"code": "quota", "subject": "Segreteria", "active": True, "stamp": False,
               "price": {"kind": "tariff", "items": items}, "description": {}}  # fmt: skip
    rates = whole()
    plan = [one["number"] for one in rates["payments"] if one["number"]]
    stub = office(**{
        P1: (200, SPONTANEOUS), "GET /v1/body/services": (200, {"services": [service]}),
        "PATCH /v1/body/positions/p1": [error(409, "position_tied"), (200, SPONTANEOUS),
                                        (200, SPONTANEOUS), (200, rates)],
    })  # fmt: skip
    eyes = look("office/?page=position&id=p1", stub)
    eyes.expected = ("409",)
    edit = eyes.page.locator("summary", has_text="Modifica")
    edit.click()
    how = eyes.page.get_by_label("Come si stabilisce l’importo")
    how.select_option("price")
    eyes.fill("Certificato", "3")
    expect(eyes.page.locator("details.box p.sum")).to_contain_text("30,00 €")
    eyes.require_accessible()
    eyes.press("Salva le modifiche")
    eyes.sees("Una fattura o un’iscrizione conta su questo importo")
    eyes.press("Salva le modifiche")
    eyes.sees("La posizione è modificata.")
    how.select_option("manual")
    eyes.fill("Importo in euro", "12,5x")
    eyes.fill("Comune", "Verona")
    eyes.fill("E-mail", "")
    eyes.press("Salva le modifiche")
    eyes.sees("Scrivi un importo, per esempio 12,50.")
    eyes.fill("Importo in euro", "12,50")
    eyes.press("Salva le modifiche")
    eyes.sees("La posizione è modificata.")
    stub.answers[P1] = (200, rates)
    eyes.open("office/?page=position&id=p1")
    edit.click()
    expect(how).to_have_count(0)
    eyes.page.get_by_label(f"Rata {plan[-1]}", exact=True).fill("2027-02-15")
    eyes.press("Salva le modifiche")
    eyes.sees("La posizione è modificata.")
    priced = {"version": 1, "amount": {"chosen": {"cert": 3}}}
    assert asked(stub, "PATCH /v1/body/positions/p1") == [
        priced, priced,
        {"version": 1, "amount": {"manual": True, "cents": 1_250},
         "debtor": {"city": "Verona", "mail": ""}},
        {"version": 1, "instalments": [{"number": plan[-1], "due": "2027-02-15"}]},
    ]  # fmt: skip


@pytest.mark.feature("F001-166")
def test_reductions_and_late_fees_of_one_position_are_seen_and_changed(look: Look) -> None:
    ruled = SPONTANEOUS | {"rules": [RULE], "amounts": AMOUNTS}
    stub = office(**{
        P1: (200, ruled),
        "POST /v1/body/positions/p1/preview": (
            200, {"cents": 15_000, "payments": [], "amounts": AMOUNTS}),
        "PATCH /v1/body/positions/p1": [(200, ruled), (200, SPONTANEOUS)],
    })  # fmt: skip
    eyes = look("office/?page=position&id=p1", stub)
    eyes.page.locator("summary", has_text="Modifica").click()
    # What is not touched is not sent.
    eyes.fill("Oggetto", "Quota 2026")
    eyes.press("Salva le modifiche")
    eyes.sees("La posizione è modificata.")
    one = eyes.page.get_by_role("group", name="Variazione 1")
    expect(one.get_by_label("Dal giorno")).to_have_value("2026-07-01")
    expect(one.get_by_label("Importo fisso")).to_have_value("5,00")
    expect(one.get_by_label("Interessi annui")).to_have_value("2,5")
    one.get_by_label("Fino al giorno").fill("2026-06-30")
    eyes.press("Aggiungi una riduzione o una mora")
    two = eyes.page.get_by_role("group", name="Variazione 2")
    two.get_by_label("Percentuale").fill("10")
    eyes.press("Anteprima degli importi")
    eyes.sees("L’ultimo giorno viene prima del primo.")
    eyes.sees("Scrivi il motivo.")
    one.get_by_label("Fino al giorno").fill("2026-12-31")
    two.get_by_label("Motivo").fill("Sconto")
    two.get_by_label("Fino al giorno").fill("2026-05-31")
    eyes.press("Anteprima degli importi")
    shown = eyes.page.locator("details.box").get_by_role("table")
    expect(shown).to_contain_text("155,00 €")
    eyes.require_accessible()
    eyes.require_narrow()
    two.get_by_label("Percentuale").fill("12,5")
    expect(shown).to_have_count(0)
    eyes.press("Salva le modifiche")
    eyes.sees("La posizione è modificata.")
    late = {name: RULE[name] for name in ("kind", "reason", "first", "cents", "percent")} | {
        "last": "2026-12-31", "yearly_percent": "2.5",
    }  # fmt: skip
    early = {"kind": "reduction", "reason": "Sconto", "first": None, "last": "2026-05-31",
             "cents": 0, "percent": "10", "yearly_percent": "0"}  # fmt: skip
    said = {"version": 1, "rules": [late, early]}
    assert asked(stub, "POST /v1/body/positions/p1/preview") == [said]
    assert asked(stub, "PATCH /v1/body/positions/p1") == [
        {"version": 1, "subject": "Quota 2026"},
        {"version": 1, "rules": [late, early | {"percent": "12.5"}]},
    ]  # fmt: skip


@pytest.mark.feature("F001-155", "F001-167")
def test_what_is_left_of_a_plan_is_printed_and_sent_from_its_page(look: Look) -> None:
    first, *left = whole()["payments"]
    payments = [first | {"state": "closed"}, *left]
    half = whole(state="partially_paid", payments=payments)
    over = half | {"payments": [one | {"state": "closed"} for one in payments]}
    eyes = look("office/?page=position&id=p1", office(**{P1: (200, half)}))
    expect(eyes.page.get_by_role("button", name="Scarica l’avviso")).to_have_count(1)
    expect(eyes.page.locator("summary", has_text="Modifica")).to_have_count(0)
    eyes = look("office/?page=position&id=p1", office(**{P1: (200, over)}))
    eyes.sees("Cronologia")
    expect(eyes.page.get_by_role("button", name="Scarica l’avviso")).to_have_count(0)


@pytest.mark.feature("F001-169")
def test_a_payment_outside_is_recorded_only_while_it_may_be(look: Look) -> None:
    stub = office(**{
        P1: (200, SPONTANEOUS), **PAST,
        "POST /v1/body/positions/p1/paid-outside": [
            error(422, "outside_amount", asked_cents=15_000),
            (200, SPONTANEOUS | {"state": "paid_outside"})],
    })  # fmt: skip
    eyes = look("office/?page=position&id=p1", stub)
    eyes.expected = ("422",)
    eyes.page.locator("summary", has_text="fuori dal nodo").click()
    eyes.press("Registra il pagamento")
    for text in ("Indica il giorno.", "Conferma che il denaro è arrivato."):
        eyes.sees(text)
    eyes.fill("Giorno in cui è arrivato", "2026-03-01")
    eyes.fill("Importo in euro", "90")
    eyes.page.get_by_label("Come è stato pagato").select_option("cash")
    eyes.fill("Nota", "Allo sportello")
    eyes.page.get_by_label("Il denaro è arrivato").check()
    eyes.press("Registra il pagamento")
    eyes.sees("si chiede 150,00 € in tutto")
    eyes.fill("Importo in euro", "150")
    eyes.press("Registra il pagamento")
    eyes.sees("Il pagamento fuori dal nodo è registrato.")
    assert asked(stub, "POST /v1/body/positions/p1/paid-outside")[1] == {
        "day": "2026-03-01", "cents": 15_000, "how": "cash", "note": "Allo sportello",
    }  # fmt: skip
    outside = eyes.page.locator("summary", has_text="fuori dal nodo")
    expect(outside).to_have_count(0)
    stub.answers["GET /v1/body"] = (200, {"outside_until": "2020-12-31"})
    eyes.open("office/?page=position&id=p1")
    eyes.sees("Cronologia")
    expect(outside).to_have_count(0)


@pytest.mark.feature("F001-165", "F001-167")
def test_one_notice_goes_again_pagopa_is_told_again_and_receipts_come_as_they_are(
    look: Look,
) -> None:
    told = REFUSED | {"state": "waiting", "attempts": 0, "code": "", "answered": 0, "said": ""}
    stub = office(**{
        P1: (200, RICH),
        f"{P1}/deliveries": (200, {"attempts": [
            attempt(), attempt("failed", code="smtp_recipient")]}),
        "POST /v1/body/pagopa/refusals/p1/retry": (202, told),
        "GET /v1/body/receipts/r1/original": (
            200, b"<rt/>", {"Content-Disposition": 'attachment; filename="ricevuta_1.xml"'}),
        "GET /v1/body/deliveries/d1": (200, run(options={"to": "mail"})),
        "POST /v1/body/deliveries": (202, run(id="d2")),
        "GET /v1/body/deliveries/d2": (200, run(id="d2")),
        "GET /v1/body/deliveries/d2/attempts": (200, {"attempts": [], "cursor": None}),
    })  # fmt: skip
    eyes = look("office/?page=position&id=p1", stub)
    for text in ("pagoPA non accetta i dati", "fiscal code not valid", "HTTP 422", "Allo sportello",
                 "scadenza 30/06/2026 · nuovo oggetto", "e ogni giorno di più",
                 "2,5 % di interessi all’anno, dal 01/07/2026"):  # fmt: skip
        eyes.sees(text)
    posted = eyes.page.get_by_role("table", name="Reversali che l’hanno contabilizzata")
    expect(posted).to_contain_text("09/03/2026")
    order = posted.get_by_role("link", name="12/2026")
    expect(order).to_have_attribute("href", re.compile("page=order&id=2026-0000012"))
    with eyes.page.expect_download() as coming:
        eyes.press("XML 0a1b")
    assert coming.value.suggested_filename == "ricevuta_1.xml"
    eyes.press("Comunica di nuovo")
    eyes.sees("La posizione viene comunicata di nuovo.")
    expect(eyes.page.get_by_role("button", name="Comunica di nuovo")).to_have_count(0)
    again = eyes.page.get_by_role("button", name="Invia di nuovo")
    expect(again).to_have_count(1)
    again.click()
    dialog = eyes.page.get_by_role("dialog", name="Inviare di nuovo questo avviso?")
    dialog.get_by_role("button", name="Invia di nuovo").click()
    expect(eyes.page).to_have_url(re.compile("page=delivery&id=d2"))
    assert asked(stub, "POST /v1/body/deliveries") == [{
        "channel": "mail", "profile": "quote", "options": {"to": "mail"}, "positions": ["p1"],
        "undo_s": 0,
    }]  # fmt: skip


@pytest.mark.feature("F001-165", "F001-166")
def test_refusals_are_told_again_one_by_one_or_all(look: Look) -> None:
    other = REFUSAL | {"position": "p2", "code": "pagopa_paid_there"}
    stub = office(**{
        "GET /v1/body/pagopa/refusals": (200, {"refusals": [REFUSAL, other], "cursor": None}),
        "POST /v1/body/pagopa/refusals/p1/retry": (202, REFUSED | {"state": "waiting"}),
        "POST /v1/body/pagopa/retry": [error(503, "unavailable"), (202, {"planned": True})],
    })  # fmt: skip
    eyes = look("office/?page=refusals", stub)
    eyes.expected = ("503",)
    eyes.sees("la ricevuta è in arrivo")
    eyes.page.get_by_role("button", name="Comunica di nuovo Rossi Maria").first.click()
    expect(eyes.page.locator("tbody tr")).to_have_count(1)
    eyes.press("Comunica di nuovo tutte")
    dialog = eyes.page.get_by_role("dialog")
    dialog.get_by_role("button", name="Comunica di nuovo tutte").click()
    expect(dialog).to_contain_text("C’è un guasto")
    dialog.get_by_role("button", name="Comunica di nuovo tutte").click()
    eyes.sees("Le posizioni vengono comunicate di nuovo")
    assert len(set(sent(stub, "POST /v1/body/pagopa/retry", "Idempotency-Key"))) == 1


# ------------------------------------------------------------------ dated changes of a flow
@pytest.mark.feature("F001-160", "F001-176")
def test_reductions_and_late_fees_are_previewed_by_the_day_and_then_sent(look: Look) -> None:
    preview = {"cents": 15_000, "due": "2026-06-30", "amounts": AMOUNTS}
    stub = office(**{
        "POST /v1/body/flows/f1/preview": [error(422, "amount_rule_reduction"), (200, preview)],
        "POST /v1/body/flows/f1/generate": (202, flow(state="generating", groups=4)),
    })  # fmt: skip
    eyes = look("office/?page=flow&id=f1", stub)
    eyes.expected = ("422",)
    eyes.press("Aggiungi una riduzione o una mora")
    eyes.press("Anteprima degli importi")
    for text in ("Scrivi il motivo.", "Indica un importo o una percentuale."):
        eyes.sees(text)
    eyes.fill("Motivo", "Sconto")
    eyes.fill("Fino a quanti giorni prima", "10")
    eyes.fill("Percentuale", "2,5")
    eyes.press("Aggiungi una riduzione o una mora")
    second = eyes.page.get_by_role("group", name="Variazione 2")
    second.get_by_label("Tipo").select_option("late_fee")
    second.get_by_label("Motivo").fill("Mora")
    second.get_by_label("Dopo quanti giorni").fill("30")
    second.get_by_label("Importo fisso").fill("5")
    second.get_by_label("Interessi annui").fill("3")
    eyes.press("Anteprima degli importi")
    eyes.sees("Una riduzione è al massimo del 100 %")
    eyes.press("Anteprima degli importi")
    eyes.sees("la prima quota dell’elenco, 150,00 € con scadenza il 30/06/2026")
    eyes.sees("155,00 €")
    eyes.require_accessible()
    changes = [
        {"kind": "reduction", "reason": "Sconto", "days": 10, "cents": 0, "percent": "2.5",
         "yearly_percent": "0"},
        {"kind": "late_fee", "reason": "Mora", "days": 30, "cents": 500, "percent": "0",
         "yearly_percent": "3"},
    ]  # fmt: skip
    assert asked(stub, "POST /v1/body/flows/f1/preview")[1] == {"changes": changes}
    eyes.press("Togli la variazione 1")
    eyes.fill("Importo fisso", "6")
    expect(eyes.page.get_by_text("155,00 €")).to_have_count(0)  # of other values
    eyes.fill("Importo fisso", "5")
    eyes.fill("Descrizione del flusso", "Quote")
    eyes.press("Genera le posizioni")
    eyes.sees("Generazione in corso")
    (given,) = asked(stub, "POST /v1/body/flows/f1/generate")
    assert given == {"description": "Quote", "grouped": False, "changes": changes[1:]}


# ------------------------------------------------------------------ files of other layouts
@pytest.mark.feature("F001-015", "F001-037")
def test_whoever_brings_another_layout_is_asked_which_column_is_what(
    look: Look, tmp_path: Path
) -> None:
    stub = office(**STRANGE | SERVICES | {
        "POST /v1/body/dues/files": (202, batch(state="checking")),
        "GET /v1/body/dues/imports/i1": [
            (200, batch(state="checking")), (200, FAILED), (200, batch())],
        "PUT /v1/body/dues/mappings/iscritti": [
            error(422, "mapping_header", fields=["name"]), (200, MAPPINGS["mappings"][1])],
        "POST /v1/body/dues/imports/i1/check": (202, batch(state="checking")),
    })  # fmt: skip
    eyes = look("office/?page=dues", stub)
    eyes.expected = ("422",)
    path = tmp_path / "iscritti.csv"
    path.write_bytes(b"a;b")
    eyes.page.get_by_label("File", exact=True).set_input_files(path)
    eyes.page.get_by_label("Tracciato").select_option("+")
    eyes.press("Controlla il file")
    eyes.sees("le intestazioni sono alla riga 3")
    expect(eyes.page.get_by_label("Codice fiscale")).to_have_value(":Cod. Fisc.")
    eyes.press("Salva e controlla il file")
    eyes.sees("Indica dove si trova: Tipo.")
    eyes.sees("Usa minuscole, cifre e trattini")
    eyes.page.get_by_label("Tipo", exact=True).select_option("=")
    eyes.page.get_by_label("Tipo: per tutte le righe").select_option("quota")
    eyes.fill("Nome breve", "iscritti")
    eyes.press("Salva e controlla il file")
    eyes.sees("Un’intestazione deve avere lettere o cifre.")
    eyes.press("Salva e controlla il file")
    eyes.sees("Tutte le righe sono giuste.")
    assert asked(stub, "PUT /v1/body/dues/mappings/iscritti")[1] == {
        "columns": COLUMNS["fields"], "constants": {"service": "quota"}, "sheet": "",
        "decimal": ",", "delimiter": "", "version": 0,
    }  # fmt: skip
    assert len(asked(stub, "POST /v1/body/dues/imports/i1/check")) == 1


@pytest.mark.feature("F001-037")
def test_a_remembered_layout_is_changed_by_its_headers(look: Look) -> None:
    stub = office(**{"PUT /v1/body/dues/mappings/albo": (200, MAPPINGS["mappings"][1])})
    eyes = look("office/?page=dues", stub)
    eyes.follow("albo")
    eyes.at("albo")
    expect(eyes.page.get_by_label("Codice fiscale: intestazione")).to_have_value("CF")
    eyes.fill("Codice fiscale: intestazione", "C.F.")
    eyes.press("Salva il tracciato")
    eyes.at("Quote")
    (saved,) = asked(stub, "PUT /v1/body/dues/mappings/albo")
    assert (saved["version"], saved["decimal"]) == (2, ".")
    assert saved["columns"] == {"name": "Iscritto", "tax_code": "C.F.", "amount": "Dovuto"}
    assert saved["constants"] == {"service": "quota"}


@pytest.mark.feature("F001-015")
def test_a_great_file_goes_to_the_bucket_and_a_refusal_of_it_is_said(look: Look) -> None:
    begun = {"batch": batch(state="awaited"), "url": "/v1/bucket", "expires_in_s": 900,
             "fields": {"key": "dues/ordine/i1/file", "policy": "p"}}  # fmt: skip
    stub = office(**{
        "POST /v1/body/dues/imports": (201, begun),
        "POST /v1/bucket": (403, b""),
    })  # fmt: skip
    eyes = look("office/?page=dues", stub)
    eyes.expected = ("403",)
    great = {"name": "quote.csv", "mimeType": "text/csv", "buffer": b"x" * 4_000_001}
    eyes.page.get_by_label("File", exact=True).set_input_files(great)
    eyes.press("Controlla il file")
    eyes.sees("Il caricamento non è stato accettato")
    wanted = {"file_name": "quote.csv", "mapping": "standard"}
    assert asked(stub, "POST /v1/body/dues/imports") == [wanted]
    (form,) = asked(stub, "POST /v1/bucket")
    assert form.count(b"Content-Disposition: form-data") == 3
    # S3 reads no field behind the file.
    assert form.index(b'name="policy"') < form.index(b'name="file"')
    for path in ("files", "imports/i1/check"):
        assert asked(stub, f"POST /v1/body/dues/{path}") == []


@pytest.mark.feature("F001-163")
def test_who_may_only_read_sees_all_and_is_offered_no_change(look: Look) -> None:
    eyes = look("office/?page=position&id=p1", office(**READER, **PAST, **{P1: (200, RICH)}))
    eyes.sees("fiscal code not valid")
    for name in ("Comunica di nuovo", "Elimina la posizione", "Salva le modifiche"):
        expect(eyes.page.get_by_role("button", name=name)).to_have_count(0)
    expect(eyes.page.get_by_role("link", name="Inserimento puntuale")).to_have_count(0)
    eyes = look("office/?page=positions", office(**READER))
    expect(eyes.page.get_by_role("button", name="Esporta in CSV")).to_be_visible()
