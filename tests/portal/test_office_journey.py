"""A day in the office of a body, through the real house: from the first login to the mail."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import pyotp
import pytest

import app as application
from chalicelib.entry import session_door
from chalicelib.payments.delivery import settings
from infra.local.authority import Authority
from infra.local.house import House
from infra.local.pagopa import fdr
from infra.local.pagopa.fdr import Flow
from infra.local.smtp import PASSWORD as MAIL_PASSWORD
from infra.local.smtp import USER, MailServer
from tests.entry import bodies, node_world, persons
from tests.entry.api_world import START, Api
from tests.entry.node_world import Station
from tests.entry.persons import PASSWORD, Member
from tests.entry.reconciliation_world import ROOT, csv, dated, pay, receipt, remember, settles
from tests.entry.visitors import Visitor
from tests.payments.dues import files
from tests.payments.dues.files import COMPANY, MARIA, row
from tests.portal.eyes import Eyes, expect, hurried

OFFICE = "office/"
LUCA = "VRDLCU85B02F205S"


@dataclass
class Office:
    house: House
    person: Member
    chief: Member
    mail: MailServer
    tenant: str
    api: Api


@pytest.fixture(scope="module")
def office(
    engines: Any, tmp_path_factory: pytest.TempPathFactory, browser: Any
) -> Iterator[Office]:
    """A body that is set up, its administrator without a second factor, a mail server."""
    with House(tmp_path_factory.mktemp("office"), engines=engines, start=START) as house:
        api = Api(application.app)
        home = bodies.ready(api)
        # Its clock has gone on with each request, the house's has not.
        api.now = house.cloud.clock.now()
        person = persons.make_person(api, "anna@ordine.example", enrolled=False)
        chief = persons.make_person(api, "capo@ordine.example")
        for one in (person, chief):
            persons.give(api, one, home.tenant, "body", "administrator", requires_otp=True)
        authority: Authority = house.authority
        with MailServer(authority, "tls") as mail:
            places = {"NET_PRIVATE": "allow", "SSL_CERT_FILE": str(authority.ca_path)}
            with mock.patch.dict(os.environ, places):
                yield Office(house, person, chief, mail, home.tenant, api)


@pytest.fixture
def enter(browser: Any, office: Office) -> Iterator[Callable[..., Eyes]]:
    contexts = []

    def open_page(where: str = OFFICE, who: Visitor | None = None) -> Eyes:
        context = hurried(
            browser.new_context(locale="it-IT", viewport={"width": 1280, "height": 900})
        )
        contexts.append(context)
        context.set_default_timeout(20_000)
        if who is not None:  # he has logged in before
            context.add_cookies([{
                "name": session_door.COOKIE, "value": who.cookie, "secure": True,
                "url": office.house.gateway.url.replace("http:", "https:"),
            }])  # fmt: skip
        eyes = Eyes(context.new_page(), office.house.gateway.url)
        eyes.open(where)
        return eyes

    yield open_page
    for context in contexts:
        context.close()


def code(office: Office, seed: str) -> str:
    return pyotp.TOTP(seed).at(int(office.house.cloud.clock.now().timestamp()))


def sheet() -> bytes:
    """Too great for one call of the API: as much above the headers as titles may take."""
    titles = (";".join(["Elenco " * 4_000] * 30) + "\r\n").encode() * 6
    return titles + files.text([
        row(source="a", mail="maria@example.org"),
        row(source="b", tax_code=LUCA, name="Verdi Luca", mail="luca@example.org"),
        row(source="c", tax_code=COMPANY, name="Studio Neri", category="società",
            mail="studio@example.org"),
    ])  # fmt: skip


def save_shot(eyes: Eyes, name: str) -> None:
    """OFFICE_SHOTS names a folder for whoever wants to look."""
    folder = os.environ.get("OFFICE_SHOTS")
    if folder:
        eyes.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def choose(eyes: Eyes, group: str, name: str) -> None:
    """An entry of the menu, out of its group."""
    eyes.page.locator("header summary", has_text=group).click()
    eyes.page.locator("header nav").get_by_role("link", name=name, exact=True).click()


def check_what_arrived(office: Office, eyes: Eyes) -> None:
    """A flow of a PSP, and the bank's statement that brings its money under a damaged name."""
    house = office.house
    creditor = eyes.page.evaluate("() => fetch('/v1/body').then((found) => found.json())")
    now = house.cloud.clock.now()
    day, flow_id = now.date().isoformat(), f"{now.date()}ABI06090-0001"
    line = ("01000000000000999", "iur-1", 1, 3_550, "0")
    flow = fdr.xml(Flow(flow_id, "ABI06090", [line], day=day, created=now), creditor["fiscal_code"])
    eyes.page.get_by_text("Incassi", exact=True).click()
    eyes.follow("Rendicontazioni Riscossioni")
    eyes.page.locator("summary", has_text="Carica un flusso").click()
    eyes.page.get_by_label("File del flusso").set_input_files(
        {"name": "flusso.xml", "mimeType": "text/xml", "buffer": flow}
    )
    eyes.press("Carica il flusso")
    eyes.sees("flusso.xml è in lettura.")
    house.settle()
    expect(eyes.page.get_by_role("row", name=flow_id)).to_contain_text("Atteso sul conto")

    damaged = f"ACCREDITO /PUR/LGPE- RIVERSAMENTO/URI/{flow_id[:12]} {flow_id[12:]}"
    booked = f"{now:%d/%m/%Y}"
    rows = (f"{booked};{damaged};35,50", f"{booked};COMMISSIONI;-1,20")
    csv = "\n".join(("Data contabile;Descrizione;Importo", *rows)).encode("cp1252")
    eyes.page.get_by_text("Strumenti", exact=True).click()
    eyes.follow("Controlla versamenti con estratto conto")
    eyes.page.get_by_label("File dell’estratto conto").set_input_files(
        {"name": "estratto.csv", "mimeType": "text/csv", "buffer": csv}
    )
    preview = eyes.page.get_by_role("table", name="Come si leggono le righe")
    expect(preview).to_contain_text("35,50")
    eyes.page.get_by_label("Conto (IBAN)").select_option(bodies.BANK)
    eyes.press("Leggi l’estratto conto")
    eyes.at("estratto.csv")
    house.settle()
    eyes.sees("l’ID del flusso è intero")
    eyes.follow(flow_id)
    eyes.follow(flow_id)
    eyes.at(flow_id)
    eyes.sees("Incassato")
    eyes.sees("Pagamento rendicontato senza ricevuta.")
    eyes.require_accessible()
    save_shot(eyes, "real-settlement")


def keep_the_books(office: Office, eyes: Eyes) -> None:
    """How it is posted, an event that somebody registers for, a period that is closed."""
    choose(eyes, "Contabilità", "Regole contabili")
    eyes.page.get_by_label("Conto di incasso").fill(bodies.BANK)
    eyes.press("Aggiungi un capitolo")
    eyes.page.locator("#chapter-0").fill("1.1")
    eyes.page.locator("#code-0").fill("101")
    eyes.press("Salva le regole")
    eyes.sees("Le regole sono salvate.")
    for label, text in (
        ("ABI della banca", "05428"), ("Codice ufficio (IPA)", "UFABCD"),
        ("Codice ISTAT dell’ente", "000700917"), ("A2A dell’ente", "A2A-12345678"),
        ("A2A della banca", "A2A-87654321"), ("Codice dell’ente presso la banca", "0001"),
    ):  # fmt: skip
        eyes.fill(label, text)
    eyes.press("Salva i codici")
    eyes.sees("I codici del tesoriere sono salvati.")
    choose(eyes, "Contabilità", "Tesoriere")
    eyes.press("Prepara il flusso")
    dialog = eyes.page.get_by_role("dialog", name="Preparare il prossimo flusso")
    dialog.get_by_role("button", name="Prepara il flusso").click()
    expect(dialog).to_contain_text("Non c’è nulla di nuovo da dire al tesoriere.")
    eyes.page.keyboard.press("Escape")

    choose(eyes, "Strumenti", "Formazione")
    eyes.press("Nuovo evento")
    for label, text in (("Codice", "bim"), ("Titolo", "BIM per tutti"), ("Giorno", "2027-05-12"),
                        ("Prezzo (euro)", "120")):  # fmt: skip
        eyes.page.locator("main").get_by_role("textbox", name=label).fill(text)
    eyes.page.get_by_label("Tipo").select_option("quota")
    eyes.press("Salva")
    eyes.follow("BIM per tutti")
    eyes.fill("Nome o denominazione", "Verdi Luca")
    eyes.fill("Codice fiscale o partita IVA", LUCA)
    eyes.press("Iscrivi")
    eyes.sees("Verdi Luca è iscritto")
    save_shot(eyes, "real-event")
    eyes.follow("Avviso e ricevuta")
    eyes.page.wait_for_url("**page=position&id=**")
    eyes.at("BIM per tutti")
    eyes.sees("Da pagare")

    choose(eyes, "Contabilità", "Chiusure")
    # Over by every clock, the house's and the browser's.
    eyes.fill("Ultimo giorno", "2020-01-31")
    eyes.page.get_by_role("button", name="Chiudi", exact=True).click()
    closing = eyes.page.get_by_role("dialog", name="Chiudere fino al 31/01/2020?")
    closing.get_by_role("button", name="Chiudi").click()
    eyes.sees("Il periodo fino al 31/01/2020 è chiuso.")
    choose(eyes, "Contabilità", "Contabilizza")
    eyes.sees("Ancora nessuna contabilizzazione.")


def write_letters(office: Office, eyes: Eyes) -> None:
    """Letters from the provider's profile to the package in his hands; who would get none is seen
    before."""
    settings.enable(office.tenant, "postal", True)  # as the operator does when a body asks
    choose(eyes, "Impostazioni", "Canali di invio")
    eyes.follow("Servizio di stampa e spedizione")
    eyes.fill("Nome breve", "stampa")
    eyes.fill("Fornitore", "Stampa e Posta S.r.l.")
    eyes.press("Salva")
    eyes.sees("Il profilo è salvato.")
    choose(eyes, "Posizioni", "Lettere")
    eyes.sees("Ancora nessun ordine.")
    eyes.follow("Ordina delle lettere")
    eyes.page.get_by_label("Flusso").select_option(label="Quota Anno 2026 (2)")
    eyes.press("Controlla chi riceve")
    eyes.sees("2 avvisi da inviare, da 2 posizioni")
    eyes.page.get_by_label("Ho letto e accetto").check()
    eyes.fill("Minuti per ripensarci", "0")
    eyes.press("Avvia l’invio")
    eyes.at("Invio")
    eyes.page.locator("main").get_by_role("link", name="Lettere").click()
    office.house.settle()
    eyes.sees("2 lettere, per 300,00 €")
    eyes.press("Prepara i file del campione")
    with eyes.page.expect_download() as coming:
        eyes.page.get_by_role("button", name="Scarica", exact=False).first.click()
    assert Path(coming.value.path()).read_bytes().startswith(b"%PDF-")
    eyes.page.get_by_label("Ho guardato i file del campione").check()
    for button in ("Approva il campione", "Segna come consegnato", "Sono spedite"):
        eyes.press(button)
        eyes.page.get_by_role("dialog").get_by_role("button", name="Conferma").click()
        expect(eyes.page.get_by_role("dialog")).to_have_count(0)
    eyes.sees("Spedite: ")
    eyes.require_accessible()
    save_shot(eyes, "real-letters")


def answer_a_citizen(eyes: Eyes) -> None:
    """What somebody asked on the portal is read, and marked as answered."""
    asked = """async () => {
      const { fiscal_code: body } = await fetch("/v1/body").then((found) => found.json());
      const wanted = { body, name: "Rossi Maria", email: "maria@example.org", text: "Come pago?" };
      return (await fetch("/v1/portal/help", { method: "POST", body: JSON.stringify(wanted),
        headers: { "Content-Type": "application/json" } })).status;
    }"""
    assert eyes.page.evaluate(asked) == 201
    choose(eyes, "Strumenti", "Richieste di aiuto")
    expect(eyes.page.get_by_role("row", name="Rossi Maria")).to_contain_text("Come pago?")
    eyes.page.get_by_role("row", name="Rossi Maria").get_by_role("link").first.click()
    eyes.press("Segna come risposta")
    eyes.sees("La richiesta ha avuto risposta.")


@pytest.mark.feature("F001-082", "F001-084", "F001-085", "F001-088", "F001-158")
@pytest.mark.feature("F001-046", "F001-061", "F001-068", "F001-159", "F001-161", "F001-163")
@pytest.mark.feature("F001-165", "F000-047", "F001-015", "F001-164", "F001-166", "F001-168")
@pytest.mark.feature("F001-143", "F001-160", "F001-167", "F001-171")
def test_from_the_first_login_to_the_mail(office: Office, enter: Callable[..., Eyes]) -> None:
    house = office.house
    eyes = enter()
    eyes.expected = ("401", "404")  # nobody yet; an order whose package is not ready
    # In, with a second factor that is set up on the way.
    eyes.at("Accedi")
    eyes.fill("Indirizzo e-mail", office.person.mail)
    eyes.fill("Password", PASSWORD)
    eyes.press("Continua")
    eyes.at("Attiva il secondo fattore")
    eyes.page.wait_for_function("document.querySelector('img.qr').naturalWidth > 0")
    save_shot(eyes, "real-enrolment")
    seed = (eyes.page.locator(".secret").inner_text()).replace(" ", "")
    eyes.page.get_by_role("textbox", name="Codice").fill(code(office, seed))
    eyes.press("Continua")
    eyes.at("Codici di recupero")
    assert eyes.page.locator(".codes li").count() == 10
    eyes.press("Li ho messi al sicuro")
    eyes.sees("Per cominciare")
    (cookie,) = eyes.page.context.cookies()
    assert (cookie["name"], cookie["httpOnly"], cookie["secure"], cookie["sameSite"]) == (
        "__Host-sportello", True, True, "Strict",
    )  # fmt: skip

    # A file of dues: its dry run, then the dues.
    eyes.follow("Quote", exact=True)
    eyes.at("Quote")
    eyes.page.get_by_label("File", exact=True).set_input_files(
        {"name": "quote.csv", "mimeType": "text/csv", "buffer": sheet()}
    )
    eyes.press("Controlla il file")
    # Straight into the bucket, which the policy of these pages names.
    eyes.at("quote.csv")
    house.settle()
    eyes.sees("Tutte le righe sono giuste")
    eyes.press("Importa le quote")
    eyes.sees("In importazione")
    house.settle()
    eyes.sees("Le quote sono importate")
    eyes.follow("Crea un flusso con queste quote")
    eyes.at("Flussi")
    eyes.press("Prepara l’elenco")
    eyes.at("Flusso")
    house.settle()
    eyes.sees("Studio Neri")

    # One row is taken off by the key.
    box = eyes.page.get_by_label("Seleziona Studio Neri")
    box.check()
    eyes.page.keyboard.press("Delete")
    expect(eyes.page.get_by_role("dialog")).to_be_visible()
    eyes.page.keyboard.press("Enter")
    eyes.sees("La quota è stata tolta")
    expect(eyes.page.get_by_text("Studio Neri")).to_have_count(0)
    eyes.fill("Descrizione del flusso", "Quota Anno 2026")
    eyes.press("Genera le posizioni")
    eyes.sees("Generazione in corso")
    house.settle()
    eyes.sees("Le posizioni sono pronte")
    save_shot(eyes, "real-flow")

    # The account that mail goes out by, and what its server says.
    choose(eyes, "Impostazioni", "Posta")
    eyes.press("Aggiungi un account")
    eyes.fill("Nome breve", "quote")
    eyes.fill("Indirizzo del mittente", USER)
    eyes.fill("Server SMTP", office.mail.host)
    eyes.fill("Porta", str(office.mail.port))
    eyes.fill("Utente", USER)
    eyes.fill("Password", "sbagliata")
    eyes.press("Salva")
    eyes.sees("L’account quote è salvato")
    eyes.press("Prova quote")
    eyes.fill("A chi mandare la prova", "anna@ordine.example")
    eyes.press("Manda la prova")
    eyes.sees("535")  # the server's own words
    eyes.press("Modifica quote")
    expect(eyes.page.get_by_label("Password")).to_have_value("")
    eyes.fill("Password", MAIL_PASSWORD)
    eyes.press("Salva")
    eyes.sees("L’account quote è salvato")
    eyes.press("Prova quote")
    eyes.press("Manda la prova")
    eyes.sees("Il server ha accettato il messaggio")
    assert [one.to for one in office.mail.mails] == ["anna@ordine.example"]

    # The notices go out.
    choose(eyes, "Posizioni", "Flussi")
    eyes.follow("Quota Anno 2026")
    eyes.follow("Invia gli avvisi")
    eyes.at("Invii")
    eyes.page.get_by_label("Account di posta").select_option("quote")
    eyes.fill("Minuti per ripensarci", "0")
    eyes.press("Avvia l’invio")
    eyes.at("Invio")
    house.settle()
    expect(eyes.page.get_by_role("cell", name="Inviato", exact=True)).to_have_count(2)
    eyes.require_accessible()
    save_shot(eyes, "real-delivery")
    assert {one.to for one in office.mail.mails[1:]} == {"maria@example.org", "luca@example.org"}

    write_letters(office, eyes)
    answer_a_citizen(eyes)

    # The archive, a position, its notice.
    choose(eyes, "Posizioni", "Posizioni")
    eyes.at("Archivio delle posizioni")
    eyes.follow("Rossi Maria")
    eyes.at("Quota annuale 2026")
    eyes.sees("Creata")
    with eyes.page.expect_download() as coming:
        eyes.press("Scarica l’avviso (PDF)")
    assert re.fullmatch(r"[A-Z0-9]{16}_2026_\d{17}\.pdf", coming.value.suggested_filename)
    assert Path(coming.value.path()).read_bytes().startswith(b"%PDF-")
    save_shot(eyes, "real-position")

    # The archive as a file.
    eyes.follow("Archivio delle posizioni")
    eyes.press("Esporta in CSV")
    eyes.sees("Il file si sta scrivendo")
    with eyes.page.expect_download() as coming:
        house.settle()
    assert MARIA.encode() in Path(coming.value.path()).read_bytes()

    # One by hand: its notice at once, then it is changed and deleted.
    eyes.open("office/?page=entry")
    eyes.fill("Nome e cognome", "Verdi Luca")
    eyes.fill("Codice fiscale o partita IVA", LUCA)
    eyes.page.get_by_label("Servizio").select_option("mora")
    eyes.fill("Importo in euro", "12,50")
    eyes.press("Crea la posizione")
    eyes.at("La posizione è creata")
    eyes.sees("12,50 €")
    with eyes.page.expect_download() as coming:
        eyes.press("Scarica l’avviso (PDF)")
    assert Path(coming.value.path()).read_bytes().startswith(b"%PDF-")
    eyes.follow("Vai alla posizione")
    eyes.page.locator("summary", has_text="Modifica").click()
    eyes.fill("Oggetto", "Mora per ritardo")
    eyes.press("Salva le modifiche")
    eyes.at("Mora per ritardo")
    eyes.sees("nuovo oggetto")
    eyes.press("Elimina la posizione")
    eyes.page.get_by_role("dialog").get_by_role("button", name="Elimina la posizione").click()
    eyes.sees("La posizione è eliminata.")
    eyes.require_accessible()

    check_what_arrived(office, eyes)

    # Out again: nothing is left to see.
    eyes.follow("Il tuo accesso")
    eyes.press("Esci")
    eyes.at("Accedi")
    assert eyes.page.context.cookies() == []
    eyes.require_clean()


@pytest.mark.feature("F001-159", "F001-173", "F001-174", "F001-176", "F001-198", "F001-116")
@pytest.mark.feature("F001-127", "F001-128")
def test_what_the_settings_send_is_what_the_house_takes(
    office: Office, enter: Callable[..., Eyes]
) -> None:
    eyes = enter()
    eyes.expected = ("401", "403", "404", "409")
    eyes.fill("Indirizzo e-mail", office.chief.mail)
    eyes.fill("Password", PASSWORD)
    eyes.press("Continua")
    eyes.at("Codice di verifica")
    eyes.page.get_by_role("textbox", name="Codice").fill(code(office, office.chief.seed))
    eyes.press("Continua")
    eyes.sees("Come sta l’ente")

    def choose(name: str, group: str = "Impostazioni") -> None:
        eyes.page.locator("summary", has_text=group).click()
        eyes.follow(name, exact=True)

    choose("Ente")
    eyes.fill("Settore o ufficio", "Ufficio quote")
    eyes.press("Salva")
    eyes.page.get_by_role("dialog", name="Serve un codice").get_by_label("Codice").fill(
        office.chief.codes[0]
    )
    eyes.page.keyboard.press("Enter")
    eyes.sees("I dati dell’ente sono salvati.")
    choose("Conti (IBAN)")
    eyes.press("Modifica l’autorizzazione")
    eyes.press("Salva")
    eyes.sees("Sugli avvisi si stampa il bollettino.")
    choose("Servizi")
    eyes.follow("Parti da qui Rilascio di certificati")
    eyes.fill("Cerca nell’elenco ufficiale", "quota annuale")
    eyes.page.keyboard.press("Enter")
    eyes.page.get_by_role("button", name="Scegli 9/").click()
    eyes.page.get_by_label("IBAN").select_option(bodies.BANK)
    eyes.press("Salva")
    eyes.sees("Il servizio è salvato.")
    save_shot(eyes, "real-service")
    choose("pagoPA")
    eyes.page.get_by_label("Chi risponde al nodo").select_option("node")
    eyes.press("Salva")
    eyes.sees("Il collegamento è salvato.")
    choose("Canali di invio")
    eyes.follow("App IO", exact=True)
    eyes.fill("Nome breve", "io")
    eyes.fill("Chiave primaria del servizio", "0123456789abcdef")
    eyes.press("Salva")
    eyes.sees("Il profilo è salvato.")
    choose("Programma dell’ente")
    eyes.fill("Indirizzo", "https://software.ordine.example/pagamenti")
    eyes.press("Crea un segreto")
    eyes.press("Salva")
    eyes.sees("Il webhook è salvato.")
    choose("Adesione a pagoPA")
    eyes.sees("odc_pr")
    choose("Registro attività", "Strumenti")
    for act in ("Dati dell’ente cambiati", "Servizio cambiato", "Profilo di invio cambiato"):
        expect(eyes.page.get_by_role("cell", name=act).first).to_be_visible()
    eyes.require_accessible()
    save_shot(eyes, "real-audit")
    keep_the_books(office, eyes)
    eyes.require_clean()


def settled(office: Office) -> tuple[Station, list[str]]:
    """Another body; its payments that a flow and the bank's statement confirm to the cent. Of a
    third one there is no receipt, and of a fourth nothing but its receipt."""
    office.api.now = office.house.cloud.clock.now()
    station = node_world.station(office.api)
    iuvs = [pay(office.api, station, cents) for cents in (15_000, 3_550)]
    bare = station.place(1_000).payments[0].iuv
    receipt(office.api, station, station.place(2_000).payments[0].iuv, 2_000, "iur-alone")
    names = [f"2026-11-20ABI06090-000{number}" for number in (1, 2)]
    for name, lines in zip(names, ([(iuvs[0], 15_000), (iuvs[1], 3_550)], [(bare, 1_000)]),
                           strict=True):  # fmt: skip
        flow = dated(settles(station, *lines, flow_id=name), office.api)
        hand_in(office, station, "flows", f"{name}.xml", fdr.xml(flow, station.creditor))
    remember(office.api, station.house)
    brought = f"/PUR/LGPE-RIVERSAMENTO/URI/{names[0][:12]} {names[0][12:]}"
    rows = (("20/11/2026", brought, "185,50"), ("20/11/2026", "BONIFICO ROSSI", "35,50"),
            ("21/11/2026", f"/PUR/LGPE-RIVERSAMENTO/URI/{names[1]}", "10,00"))  # fmt: skip
    hand_in(office, station, "statements", "banca.csv", csv(*rows), columns="banca")
    office.house.settle()
    return station, iuvs


def hand_in(
    office: Office, station: Station, what: str, name: str, data: bytes, **more: str
) -> None:
    query = {"name": name} | more
    answer = station.house.call(office.api, "POST", f"{ROOT}/{what}", data, query=query)
    assert answer.status == 202, answer.body


def require_balance(office: Office, station: Station, eyes: Eyes, **cents: int) -> None:
    """What the page of posting shows is in the books, and what the bank has brought is all there:
    that too which never agreed, and is in no book."""
    shown = {"open": "Da contabilizzare", "posted": "Contabilizzato", "anomalous": "Da chiarire"}
    for name, label in shown.items():
        euros = f"{label}{cents.get(name, 0) / 100:.2f} €".replace(".", ",")
        expect(eyes.page.locator("ul.numbers li", has_text=label)).to_have_text(euros)
    books = station.house.call(office.api, "GET", "/v1/body/posting/balance").json
    assert {name: books[f"{name}_cents"] for name in cents} == cents
    money = station.house.call(office.api, "GET", f"{ROOT}/summary").json["money"]
    assert money == cents | {"came": 19_550, "anomalous": 1_000}


@pytest.mark.feature("F001-010", "F001-109", "F001-110", "F001-111")
def test_what_was_matched_is_posted_and_found_in_the_books(
    office: Office, enter: Callable[..., Eyes]
) -> None:
    """Nothing that these pages show was brought by them, nor is it played."""
    station, iuvs = settled(office)
    eyes = enter("office/?page=posting", station.house.administrator)
    require_balance(office, station, eyes, came=18_550, open=18_550, posted=0)
    eyes.follow("banca.csv")
    eyes.at("Contabilizza l’estratto conto")
    eyes.sees("Pagamenti da contabilizzare: 2, in tutto 185,50 €.")
    payments = eyes.page.get_by_role("table", name="Pagamenti da contabilizzare")
    for iuv, sum_ in zip(iuvs, ("150,00 €", "35,50 €"), strict=True):
        paid = payments.get_by_role("row", name=iuv)
        for said in ("20/11/2026", "19/11/2026", "2026-11-20ABI06090-0001", sum_):
            expect(paid).to_contain_text(said)
    eyes.press("Mostra le reversali")
    expect(eyes.page.get_by_role("table", name="Anteprima delle reversali")).to_contain_text("1.1")
    eyes.page.get_by_role("button", name="Contabilizza", exact=True).click()
    dialog = eyes.page.get_by_role("dialog", name="Contabilizzare 2 reversali per 185,50 €?")
    dialog.get_by_role("button", name="Contabilizza").click()
    eyes.at("Contabilizzazione")
    office.house.settle()
    eyes.sees("Le reversali sono emesse.")
    eyes.follow("Vai alle reversali")
    orders = eyes.page.get_by_role("table", name="Reversali").locator("tbody tr")
    expect(orders.get_by_role("link")).to_have_text(["1/2026", "2/2026"])
    for sum_ in ("150,00 €", "35,50 €"):
        expect(orders.filter(has_text=sum_)).to_have_count(1)
        expect(orders.filter(has_text=sum_)).to_contain_text("20/11/2026")
    save_shot(eyes, "real-orders")
    # It names the payment and the flow that it was posted of.
    orders.filter(has_text="150,00 €").get_by_role("link").first.click()
    lines = eyes.page.get_by_role("table", name="Voci")
    expect(lines).to_contain_text(iuvs[0])
    eyes.sees("2026-11-20ABI06090-0001")
    eyes.require_accessible()
    choose(eyes, "Contabilità", "Contabilizza")
    require_balance(office, station, eyes, came=18_550, open=0, posted=18_550)
    eyes.require_clean()
