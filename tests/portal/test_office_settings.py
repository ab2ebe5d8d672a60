"""The office's settings: what the body is, its accounts, its services, how it is joined to others,
who did what."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.accounts.audit import FACTS, Action
from tests.portal.eyes import Eyes, expect
from tests.portal.office import grant, opened, session
from tests.portal.settings import (
    BANK,
    CERTIFICATE,
    NOT_FOUND,
    OTHER,
    PARTNER,
    SCOPES,
    SFTP,
    SVG,
    act,
    body,
    connection,
    service,
    settings,
    trail,
)
from tests.portal.stub import error
from tests.portal.test_office import asked, office_words

Look = Callable[..., Eyes]
READER = {"GET /v1/session": (200, session(scopes=["body:read", "audit:read"]))}
NO_BODY = {"GET /v1/body": NOT_FOUND, "GET /v1/body/logo": NOT_FOUND,
           "GET /v1/body/pagopa": NOT_FOUND}  # fmt: skip
EMPTY: dict[str, Any] = {"GET /v1/body/carriers": (200, {"carriers": []}),
                         "GET /v1/body/enclosures": (200, {"enclosures": []})}  # fmt: skip
STATES: dict[str, tuple[str, dict[str, Any]]] = {
    "body": ("body", {}), "body-first": ("body", NO_BODY), "body-reader": ("body", READER),
    "ibans": ("ibans", {}), "services": ("services", {}), "service": ("service&id=certificati", {}),
    "pagopa": ("pagopa", {}), "enrolment": ("enrolment", {}), "channels": ("channels", {}),
    "channels-empty": ("channels", EMPTY), "members": ("channel&id=albo", {}),
    "audit": ("audit", {}),
}  # fmt: skip


@pytest.mark.feature("F001-176", "F001-159")
@pytest.mark.parametrize("name", STATES)
def test_each_page_is_for_everybody(name: str, look: Look) -> None:
    where, answers = STATES[name]
    eyes = look(f"office/?page={where}", settings(**answers), width=320)
    eyes.expected = ("404",)
    expect(eyes.page.locator(".waiting")).to_have_count(0)
    eyes.require_accessible()
    eyes.require_narrow()


@pytest.mark.feature("F001-159")
def test_who_may_only_read_is_offered_nothing_else(look: Look) -> None:
    for page in ("ibans", "services", "pagopa", "channels"):
        eyes = look(f"office/?page={page}", settings(**READER))
        expect(eyes.page.locator(".waiting")).to_have_count(0)
        expect(eyes.page.locator("main form:not([role=search]):not(dialog form)")).to_have_count(0)
        for name in ("Prova", "Modifica", "Elimina", "Aggiungi un conto", "Crea un servizio"):
            expect(eyes.page.get_by_role("button", name=name)).to_have_count(0)
    eyes.sees("Con il tuo ruolo puoi vedere, non modificare.")


# ------------------------------------------------------------------ the body
@pytest.mark.feature("F001-176", "F001-014")
def test_the_bodys_setting_is_changed_whole_and_refusals_stand_beside_their_fields(
    look: Look,
) -> None:
    fields = [{"field": "segregations.1.name", "problem": "too long"}]
    stub = settings(**{
        "PUT /v1/body": [
            error(403, "step_up_required"), error(400, "invalid_request", fields=fields),
            error(409, "segregation_code_used", segregation="07"), (200, body(version=5))],
        "POST /v1/session/step-up": (200, opened("token-2")),
    })  # fmt: skip
    eyes = look("office/?page=body", stub)
    eyes.expected = ("400", "403", "409")
    eyes.fill("Codice fiscale dell’ente", "80012000827")
    eyes.page.get_by_label("Stazioni").first.fill(f"{PARTNER}_01, altro_02")
    eyes.page.get_by_label("Consenti di registrare pagamenti fuori").check()
    eyes.press("Salva")
    for said in ("Il codice fiscale dell’ente non è giusto", "Una stazione è", "ultimo giorno"):
        eyes.sees(said)
    expect(eyes.page.locator("#problems")).to_be_focused()
    assert asked(stub, "PUT /v1/body") == []
    eyes.fill("Codice fiscale dell’ente", "80012000826")
    eyes.page.get_by_label("Stazioni").first.fill(f"{PARTNER}_01, {PARTNER}_02")
    eyes.fill("Ultimo giorno per i pagamenti fuori da pagoPA", "2027-06-30")
    eyes.page.get_by_label("Albo ISI").uncheck()
    eyes.press("Salva")
    eyes.page.get_by_role("dialog", name="Serve un codice").get_by_label("Codice").fill("123456")
    eyes.page.keyboard.press("Enter")
    expect(eyes.page.get_by_label("Nome del partner").nth(1)).to_have_attribute(
        "aria-invalid", "true"
    )
    eyes.press("Salva")
    expect(eyes.page.get_by_label("Codice di segregazione").nth(1)).to_have_attribute(
        "aria-invalid", "true"
    )
    eyes.press("Salva")
    eyes.sees("I dati dell’ente sono salvati.")
    sent = asked(stub, "PUT /v1/body")[-1]
    kept = body()
    del kept["logo"]
    kept["segregations"][0]["stations"] = [f"{PARTNER}_01", f"{PARTNER}_02"]
    assert sent == kept | {"outside_until": "2027-06-30", "modes": ["file"]}


@pytest.mark.feature("F001-176")
def test_a_body_begins_with_one_account_and_shows_its_logo(look: Look) -> None:
    picture = (200, {"type": "image/svg+xml", "data": base64.b64encode(SVG).decode()})
    stub = settings(**NO_BODY | {
        "PUT /v1/body": (200, body(version=1, logo="")), "GET /v1/body/logo": picture,
        "PUT /v1/body/logo": [error(422, "logo_unsupported"), (200, body(version=2))],
    })  # fmt: skip
    eyes = look("office/?page=body", stub)
    eyes.expected = ("404", "422")
    for label, text in (
        ("Denominazione", "Ordine"), ("Codice fiscale dell’ente", "80012000826"),
        ("Codice di segregazione", "01"), ("Codice fiscale del partner", PARTNER),
        ("IBAN", "it60 x054 2811 1010 0000 0123 456"), ("Intestatario", "Ordine"),
    ):  # fmt: skip
        eyes.fill(label, text)
    eyes.press("Salva")
    eyes.sees("I dati dell’ente sono salvati.")
    (sent,) = asked(stub, "PUT /v1/body")
    assert (sent["accounts"], sent["version"]) == ([{"iban": BANK, "holder": "Ordine"}], 0)
    assert (sent["segregation"], sent["outside_until"], len(sent["modes"])) == ("01", None, 4)
    eyes.press("Carica il logo")
    eyes.sees("Scegli un’immagine.")
    eyes.page.get_by_label("Immagine").set_input_files(
        {"name": "logo.svg", "mimeType": "image/svg+xml", "buffer": SVG}
    )
    eyes.press("Carica il logo")
    eyes.sees("non si può stampare")
    eyes.press("Carica il logo")
    expect(eyes.page.locator("img.logo")).to_have_js_property("naturalWidth", 80)
    assert asked(stub, "PUT /v1/body/logo") == [SVG, SVG]


# ------------------------------------------------------------------ accounts and services
@pytest.mark.feature("F001-150")
def test_an_account_is_added_and_one_that_is_used_stays(look: Look) -> None:
    added = body(accounts=[*body()["accounts"], {"iban": OTHER, "holder": "Ordine"}])
    stub = settings(**{"PUT /v1/body": [error(422, "iban_check"), (200, added)]})
    eyes = look("office/?page=ibans", stub)
    eyes.expected = ("422",)
    eyes.sees("Servizio di una volta")
    expect(eyes.page.get_by_role("button", name="Elimina")).to_have_count(0)
    eyes.press("Aggiungi un conto")
    eyes.fill("IBAN", "IT00X0542811101000000123456")
    eyes.press("Salva")
    eyes.sees("L’IBAN non è scritto bene")
    assert asked(stub, "PUT /v1/body") == []
    eyes.fill("IBAN", OTHER.lower())
    eyes.fill("Intestatario", "Ordine")
    eyes.press("Salva")
    eyes.sees("non tornano")
    eyes.press("Salva")
    eyes.sees("Il conto è salvato.")
    sent = asked(stub, "PUT /v1/body")[-1]
    assert [one["iban"] for one in sent["accounts"]][-1] == OTHER
    assert (sent["postal"], sent["version"]) == (body()["postal"], 4)
    eyes.press(f"Elimina {OTHER[:4]}")  # nobody uses it
    expect(eyes.page.get_by_role("dialog", name="Eliminare il conto")).to_be_visible()


@pytest.mark.feature("F001-173", "F001-149")
def test_a_preset_becomes_a_service_with_a_code_of_the_official_list(look: Look) -> None:
    made = service("corso", subject="Iscrizione a un corso", version=1)
    stub = settings(**{
        "PUT /v1/body/services/corso": [
            error(422, "form_field", field="giorno"), (200, made)],
        "GET /v1/body/services/corso": (200, made),
    })  # fmt: skip
    eyes = look("office/?page=services", stub)
    eyes.expected = ("422",)
    eyes.follow("Parti da qui Iscrizione a un corso")
    eyes.press("Salva")
    eyes.sees("Un codice di tassonomia si scrive come")
    with eyes.page.expect_request(re.compile(r"taxonomy\?words=ordini\+quota")):
        eyes.page.get_by_label("Cerca nell’elenco ufficiale").fill("ordini quota")
        eyes.page.keyboard.press("Enter")
    eyes.sees("1 gennaio 2021 – 31 dicembre 2099")
    eyes.press("Scegli 9/0101002IM/")
    expect(eyes.page.get_by_role("textbox", name="Codice di tassonomia")).to_be_focused()
    eyes.page.get_by_label("IBAN").select_option(BANK)
    eyes.fill("Importo", "62,50")
    # A question more, first of all.
    eyes.press("Aggiungi una domanda")
    eyes.page.get_by_label("Domanda", exact=True).nth(1).fill("Giorno preferito")
    eyes.page.get_by_label("Risposta", exact=True).nth(1).select_option("choice")
    eyes.page.get_by_label("Elenco", exact=True).fill("Lunedì | Monday\nMartedì")
    eyes.press("Su Giorno preferito")
    expect(eyes.page.get_by_label("Domanda", exact=True).first).to_have_value("Giorno preferito")
    eyes.press("Salva")
    eyes.sees("Una domanda del modulo non è completa")
    eyes.press("Salva")
    eyes.sees("Il servizio è salvato.")
    sent = asked(stub, "PUT /v1/body/services/corso")[-1]
    assert sent["price"] == {"kind": "fixed", "cents": 6_250}
    assert (sent["taxonomy"], sent["version"], sent["stamp"]) == ("9/0101002IM/", 0, False)
    first, second = sent["form"]
    assert (first["name"], first["type"]) == ("giorno-preferito", "choice")
    assert first["choices"] == [
        {"code": "lunedi", "label": {"it": "Lunedì", "en": "Monday", "fr": "", "es": ""}},
        {"code": "martedi", "label": {"it": "Martedì", "en": "", "fr": "", "es": ""}},
    ]
    assert (second["name"], second["most_chars"], second["required"]) == ("corso", 120, True)


@pytest.mark.feature("F001-173")
def test_a_service_keeps_its_codes_and_is_retired_only_when_meant(look: Look) -> None:
    path = "PUT /v1/body/services/certificati"
    stub = settings(**{path: [(200, CERTIFICATE | {"version": 3}),
                              (200, CERTIFICATE | {"version": 4, "active": False}),
                              (200, CERTIFICATE | {"version": 5})]})  # fmt: skip
    eyes = look("office/?page=service&id=certificati", stub)
    eyes.page.get_by_label("Voce", exact=True).nth(1).fill("Certificato con storico")
    eyes.press("Salva")
    eyes.sees("Il servizio è salvato.")
    kept = {key: value for key, value in CERTIFICATE.items() if key != "code"}
    items = [*CERTIFICATE["price"]["items"]]
    items[1] = items[1] | {"label": "Certificato con storico"}
    assert asked(stub, path) == [kept | {"price": {"kind": "tariff", "items": items}}]
    eyes.press("Ritira il servizio")
    eyes.page.keyboard.press("Escape")
    assert len(asked(stub, path)) == 1
    eyes.press("Ritira il servizio")
    eyes.page.get_by_role("dialog").get_by_role("button", name="Ritira il servizio").click()
    eyes.sees("Il servizio è ritirato.")
    assert (asked(stub, path)[1]["active"], asked(stub, path)[1]["version"]) == (False, 3)
    eyes.press("Riattiva il servizio")
    eyes.sees("Il servizio è di nuovo attivo.")
    assert (asked(stub, path)[2]["active"], asked(stub, path)[2]["version"]) == (True, 4)


# ------------------------------------------------------------------ pagoPA
@pytest.mark.feature("F001-012")
def test_a_key_is_written_and_never_read_and_another_model_is_asked_for(look: Look) -> None:
    refused = {"works": False, "code": "pagopa_key_refused", "words": "401 <b>Access denied</b>"}
    stub = settings(**{
        "POST /v1/body/pagopa/test": [(200, refused), (200, {
            "works": True, "code": "", "words": "404 NOT FOUND"})],
        "PUT /v1/body/pagopa": (200, connection(mode="node", version=4)),
    })  # fmt: skip
    eyes = look("office/?page=pagopa", stub)
    eyes.press("Prova la chiave Posizioni debitorie")
    eyes.sees("401 <b>Access denied</b>")
    eyes.sees("verifica che sia quella del prodotto")
    expect(eyes.page.locator("#answer")).to_be_focused()
    eyes.press("Prova la chiave Ricevute")
    eyes.sees("404 NOT FOUND")
    assert asked(stub, "POST /v1/body/pagopa/test") == [
        {"product": "positions"}, {"product": "receipts"},
    ]  # fmt: skip
    for key in eyes.page.get_by_label("Chiave", exact=True).all():
        expect(key).to_have_value("")
    eyes.page.get_by_label("Chi risponde al nodo").select_option("node")
    eyes.page.get_by_label("Chiave", exact=True).nth(2).fill("segreta")
    eyes.page.get_by_label("Elimina questa chiave").nth(1).check()
    eyes.press("Salva")
    dialog = eyes.page.get_by_role("dialog", name="Cambiare il collegamento?")
    expect(dialog).to_contain_text("non si comunica più nulla")
    assert asked(stub, "PUT /v1/body/pagopa") == []
    dialog.get_by_role("button", name="Salva").click()
    eyes.sees("Il collegamento è salvato.")
    assert asked(stub, "PUT /v1/body/pagopa") == [{
        "mode": "node", "environment": "production", "broker": "",
        "keys": {"receipts": "", "biz": "segreta"}, "version": 3,
    }]  # fmt: skip


@pytest.mark.feature("F001-198")
def test_what_self_care_asks_for_is_ready_to_be_copied(look: Look, visitor: Any) -> None:
    visitor.grant_permissions(["clipboard-read", "clipboard-write"])
    eyes = look("office/?page=enrolment", settings())
    for text in ("80012000826", f"{PARTNER}_01", "07", "9/0101002IM/", BANK, "A90S3"):
        eyes.sees(text)
    expect(eyes.page.get_by_role("link", name="Completa Stazioni di ogni partner")).to_be_visible()
    eyes.press("Copia Codice IPA")
    expect(eyes.page.locator("#status")).to_have_text("Codice IPA: copiato.")
    assert eyes.page.evaluate("navigator.clipboard.readText()") == "odi_pv"


# ------------------------------------------------------------------ channels
@pytest.mark.feature("F001-076", "F001-080", "F001-072")
def test_a_servers_fingerprint_is_compared_before_it_is_believed(look: Look) -> None:
    found = "SHA256:" + "a" * 43
    stub = settings(**{
        "POST /v1/body/carriers/archivio/test": (200, {
            "works": False, "code": "area_host_key", "words": found}),
        "PUT /v1/body/carriers/archivio": [
            error(422, "carrier_secret_needed"), (200, SFTP | {"version": 3})],
    })  # fmt: skip
    eyes = look("office/?page=channel&id=archivio", stub)
    eyes.expected = ("422",)
    eyes.press("Prova")
    eyes.sees(found)
    eyes.require_accessible()
    eyes.press("Usa questa impronta")
    eyes.press("Salva")
    eyes.sees("Scrivi di nuovo le credenziali")
    password = eyes.page.get_by_label("Password")
    expect(password).to_have_attribute("type", "password")
    password.fill("segreta")
    eyes.press("Salva")
    eyes.sees("Il profilo è salvato.")
    first, second = asked(stub, "PUT /v1/body/carriers/archivio")
    assert "secrets" not in first
    assert second == {
        "setting": SFTP["setting"] | {"kind": "sftp", "fingerprint": found}, "version": 2,
        "secrets": {"password": "segreta"},
    }  # fmt: skip
    expect(password).to_have_value("")


@pytest.mark.feature("F001-073", "F001-089", "F001-183")
def test_what_each_kind_of_channel_sends(look: Look) -> None:
    stub = settings(**{
        "PUT /v1/body/carriers/albo": error(422, "members_fields"),
        "PUT /v1/body/carriers/io": error(422, "appio_key"),
        "PUT /v1/body/carriers/lettere2": (200, SFTP),
    })  # fmt: skip
    eyes = look("office/?page=channel&id=albo", stub)
    eyes.expected = ("422",)
    eyes.press("Aggiungi un valore")
    eyes.page.get_by_label("Nome da loro").last.fill("anno")
    eyes.page.get_by_label("Valore").last.fill("2026")
    eyes.press("Salva")
    eyes.sees("il PDF e il codice fiscale ci devono essere")
    (sent,) = asked(stub, "PUT /v1/body/carriers/albo")
    assert sent["setting"]["constants"] == {"tipo": "AVVISO", "anno": "2026"}
    assert sent["setting"]["fields"] == {"tax_code": "cf", "content": "avviso.file"}
    eyes = look("office/?page=channel&id=io", stub)
    eyes.expected = ("422",)
    eyes.page.get_by_label("Spontanea").check()
    eyes.page.get_by_label("Avviso annullato").check()
    eyes.page.get_by_label("Chiave primaria del servizio").fill("corta")
    eyes.press("Salva")
    eyes.sees("La chiave ha da 8 a 200 caratteri")
    (sent,) = asked(stub, "PUT /v1/body/carriers/io")
    assert sent == {"version": 5, "secrets": {"key": "corta"}, "setting": {
        "kind": "appio", "enabled": True, "services": ["quota"], "payee": False,
        "events": ["to_pay", "paid", "revoked"], "automatic": ["dues", "spontaneous"],
        "most_cents": 100_000, "per_minute": 300}}  # fmt: skip
    eyes = look("office/?page=channel&kind=postal", stub)
    eyes.fill("Nome breve", "lettere2")
    eyes.fill("Fornitore", "Stampa e Spedisci")
    eyes.page.get_by_label("Area dove si consegna").select_option("stampa")
    eyes.press("Salva")
    expect(eyes.page).to_have_url(re.compile("id=lettere2"))
    assert asked(stub, "PUT /v1/body/carriers/lettere2") == [{
        "setting": {"kind": "postal", "provider": "Stampa e Spedisci", "area": "stampa"},
        "version": 0}]  # fmt: skip


@pytest.mark.feature("F001-072", "F001-086", "F001-180", "F001-181", "F001-185")
def test_the_channels_say_what_they_are_and_what_the_other_side_said(look: Look) -> None:
    tried = {"works": False, "code": "area_login", "words": "530 Login incorrect"}
    wishes = {"receipts_mail": "quote", "receipts_pec": "", "version": 2}
    stub = settings(**{
        "POST /v1/body/carriers/archivio/test": (200, tried),
        "PUT /v1/body/delivery": (200, wishes),
        "PUT /v1/body/enclosures/lettera-soci": [error(422, "enclosure_not_pdf"), (200, {})],
        "DELETE /v1/body/carriers/albo": (200, {}),
    })  # fmt: skip
    eyes = look("office/?page=channels", stub)
    eyes.expected = ("422",)
    eyes.sees("Su richiesta")
    eyes.press("Prova archivio")
    eyes.sees("530 Login incorrect")
    eyes.press("Elimina albo")
    eyes.page.get_by_role("dialog").get_by_role("button", name="Elimina").click()
    eyes.sees("Il profilo albo è eliminato.")
    eyes.page.get_by_role("button", name="Salva").click()
    eyes.sees("Salvato.")
    assert asked(stub, "PUT /v1/body/delivery") == [
        {"receipts_mail": "quote", "receipts_pec": "", "version": 1}]  # fmt: skip
    eyes.page.get_by_label("File PDF").set_input_files(
        {"name": "Lettera soci.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"}
    )
    eyes.press("Carica l’allegato")
    eyes.sees("Si allega soltanto un PDF.")
    eyes.press("Carica l’allegato")
    eyes.sees("Lettera soci.pdf è caricato.")
    for help_text in ("App IO: che cosa dire", "Per il webmaster"):
        eyes.page.get_by_text(help_text).click()
    for text in ("Testo su devices.", "Testo su access.", "Testo su psp.", "CF, IUV, file"):
        eyes.sees(text)


# ------------------------------------------------------------------ who did what, who may what
@pytest.mark.feature("F001-174")
def test_the_log_is_searched_by_whom_what_and_when_and_goes_on(look: Look) -> None:
    stub = settings(**{"GET /v1/audit": [
        (200, trail(act(12), act(11), cursor="c1")), (200, trail(act(10), act(9))),
        (200, trail(act(12), act(11, hash="f" * 64))),
    ]})  # fmt: skip
    eyes = look("office/?page=audit", stub)
    eyes.press("Mostra altri")
    expect(eyes.page.locator("tbody tr")).to_have_count(4)
    expect(eyes.page.get_by_role("alert")).to_have_count(0)
    eyes.page.get_by_label("Chi", exact=True).select_option(label="Anna Neri")
    eyes.page.get_by_label("Che cosa").select_option("position_cancelled")
    eyes.fill("Dal", "2026-03-02")
    until = eyes.page.get_by_label("Al", exact=True)
    until.fill("2026-03-01")
    eyes.press("Cerca")
    eyes.sees("L’ultimo giorno viene prima del primo.")
    until.fill("2026-03-31")
    with eyes.page.expect_request(
        re.compile(r"audit\?since=2026-03-02&until=2026-03-31&actor=u1&action=position_cancelled$")
    ):
        eyes.press("Cerca")
    # What was rewritten does not hold together any more, and is told.
    eyes.sees("la catena è rotta")
    expect(eyes.page).to_have_url(re.compile("actor=u1&action=position_cancelled"))


@pytest.mark.feature("F001-174")
def test_every_act_and_fact_of_the_trail_has_its_words() -> None:
    words = office_words("settings")["it"]["audit"]
    assert {one.value for one in Action} - words["actions"].keys() == set()
    assert FACTS - words["facts"].keys() == set()


@pytest.mark.feature("F001-190", "F001-189")
def test_role_terminal_and_end_of_an_access_are_changed(look: Look) -> None:
    new = grant(
        2, role="administrator", pos=True, ends_at="2026-12-31T22:59:59.000Z", version=5
    )  # fmt: skip
    stub = settings(**{
        "GET /v1/grants": [
            (200, {"grants": [grant(1), grant(2)], "hint": "Avvisate la persona."}),
            (200, {"grants": [grant(1), grant(2, version=4)], "hint": "Avvisate la persona."}),
        ],
        "PUT /v1/grants/g2": [
            error(422, "grant_end"), error(409, "grant_exists"), error(409, "conflict"), (200, new),
        ],
    })  # fmt: skip
    eyes = look("office/?page=access", stub)
    eyes.expected = ("422", "409")
    eyes.press("Modifica Persona 2")
    box = eyes.page.get_by_role("form", name="Modifica l’accesso di Persona 2")
    box.get_by_label("Ruolo").select_option("administrator")
    box.get_by_label("Fino al").fill("2026-12-31")
    box.get_by_label("Può incassare ai terminali").check()
    eyes.require_accessible()
    box.get_by_role("button", name="Modifica").click()
    eyes.sees("La data è già passata.")
    box.get_by_role("button", name="Modifica").click()
    eyes.sees("Questa persona ha già questo ruolo.")
    # Somebody else was first: what he made of it is read, and what was typed here stays.
    box.get_by_role("button", name="Modifica").click()
    eyes.sees("Intanto qualcosa è cambiato")
    eyes.require_narrow()
    box.get_by_role("button", name="Modifica").click()
    eyes.sees("L’accesso di Persona 2 è cambiato.")
    wanted = {
        "role": "administrator", "cabinets": None, "ends_at": "2026-12-31T22:59:59.000Z",
        "pos": True,
    }  # fmt: skip
    assert asked(stub, "PUT /v1/grants/g2")[1:] == [
        wanted | {"version": 1}, wanted | {"version": 1}, wanted | {"version": 4},
    ]  # fmt: skip
    row = eyes.page.get_by_role("row", name=re.compile("Persona 2"))
    expect(row).to_contain_text("31/12/26")
    expect(row).to_contain_text("Amministratore")


@pytest.mark.feature("F001-159")
def test_the_settings_are_reached_by_the_menu_of_those_who_may(look: Look) -> None:
    eyes = look("office/?page=body", settings())
    eyes.page.locator("summary", has_text="Impostazioni").click()
    for name in ("Conti (IBAN)", "Servizi", "pagoPA", "Adesione a pagoPA", "Canali di invio"):
        expect(eyes.page.get_by_role("link", name=name, exact=True)).to_be_visible()
    eyes.page.locator("summary", has_text="Strumenti").click()
    eyes.follow("Registro attività")
    eyes.at("Registro delle attività")
    few = settings(**{"GET /v1/session": (200, session(scopes=SCOPES[:2]))})
    eyes = look("office/?page=body", few)
    expect(eyes.page.get_by_role("link", name="Registro attività")).to_have_count(0)
