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
from infra.local.authority import Authority
from infra.local.house import House
from infra.local.smtp import PASSWORD as MAIL_PASSWORD
from infra.local.smtp import USER, MailServer
from tests.entry import bodies, persons
from tests.entry.api_world import START, Api
from tests.entry.persons import PASSWORD, Member
from tests.payments.dues.files import COMPANY, row, xlsx
from tests.portal.eyes import Eyes, expect
from tests.whole.conftest import engines

__all__ = ["engines"]

OFFICE = "office/"
LUCA = "VRDLCU85B02F205S"


@dataclass
class Office:
    house: House
    person: Member
    mail: MailServer


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
        persons.give(api, person, home.tenant, "body", "administrator", requires_otp=True)
        authority: Authority = house.authority
        with MailServer(authority, "tls") as mail:
            places = {"NET_PRIVATE": "allow", "SSL_CERT_FILE": str(authority.ca_path)}
            with mock.patch.dict(os.environ, places):
                yield Office(house, person, mail)


@pytest.fixture
def enter(browser: Any, office: Office) -> Iterator[Callable[..., Eyes]]:
    contexts = []

    def open_page(where: str = OFFICE) -> Eyes:
        context = browser.new_context(locale="it-IT", viewport={"width": 1280, "height": 900})
        contexts.append(context)
        context.set_default_timeout(20_000)
        eyes = Eyes(context.new_page(), office.house.gateway.url)
        eyes.open(where)
        return eyes

    yield open_page
    for context in contexts:
        context.close()


def code(office: Office, seed: str) -> str:
    return pyotp.TOTP(seed).at(int(office.house.cloud.clock.now().timestamp()))


def sheet() -> bytes:
    return xlsx([
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


@pytest.mark.feature("F001-046", "F001-061", "F001-068", "F001-159", "F001-161", "F001-163")
@pytest.mark.feature("F001-165", "F000-047")
def test_from_the_first_login_to_the_mail(office: Office, enter: Callable[..., Eyes]) -> None:
    house = office.house
    eyes = enter()
    eyes.expected = ("401",)
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
        {"name": "quote.xlsx", "mimeType": "application/octet-stream", "buffer": sheet()}
    )
    eyes.press("Controlla il file")
    eyes.at("quote.xlsx")
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
    eyes.follow("Posta")
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
    eyes.follow("Flussi")
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

    # The archive, a position, its notice.
    eyes.follow("Posizioni", exact=True)
    eyes.at("Archivio delle posizioni")
    eyes.follow("Rossi Maria")
    eyes.at("Quota annuale 2026")
    eyes.sees("Creata")
    with eyes.page.expect_download() as coming:
        eyes.press("Scarica l’avviso (PDF)")
    assert re.fullmatch(r"[A-Z0-9]{16}_2026_\d{17}\.pdf", coming.value.suggested_filename)
    assert Path(coming.value.path()).read_bytes().startswith(b"%PDF-")
    save_shot(eyes, "real-position")

    # Out again: nothing is left to see.
    eyes.follow("Il tuo accesso")
    eyes.press("Esci")
    eyes.at("Accedi")
    assert eyes.page.context.cookies() == []
    eyes.require_clean()
