"""Every page and state: nothing for axe to find, nothing wider than 320 pixels, nothing refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.portal.eyes import Eyes, expect
from tests.portal.stub import (
    BODY,
    NOTICE,
    RECEIPT,
    STAMPED,
    TAX_CODE,
    Site,
    Stub,
    body,
    error,
    found,
)

Look = Callable[..., Eyes]
SMALL, LARGE = 320, 1280
RATES = [
    {"number": number, "notice": f"30100000000000{number}138", "cents": 4_512, "due": due,
     "state": state}
    for number, due, state in ((1, "2026-04-30", "paid"), (2, None, "payable"))
]  # fmt: skip
HALF = {"full": False, "subject": None, "debtor_name": None, "lines": None, "instalments": None}
RECEIPTS = {"items": [{"key": "r", "id": RECEIPT, "day": "2026-05-04", "cents": 18_050,
                       "psp_name": "Banca di prova S.p.A."}]}  # fmt: skip


def key_in(eyes: Eyes, button: str = "Cerca l’avviso") -> None:
    eyes.fill("Codice avviso o IUV", NOTICE)
    eyes.fill("Codice fiscale o partita IVA", TAX_CODE)
    eyes.press(button)


def searched(eyes: Eyes) -> None:
    key_in(eyes)
    eyes.sees("Dove pagare")


def refused(eyes: Eyes) -> None:
    key_in(eyes)
    expect(eyes.page.locator("#problems")).to_be_focused()


def half(eyes: Eyes) -> None:
    eyes.fill("Codice avviso o IUV", NOTICE)
    eyes.page.get_by_label("Ente creditore").select_option(BODY)
    eyes.press("Cerca l’avviso")
    eyes.sees("cerca con il codice fiscale")


def filled(eyes: Eyes) -> None:
    searched(eyes)
    eyes.press("Aggiungi al carrello")
    eyes.follow("Vai al carrello")
    eyes.at("Carrello")


def wrong(eyes: Eyes) -> None:
    eyes.press("Cerca l’avviso")
    eyes.sees("Scrivi il codice avviso")


def received(eyes: Eyes) -> None:
    key_in(eyes, "Cerca la ricevuta")
    eyes.sees("Una ricevuta")


def unpriced(eyes: Eyes) -> None:
    eyes.press("Crea l’avviso")
    eyes.sees("Indica la quantità")


def unstamped(eyes: Eyes) -> None:
    eyes.press("Crea l’avviso")
    eyes.sees("Scegli il documento da bollare.")


def helped(eyes: Eyes) -> None:
    eyes.page.get_by_label("Ente creditore").select_option(BODY)
    eyes.fill("Nome e cognome", "Mario Rossi")
    eyes.fill("Indirizzo e-mail", "mario@example.org")
    eyes.fill("La richiesta", "Ho pagato due volte.")
    eyes.press("Invia")
    eyes.at("Richiesta inviata")


def sees(text: str) -> Callable[[Eyes], None]:
    return lambda eyes: eyes.sees(text)


def cart(state: str) -> dict[str, Any]:
    items = [{"notice": NOTICE, "cents": 18_050,
              "state": state if state in ("paid", "verifying") else "payable"}]  # fmt: skip
    return {"GET /carts/c1": (200, {"cart": "c1", "state": state, "items": items})}


BACK = "return.html?cart=c1&outcome="
SERVICE = f"?page=service&body={BODY}&service="
STAMPED_BODY = {f"GET /bodies/{BODY}": (200, body() | {"services": [STAMPED]})}
# A name, where to begin, what the API says, what somebody does until it is there.
STATES: dict[str, tuple[str, dict[str, Any], Callable[[Eyes], None]]] = {
    "search": ("", {}, sees("Ente creditore")),
    "search of one body": (
        "", {"GET /bodies": (200, {"items": [{"code": BODY, "name": "Ordine di prova"}]})},
        sees("Ordine di prova"),
    ),
    "search without bodies": ("", {"GET /bodies": error(500, "internal")}, sees("guasto")),
    "nothing typed": ("", {}, wrong),
    "not found": ("", {"POST /search": error(404, "portal_not_found")}, refused),
    "too many tries": (
        "", {"POST /search": (*error(429, "too_many_tries"), {"Retry-After": "900"})}, refused
    ),
    "detail": ("", {"POST /search": (200, found(instalments=RATES))}, searched),
    "detail by half a key": ("", {"POST /search": (200, found(**HALF))}, half),
    "detail verifying": ("", {"POST /search": (200, found(state="verifying"))}, searched),
    "detail paid": ("", {"POST /search": (200, found(state="paid"))}, searched),
    "detail not payable": ("", {"POST /search": (200, found(state="not_payable"))}, searched),
    "detail forgotten": ("?page=detail", {}, sees("Per riservatezza")),
    "cart": ("", {}, filled),
    "empty cart": ("?page=cart", {}, sees("vuoto")),
    "verifying": (BACK + "ok", cart("verifying"), sees("in verifica")),
    "paid": (BACK + "ok", cart("paid"), sees("Pagamento riuscito")),
    "failed": (BACK + "ko", cart("failed"), sees("Pagamento non riuscito")),
    "cancelled": (BACK + "cancel", cart("cancelled"), sees("Pagamento annullato")),
    "no cart": (BACK + "ok", {}, sees("non c’è, o non c’è più")),
    "services": (f"?page=services&body={BODY}", {}, sees("Da 45,50")),
    "no services": (
        f"?page=services&body={BODY}", {f"GET /bodies/{BODY}": (200, body() | {"services": []})},
        sees("non offre servizi"),
    ),
    "service of tariffs": (SERVICE + "corsi", {}, unpriced),
    "free service": (SERVICE + "offerta", {}, sees("Almeno 5,00")),
    "stamped service": (SERVICE + "istanza", STAMPED_BODY, unstamped),
    "no such service": (SERVICE + "altro", {}, sees("non c’è, o non c’è più")),
    "receipts": ("?page=receipts", {"POST /receipts": (200, RECEIPTS)}, received),
    "no receipts": (
        "?page=receipts", {"POST /receipts": (200, {"items": []})},
        lambda eyes: (key_in(eyes, "Cerca la ricevuta"), eyes.sees("Non c’è ancora"))[0],
    ),
    "help": ("?page=help", {"POST /help": (201, {"ticket": "H-2026-17"})}, helped),
    "accessibility": ("?page=accessibility", {}, sees("dichiarazione di accessibilità")),
    "privacy": ("?page=privacy", {}, sees("non ha ancora indicato")),
    "missing": ("?page=nonsense", {}, sees("non è giusto")),
    "server down": ("?page=services", {"GET /bodies": None}, sees("Riprova")),
}  # fmt: skip


@pytest.mark.feature("F001-151", "F001-092")
@pytest.mark.parametrize("name", STATES)
def test_a_state_is_for_everybody(name: str, look: Look) -> None:
    where, answers, reach = STATES[name]
    eyes = look(where, Stub(answers), width=SMALL)
    eyes.expected = ("Failed to load resource",)
    reach(eyes)
    eyes.require_narrow()
    eyes.require_accessible()


@pytest.mark.feature("F001-151")
@pytest.mark.parametrize(
    ("language", "title", "amount", "due", "missing"),
    [
        ("it", "Paga un avviso", "180,50 €", "30 giugno 2026", "Pagina non trovata"),
        ("en", "Pay a notice", "€180.50", "30 June 2026", "Page not found"),
        ("fr", "Payer un avis", "180,50 €", "30 juin 2026", "Page introuvable"),
        ("es", "Pagar un aviso", "180,50 €", "30 de junio de 2026", "Página no encontrada"),
    ],
)
def test_each_language_is_whole(
    language: str, title: str, amount: str, due: str, missing: str, look: Look
) -> None:
    eyes = look("?page=nonsense", Stub({"POST /search": (200, found(due="2026-06-30"))}))
    eyes.page.locator(f"header a[hreflang={language}]").click()
    eyes.at(missing)
    eyes.page.locator(".brand").click()
    eyes.at(title)
    assert eyes.page.title().startswith(f"{title} – ")
    assert eyes.page.locator("html").get_attribute("lang") == language
    assert f"lang={language}" in eyes.page.url
    eyes.require_accessible()
    eyes.page.locator("#notice").fill(NOTICE)
    eyes.page.locator("#taxCode").fill(TAX_CODE)
    eyes.page.locator("form button[type=submit]").click()
    eyes.at("Quota annuale 2026")
    shown = eyes.page.locator("section.sheet .sum").inner_text().replace("\xa0", " ")
    assert amount in shown.replace("\u202f", " ")
    assert due in shown
    # What the law words is there in the languages that PagoPA has, whatever the page's.
    for code in {"it", "de", "sl"} - {language}:
        assert eyes.page.locator(f".law [lang={code}] > p, .law details[lang={code}]").count()


@pytest.mark.feature("F001-151")
@pytest.mark.parametrize(("locale", "wanted"), [("fr-FR", "fr"), ("de-AT", "it")])
def test_the_browsers_language_is_taken_where_nobody_chose(
    locale: str, wanted: str, browser: Any, site: Site
) -> None:
    site.stub = Stub()
    with browser.new_context(locale=locale) as context:
        eyes = Eyes(context.new_page(), site.url)
        eyes.open()
        assert eyes.page.locator("html").get_attribute("lang") == wanted


def test_print_shows_the_notice_and_nothing_to_press(look: Look) -> None:
    eyes = look()
    searched(eyes)
    eyes.page.emulate_media(media="print")
    expect(eyes.page.locator("section.sheet")).to_be_visible()
    for hidden in ("header nav", ".actions", "footer"):
        expect(eyes.page.locator(hidden).first).to_be_hidden()


@pytest.mark.feature("F001-151")
def test_all_of_it_by_keyboard(look: Look) -> None:
    stub = Stub({"POST /carts": error(503, "checkout_unavailable")})
    eyes = look("", stub, width=LARGE)
    eyes.expected = ("503",)
    page = eyes.page

    def tab_to(selector: str, most: int = 25) -> None:
        for _ in range(most):
            page.keyboard.press("Tab")
            if page.evaluate("(s) => document.activeElement.matches(s)", selector):
                ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
                assert ring == "solid", "where one is must be seen"
                return
        raise AssertionError(f"the keyboard does not reach {selector}")

    tab_to(".skip", 1)
    page.keyboard.press("Enter")
    tab_to("#notice", 1)  # past the header and its menus
    page.keyboard.type(NOTICE)
    page.keyboard.press("Enter")  # without the tax code
    expect(page.locator("#problems")).to_be_focused()
    tab_to("#problems a", 1)
    page.keyboard.press("Enter")
    expect(page.locator("#taxCode")).to_be_focused()
    assert page.locator("#taxCode").get_attribute("aria-invalid") == "true"
    page.keyboard.type(TAX_CODE.lower())
    page.keyboard.press("Enter")
    eyes.at("Quota annuale 2026")
    expect(eyes.h1).to_be_focused()
    tab_to(".actions .btn-outline-primary", 3)
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_have_text("L’avviso è nel carrello.")
    page.keyboard.press("Shift+Tab")
    tab_to(".in-cart a")
    page.keyboard.press("Enter")
    eyes.at("Carrello")
    expect(eyes.h1).to_be_focused()
    tab_to("#email")
    page.keyboard.press("Enter")
    eyes.sees("pagoPA non risponde")
    expect(page.locator("#problems")).to_be_focused()
    page.keyboard.press("Alt+ArrowLeft")
    page.go_back()
    eyes.at("Quota annuale 2026")
