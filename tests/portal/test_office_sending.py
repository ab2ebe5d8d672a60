"""The office's ways to citizens and back: every channel of deliveries, letters on paper, requests
for help, the webhook of the body's software."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.portal.eyes import Eyes, expect
from tests.portal.office import RUN, attempt, run
from tests.portal.office_sending import (
    BACK,
    FAILED,
    HELP,
    LATE,
    NO_ORDER,
    ORDER,
    PREVIEW,
    READER,
    SAMPLE,
    TEXT,
    URL,
    asked_help,
    order,
    preview,
    sending,
    step,
    ways,
)
from tests.portal.stub import error
from tests.portal.test_office import asked, sent

Look = Callable[..., Eyes]
BEGIN = "POST /v1/body/deliveries"
STEPS = f"POST {ORDER}/steps"
UNSET = {"GET /v1/settings": (200, {"webhook_url": None})}
STATES: dict[str, tuple[str, dict[str, Any]]] = {
    "postal": ("deliveries&channel=postal&flow=f1", {}),
    "letters": ("letters", {}),
    "letters-off": ("letters", {"GET /v1/body/postal-orders": (200, {"orders": []}),
                                "GET /v1/body/delivery/channels": (200, ways("postal"))}),
    "letter": ("letter&id=d1", {}), "letter-before": ("letter&id=d1", NO_ORDER),
    "letter-failed": ("letter&id=d1", {f"GET {ORDER}": (200, FAILED)}),
    "letter-late": ("letter&id=d1", {f"GET {ORDER}": (200, LATE)}),
    "help": ("help", {}),
    "help-none": ("help", {"GET /v1/body/help": (200, {"requests": [], "cursor": None})}),
    "request": ("request&id=h1", {}), "webhook": ("webhook", {}),
}  # fmt: skip


@pytest.mark.feature("F001-159", "F001-158", "F001-085")
@pytest.mark.parametrize("name", STATES)
def test_each_page_is_for_everybody(name: str, look: Look) -> None:
    where, answers = STATES[name]
    eyes = look(f"office/?page={where}", sending(**answers), width=320)
    eyes.expected = ("404",)
    expect(eyes.page.locator(".waiting")).to_have_count(0)
    eyes.require_accessible()
    eyes.require_narrow()


@pytest.mark.feature("F001-159")
def test_who_may_only_read_is_offered_nothing_else(look: Look) -> None:
    for page in ("deliveries", "letters", "letter&id=d1", "request&id=h1", "webhook"):
        eyes = look(f"office/?page={page}", sending(**READER))
        expect(eyes.page.locator(".waiting")).to_have_count(0)
        expect(eyes.page.locator("main form:not([role=search]):not(dialog form)")).to_have_count(0)
        for name in ("Approva il campione", "Segna come risposta", "Prova", "Elimina"):
            expect(eyes.page.get_by_role("button", name=name)).to_have_count(0)
        expect(eyes.page.get_by_role("link", name="Ordina delle lettere")).to_have_count(0)


# ------------------------------------------------------------------ every way out
@pytest.mark.feature("F001-072", "F001-076", "F001-082", "F001-090")
def test_a_delivery_goes_by_every_way_that_is_ready(look: Look) -> None:
    stub = sending(**{
        "GET /v1/body/delivery/channels": (200, ways("members")),
        BEGIN: [(202, run(id=f"d{n}")) for n in range(2, 5)],
        **{f"GET /v1/body/deliveries/d{n}": (200, run(id=f"d{n}")) for n in range(2, 5)},
        **{f"GET /v1/body/deliveries/d{n}/attempts": (200, {"attempts": [], "cursor": None})
           for n in range(2, 5)},
    })  # fmt: skip
    eyes = look("office/?page=deliveries&flow=f1", stub)
    channel = eyes.page.get_by_label("Canale")
    # What is switched off, and the print service's own area, are no ways out.
    expect(channel.locator("option")).to_have_count(6)
    values = channel.locator("option").evaluate_all("found => found.map((each) => each.value)")
    assert values == ["", "mail", "zip", "sftp", "postal", "appio"]
    channel.select_option("sftp")
    eyes.sees("Ogni avviso in PDF è scritto in ftp.ordine.example/avvisi/2026")
    eyes.sees("Accanto nasce l’indice indice.csv per il sito.")
    eyes.page.locator("summary", has_text="Come si stampa").click()
    eyes.page.get_by_label("Seconda lingua").select_option("de")
    eyes.page.get_by_label("Senza bollettino postale").check()
    eyes.fill("Minuti per ripensarci", "0")
    eyes.press("Avvia l’invio")
    eyes.at("Invio")
    eyes.page.go_back()
    eyes.page.get_by_label("Canale").select_option("appio")
    eyes.sees("Soltanto per i servizi quota.")
    eyes.page.get_by_label("Minuti per ripensarci").fill("1441")
    eyes.press("Avvia l’invio")
    eyes.sees("al massimo 1440")
    eyes.page.get_by_label("Minuti per ripensarci").fill("10")
    eyes.press("Avvia l’invio")
    eyes.at("Invio")
    assert asked(stub, BEGIN) == [
        {"channel": "sftp", "profile": "archivio", "options": {"second": "de", "slip": False},
         "flow": "f1", "undo_s": 0},
        {"channel": "appio", "profile": "io", "flow": "f1", "undo_s": 600},
    ]  # fmt: skip


@pytest.mark.feature("F001-060", "F001-087")
def test_who_would_get_nothing_is_shown_before_anything_is_begun(look: Look) -> None:
    lacking = [{"position": f"p{n}", "name": name, "leg": "", "code": code} for n, name, code in (
        (1, "Rossi Maria", "address_missing"), (2, "Verdi Luca", "postal_too_late"))]  # fmt: skip
    codes = [{"code": each["code"], "count": 1} for each in lacking]
    stub = sending(**{PREVIEW: [
        (200, preview(
            positions=500, going=499, reasons=codes[:1], lacking=lacking[:1], cursor="c1")),
        (200, preview(positions=20, going=19, reasons=codes[1:], lacking=lacking[1:])),
        (200, preview(positions=1, going=0, reasons=codes[:1], lacking=lacking[:1])),
    ]})  # fmt: skip
    eyes = look("office/?page=deliveries&channel=postal", stub)
    eyes.press("Controlla chi riceve")
    eyes.sees("Scegli il flusso.")
    assert asked(stub, PREVIEW) == []
    eyes.page.get_by_label("Flusso").select_option("f1")
    eyes.press("Controlla chi riceve")
    eyes.sees("518 avvisi da inviare, da 520 posizioni")
    eyes.sees("indirizzo di casa incompleto: 1")
    eyes.sees("mancano meno di 25 giorni alla scadenza: 1")
    eyes.page.locator("summary", has_text="Chi non riceve").click()
    expect(eyes.page.get_by_role("row", name="Verdi Luca")).to_be_visible()
    expect(eyes.page.locator("#status")).to_have_text("518 avvisi da inviare, da 520 posizioni")
    eyes.require_accessible()
    pages = [each.rpartition("/")[2] for each in stub.targets if "/preview" in each]
    assert pages == ["preview", "preview?cursor=c1"]
    # Of another choice it says nothing.
    eyes.page.get_by_label("Spedisci anche se mancano").check()
    expect(eyes.page.locator("#receivers")).to_have_count(0)
    eyes.press("Controlla chi riceve")
    eyes.sees("Così non parte nulla")
    assert asked(stub, PREVIEW)[2]["options"]["accept_late"] is True


# ------------------------------------------------------------------ letters
@pytest.mark.feature("F001-086", "F001-088")
def test_letters_are_ordered_when_the_conditions_are_accepted(look: Look) -> None:
    stub = sending(**{BEGIN: [error(422, "postal_disclaimer", version="2027-01"),
                              (202, run(channel="postal"))]})  # fmt: skip
    eyes = look("office/?page=letters", stub)
    eyes.expected = ("422",)
    eyes.follow("Ordina delle lettere")
    eyes.at("Invii")
    eyes.page.get_by_label("Flusso").select_option("f1")
    eyes.sees("La stampa è di un fornitore esterno.")
    eyes.page.get_by_label("lettera.pdf").check()
    eyes.press("Avvia l’invio")
    eyes.sees("Leggi e accetta le condizioni della spedizione.")
    assert asked(stub, BEGIN) == []
    eyes.page.get_by_label("Ho letto e accetto").check()
    eyes.press("Avvia l’invio")
    expect(eyes.page.locator("#accepted-error")).to_be_visible()
    eyes.press("Avvia l’invio")
    eyes.at("Invio")
    assert asked(stub, BEGIN)[1] == {
        "channel": "postal", "profile": "lettere", "flow": "f1", "undo_s": 300,
        "options": {"disclaimer": "2026-11", "attachments": ["lettera"], "accept_late": False},
    }  # fmt: skip


@pytest.mark.feature("F001-084", "F001-085", "F001-087")
def test_nothing_ships_before_somebody_looked_at_the_sample(look: Look) -> None:
    approved = order("approved", step("approve", note="Tutto giusto"))
    handing = order("handing", step("approve"), step("ship"), done=700)
    stub = sending(**{
        f"GET {ORDER}": [error(404, "not_found"), (200, order()), (200, BACK)],
        f"GET /v1/body/deliveries/{RUN}": [
            (200, run(channel="postal", profile="lettere", state="running")),
            (200, run(channel="postal", profile="lettere"))],
        STEPS: [(200, approved), error(409, "postal_too_late"), (200, handing), (200, order(
            "printed", step("print", note="Lotto 7")))],
    })  # fmt: skip
    eyes = look("office/?page=letter&id=d1", stub)
    eyes.expected = ("404", "409")
    eyes.sees("Il pacchetto si sta preparando")
    eyes.sees("1250 lettere, per 187.500,00 €")
    eyes.press("Approva il campione")
    eyes.sees("Prima guarda i file del campione e conferma.")
    expect(eyes.page.locator("#looked")).to_be_focused()
    eyes.press("Prepara i file del campione")
    with eyes.page.expect_download():
        eyes.press("Scarica RSSMRA80A41H501Y")
    eyes.page.set_viewport_size({"width": 320, "height": 700})
    eyes.require_narrow()
    shown = eyes.page.get_by_role("link", name="Apri")
    expect(shown).to_have_count(2)  # what is no page of paper is only downloaded
    expect(shown.first).to_have_accessible_name(re.compile("RSSMRA80A41H501Y.*nuova scheda"))
    with eyes.page.expect_popup() as opened:
        shown.first.click()
    assert opened.value.url.endswith("?shown=" + SAMPLE[0]["name"])
    opened.value.close()
    eyes.page.get_by_label("Ho guardato i file del campione").check()
    eyes.press("Approva il campione")
    dialog = eyes.page.get_by_role("dialog", name="Approvare il campione?")
    dialog.get_by_label("Nota").fill("Tutto giusto")
    eyes.require_accessible()
    dialog.get_by_role("button", name="Conferma").click()
    eyes.sees("Il campione è approvato.")
    eyes.sees("Campione approvato: 02/03/26, 10:30, Anna Neri")
    eyes.press("Consegna al fornitore")
    dialog = eyes.page.get_by_role("dialog", name="Consegnare il pacchetto?")
    confirm = dialog.get_by_role("button", name="Conferma")
    confirm.click()
    expect(dialog).to_contain_text("Mancano meno di 25 giorni alla scadenza")
    confirm.click()
    eyes.sees("File già dal fornitore: 700")
    eyes.press("Sono stampate")
    dialog = eyes.page.get_by_role("dialog", name="Segnare come stampate?")
    dialog.get_by_label("Riferimento del fornitore").fill("Lotto 7")
    dialog.get_by_role("button", name="Conferma").click()
    eyes.sees("Stampate: 02/03/26")
    assert asked(stub, STEPS) == [
        {"event": "approve", "note": "Tutto giusto"}, {"event": "ship", "note": ""},
        {"event": "ship", "note": ""}, {"event": "print", "note": "Lotto 7"},
    ]  # fmt: skip


@pytest.mark.feature("F001-085", "F001-087")
def test_what_cannot_ship_says_what_to_do(look: Look) -> None:
    refused = order("refused", step("refuse", note="Manca il logo"))
    cancelled = order("cancelled", step("cancel"))
    stub = sending(**{f"GET {ORDER}": (200, LATE), STEPS: (200, cancelled)})
    eyes = look("office/?page=letter&id=d1", stub)
    eyes.expected = ("404",)  # of the last one: it is the same tab
    eyes.sees("il pacchetto parte entro il 05/06/2026")
    eyes.sees("Quel giorno è passato")
    expect(eyes.page.get_by_role("button", name="Consegna al fornitore")).to_have_count(0)
    eyes.press("Annulla l’ordine")
    eyes.page.get_by_role("dialog").get_by_role("button", name="Conferma").click()
    eyes.sees("L’ordine è annullato.")
    assert asked(stub, STEPS) == [{"event": "cancel", "note": ""}]
    eyes = look("office/?page=letter&id=d1", sending(**{f"GET {ORDER}": (200, refused)}))
    eyes.expected = ("404",)
    eyes.sees("Manca il logo")
    eyes.sees("Quest’ordine è chiuso.")
    for name in ("Approva il campione", "Annulla l’ordine"):
        expect(eyes.page.get_by_role("button", name=name)).to_have_count(0)
    gone = run(channel="postal", state="halted", code="postal_empty")
    answers = {f"GET {ORDER}": error(404, "not_found"),
               f"GET /v1/body/deliveries/{RUN}": (200, gone)}  # fmt: skip
    eyes = look("office/?page=letter&id=d1", sending(**answers))
    eyes.expected = ("404",)
    eyes.sees("L’invio si è fermato prima che il pacchetto fosse pronto")
    eyes.follow("Invio")
    eyes.sees("Nessuna lettera può partire: completa gli indirizzi")


@pytest.mark.feature("F001-060", "F001-182")
def test_attempts_of_every_way_are_said_in_words_and_go_again(look: Look) -> None:
    stub = sending(**{
        f"GET /v1/body/deliveries/{RUN}": (200, run(
            channel="appio", profile="io", failed=0, skipped=2)),
        f"GET /v1/body/deliveries/{RUN}/attempts": (200, {"cursor": None, "attempts": [
            attempt("skipped", channel="appio", leg="", code="appio_not_enrolled", words=""),
            attempt("failed", channel="sftp", leg="", code="area_refused", words="Permission no"),
        ]}),
        f"POST /v1/body/deliveries/{RUN}/resend": (202, run(state="running", channel="appio")),
    })  # fmt: skip
    eyes = look("office/?page=delivery&id=d1", stub)
    for said in ("non è su IO", "App IO", "Il server non lo permette", "Permission no"):
        eyes.sees(said)
    eyes.press("Invia di nuovo i saltati (2)")
    eyes.page.get_by_role("button", name="Invia di nuovo", exact=True).click()
    eyes.sees("Il nuovo invio è cominciato.")
    assert asked(stub, f"POST /v1/body/deliveries/{RUN}/resend") == [{"states": ["skipped"]}]


# ------------------------------------------------------------------ requests for help
@pytest.mark.feature("F001-158")
def test_a_request_is_read_answered_and_seen_to_once(look: Look) -> None:
    seen = asked_help(state="answered", by="user:u2", changed_at="2026-03-02T10:00:00Z", version=1)
    stub = sending(**{
        f"GET {HELP}": [(200, asked_help()), (200, seen)],
        f"PUT {HELP}": [error(409, "conflict"), (200, asked_help(
            state="closed", by="user:u1", changed_at="2026-03-02T10:05:00Z", version=2))],
    })  # fmt: skip
    eyes = look("office/?page=help", stub)
    eyes.expected = ("409",)
    expect(eyes.page.get_by_role("row", name="Rossi Maria")).to_contain_text("Ho pagato due volte")
    assert stub.targets[-1].endswith("/v1/body/help?state=open")
    eyes.page.get_by_role("row", name="Rossi Maria").get_by_role("link", name="02/03/26").click()
    eyes.at("Richiesta di aiuto")
    for said in (*TEXT.splitlines(), "Sloveno", "Da rispondere"):
        eyes.sees(said)
    mail = eyes.page.get_by_role("link", name="Rispondi per e-mail").get_attribute("href")
    assert mail == "mailto:maria.rossi%40example.org?subject=Richiesta%20di%20aiuto%20h1"
    # No name and no address of a citizen in the page's own.
    assert eyes.page.url.endswith("?page=request&id=h1")
    eyes.press("Segna come risposta")
    eyes.sees("Intanto qualcosa è cambiato")
    eyes.sees("un’altra persona dell’ente")
    eyes.press("Chiudi")
    eyes.sees("La richiesta è chiusa.")
    eyes.sees("Anna Neri")
    assert asked(stub, f"PUT {HELP}") == [
        {"state": "answered", "version": 0}, {"state": "closed", "version": 1}]  # fmt: skip
    eyes.follow("Richieste di aiuto", exact=True)
    with eyes.page.expect_response("**/v1/body/help"):
        eyes.page.get_by_label("Stato").select_option("all")
    expect(eyes.page).to_have_url(f"{eyes.site}/portal/office/?page=help&state=all")


# ------------------------------------------------------------------ the body's software
@pytest.mark.feature("F001-008")
def test_the_webhook_is_set_with_a_secret_and_tried(look: Look) -> None:
    stub = sending(**UNSET, **{
        "PATCH /v1/settings": [
            error(422, "webhook_url"), (200, {"webhook_url": URL}), (200, {"webhook_url": None})],
        "POST /v1/settings/webhook/test": [
            (200, {"works": False, "code": "webhook_answered",
                   "words": "The webhook answered 500."}),
            (200, {"works": True, "code": "", "words": ""})],
    })  # fmt: skip
    eyes = look("office/?page=webhook", stub)
    eyes.expected = ("422",)
    expect(eyes.page.get_by_role("button", name="Prova")).to_have_count(0)
    eyes.fill("Indirizzo", "http://software.example")
    eyes.press("Salva")
    for said in ("L’indirizzo comincia con https://", "Il segreto ha almeno 24 caratteri."):
        eyes.sees(said)
    assert asked(stub, "PATCH /v1/settings") == []
    eyes.fill("Indirizzo", URL)
    eyes.press("Crea un segreto")
    secret = eyes.page.get_by_label("Segreto per la firma").input_value()
    assert len(secret) == 64
    eyes.press("Salva")
    expect(eyes.page.locator("#url-error")).to_be_visible()
    eyes.press("Salva")
    eyes.sees("Il webhook è salvato. Ora provalo.")
    expect(eyes.page.get_by_label("Segreto per la firma")).to_have_value("")
    saved = {"webhook": {"url": URL, "secret": secret}}
    assert asked(stub, "PATCH /v1/settings") == [saved, saved]
    eyes.press("Prova")
    eyes.sees("The webhook answered 500.")
    expect(eyes.page.locator("#answer")).to_be_focused()
    eyes.press("Prova")
    eyes.sees("La prova è riuscita.")
    eyes.press("Elimina")
    eyes.page.get_by_role("dialog").get_by_role("button", name="Elimina").click()
    eyes.sees("Il webhook è eliminato.")
    assert asked(stub, "PATCH /v1/settings")[-1] == {"webhook": None}
    assert set(sent(stub, "PATCH /v1/settings", "X-Sportello-CSRF")) == {"token-1"}
