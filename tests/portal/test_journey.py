"""A citizen's way through the real house: the pages, the API, Checkout, the node, the receipt."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

import app as application
from infra.local.house import House
from infra.local.pagopa.checkout import Checkout, through
from tests.entry import bodies, node_world
from tests.entry.api_world import START, Api
from tests.entry.node_world import MARIA, Station
from tests.portal.eyes import Eyes, expect, patient

PRIVACY = "https://ordine.example/privacy"
PRICE = {"kind": "tariff", "items": [{"code": "cert", "label": "Certificato", "cents": 1_000}]}
FORM = [{"name": "titolo", "label": {"it": "Titolo"}, "type": "text", "required": True}]


@dataclass
class Town:
    house: House
    station: Station
    checkout: Checkout


@pytest.fixture(scope="module")
def town(engines: Any, tmp_path_factory: pytest.TempPathFactory, browser: Any) -> Iterator[Town]:
    """A body that collects, with Checkout and the node before it. (`browser` first: without one
    there is no need of a house.)"""
    with House(tmp_path_factory.mktemp("house"), engines=engines, start=START) as house:
        api = Api(application.app)
        station = node_world.station(api, contacts={"privacy_url": PRIVACY})
        offered = bodies.service(subject="Segreteria", price=PRICE, form=FORM)
        kept = station.house.call(api, "PUT", "/v1/body/services/segreteria", offered)
        assert kept.status == 200, kept.body
        with Checkout(through(station.node)) as checkout:
            places = {"CHECKOUT_URL": checkout.url, "NET_PRIVATE": "allow"}
            with mock.patch.dict(os.environ, places):
                yield Town(house, station, checkout)


@pytest.fixture
def visit(browser: Any, town: Town) -> Iterator[Callable[..., Eyes]]:
    contexts = []

    def open_page(where: str = "") -> Eyes:
        context = patient(
            browser.new_context(locale="it-IT", viewport={"width": 1280, "height": 800})
        )
        contexts.append(context)
        context.set_default_timeout(20_000)
        eyes = Eyes(context.new_page(), town.house.gateway.url)
        eyes.open(where)
        return eyes

    yield open_page
    for context in contexts:
        context.close()


def downloaded(eyes: Eyes, button: str) -> tuple[str, bytes]:
    """Name and content of the file that a button gives."""
    with eyes.page.expect_download() as coming:
        eyes.press(button)
    return coming.value.suggested_filename, Path(coming.value.path()).read_bytes()


def search(eyes: Eyes, notice: str, code: str = MARIA.tax_code) -> None:
    eyes.fill("Codice avviso o IUV", notice)
    eyes.fill("Codice fiscale o partita IVA", code)
    eyes.press("Cerca l’avviso")


@pytest.mark.feature("F001-093", "F001-094", "F001-095", "F001-141", "F001-151", "F001-152")
@pytest.mark.feature("F001-153", "F001-156", "F001-157")
def test_from_the_notice_to_the_receipt(town: Town, visit: Callable[..., Eyes]) -> None:
    first, second = town.station.place(18_050), town.station.place(4_000)
    eyes = visit()
    for position in (first, second):
        eyes.open()
        search(eyes, position.payments[0].notice)
        eyes.at("Quota annuale")
        eyes.sees("Rossi Maria")
        eyes.press("Aggiungi al carrello")
    name, data = downloaded(eyes, "Scarica l’avviso (PDF)")
    assert name.startswith(f"{MARIA.tax_code}_2026_")
    assert data.startswith(b"%PDF-")
    eyes.follow("Vai al carrello")
    eyes.sees("220,50")
    eyes.press("Paga adesso")
    eyes.at("Checkout di prova")
    town.checkout.plan("late")
    eyes.press("Paga")
    # Back before anybody was told: what the address claims is not believed.
    eyes.at("Esito del pagamento")
    eyes.sees("Pagamento in verifica")
    assert "outcome=ok" in eyes.page.url
    assert town.station.now(first).state == "valid"
    assert town.checkout.deliver() == 1
    eyes.press("Controlla adesso")
    eyes.sees("Pagamento riuscito")
    eyes.require_accessible()
    assert town.station.now(first).state == "paid"
    eyes.follow("Trova la ricevuta")
    eyes.at("Ricevute")
    eyes.fill("Codice fiscale o partita IVA", MARIA.tax_code)
    eyes.press("Cerca la ricevuta")
    eyes.sees("Una ricevuta")
    assert downloaded(eyes, "Ricevuta PDF")[1].startswith(b"%PDF-")
    assert b"receipt" in downloaded(eyes, "Ricevuta XML")[1].lower()
    eyes.follow("Carrello")
    eyes.sees("Il carrello è vuoto")
    eyes.require_clean()


@pytest.mark.feature("F001-094", "F001-096")
def test_who_turns_back_has_paid_nothing_and_a_wrong_pair_says_nothing(
    town: Town, visit: Callable[..., Eyes]
) -> None:
    position = town.station.place(2_000)
    eyes = visit(f"?n={position.payments[0].notice}-{position.creditor}")
    eyes.expected = ("404",)
    eyes.fill("Codice fiscale o partita IVA", "RSSMRA80A01H501U")
    eyes.press("Cerca l’avviso")
    eyes.sees("Non risulta un avviso con questi dati")
    eyes.fill("Codice fiscale o partita IVA", "")
    eyes.press("Cerca l’avviso")
    eyes.at("Dettaglio dell’avviso")
    expect(eyes.page.get_by_text("Rossi Maria")).to_have_count(0)
    eyes.press("Paga adesso")
    eyes.at("Checkout di prova")
    eyes.press("Annulla")
    eyes.sees("Pagamento annullato")
    assert town.station.now(position).state == "valid"
    eyes.require_clean()


@pytest.mark.feature("F001-140", "F001-154", "F001-155", "F001-158")
def test_a_service_is_asked_for_paid_and_help_too(town: Town, visit: Callable[..., Eyes]) -> None:
    eyes = visit(f"?page=services&body={town.station.creditor}")
    eyes.follow("Segreteria")
    eyes.at("Segreteria")
    eyes.fill("Nome e cognome", "Neri Anna")
    eyes.fill("Codice fiscale", "NRENNA80A41F205W")
    eyes.fill("Titolo", "Etica")
    eyes.fill("Certificato", "2")
    eyes.press("Crea l’avviso")
    eyes.at("Segreteria")
    eyes.sees("20,00")
    eyes.press("Paga adesso")
    eyes.at("Checkout di prova")
    eyes.press("Paga")
    eyes.sees("Pagamento riuscito")
    eyes.follow("Assistenza")
    eyes.fill("Nome e cognome", "Neri Anna")
    eyes.fill("Indirizzo e-mail", "anna@example.org")
    eyes.fill("La richiesta", "Quando arriva il certificato?")
    eyes.press("Invia")
    eyes.at("Richiesta inviata")
    eyes.follow("Privacy")
    expect(eyes.page.get_by_role("link", name="informativa")).to_have_attribute("href", PRIVACY)
    eyes.require_clean()
