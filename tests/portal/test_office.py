"""The office's pages: what they send, refuse, say, and that everybody can use them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra import portal
from tests.portal.eyes import Eyes, expect
from tests.portal.office import (
    ACCOUNT,
    AT,
    GENERATED,
    MAIL,
    batch,
    due,
    flow,
    grant,
    office,
    opened,
    run,
    session,
    whole,
)
from tests.portal.stub import Stub, error
from tests.portal.test_serving import LANGUAGES, flat, inside, run_script

Look = Callable[..., Eyes]
NOBODY = {"GET /v1/session": error(401, "unauthorized")}
BEGUN = {"next": "code", "token": "t1", "expires_at": AT, "session": None}
SVG = '<svg width="8" height="8"><path d="M0 0h8v8z"/></svg>'
ENROLMENT = {"uri": "otpauth://totp/x", "secret": "ABCD EFGH", "qr_svg": SVG, "expires_at": AT}


def asked(stub: Stub, name: str) -> list[Any]:
    return [body for called, body in stub.asked if called == name]


def sent(stub: Stub, name: str, header: str) -> list[str]:
    """A header of each call."""
    pairs = zip(stub.asked, stub.headers, strict=True)
    return [
        next((value for key, value in headers.items() if key.lower() == header.lower()), "")
        for (called, _), headers in pairs
        if called == name
    ]


def log_in(eyes: Eyes) -> None:
    eyes.fill("Indirizzo e-mail", MAIL)
    eyes.fill("Password", "cavallo batteria graffetta")
    eyes.press("Continua")


def otp(eyes: Eyes, text: str) -> None:
    eyes.page.get_by_role("textbox", name="Codice").fill(text)


# ------------------------------------------------------------------ every page, for everybody
STATES = {
    "login": ("", NOBODY), "forgot": ("?page=forgot", NOBODY),
    "password": ("?page=password#token", NOBODY), "no-token": ("?page=password", NOBODY),
    "register": ("?page=register#token", NOBODY), "home": ("", {}),
    "home-empty": ("", {"GET /v1/body/dues/imports": (200, {"imports": []}),
                        "GET /v1/body/flows": (200, {"flows": []})}),
    "positions": ("?page=positions", {}),
    "positions-empty": ("?page=positions", {"GET /v1/body/positions": (
        200, {"positions": [], "cursor": None})}),
    "positions-failed": ("?page=positions", {"GET /v1/body/positions": error(500, "internal")}),
    "position": ("?page=position&id=p1", {}), "dues": ("?page=dues", {}),
    "import": ("?page=import&id=i1", {}), "flows": ("?page=flows", {}),
    "flow": ("?page=flow&id=f1", {}),
    "flow-generated": ("?page=flow&id=f1", {"GET /v1/body/flows/f1": (200, GENERATED)}),
    "deliveries": ("?page=deliveries", {}), "delivery": ("?page=delivery&id=d1", {}),
    "mail": ("?page=mail", {}), "access": ("?page=access", {}), "account": ("?page=account", {}),
    "reader": ("?page=flow&id=f1", {"GET /v1/session": (200, session(scopes=["body:read"]))}),
    "missing": ("?page=nothing", {}),
}  # fmt: skip


@pytest.mark.feature("F001-159")
@pytest.mark.parametrize("name", STATES)
def test_each_page_is_for_everybody(name: str, look: Look) -> None:
    where, answers = STATES[name]
    eyes = look(f"office/{where}", office(**answers), width=320)
    eyes.expected = ("401", "500")
    expect(eyes.page.locator(".waiting")).to_have_count(0)
    eyes.require_accessible()
    eyes.require_narrow()


# ------------------------------------------------------------------ coming in
@pytest.mark.feature("F001-159", "F000-047")
def test_a_code_follows_the_password_and_one_is_where_one_wanted(look: Look) -> None:
    stub = office(**{
        "GET /v1/session": [error(401, "unauthorized"), (200, session())],
        "POST /v1/login": [error(401, "credentials"), (200, BEGUN)],
        "POST /v1/login/code": [error(401, "login_code"), (200, opened())],
    })  # fmt: skip
    eyes = look("office/?page=flow&id=f1", stub)
    eyes.expected = ("401",)
    eyes.at("Accedi")
    log_in(eyes)
    eyes.sees("Indirizzo o password non sono giusti")
    expect(eyes.page.locator("#problems")).to_be_focused()
    eyes.press("Continua")
    eyes.at("Codice di verifica")
    expect(eyes.h1).to_be_focused()
    otp(eyes, "111111")
    eyes.press("Continua")
    eyes.sees("Il codice non è giusto")
    otp(eyes, " 222222 ")
    eyes.page.keyboard.press("Enter")
    eyes.at("Flusso")
    assert asked(stub, "POST /v1/login/code")[1] == {"token": "t1", "code": "222222"}
    stored = eyes.page.evaluate("JSON.stringify([{...sessionStorage}, {...localStorage}])")
    assert stored == "[{},{}]"


@pytest.mark.feature("F001-159")
def test_the_second_factor_is_a_picture_and_a_text_and_its_codes_are_shown_once(
    look: Look,
) -> None:
    codes = [f"ABCD-EFGH-{number:04d}" for number in range(10)]
    stub = office(**{
        "GET /v1/session": [error(401, "unauthorized"), (200, session())],
        "POST /v1/login": (200, BEGUN | {"next": "enrolment"}),
        "POST /v1/login/enrol": (200, ENROLMENT),
        "POST /v1/login/enrol/confirm": (200, opened() | {"recovery_codes": codes}),
    })  # fmt: skip
    eyes = look("office/", stub, width=320)
    eyes.expected = ("401",)
    log_in(eyes)
    eyes.at("Attiva il secondo fattore")
    eyes.page.wait_for_function("document.querySelector('img.qr').naturalWidth > 0")
    eyes.sees("ABCD EFGH")
    eyes.require_accessible()
    eyes.require_narrow()
    otp(eyes, "123456")
    eyes.press("Continua")
    eyes.at("Codici di recupero")
    expect(eyes.page.locator(".codes li")).to_have_text(codes)
    eyes.require_accessible()
    eyes.require_narrow()
    eyes.press("Li ho messi al sicuro")
    eyes.at("Buon lavoro, Anna Neri")


@pytest.mark.feature("F001-159")
def test_a_letters_link_leads_to_its_page_and_its_token_is_seen_by_nobody(look: Look) -> None:
    stub = office(**NOBODY, **{
        "POST /v1/password": [error(422, "password_too_short", chars=15), (200, {"set": True})],
    })  # fmt: skip
    eyes = look("", stub)
    eyes.expected = ("401", "422")
    eyes.page.goto(f"{eyes.site}/password#secret-token")
    eyes.at("Scegli la password")
    assert "secret-token" not in eyes.page.url
    eyes.fill("Nuova password", "corta")
    eyes.press("Imposta la password")
    eyes.sees("Usa almeno 12 caratteri.")
    eyes.fill("Nuova password", "un cavallo solo")
    eyes.fill("Ancora una volta", "un cavallo sola")
    eyes.press("Imposta la password")
    eyes.sees("non sono uguali")
    eyes.fill("Ancora una volta", "un cavallo solo")
    eyes.press("Imposta la password")
    eyes.sees("Usa almeno 15 caratteri.")
    eyes.press("Imposta la password")
    eyes.at("La password è impostata")
    assert asked(stub, "POST /v1/password")[1] == {
        "token": "secret-token", "password": "un cavallo solo",
    }  # fmt: skip
    for path, title in (("register", "Registrazione"), ("invite", "Scegli la password")):
        eyes.page.goto(f"{eyes.site}/{path}#secret-token")
        eyes.at(title)


@pytest.mark.feature("F001-159")
def test_when_the_session_is_over_one_logs_in_and_is_back(look: Look) -> None:
    stub = office(**{
        "GET /v1/session": [(200, session()), error(401, "unauthorized"), (200, session())],
        "GET /v1/body/flows/f1": [error(401, "unauthorized"), (200, flow())],
        "POST /v1/login": (200, BEGUN | {"next": "session", "session": opened()}),
    })  # fmt: skip
    eyes = look("office/?page=flow&id=f1", stub)
    eyes.expected = ("401",)
    eyes.at("Accedi")
    eyes.sees("La sessione è finita")
    log_in(eyes)
    eyes.at("Flusso")
    assert eyes.page.url.endswith("?page=flow&id=f1")


# ------------------------------------------------------------------ the list and its key
@pytest.mark.feature("F001-046")
def test_rows_are_taken_off_by_the_key_and_esc_leaves_them(look: Look) -> None:
    stub = office(**{"POST /v1/body/flows/f1/exclude": (200, flow(dues=2, excluded=2))})
    eyes = look("office/?page=flow&id=f1", stub)
    keyboard = eyes.page.keyboard
    boxes = eyes.page.locator("tbody .tick-box")
    boxes.first.focus()
    keyboard.press("Delete")
    expect(eyes.page.get_by_role("dialog")).to_have_count(0)
    expect(eyes.page.locator("#status")).to_have_text("Prima seleziona almeno una riga.")
    keyboard.press("Space")
    keyboard.press("ArrowDown")
    keyboard.press("Space")
    expect(eyes.page.locator("#status")).to_have_text("2 righe selezionate")
    keyboard.press("Delete")
    dialog = eyes.page.get_by_role("dialog", name="Togliere 2 quote dall’elenco?")
    expect(dialog).to_be_visible()
    eyes.require_accessible()
    keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(boxes.nth(1)).to_be_focused()
    assert asked(stub, "POST /v1/body/flows/f1/exclude") == []
    expect(boxes).to_have_count(4)
    keyboard.press("Delete")
    keyboard.press("Enter")
    eyes.sees("2 quote sono state tolte.")
    assert asked(stub, "POST /v1/body/flows/f1/exclude") == [{"dues": ["due0", "due1"]}]
    assert sent(stub, "POST /v1/body/flows/f1/exclude", "X-Sportello-CSRF") == ["token-1"]
    expect(boxes).to_have_count(2)
    expect(boxes.first).to_be_focused()
    # In a field the key is a key.
    eyes.page.get_by_label("Descrizione del flusso").focus()
    eyes.page.get_by_label("Seleziona Neri Anna").check()
    eyes.page.get_by_label("Descrizione del flusso").press("Delete")
    expect(eyes.page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.feature("F001-046")
def test_a_range_and_all_are_chosen_and_a_refusal_is_said_in_the_dialog(look: Look) -> None:
    stub = office(**{"POST /v1/body/flows/f1/exclude": error(409, "flow_state")})
    eyes = look("office/?page=flow&id=f1", stub)
    eyes.expected = ("409",)
    boxes = eyes.page.locator("tbody .tick-box")
    boxes.first.click()
    boxes.nth(2).click(modifiers=["Shift"])
    eyes.sees("3 righe selezionate")
    eyes.page.get_by_label("Seleziona tutte").click()
    eyes.sees("4 righe selezionate")
    eyes.press("Togli (Canc)")
    eyes.page.get_by_role("button", name="Togli dall’elenco").click()
    expect(eyes.page.get_by_role("dialog")).to_contain_text("non è più aperto")
    eyes.page.get_by_role("dialog").get_by_role("button", name="Annulla").click()
    expect(boxes).to_have_count(4)


@pytest.mark.feature("F001-159")
def test_what_is_asked_of_a_final_list(look: Look) -> None:
    generating = flow(state="generating", groups=4, done=1)
    stub = office(**{
        "GET /v1/body/flows/f1": [(200, flow(undated=1)), (200, GENERATED)],
        "GET /v1/body/flows/f1/dues": (200, {"dues": [due(0, due=None), due(1)]}),
        "POST /v1/body/flows/f1/generate": (202, generating),
    })  # fmt: skip
    eyes = look("office/?page=flow&id=f1", stub)
    eyes.press("Genera le posizioni")
    for said in ("Scrivi una descrizione.", "Indica la scadenza."):
        eyes.sees(said)
    eyes.fill("Descrizione del flusso", "Quota Anno 2026")
    eyes.page.get_by_label("Scadenza", exact=True).fill("2026-06-30")
    eyes.page.get_by_label("Un solo avviso per persona").check()
    eyes.fill("Oggetto dell’avviso", "Quote dovute")
    eyes.page.get_by_label("Consenti il pagamento a rate").check()
    eyes.fill("Numero di rate", "3")
    eyes.fill("Scadenza della prima rata", "2026-07-31")
    eyes.fill("Mora dopo la scadenza", "12,50")
    eyes.require_accessible()
    eyes.press("Genera le posizioni")
    eyes.sees("Posizioni decise: 1 di 4")
    eyes.sees("Le posizioni sono pronte.")
    assert asked(stub, "POST /v1/body/flows/f1/generate") == [{
        "description": "Quota Anno 2026", "due": "2026-06-30", "grouped": True,
        "subject": "Quote dovute", "late_fee_cents": 1250, "late_fee_days": 0,
        "plan": {"count": 3, "first_due": "2026-07-31", "every_months": 1, "whole": True},
    }]  # fmt: skip


# ------------------------------------------------------------------ dues
@pytest.mark.feature("F001-159")
def test_errors_are_shown_by_row_and_column_and_good_rows_may_go_alone(
    look: Look, tmp_path: Path
) -> None:
    faulty = batch(rows=5, good=4, faulty=1)
    faults = [
        {"row": 3, "column": "D", "field": "tax_code", "code": "tax_code", "other_row": 0},
        {"row": 5, "column": "A", "field": "source", "code": "repeated", "other_row": 2},
    ]
    stub = office(**{
        "POST /v1/body/dues/files": [error(503, "unavailable"), (202, batch(state="checking"))],
        "GET /v1/body/dues/imports/i1": [
            (200, batch(state="checking")), (200, faulty),
            (200, faulty | {"state": "imported", "counts": {
                "new": 4, "updated": 0, "unchanged": 0, "locked": 0}}),
        ],
        "GET /v1/body/dues/imports/i1/faults": (200, {"faulty": 1, "faults": faults}),
        "POST /v1/body/dues/imports/i1/commit": (202, faulty | {"state": "importing"}),
    })  # fmt: skip
    eyes = look("office/?page=dues", stub)
    eyes.expected = ("503",)
    eyes.press("Controlla il file")
    eyes.sees("Scegli un file.")
    path = tmp_path / "quote 2026.xlsx"
    path.write_bytes(b"PK")
    eyes.page.get_by_label("File", exact=True).set_input_files(path)
    eyes.press("Controlla il file")
    eyes.sees("C’è un guasto")
    eyes.press("Controlla il file")
    eyes.at("quote 2026.xlsx")
    keys = sent(stub, "POST /v1/body/dues/files", "Idempotency-Key")
    assert len(keys) == 2
    assert keys[0] == keys[1] != ""
    eyes.sees("il carattere di controllo non torna")
    eyes.sees("come la riga 2")
    eyes.require_accessible()
    eyes.press("Importa le righe giuste")
    eyes.page.get_by_role("dialog").get_by_role("button", name="Importa le righe giuste").click()
    eyes.sees("Le quote sono importate.")
    assert asked(stub, "POST /v1/body/dues/imports/i1/commit") == [{"skip_faulty": True}]


def test_while_a_file_is_read_the_page_says_how_far(look: Look) -> None:
    reading = batch(state="checking", rows=12_500, good=12_499, faulty=1, done=12_500)
    stub = office(**{"GET /v1/body/dues/imports/i1": (200, reading)})
    eyes = look("office/?page=import&id=i1", stub)
    eyes.sees("Righe lette finora: 12.500")
    # What is right and wrong in it is said when all of it is read.
    assert eyes.page.get_by_text("Righe giuste", exact=True).count() == 0
    eyes.require_accessible()


# ------------------------------------------------------------------ positions
@pytest.mark.feature("F001-163", "F001-165")
def test_the_archive_is_searched_and_goes_on(look: Look) -> None:
    stub = office(**{"GET /v1/body/positions": [
        (200, {"positions": [whole(), whole(id="p2", state="paid")], "cursor": "c1"}),
        (200, {"positions": [whole(id="p3", name="Verdi Luca")], "cursor": None}),
    ]})  # fmt: skip
    eyes = look("office/?page=positions", stub)
    expect(eyes.page.get_by_role("cell", name="Pagata")).to_be_visible()
    eyes.press("Mostra altri")
    eyes.sees("Verdi Luca")
    expect(eyes.page.locator("tbody tr")).to_have_count(3)
    eyes.fill("Codice avviso o IUV", "3010 0000 0000 0001 30")
    eyes.page.get_by_label("Stato").select_option("paid")
    eyes.press("Cerca")
    expect(eyes.page).to_have_url(re.compile("iuv=301000000000000130"))
    # A person's code reaches the API and no address of a page.
    eyes.fill("Codice fiscale o partita IVA", "rssmra80a41h501x")
    eyes.press("Cerca")
    eyes.sees("non è giusto")
    eyes.fill("Codice fiscale o partita IVA", "rssmra80a41h501y")
    with eyes.page.expect_request(re.compile("tax_code=RSSMRA80A41H501Y")):
        eyes.press("Cerca")
    assert "RSSMRA" not in eyes.page.url.upper()
    eyes.press("Togli i filtri")
    expect(eyes.page).to_have_url(re.compile("page=positions$"))


@pytest.mark.feature("F001-165", "F001-161")
def test_a_position_shows_all_and_is_cancelled_only_when_meant(look: Look) -> None:
    stub = office(**{
        "POST /v1/body/positions/p1/cancel": [
            error(409, "position_held"), (200, whole(state="invalid"))],
        "GET /v1/body/receipts/r1/pdf": (200, b"%PDF-1.7", {"Content-Type": "application/pdf"}),
    })  # fmt: skip
    eyes = look("office/?page=position&id=p1", stub)
    eyes.expected = ("409",)
    for text in ("pagamento doppio", "Pubblicata su pagoPA", "250 2.0.0 taken"):
        eyes.sees(text)
    expect(eyes.page.get_by_role("cell", name="Rata 2")).to_be_visible()
    with eyes.page.expect_download():
        eyes.press("PDF 0a1b")
    eyes.press("Annulla la posizione")
    eyes.page.keyboard.press("Escape")
    expect(eyes.page.get_by_role("button", name="Annulla la posizione")).to_be_focused()
    assert asked(stub, "POST /v1/body/positions/p1/cancel") == []
    eyes.press("Annulla la posizione")
    confirm = eyes.page.get_by_role("dialog").get_by_role("button", name="Annulla la posizione")
    confirm.click()
    expect(eyes.page.get_by_role("dialog")).to_contain_text("Qualcuno sta pagando adesso")
    confirm.click()
    eyes.sees("La posizione è annullata.")


# ------------------------------------------------------------------ deliveries and mail
@pytest.mark.feature("F001-159")
def test_a_delivery_begins_once_and_what_failed_goes_again(look: Look) -> None:
    stub = office(**{
        "POST /v1/body/deliveries": [
            error(503, "unavailable"), (202, run(state="waiting", sent=0, failed=0, queued=4))],
        "GET /v1/body/deliveries/d1": [(200, run(state="running", sent=1, queued=3)), (200, run())],
        "POST /v1/body/deliveries/d1/resend": (202, run(state="running", queued=1, failed=0)),
    })  # fmt: skip
    eyes = look("office/?page=deliveries&flow=f1", stub)
    eyes.expected = ("503",)
    eyes.press("Avvia l’invio")
    eyes.sees("Scegli l’account.")
    eyes.page.get_by_label("Account di posta").select_option("quote")
    eyes.press("Avvia l’invio")
    eyes.sees("C’è un guasto")
    eyes.press("Avvia l’invio")
    eyes.at("Invio")
    wanted = {"channel": "mail", "undo_s": 300, "flow": "f1", "profile": "quote",
              "options": {"to": "mail"}}  # fmt: skip
    assert asked(stub, "POST /v1/body/deliveries") == [wanted, wanted]
    assert len(set(sent(stub, "POST /v1/body/deliveries", "Idempotency-Key"))) == 1
    eyes.sees("550 5.1.1 no such user")
    eyes.press("Invia di nuovo i non riusciti (1)")
    eyes.page.get_by_role("button", name="Invia di nuovo", exact=True).click()
    eyes.sees("Il nuovo invio è cominciato.")
    assert asked(stub, "POST /v1/body/deliveries/d1/resend") == [{"states": ["failed"]}]


@pytest.mark.feature("F001-061", "F001-068")
def test_a_password_is_written_and_never_read_and_the_servers_words_are_shown(
    look: Look,
) -> None:
    refused = {"taken": False, "code": "smtp_login", "words": "535 5.7.8 <b>bad</b> credentials"}
    stub = office(**{
        "PUT /v1/body/mail-accounts/quote": [
            error(422, "account_password_needed"), (200, ACCOUNT | {"version": 4})],
        "POST /v1/body/mail-accounts/quote/test": [
            (200, refused), (200, {"taken": True, "code": "", "words": "250 queued"})],
    })  # fmt: skip
    eyes = look("office/?page=mail", stub)
    eyes.expected = ("422",)
    eyes.press("Modifica quote")
    field = eyes.page.get_by_label("Password")
    expect(field).to_have_value("")
    expect(field).to_have_attribute("type", "password")
    eyes.fill("Server SMTP", "smtp.altro.example")
    eyes.press("Salva")
    eyes.sees("Scrivi di nuovo la password")
    field.fill("segreta")
    eyes.require_accessible()
    eyes.press("Salva")
    eyes.sees("L’account quote è salvato.")
    first, second = asked(stub, "PUT /v1/body/mail-accounts/quote")
    assert "password" not in first
    assert second["password"] == "segreta"
    assert (second["host"], second["version"]) == ("smtp.altro.example", 3)
    eyes.press("Prova quote")
    eyes.fill("A chi mandare la prova", "io@ordine.example")
    eyes.press("Manda la prova")
    eyes.sees("535 5.7.8 <b>bad</b> credentials")
    eyes.sees("Utente o password non vanno bene.")
    expect(eyes.page.locator("#answer")).to_be_focused()
    eyes.require_accessible()
    eyes.press("Manda la prova")
    eyes.sees("250 queued")


# ------------------------------------------------------------------ who may enter
@pytest.mark.feature("F001-159")
def test_a_code_is_asked_for_before_access_is_given_and_then_it_is_given(look: Look) -> None:
    stub = office(**{
        "POST /v1/grants": [error(403, "step_up_required"), (201, grant(3))],
        "POST /v1/session/step-up": [error(401, "otp_code"), (200, opened("token-2"))],
        "GET /v1/session": [(200, session()), (200, session(csrf="token-2"))],
        "DELETE /v1/grants/g2": [error(403, "step_up_required"), (200, grant(2))],
    })  # fmt: skip
    eyes = look("office/?page=access", stub)
    eyes.expected = ("401", "403")
    eyes.fill("Indirizzo e-mail", "persona3@ordine.example")
    eyes.press("Dai accesso")
    dialog = eyes.page.get_by_role("dialog", name="Serve un codice")
    expect(dialog).to_be_visible()
    eyes.require_accessible()
    eyes.page.keyboard.type("111111")
    eyes.page.keyboard.press("Enter")
    expect(dialog).to_contain_text("Il codice non è giusto")
    eyes.page.keyboard.type("222222")
    eyes.page.keyboard.press("Enter")
    eyes.sees("persona3@ordine.example riceve un messaggio")
    given = {"mail": "persona3@ordine.example", "role": "operator", "pos": False, "language": "it"}
    assert asked(stub, "POST /v1/grants") == [given, given]
    assert sent(stub, "POST /v1/grants", "X-Sportello-CSRF") == ["token-1", "token-2"]
    # Who thinks better of it has done nothing.
    eyes.press("Togli l’accesso Persona 2")
    eyes.page.get_by_role("dialog").get_by_role("button", name="Togli l’accesso").click()
    expect(dialog).to_be_visible()
    eyes.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    eyes.page.keyboard.press("Escape")
    eyes.sees("Persona 2")


@pytest.mark.feature("F001-159")
def test_who_may_only_read_is_offered_nothing_else(look: Look) -> None:
    reader = {"GET /v1/session": (200, session(scopes=["body:read"]))}
    for page in ("flow&id=f1", "dues", "flows", "deliveries", "mail", "position&id=p1"):
        eyes = look(f"office/?page={page}", office(**reader))
        expect(eyes.page.locator(".waiting")).to_have_count(0)
        expect(eyes.page.locator("main form:not([role=search]):not(dialog form)")).to_have_count(0)
        expect(eyes.page.get_by_role("button", name="Annulla la posizione")).to_have_count(0)
    expect(eyes.page.get_by_role("link", name="Accessi")).to_have_count(0)


# ------------------------------------------------------------------ words
ROOMS = ("settings", "settlements", "accounts", "letters", "counter")


def office_words(room: str = "") -> Any:
    folder = f"office/{room}/words" if room else "office/words"
    parts = [f"{one}: {inside(f'{folder}/{one}.js', 'words')}" for one in LANGUAGES]
    return run_script(f"console.log(JSON.stringify({{ {', '.join(parts)} }}));")


@pytest.mark.feature("F001-159")
@pytest.mark.parametrize("room", ["", *ROOMS])
def test_the_offices_texts_are_there_in_each_language(room: str) -> None:
    found = office_words(room)
    italian = flat(found["it"])
    for language in LANGUAGES:
        texts = flat(found[language])
        assert texts.keys() == italian.keys(), language
        for name, text in texts.items():
            assert text.strip() == text != ""
            assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", italian[name]))
        if language != "it":
            same = [name for name in italian if italian[name] == texts[name]]
            assert len(same) <= len(italian) / 12, (language, same)


# Whose refusals a person meets on these pages; those of settings that have no page here stay out.
RAISING = (
    "accounts/identity/login.py", "accounts/identity/own.py", "accounts/identity/links.py",
    "accounts/identity/passwords.py", "payments/dues/imports.py", "payments/positions/flows.py",
    "payments/delivery/service.py", "payments/delivery/mail/accounts.py", "accounts/people.py",
    "accounting/operator.py", "accounting/statements.py", "accounting/statement_intake.py",
    "accounting/layouts.py", "accounting/flow_intake.py", "accounting/arriving.py",
    "accounting/fetching.py", "accounting/fdr/classic.py", "accounting/fdr/rest.py",
    "accounting/posting/revising.py",
    "payments/body.py", "payments/bodies.py", "payments/forms.py", "payments/prices.py",
    "payments/taxonomy.py", "payments/pagopa/connections.py", "payments/pagopa/client.py",
    "payments/delivery/profiles.py", "payments/delivery/areas.py", "payments/delivery/sftp.py",
    "payments/delivery/ftps.py", "payments/delivery/members.py", "payments/delivery/appio.py",
    "base/pdf/pictures.py", "base/cursors.py", "base/net.py", "accounts/grants.py",
    "accounting/posting/model.py", "accounting/posting/numbering.py",
    "accounting/posting/service.py", "accounting/posting/exports.py", "accounting/posting/opi.py",
    "accounting/posting/treasury.py", "accounting/posting/outcomes.py",
    "accounting/posting/answers.py", "accounting/posting/authenticity.py",
    "accounting/registers/contract.py", "accounting/registers/registry.py",
    "accounting/registers/service.py", "accounting/registers/working.py",
    "accounting/registers/carrying.py", "accounting/events_fpc/model.py",
    "accounting/events_fpc/service.py", "accounting/events_fpc/fiscal.py",
    "accounting/events_fpc/paying.py", "payments/checkout/service.py",
    "payments/positions/positions.py", "payments/positions/exports.py", "payments/amounts.py",
    "payments/positions/grouping.py", "payments/positions/plans.py",
    "payments/positions/states.py", "payments/stamps.py",
    "payments/dues/mapping.py", "payments/delivery/postal.py", "payments/delivery/orders.py",
    "payments/delivery/postal_channel.py", "payments/delivery/appio_channel.py",
    "payments/delivery/folders.py", "payments/delivery/wishes.py",
    "payments/delivery/settings.py", "payments/delivery/mail/channel.py",
    "payments/citizen/tickets.py", "messages/trying.py", "messages/webhook.py",
)  # fmt: skip
WITHOUT_A_PAGE = {
    "grant_cabinets", "grant_customer", "user_of_others", "delivery_positions",
    "delivery_undo", "resend_states", "account_code_malformed", "accounts", "channel_unknown",
    "customer_not_notified", "taxonomy_file", "net_answer_size", "settlements_busy",
}  # fmt: skip


@pytest.mark.feature("F001-159")
def test_every_stable_code_that_a_page_can_meet_has_its_words() -> None:
    root = portal.ROOT / "chalicelib"
    pattern = re.compile(r'(?:Rejected|Transient|Conflict|_refused)\(\s*"([a-z_]+)"')
    raised = {
        found for one in RAISING for found in pattern.findall((root / one).read_text("utf-8"))
    }
    assert {"flow_state", "credentials", "import_faulty", "account_password_needed"} <= raised
    shared = run_script(
        f"console.log(JSON.stringify(Object.keys({inside('words/it.js', 'words')}.codes)));"
    )
    rooms = [office_words(room)["it"]["codes"] for room in ("", *ROOMS)]
    known = {*shared, *(code for codes in rooms for code in codes)}
    assert raised - WITHOUT_A_PAGE - known == set()
