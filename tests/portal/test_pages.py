"""What the pages do: what they send, keep, count, refuse and say."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from PIL import Image

from infra import portal
from tests.portal.eyes import Eyes, expect
from tests.portal.stub import (
    API,
    BODY,
    NOTICE,
    OTHER,
    RECEIPT,
    TAX_CODE,
    Stub,
    body,
    error,
    found,
)
from tests.portal.test_states import (
    BACK,
    HALF,
    RATES,
    RECEIPTS,
    SERVICE,
    STAMPED_BODY,
    cart,
    key_in,
    searched,
)

Look = Callable[..., Eyes]
FIRST_PAGE_BYTES = 150_000
STORED = "JSON.stringify([{...sessionStorage}, {...localStorage}, document.cookie])"


def asked(stub: Stub, name: str) -> list[Any]:
    return [body for called, body in stub.asked if called == name]


@pytest.mark.feature("F001-092")
def test_the_first_page_is_light(look: Look) -> None:
    eyes = look(own=True)
    known = portal.files()
    addresses: set[str] = set()
    eyes.page.on("request", lambda request: addresses.add(urlsplit(request.url).path))
    eyes.page.goto(f"{eyes.site}/portal/", wait_until="networkidle")
    keys = {one.lstrip("/") for one in addresses if one.startswith("/portal/")} - {"portal/"}
    assert {"portal/app.js", "portal/vendor/lit/lit-html.js", "portal/words/it.js"} <= keys
    assert not any("en.js" in key or "law.js" in key for key in keys), "not before it is wanted"
    files = [known[key] for key in (keys | {"portal/index.html"}) if not key.endswith(".woff2")]
    assert sum(len(gzip.compress(file.read_bytes())) for file in files) <= FIRST_PAGE_BYTES


@pytest.mark.feature("F001-153", "F001-093")
def test_both_halves_of_the_key_are_sent_as_they_are_printed(look: Look) -> None:
    stub = Stub()
    eyes = look("", stub)
    eyes.fill("Codice avviso o IUV", "3010 0000 0000 0001 38")
    eyes.fill("Codice fiscale o partita IVA", " rss mra 80a01 h501u ")
    eyes.press("Cerca l’avviso")
    eyes.at("Quota annuale 2026")
    assert asked(stub, "POST /search") == [{"notice": NOTICE, "tax_code": TAX_CODE}]
    for text in ("Mario Rossi", "Diritti di segreteria", "Da pagare"):
        eyes.sees(text)
    # A person's name and code are in no place that outlives the page.
    stored = eyes.page.evaluate(STORED)
    assert "Rossi" not in stored
    assert TAX_CODE not in stored
    assert TAX_CODE not in eyes.page.url


@pytest.mark.feature("F001-153", "F001-096")
@pytest.mark.parametrize(
    ("notice", "code", "said"),
    [
        ("", TAX_CODE, "Scrivi il codice avviso."),
        (NOTICE[1:-1], TAX_CODE, "Il codice avviso ha 18 cifre"),
        (NOTICE, "RSSMRA80A01H501X", "non è giusto"),
        (NOTICE, "80012345678", "non è giusto"),
        (NOTICE, "", "oppure scegli l’ente"),
    ],
)
def test_a_slip_of_the_finger_costs_no_try(notice: str, code: str, said: str, look: Look) -> None:
    stub = Stub()
    eyes = look("", stub)
    eyes.fill("Codice avviso o IUV", notice)
    eyes.fill("Codice fiscale o partita IVA", code)
    eyes.press("Cerca l’avviso")
    eyes.sees(said)
    expect(eyes.page.locator("#problems")).to_be_focused()
    assert asked(stub, "POST /search") == []


@pytest.mark.feature("F001-096")
@pytest.mark.parametrize(
    "where", [f"?body={BODY}&notice={NOTICE}", f"?n={NOTICE}-{BODY}", f"?n={NOTICE}.{BODY}"]
)
def test_a_link_brings_body_and_number_and_half_a_key_shows_half(where: str, look: Look) -> None:
    stub = Stub({"POST /search": (200, found(**HALF))})
    eyes = look(where, stub)
    expect(eyes.page.get_by_label("Ente creditore")).to_have_value(BODY)
    eyes.press("Cerca l’avviso")
    eyes.at("Dettaglio dell’avviso")
    assert asked(stub, "POST /search") == [{"notice": NOTICE, "body": BODY}]
    eyes.sees("180,50")
    # The paper names the debtor.
    expect(eyes.page.get_by_role("button", name="Scarica l’avviso")).to_have_count(0)
    expect(eyes.page.get_by_role("button", name="Paga adesso")).to_be_visible()


@pytest.mark.feature("F001-096", "F001-161")
@pytest.mark.parametrize("by", ["paste", "reader"])
def test_the_text_of_a_notices_qr_fills_number_and_body(by: str, look: Look) -> None:
    stub = Stub({"POST /search": (200, found(**HALF))})
    eyes = look("", stub)
    expect(eyes.page.get_by_label("Ente creditore")).to_be_visible()
    field = eyes.page.get_by_label("Codice avviso o IUV")
    field.focus()
    text = f"PAGOPA|002|{NOTICE}|{BODY}|18050"
    if by == "paste":
        eyes.page.evaluate("text => document.execCommand('insertText', false, text)", text)
        field.evaluate(
            "field => field.dispatchEvent(new InputEvent('input', {inputType: 'insertFromPaste'}))"
        )
        expect(field).to_have_value(NOTICE)
        expect(eyes.page.get_by_label("Ente creditore")).to_have_value(BODY)
        eyes.page.keyboard.press("Enter")
    else:  # key by key, then Enter
        eyes.page.keyboard.type(text)
        eyes.page.keyboard.press("Enter")
    eyes.at("Dettaglio dell’avviso")
    assert asked(stub, "POST /search") == [{"notice": NOTICE, "body": BODY}]


@pytest.mark.feature("F001-096")
def test_the_qr_of_a_body_that_is_not_here_chooses_none(look: Look) -> None:
    eyes = look("", Stub())
    expect(eyes.page.get_by_label("Ente creditore")).to_be_visible()
    eyes.fill("Codice avviso o IUV", f"PAGOPA|002|{NOTICE}|99999999990|18050")
    eyes.page.get_by_label("Codice avviso o IUV").blur()
    expect(eyes.page.get_by_label("Codice avviso o IUV")).to_have_value(NOTICE)
    expect(eyes.page.get_by_label("Ente creditore")).to_have_value("")


@pytest.mark.feature("F001-096")
def test_no_pair_is_told_from_another_and_waiting_is_said(look: Look) -> None:
    tries = [
        error(404, "portal_not_found"),
        (*error(429, "too_many_tries"), {"Retry-After": "600"}),
    ]
    eyes = look("", Stub({"POST /search": tries}))
    eyes.expected = ("404", "429")
    key_in(eyes)
    eyes.sees("Non risulta un avviso con questi dati")
    eyes.press("Cerca l’avviso")
    eyes.sees("Troppi tentativi. Riprova tra 10 minuti.")
    expect(eyes.page.get_by_label("Codice avviso o IUV")).to_have_value(NOTICE)


@pytest.mark.feature("F001-093")
def test_an_instalment_is_opened_from_the_whole(look: Look) -> None:
    rate = found(notice=RATES[1]["notice"], cents=4_512, due=None, subject="Rata 2")
    stub = Stub({"POST /search": [(200, found(instalments=RATES)), (200, rate)]})
    eyes = look("", stub)
    searched(eyes)
    eyes.press("Apri Rata 2")
    eyes.at("Rata 2")
    expect(eyes.h1).to_be_focused()
    assert asked(stub, "POST /search")[1] == {
        "notice": RATES[1]["notice"], "body": BODY, "tax_code": TAX_CODE,
    }  # fmt: skip


@pytest.mark.feature("F001-156")
def test_the_cart_holds_five_and_lives_in_the_tab(look: Look) -> None:
    notices = [f"{NOTICE[:-1]}{number}" for number in range(6)]
    answers = [(200, found(notice=one, key=f"k{at}", subject=f"Avviso {at}", cents=1_000 + at))
               for at, one in enumerate(notices)]  # fmt: skip
    stub = Stub({
        "POST /search": answers,
        "POST /carts": (201, {"cart": "c1", "redirect": "javascript:alert(1)"}),
    })  # fmt: skip
    eyes = look("", stub)
    for at in range(6):
        key_in(eyes)
        eyes.at(f"Avviso {at}")
        button = eyes.page.get_by_role("button", name="Aggiungi al carrello")
        if at == 5:
            expect(button).to_have_count(0)
            eyes.sees("al massimo 5 avvisi")
            break
        button.click()
        eyes.sees("È nel carrello.")
        eyes.follow("Paga un avviso")
        eyes.at("Paga un avviso")
    eyes.follow("Carrello")
    eyes.sees("Totale di 5 avvisi")
    eyes.sees("50,10")
    eyes.press(f"Togli {notices[0]}")
    eyes.sees("Totale di 4 avvisi")
    eyes.fill("Indirizzo e-mail", "nobody")
    eyes.press("Paga adesso")
    eyes.sees("non è completo")
    eyes.fill("Indirizzo e-mail", "mario@example.org")
    eyes.press("Paga adesso")
    # An address that is a script is not gone to, whoever sent it.
    eyes.sees("in modo inatteso")
    assert asked(stub, "POST /carts") == [
        {"keys": ["k1", "k2", "k3", "k4"], "language": "it", "email": "mario@example.org"}
    ]
    stored = json.loads(eyes.page.evaluate(STORED))
    assert set(stored[0]) == {"cart"}
    assert stored[1:] == [{}, ""]


@pytest.mark.feature("F001-156")
def test_a_notice_found_again_is_paid_as_it_is_now(look: Look) -> None:
    stub = Stub({
        "POST /search": [(200, found(key="old")), (200, found(key="new", cents=19_000))],
        "POST /carts": [error(410, "portal_key_invalid"), error(502, "checkout_refused")],
    })  # fmt: skip
    eyes = look("", stub)
    eyes.expected = ("410", "502")
    searched(eyes)
    eyes.press("Aggiungi al carrello")
    eyes.follow("Vai al carrello")
    eyes.press("Paga adesso")
    eyes.sees("cerca di nuovo l’avviso")
    eyes.follow("Aggiungi un altro avviso")
    searched(eyes)
    eyes.follow("Vai al carrello")
    eyes.sees("190,00")
    eyes.press("Paga adesso")
    eyes.sees("pagarlo altrove")
    assert [one["keys"] for one in asked(stub, "POST /carts")] == [["old"], ["new"]]


def test_a_page_that_cannot_be_loaded_leaves_nobody_before_nothing(look: Look) -> None:
    eyes = look("", own=True)
    eyes.expected = ("ERR_", "Failed to load resource")
    eyes.page.route("**/pages/help.js", lambda route: route.abort())
    with eyes.page.expect_navigation():
        eyes.follow("Assistenza")
    expect(eyes.page.get_by_text("Ricarica la pagina.")).to_be_visible()


@pytest.mark.feature("F001-094", "F001-152")
def test_paying_is_only_a_way_to_pagopas_page(look: Look) -> None:
    stub = Stub()
    eyes = look("", stub)
    target = f"{eyes.site}/portal/return.html?cart=c9&outcome=ok"
    stub.answers["POST /carts"] = (201, {"cart": "c9", "redirect": target})
    stub.answers["GET /carts/c9"] = (200, cart("paid")["GET /carts/c1"][1])
    searched(eyes)
    eyes.press("Paga adesso")
    eyes.sees("Pagamento riuscito")
    assert asked(stub, "POST /carts") == [{"keys": ["k1"], "language": "it"}]
    # No field for a card or an account anywhere.
    assert eyes.page.locator("input").count() == 0


@pytest.mark.feature("F001-094", "F001-141")
def test_paid_is_what_the_receipt_says(look: Look) -> None:
    answer = "GET /carts/c1"
    states = [cart(state)[answer] for state in ("open", "verifying", "verifying", "paid")]
    stub = Stub({answer: states})
    eyes = look("?page=return", stub, own=True)  # its clock is another's
    eyes.sees("non c’è un pagamento da controllare")
    eyes.page.clock.install()
    eyes.open(BACK + "ok")
    eyes.sees("Pagamento in verifica")
    while len(asked(stub, answer)) < 3:  # by itself, less and less often
        eyes.page.clock.run_for(2_500)
    eyes.sees("Pagamento in verifica")
    eyes.press("Controlla adesso")
    eyes.sees("Pagamento riuscito")
    expect(eyes.page.locator("#status")).to_have_text("Pagamento riuscito")
    eyes.page.clock.run_for(600_000)
    assert len(asked(stub, answer)) == 4, "what is final is not asked for again"


@pytest.mark.feature("F001-140", "F001-154", "F001-155")
def test_a_service_makes_a_notice_and_then_it_is_paid_or_printed(
    look: Look,
) -> None:
    made = {"key": "m1", "expires_at": "", "notice": NOTICE, "cents": 28_550, "due": "2026-12-31"}
    name = f"POST /bodies/{BODY}/services/corsi"
    refusal = error(422, "form_values", problems=[{"field": "note", "problem": "characters"}])
    pdf = {"Content-Type": "application/pdf",
           "Content-Disposition": 'attachment; filename="RSSMRA80A01H501U_2026_1.pdf"'}  # fmt: skip
    stub = Stub({name: [refusal, (201, made)], "POST /notice": (200, b"%PDF-1.7", pdf)})
    eyes = look(f"?page=services&body={OTHER}", stub)
    eyes.expected = ("422",)
    eyes.page.get_by_label("Ente creditore").select_option(BODY)
    eyes.follow("Corsi di aggiornamento")
    eyes.at("Corsi di aggiornamento")
    eyes.fill("In aula", "11")
    eyes.press("Crea l’avviso")
    for said in ("Scrivi il nome.", "Questo dato occorre.", "tra 0 e 10"):
        eyes.sees(said)
    assert asked(stub, name) == []
    eyes.fill("Nome e cognome", "Mario Rossi")
    eyes.fill("Codice fiscale", TAX_CODE)
    eyes.page.get_by_label("Corso").select_option("bim")
    eyes.fill("Numero di matricola", "12,5")
    eyes.fill("Note", "x")
    eyes.fill("In aula", "2")
    eyes.fill("A distanza", "1")
    eyes.sees("285,50")
    eyes.press("Crea l’avviso")
    eyes.sees("Questo dato non è accettato.")
    assert eyes.page.locator("#f-note").get_attribute("aria-invalid") == "true"
    eyes.press("Crea l’avviso")
    expect(eyes.page.get_by_role("button", name="Paga adesso")).to_be_visible()
    eyes.sees("285,50")
    sent = asked(stub, name)
    assert (
        sent[0]
        == sent[1]
        == {
            "person": {"name": "Mario Rossi", "tax_code": TAX_CODE},
            "values": {"corso": "bim", "matricola": "12,5", "note": "x"},
            "chosen": {"aula": 2, "web": 1},
            "language": "it",
        }
    )
    with eyes.page.expect_download() as coming:
        eyes.press("Scarica l’avviso (PDF)")
    assert coming.value.suggested_filename == "RSSMRA80A01H501U_2026_1.pdf"
    assert Path(coming.value.path()).read_bytes() == b"%PDF-1.7"
    assert asked(stub, "POST /notice") == [{"key": "m1", "language": "it"}]


def test_a_body_is_shown_with_its_mark(look: Look) -> None:
    place = f"/bodies/{BODY}/logo"
    known = body() | {"logo_url": f"{API}{place}"}
    png = (200, picture(), {"Content-Type": "image/png"})
    stub = Stub({f"GET /bodies/{BODY}": (200, known), f"GET {place}": png})
    eyes = look(f"?page=services&body={BODY}", stub)
    mark = eyes.page.locator("img.logo")
    expect(mark).to_have_attribute("alt", known["name"])
    shown = mark.evaluate("(one) => [one.naturalWidth, one.offsetWidth, one.offsetHeight]")
    assert shown == [60, 72, 72]
    eyes.require_accessible()
    eyes.follow("Certificato di iscrizione")
    eyes.at("Certificato di iscrizione")
    expect(mark).to_be_visible()
    # API Gateway gives bytes only to who asks for their very type first; once is enough.
    (headers,) = [
        one for (name, _), one in zip(stub.asked, stub.headers, strict=True) if name.endswith(place)
    ]
    assert headers["Accept"].split(",")[0] == "image/png"
    eyes.page.locator(".brand").click()
    searched(eyes)
    expect(eyes.page.locator("main .creditor img.logo")).to_be_visible()
    eyes.page.set_viewport_size({"width": 320, "height": 800})
    eyes.require_narrow()


def test_a_page_without_a_picture_is_whole(look: Look) -> None:
    known = body() | {"logo_url": f"{API}/bodies/{BODY}/logo"}
    eyes = look(f"?page=services&body={BODY}", Stub({f"GET /bodies/{BODY}": (200, known)}))
    eyes.expected = ("404",)
    eyes.sees("Certificato di iscrizione")
    assert eyes.page.locator("img.logo").count() == 0


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (60, 30), (0, 90, 160)).save(out, "PNG")
    return out.getvalue()


def test_of_a_document_to_be_stamped_only_its_fingerprint_is_sent(look: Look) -> None:
    name = f"POST /bodies/{BODY}/services/istanza"
    made = {"key": "m1", "expires_at": "", "notice": NOTICE, "cents": 3_200, "due": None}
    stub = Stub(STAMPED_BODY | {name: (201, made)})
    eyes = look(f"?page=services&body={BODY}", stub)
    eyes.sees("32,00")  # the stamp is in what the list says
    eyes.follow("Istanza")
    eyes.fill("Nome e cognome", "Mario Rossi")
    eyes.fill("Codice fiscale", TAX_CODE)
    eyes.fill("Provincia di residenza", "padova")
    document = b"%PDF-1.7 istanza di Mario Rossi"
    file = {"name": "istanza.pdf", "mimeType": "application/pdf", "buffer": document}
    eyes.page.get_by_label("Il documento da bollare").set_input_files(file)
    eyes.sees("Impronta calcolata: istanza.pdf")
    eyes.fill("Provincia di residenza", "p")
    eyes.press("Crea l’avviso")
    eyes.sees("due lettere della provincia")
    assert asked(stub, name) == []
    eyes.fill("Provincia di residenza", "pd")
    eyes.press("Crea l’avviso")
    eyes.sees("32,00")
    expect(eyes.page.get_by_role("button", name="Paga adesso")).to_be_visible()
    (sent,) = asked(stub, name)
    digest = base64.b64encode(hashlib.sha256(document).digest()).decode()
    assert sent["stamp"] == {"document": digest, "province": "PD"}


@pytest.mark.feature("F001-154")
@pytest.mark.parametrize(
    ("typed", "cents", "said"),
    [
        ("4,99", 0, "Almeno 5,00"), ("1.000,01", 0, "Al massimo 1.000,00"), ("x", 0, "12,50"),
        ("12,5", 1_250, ""), ("1.000", 100_000, ""), ("€ 7.05", 705, ""),
    ],
)  # fmt: skip
def test_a_free_amount_has_limits(typed: str, cents: int, said: str, look: Look) -> None:
    name = f"POST /bodies/{BODY}/services/offerta"
    made = {"key": "m1", "expires_at": "", "notice": NOTICE, "cents": cents, "due": None}
    stub = Stub({name: (201, made)})
    eyes = look(SERVICE + "offerta", stub)
    eyes.fill("Nome e cognome", "Mario Rossi")
    eyes.fill("Codice fiscale", TAX_CODE)
    eyes.fill("Importo in euro", typed)
    eyes.press("Crea l’avviso")
    if said:
        eyes.page.locator("#problems").get_by_text(said).wait_for()
        assert asked(stub, name) == []
    else:
        expect(eyes.page.get_by_role("button", name="Paga adesso")).to_be_visible()
        assert [one["cents"] for one in asked(stub, name)] == [cents]


@pytest.mark.feature("F001-095", "F001-157", "F001-141")
def test_receipts_are_found_and_downloaded(look: Look) -> None:
    xml = {"Content-Type": "application/xml",
           "Content-Disposition": f'attachment; filename="{RECEIPT}.xml"'}  # fmt: skip
    stub = Stub({
        "POST /receipts": [error(404, "portal_not_found"), (200, RECEIPTS)],
        "POST /receipt": [error(500, "internal"), (200, b"<receipt/>", xml)],
    })  # fmt: skip
    eyes = look(f"?page=receipts&notice={NOTICE}", stub)
    eyes.expected = ("404", "500")
    eyes.press("Cerca la ricevuta")
    eyes.sees("non è giusto")
    eyes.fill("Codice fiscale", TAX_CODE)
    eyes.press("Cerca la ricevuta")
    eyes.sees("Non risulta un avviso")
    eyes.press("Cerca la ricevuta")
    expect(eyes.page.locator("#found")).to_be_focused()
    eyes.sees("4 maggio 2026")
    eyes.press("Ricevuta XML")
    eyes.sees("guasto da parte nostra")
    with eyes.page.expect_download() as coming:
        eyes.press("Riprova")
    assert coming.value.suggested_filename == f"{RECEIPT}.xml"
    assert asked(stub, "POST /receipt")[-1] == {"key": "r", "form": "xml", "language": "it"}


@pytest.mark.feature("F001-157", "F001-187")
def test_a_link_to_receipts_says_the_body_too(look: Look) -> None:
    stub = Stub({"POST /receipts": (200, RECEIPTS)})
    eyes = look(f"?page=receipts&body={BODY}&notice={NOTICE}", stub)
    expect(eyes.page.get_by_label("Ente creditore")).to_have_value(BODY)
    eyes.fill("Codice fiscale", TAX_CODE)
    eyes.press("Cerca la ricevuta")
    eyes.sees("4 maggio 2026")
    wanted = {"notice": NOTICE, "tax_code": TAX_CODE}
    assert asked(stub, "POST /receipts") == [wanted | {"body": BODY}]
    eyes.page.get_by_label("Ente creditore").select_option("")
    eyes.press("Cerca la ricevuta")
    eyes.page.wait_for_function("() => document.activeElement?.id === 'found'")
    assert asked(stub, "POST /receipts")[1:] == [wanted]
    eyes.require_accessible()


@pytest.mark.feature("F001-132", "F001-157")
def test_the_receipt_of_a_course_is_offered_where_there_is_one(look: Look) -> None:
    paper = {"Content-Type": "application/pdf",
             "Content-Disposition": 'attachment; filename="RIC-1-2026.pdf"'}  # fmt: skip
    stub = Stub({
        "POST /receipts": [(200, RECEIPTS), (200, RECEIPTS | {"training": "course"})],
        "POST /training-receipt": [error(500, "internal"), (200, b"%PDF-1.7", paper)],
    })  # fmt: skip
    eyes = look(f"?page=receipts&notice={NOTICE}", stub)
    eyes.expected = ("500",)
    eyes.fill("Codice fiscale", TAX_CODE)
    eyes.press("Cerca la ricevuta")
    eyes.sees("4 maggio 2026")
    course = eyes.page.get_by_role("button", name="Ricevuta del corso")
    expect(course).to_have_count(0)
    eyes.press("Cerca la ricevuta")
    course.click()
    eyes.sees("guasto da parte nostra")
    eyes.require_accessible()
    with eyes.page.expect_download() as coming:
        eyes.press("Riprova")
    assert coming.value.suggested_filename == "RIC-1-2026.pdf"
    assert asked(stub, "POST /training-receipt") == [{"key": "course"}] * 2


@pytest.mark.feature("F001-158")
def test_help_is_asked_for_and_has_a_number(look: Look) -> None:
    stub = Stub({"POST /help": [error(422, "help_malformed"), (201, {"ticket": "H-17"})]})
    eyes = look(f"?page=help&notice={NOTICE}", stub)
    eyes.expected = ("422",)
    eyes.press("Invia")
    eyes.sees("Scegli l’ente.")
    eyes.page.get_by_label("Ente creditore").select_option(OTHER)
    eyes.fill("Nome e cognome", "Mario Rossi")
    eyes.fill("Indirizzo e-mail", "mario@example.org")
    eyes.fill("La richiesta", "Ho pagato due volte.")
    eyes.press("Invia")
    eyes.sees("Controlla nome")
    eyes.press("Invia")
    eyes.sees("H-17")
    assert asked(stub, "POST /help")[-1] == {
        "body": OTHER, "name": "Mario Rossi", "email": "mario@example.org", "notice": NOTICE,
        "text": "Ho pagato due volte.", "language": "it",
    }  # fmt: skip


def test_a_server_that_is_back_is_asked_again_and_no_network_is_said(look: Look) -> None:
    stub = Stub()
    usual = stub.answers["GET /bodies"]
    stub.answers["GET /bodies"] = None
    eyes = look("?page=services", stub)
    eyes.expected = ("ERR_EMPTY_RESPONSE", "503")
    eyes.sees("Il servizio non risponde")
    stub.answers["GET /bodies"] = [error(503, "unavailable"), usual]
    eyes.press("Riprova")
    eyes.sees("guasto da parte nostra")
    eyes.press("Riprova")
    expect(eyes.page.get_by_label("Ente creditore")).to_be_visible()
    eyes.page.context.set_offline(True)
    expect(eyes.page.get_by_text("Non sei collegato a Internet")).to_be_visible()
    eyes.page.context.set_offline(False)
    expect(eyes.page.get_by_text("Non sei collegato a Internet")).to_have_count(0)


def test_sending_twice_is_one_request(look: Look) -> None:
    made = {"key": "m1", "expires_at": "", "notice": NOTICE, "cents": 1_600, "due": None}
    stub = Stub({f"POST /bodies/{BODY}/services/certificato": (201, made)})
    eyes = look(SERVICE + "certificato", stub)
    eyes.fill("Nome e cognome", "Mario Rossi")
    eyes.fill("Codice fiscale", TAX_CODE)
    eyes.page.get_by_role("button", name="Crea l’avviso").dblclick()
    expect(eyes.page.get_by_role("button", name="Paga adesso")).to_be_visible()
    assert len(asked(stub, f"POST /bodies/{BODY}/services/certificato")) == 1
    names = {name.lower(): value for name, value in stub.headers[-1].items()}
    assert len(names["idempotency-key"]) == 36


@pytest.mark.feature("F000-047")
def test_the_browser_refuses_what_is_not_ours(look: Look) -> None:
    eyes = look()
    eyes.expected = ("Content Security Policy", "Trusted", "violates")
    refused = eyes.page.evaluate("""async () => {
      const found = [];
      document.addEventListener("securitypolicyviolation", (e) =>
        found.push(e.effectiveDirective));
      const script = document.createElement("script");
      try { script.textContent = "window.broken = 1"; } catch { found.push("text"); }
      document.head.append(script);
      try { document.body.innerHTML = "<img src=x>"; } catch { found.push("html"); }
      const style = document.createElement("style");
      style.textContent = "h1 { display: none }";
      document.head.append(style);
      await fetch("http://127.0.0.1:9/").catch(() => found.push("fetch"));
      await new Promise(requestAnimationFrame);
      return [found, "broken" in window];
    }""")
    assert refused[1] is False
    assert {"text", "html", "fetch", "style-src-elem", "connect-src"} <= set(refused[0])
