"""Posting, orders, the treasurer, registers and training events on the office's pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import BaseModel

from chalicelib.entry import carrier_shapes as carriers
from chalicelib.entry import posting_shapes as posting
from chalicelib.entry import reconciliation_shapes as reconciliation
from chalicelib.entry import register_shapes as registers
from chalicelib.entry import statement_shapes as statements
from chalicelib.entry import treasury_shapes as treasury
from tests.portal import office_accounts as books
from tests.portal.eyes import Eyes, expect
from tests.portal.office import session
from tests.portal.office_accounts import BOOKS, EMPTY, EVENT, ORDER, REPORT, RUN, accounts
from tests.portal.stub import Stub, error
from tests.portal.test_office import asked, sent

Look = Callable[..., Eyes]
# What the API takes at each address and what it answers there, as `Stub` names them.
TAKEN: dict[str, type[BaseModel]] = {
    r"POST .*/posting/preview": posting.NewRun, r"POST .*/posting/runs": posting.NewRun,
    r"POST .*/reverse": posting.Reversal, r"PUT .*/provisional": posting.Provisional,
    r"POST .*/close": posting.Closing, r"PUT .*/posting/setting": posting.PostingSetting,
    r"PUT .*/treasurer": treasury.Treasurer, r"POST .*/opi-flows": treasury.NewOpiFlow,
    r"PUT .*/registers/[^/]+": registers.NewRegister, r"POST .*/fetches": registers.NewFetch,
    r"PUT .*/events/[^/]+": registers.NewEvent,
    r"POST .*/registrations": registers.NewRegistration, r"PUT .*/fiscal": registers.Fiscal,
}  # fmt: skip
GIVEN: dict[str, type[BaseModel]] = {
    r"GET .*/posting/balance": posting.Balance, r"GET .*/posting/open": posting.Opens,
    r"(GET|PUT) .*/posting/setting": posting.PostingSetting,
    r"POST .*/preview": posting.Preview, r"POST .*/posting/runs": posting.Run,
    r"GET .*/posting/runs": posting.Runs, r"GET .*/posting/runs/[^/]+": posting.Run,
    r"GET .*/posting/orders": posting.Orders, r"GET .*/posting/orders/[^/]+": posting.Order,
    r"GET .*/assessments/[^/]+": posting.Assessment, r"GET .*/entries": posting.Entries,
    r"(GET|PUT) .*/treasurer": treasury.Treasurer,
    r"GET .*/certificates": treasury.TrustedSigners, r"GET .*/opi-flows": treasury.OpiFlows,
    r"GET .*/opi-outcomes": treasury.OpiMessages,
    r"GET .*/reconciliation/statements": statements.Statements,
    r"GET .*/reconciliation/flows": reconciliation.SettlementFlows,
    r"GET .*/body/registers": registers.Registers, r"GET .*/register-fetches": registers.Fetches,
    r"GET .*/register-reports": registers.Reports, r"GET .*/carriers": carriers.Carriers,
    r"GET .*/training/events": registers.Events,
    r"GET .*/training/events/[^/]+": registers.Event,
    r"GET .*/registrations": registers.Registrations,
    r"(GET|PUT) .*/training/fiscal": registers.Fiscal,
}  # fmt: skip
POSTABLE = "postable&mode=statement&name=s1"
KEYS = [books.open_payment(number)["key"] for number in (1, 2, 3)]


def queries(stub: Stub, name: str) -> list[dict[str, str]]:
    """What stood behind the question mark of each call."""
    found = []
    for target in stub.targets:
        method, _, address = target.partition(" ")
        parts = urlsplit(address)
        if f"{method} {parts.path}" == name:
            found.append({key: values[0] for key, values in parse_qs(parts.query).items()})
    return found


# ------------------------------------------------------------------ every page, for everybody
def shape_of(name: str, shapes: dict[str, type[BaseModel]]) -> type[BaseModel] | None:
    return next((one for form, one in shapes.items() if re.fullmatch(form, name)), None)


@pytest.fixture
def look(look: Look) -> Iterator[Look]:
    """What a page sends is in the API's shapes, unless the page is told that it is refused."""
    stubs: list[Stub] = []

    def open_page(where: str, stub: Stub, **more: object) -> Eyes:
        stubs.append(stub)
        return look(where, stub, **more)

    yield open_page
    for name, body in [call for stub in stubs for call in stub.asked]:
        if isinstance(body, dict) and (shape := shape_of(name, TAKEN)):
            shape.model_validate(body)


def test_what_these_pages_are_told_is_in_the_shapes_of_the_api() -> None:
    seen = set()
    for name, answer in accounts().answers.items():
        shape = shape_of(name, GIVEN)
        if shape:
            shape.model_validate(answer[1])
            seen.add(shape)
    assert seen == set(GIVEN.values())


# By the menu's groups: each is loaded once and then walked through.
PAGES = {
    "post": ("posting", POSTABLE, f"run&id={RUN}", "closing", "books"),
    "orders": ("orders", f"order&id={ORDER}", "assessment&id=due1", "treasury", "journal"),
    "tools": ("registers", "writebacks", "training", f"event&id={EVENT}", "fiscal"),
}


def go(eyes: Eyes, where: str) -> None:
    """To another page of the office, as a link does it: what is loaded stays loaded."""
    eyes.page.evaluate(
        """where => { history.pushState(null, "", where);
          dispatchEvent(new PopStateEvent("popstate")); }""",
        f"/portal/office/?page={where}",
    )
    expect(eyes.page.locator("main")).to_have_attribute("data-page", where.split("&")[0])
    expect(eyes.page.locator(".waiting")).to_have_count(0)


@pytest.mark.feature("F001-159")
@pytest.mark.parametrize("group", PAGES)
def test_each_page_is_for_everybody(group: str, look: Look) -> None:
    refused = {f"GET {BOOKS}/orders/{ORDER}": (200, books.order(**books.REFUSED))}
    eyes = look(f"office/?page={PAGES[group][0]}", accounts(**refused), width=320)
    for where in PAGES[group]:
        go(eyes, where)
        eyes.require_accessible()
        eyes.require_narrow()


def at_noon(eyes: Eyes, day: str) -> None:
    """Which day it is, as long as this page is loaded."""
    eyes.page.evaluate(
        """at => { const Real = Date; window.Date = class extends Real {
          constructor(...given) { super(...(given.length ? given : [at])); }
          static now() { return Real.parse(at); } }; }""",
        f"{day}T12:00:00+02:00",
    )


@pytest.mark.feature("F001-159")
def test_where_nothing_is_yet_a_page_says_what_to_do(look: Look) -> None:
    eyes = look("office/?page=posting", accounts(**EMPTY))
    eyes.expected = ("404",)
    eyes.sees("Nessun estratto conto: caricane uno tra gli incassi.")
    for where, text in (
        (POSTABLE, "Qui non c’è nulla da contabilizzare"),
        ("orders", "nascono dalla contabilizzazione"),
        ("orders&iuv=9", "Nulla corrisponde ai filtri."),
        ("treasury", "Prima di preparare un flusso scrivi i codici del tesoriere"),
        ("journal", "comincia con il primo incasso riconosciuto"),
        ("closing", "Nessun periodo è ancora chiuso."),
        ("registers", "Nessun albo collegato."),
        ("writebacks&state=failed", "Nessuna comunicazione in questo stato."),
        ("training", "Ancora nessun evento."),
    ):
        go(eyes, where)
        eyes.sees(text)


@pytest.mark.feature("F001-159")
def test_who_may_only_read_is_offered_nothing_else(look: Look) -> None:
    stub = accounts(**{"GET /v1/session": (200, session(scopes=["body:read"]))})
    eyes = look("office/?page=posting", stub)
    forms = eyes.page.locator("main form:not([role=search]):not(dialog form)")
    for where in (POSTABLE, f"order&id={ORDER}", "treasury", "closing", "books", "registers",
                  "writebacks", f"event&id={EVENT}", "fiscal"):  # fmt: skip
        go(eyes, where)
        expect(forms).to_have_count(0)
        offered = " ".join(eyes.page.locator("main button:visible").all_inner_texts())
        for name in ("Storna", "Chiudi", "Scollega", "Di nuovo", "Paga adesso", "Prepara"):
            assert name not in offered
    # What a reader may not ask for is not asked for.
    assert [name for name, _ in stub.asked if not name.startswith("GET")] == []


# ------------------------------------------------------------------ posting
@pytest.mark.feature("F001-109", "F001-110", "F001-111", "F001-113", "F001-115", "F001-138")
def test_a_statement_is_posted_after_its_orders_were_seen(look: Look) -> None:
    stub = accounts(**{
        f"POST {BOOKS}/runs": [error(409, "posting_date_past"), (202, books.run(state="posting"))],
        f"GET {BOOKS}/runs/{RUN}": [(200, books.run(state="posting", orders=1)),
                                    (200, books.run())],
    })  # fmt: skip
    eyes = look("office/?page=posting", stub)
    eyes.expected = ("409",)
    eyes.follow("febbraio.csv")
    eyes.at("Contabilizza l’estratto conto")
    eyes.sees("Pagamenti scelti: 3, in tutto 450,00 €.")
    eyes.page.get_by_label(f"Contabilizza {books.open_payment(3)['iuv']}").uncheck()
    eyes.sees("Pagamenti scelti: 2, in tutto 300,00 €.")
    # One payment has an account of its own.
    eyes.press(f"Modifica {books.open_payment(2)['iuv']}")
    expect(eyes.page.locator("#single")).to_be_focused()
    eyes.page.locator("#ownAccount").fill("conto_7")
    eyes.press("Applica")
    eyes.sees("Un conto è fatto di lettere")
    eyes.page.locator("#ownAccount").fill("conto 7")
    eyes.press("Applica")
    eyes.sees("con dati propri")
    eyes.page.locator("#day").fill("2026-02-25")
    eyes.press("Mostra le reversali")
    expect(eyes.page.locator("#preview")).to_be_focused()
    eyes.sees("manca il capitolo: impostane uno nelle regole contabili")
    wanted = {
        "mode": "statement", "name": "s1", "day": "2026-02-25", "without": [KEYS[2]],
        "changes": {KEYS[1]: {"account": "conto 7"}},
    }  # fmt: skip
    assert asked(stub, f"POST {BOOKS}/preview") == [wanted]
    # What is seen is what is posted: another day, and it is to be seen anew.
    eyes.page.locator("#day").fill("2026-02-26")
    expect(eyes.page.locator("#preview")).to_have_count(0)
    eyes.press("Mostra le reversali")
    expect(eyes.page.locator("#preview")).to_be_focused()
    eyes.page.get_by_role("button", name="Contabilizza", exact=True).click()
    dialog = eyes.page.get_by_role("dialog", name="Contabilizzare 2 reversali per 300,00 €?")
    expect(dialog).to_contain_text("Una reversale non si cancella: si storna.")
    eyes.require_accessible()
    yes = dialog.get_by_role("button", name="Contabilizza")
    yes.click()
    expect(dialog).to_contain_text("C’è già una reversale con data successiva")
    yes.click()
    eyes.at("Contabilizzazione")
    eyes.sees("Le reversali sono emesse.")
    begun = asked(stub, f"POST {BOOKS}/runs")
    assert begun == [wanted | {"day": "2026-02-26"}] * 2
    first, second = sent(stub, f"POST {BOOKS}/runs", "Idempotency-Key")
    assert first == second != ""
    links = eyes.page.locator("dl a")
    expect(links).to_have_text(["12/2026", "13/2026"])
    eyes.sees("Rimasti aperti")


@pytest.mark.feature("F001-112", "F001-114", "F001-116")
def test_a_single_flow_is_posted_with_what_the_body_has_set(look: Look) -> None:
    fixed = books.SETTING | {"counterpart": "fixed", "counterpart_name": "Banca Alfa"}
    stub = accounts(**{f"GET {BOOKS}/setting": (200, fixed)})
    eyes = look("office/?page=posting", stub)
    eyes.follow("2026-02-20PSP-1")
    eyes.at("Contabilizza il flusso")
    assert queries(stub, f"GET {BOOKS}/open") == [{"flow": books.SETTLED}]
    expect(eyes.page.get_by_label("Anagrafica")).to_have_value("Banca Alfa")
    expect(eyes.page.get_by_label("Conto di incasso")).to_have_value(books.IBAN)
    eyes.press("Mostra le reversali")
    expect(eyes.page.locator("#preview")).to_be_focused()
    eyes.fill("Anagrafica", "Banca Beta")
    eyes.fill("Conto di incasso", "")
    eyes.press("Mostra le reversali")
    expect(eyes.page.locator("#preview")).to_be_focused()
    # What was not changed is the setting's, which may be another one tomorrow.
    name = {"mode": "flow", "name": books.SETTLED}
    assert asked(stub, f"POST {BOOKS}/preview") == [
        name, name | {"counterpart": "Banca Beta", "account": ""},
    ]  # fmt: skip
    # All that is open is posted by naming the payments.
    go(eyes, "postable")
    eyes.page.get_by_label("Tutti i pagamenti").uncheck()
    eyes.press("Mostra le reversali")
    eyes.sees("Scegli almeno un pagamento.")
    eyes.page.get_by_label(f"Contabilizza {books.open_payment(1)['iuv']}").check()
    eyes.press("Mostra le reversali")
    expect(eyes.page.locator("#preview")).to_be_focused()
    last = asked(stub, f"POST {BOOKS}/preview")[-1]
    assert (last["mode"], last["only"]) == ("payments", [KEYS[0]])


# ------------------------------------------------------------------ orders
@pytest.mark.feature("F001-134")
def test_an_order_leads_to_its_money_and_is_taken_back_with_a_reason(look: Look) -> None:
    back = books.order(state="reversed", reversed_by=34)
    parted = books.order(lines=[books.line(sospesi=[["17", 10_000], ["19", 5_000]])])
    stub = accounts(**{
        f"GET {BOOKS}/orders/{ORDER}": (200, parted),
        f"POST {BOOKS}/orders/{ORDER}/reverse": [error(409, "period_closed"), (200, back)],
        f"PUT {BOOKS}/orders/{ORDER}/provisional": (200, books.order(provisional="99")),
    })  # fmt: skip
    eyes = look(f"office/?page=order&id={ORDER}", stub)
    eyes.expected = ("409",)
    eyes.at("Reversale 12/2026")
    eyes.sees("provvisorio 19: 50,00 €")
    for name, where in (
        (books.open_payment(1)["iuv"], "page=position&id=p1"),
        ("della quota", "page=assessment&id=due1"),
        (books.SETTLED, f"page=collections&flow={books.SETTLED}"),
    ):
        link = eyes.page.get_by_role("link", name=name).first
        assert str(link.get_attribute("href")).endswith(where)
    eyes.fill("Numero del provvisorio", "0")
    eyes.press("Salva")
    eyes.sees("Il provvisorio ha da 1 a 18 cifre")
    eyes.fill("Numero del provvisorio", "99")
    eyes.press("Salva")
    eyes.sees("Il numero del provvisorio è indicato.")
    assert asked(stub, f"PUT {BOOKS}/orders/{ORDER}/provisional") == [{"number": "99"}]
    eyes.press("Storna")
    dialog = eyes.page.get_by_role("dialog", name="Stornare la reversale 12/2026?")
    dialog.get_by_label("Motivo").select_option("wrong_account")
    dialog.get_by_role("button", name="Storna").click()
    expect(dialog).to_contain_text("Il periodo è già chiuso")
    dialog.get_by_role("button", name="Storna").click()
    eyes.sees("La reversale è stornata.")
    assert asked(stub, f"POST {BOOKS}/orders/{ORDER}/reverse") == [{"note": "wrong_account"}] * 2
    expect(eyes.page.get_by_role("button", name="Storna")).to_have_count(0)


@pytest.mark.feature("F001-111", "F001-134")
def test_orders_and_entries_are_found_and_exported(look: Look) -> None:
    stub = accounts(**{
        f"GET {BOOKS}/orders": [(200, {"orders": [], "cursor": "c1"}),
                                (200, {"orders": [books.summary()], "cursor": None})],
        f"GET {BOOKS}/entries": [(200, {"entries": books.ENTRIES[:2], "before": 32}),
                                 (200, {"entries": books.ENTRIES[2:], "before": 0})],
        f"GET {BOOKS}/export": error(422, "export_rows"),
    })  # fmt: skip
    eyes = look("office/?page=orders&year=2026&state=issued&chapter=1.1", stub)
    eyes.expected = ("422",)
    # Nothing on this page, and yet there is a next one.
    eyes.sees("Nulla corrisponde ai filtri.")
    eyes.press("Mostra altri")
    eyes.sees("12/2026")
    asked_for = queries(stub, f"GET {BOOKS}/orders")
    assert asked_for[0] == {"year": "2026", "state": "issued", "chapter": "1.1"}
    assert asked_for[1]["cursor"] == "c1"
    eyes.page.locator("#from").fill("2025-12-01")
    eyes.page.locator("#until").fill("2026-01-31")
    eyes.press("Scarica il file")
    eyes.sees("I due giorni sono di uno stesso anno")
    eyes.page.locator("#from").fill("2026-01-01")
    eyes.press("Scarica il file")
    eyes.sees("chiedi meno giorni")
    assert queries(stub, f"GET {BOOKS}/export") == [
        {"what": "orders", "format": "xlsx", "first": "2026-01-01", "last": "2026-01-31"}
    ]
    go(eyes, "journal&kind=posted")
    eyes.sees("Delle 2 scritture mostrate.")
    eyes.press("Mostra altri")
    eyes.sees("Delle 3 scritture mostrate.")
    assert queries(stub, f"GET {BOOKS}/entries")[1] == {"kind": "posted", "before": "32"}
    sums = eyes.page.get_by_role("table", name="Somme")
    expect(sums).to_contain_text("Incassi")
    expect(sums.get_by_role("row").nth(1)).to_contain_text("-150,00 €")
    expect(sums.get_by_role("row").nth(3)).to_contain_text("0,00 €")


# ------------------------------------------------------------------ the treasurer, closing, rules
@pytest.mark.feature("F001-111", "F001-138")
def test_the_treasurer_is_told_and_his_answers_are_handed_in(look: Look) -> None:
    lacking = error(409, "opi_lacking", provisionals=[ORDER], chapters=["2.1"])
    fresh = books.opi_flow(id="80012345673-2026-00002", number=2, signature="waiting")
    stub = accounts(**{
        f"POST {BOOKS}/opi-flows": [lacking, (201, fresh)],
        f"POST {BOOKS}/opi-flows/2026/1/sign": error(409, "signer_missing"),
        f"POST {BOOKS}/opi-outcomes": (202, books.message(state="reading")),
        f"GET {BOOKS}/opi-outcomes": [(200, {"messages": []}), (200, {"messages": [
            books.message(state="refused", code="outcome_other_body", orders=0)]})],
    })  # fmt: skip
    eyes = look("office/?page=treasury&year=2026", stub)
    eyes.expected = ("409",)
    dialog = eyes.page.get_by_role("dialog", name="Preparare il prossimo flusso del 2026?")
    eyes.press("Prepara il flusso")
    dialog.get_by_role("button", name="Prepara il flusso").click()
    expect(eyes.page.locator("#lacking")).to_be_focused()
    expect(eyes.page.locator("#lacking")).to_contain_text("Reversali senza provvisorio: 12/2026")
    expect(eyes.page.locator("#lacking")).to_contain_text("Capitoli senza classificazione: 2.1")
    eyes.require_accessible()
    eyes.press("Prepara il flusso")
    dialog.get_by_role("button", name="Prepara il flusso").click()
    eyes.sees("Il flusso 80012345673-2026-00002 è pronto: reversali 2.")
    expect(eyes.page.locator("#lacking")).to_have_count(0)
    eyes.press("Firma 80012345673-2026-00001")
    eyes.sees("Per l’ente non c’è ancora una chiave di firma")
    eyes.press("Consegna")
    eyes.sees("Scegli un file.")
    eyes.page.get_by_label("File", exact=True).set_input_files(
        {"name": "esiti.xml", "mimeType": "application/xml", "buffer": b"<messaggi/>"}
    )
    eyes.press("Consegna")
    eyes.sees("esiti.xml è consegnato")
    eyes.sees("Il messaggio è per un altro ente.")
    assert asked(stub, f"POST {BOOKS}/opi-outcomes") == [b"<messaggi/>"]
    assert queries(stub, f"POST {BOOKS}/opi-outcomes") == [{"name": "esiti.xml"}]


def test_closing_says_what_is_left_open_and_what_it_means(look: Look) -> None:
    stub = accounts(**{
        f"POST {BOOKS}/close": (200, books.balance(closed_until="2026-02-28")),
    })  # fmt: skip
    eyes = look("office/", stub)
    at_noon(eyes, "2026-04-10")
    go(eyes, "closing")
    expect(eyes.page.get_by_role("row").nth(1)).to_contain_text("aprile 2026")
    expect(eyes.page.get_by_role("row").nth(1)).to_contain_text("In corso")
    eyes.page.locator("#until").fill("2026-04-10")
    eyes.page.get_by_role("button", name="Chiudi", exact=True).click()
    eyes.sees("Quel giorno non è ancora finito")
    eyes.press("Chiudi febbraio 2026")
    dialog = eyes.page.get_by_role("dialog", name="Chiudere fino al 28/02/2026?")
    expect(dialog).to_contain_text("una chiusura non si riapre")
    expect(dialog).to_contain_text("Restano da contabilizzare 3 pagamenti")
    eyes.page.keyboard.press("Escape")
    assert asked(stub, f"POST {BOOKS}/close") == []
    eyes.press("Chiudi febbraio 2026")
    dialog.get_by_role("button", name="Chiudi").click()
    eyes.sees("Il periodo fino al 28/02/2026 è chiuso.")
    assert asked(stub, f"POST {BOOKS}/close") == [{"until": "2026-02-28"}]
    row = eyes.page.get_by_role("row").filter(has_text="febbraio 2026")
    expect(row).to_contain_text("Chiuso")
    expect(row.get_by_role("button")).to_have_count(0)


@pytest.mark.feature("F001-116")
def test_the_rules_of_posting_are_set_with_the_chapters_of_the_treasurer(look: Look) -> None:
    stub = accounts(**{
        f"PUT {BOOKS}/setting": [error(422, "iban_unknown"), (200, books.SETTING | {"version": 3})],
        f"PUT {BOOKS}/treasurer": (200, books.TREASURER | {"version": 2}),
    })  # fmt: skip
    eyes = look("office/?page=books", stub)
    eyes.expected = ("422",)
    eyes.page.get_by_label("Una reversale").select_option("chapter")
    eyes.page.get_by_label("Anagrafica").select_option("fixed")
    eyes.press("Aggiungi un capitolo")
    expect(eyes.page.locator("#chapter-1")).to_be_focused()
    eyes.page.locator("#chapter-1").fill("1.1")
    eyes.page.locator("#code-1").fill("zero")
    eyes.press("Salva le regole")
    for text in ("Scrivi il nome.", "Questo capitolo c’è già.", "Da 1 a 7 cifre."):
        eyes.sees(text)
    eyes.fill("Nome dell’anagrafica", "Diversi")
    eyes.page.locator("#chapter-1").fill("2.1")
    eyes.page.locator("#code-1").fill("202")
    eyes.press("Salva le regole")
    eyes.sees("Questo IBAN non è tra i conti dell’ente.")
    eyes.fill("Conto di incasso", "conto 7")
    eyes.press("Salva le regole")
    eyes.sees("Le regole sono salvate.")
    first, second = asked(stub, f"PUT {BOOKS}/setting")
    assert second == first | {"account": "conto 7"}
    assert second == books.SETTING | {
        "per": "chapter", "counterpart": "fixed", "counterpart_name": "Diversi",
        "account": "conto 7",
        "classifications": books.SETTING["classifications"] | {
            "2.1": {"code": 202, "text": "", "article": None, "siope": ""}},
    }  # fmt: skip
    eyes.fill("ABI della banca", "5")
    eyes.press("Salva i codici")
    eyes.sees("Cinque cifre.")
    eyes.fill("ABI della banca", "05428")
    eyes.press("Salva i codici")
    eyes.sees("I codici del tesoriere sono salvati.")
    assert asked(stub, f"PUT {BOOKS}/treasurer") == [books.TREASURER]


# ------------------------------------------------------------------ registers
@pytest.mark.feature("F001-117", "F001-136", "F001-139")
def test_a_register_keeps_its_secret_and_what_failed_is_told_again(look: Look) -> None:
    changed = books.register(version=5)
    stub = accounts(**{
        "PUT /v1/body/registers/albo": [error(422, "register_secret_needed"), (200, changed)],
        "POST /v1/body/registers/albo/fetches": (202, books.fetch(id="q2", state="fetching",
                                                                  batch="")),
        "GET /v1/body/register-fetches": [(200, {"fetches": []}), (200, {"fetches": [
            books.fetch(id="q2")]})],
        f"POST /v1/body/register-reports/{REPORT}/retry": (202, books.report(
            state="waiting", code="", words="")),
    })  # fmt: skip
    eyes = look("office/", stub)
    eyes.expected = ("422",)
    at_noon(eyes, "2026-04-10")
    go(eyes, "registers")
    eyes.press("Modifica albo")
    token = eyes.page.get_by_label("Token di accesso")
    expect(token).to_have_value("")
    expect(token).to_have_attribute("type", "password")
    eyes.fill("Indirizzo delle quote", "http://altro.example")
    eyes.press("Salva")
    eyes.sees("Scrivi un indirizzo che comincia con https://.")
    eyes.fill("Indirizzo delle quote", "https://altro.example/quote")
    eyes.press("Salva")
    eyes.sees("scrivi di nuovo il token")
    token.fill("segreto")
    eyes.press("Salva")
    eyes.sees("L’albo albo è salvato.")
    first, second = asked(stub, "PUT /v1/body/registers/albo")
    assert "secret" not in first
    assert second == first | {"secret": "segreto"}
    assert (second["url"], second["columns"], second["fetch"], second["version"]) == (
        "https://altro.example/quote", {"source": "matricola"}, "daily", 4,
    )  # fmt: skip
    # Dues are read for their check, which is where they are imported.
    eyes.press("Leggi le quote albo")
    dialog = eyes.page.get_by_role("dialog", name="Leggere le quote di albo?")
    dialog.get_by_label("Anno").select_option("2026")
    dialog.get_by_role("button", name="Leggi le quote").click()
    eyes.sees("Guarda il controllo")
    assert asked(stub, "POST /v1/body/registers/albo/fetches") == [{"year": 2026}]
    assert sent(stub, "POST /v1/body/registers/albo/fetches", "Idempotency-Key") != [""]
    link = eyes.page.get_by_role("row").filter(has_text="Da controllare").get_by_role("link")
    assert str(link.get_attribute("href")).endswith("page=import&id=i1")
    # What a register did not take is seen with its own words, as text.
    go(eyes, "writebacks&state=failed")
    assert queries(stub, "GET /v1/body/register-reports")[-1] == {"state": "failed"}
    eyes.sees("422 matricola <b>sconosciuta</b>")
    eyes.page.locator("summary", has_text="Quote: 2, non riuscite: 1").click()
    eyes.sees("A-18")
    eyes.press("Di nuovo")
    eyes.sees("A albo si sta dicendo di nuovo.")
    expect(eyes.page.get_by_role("button", name="Di nuovo")).to_have_count(0)


# ------------------------------------------------------------------ training
@pytest.mark.feature("F001-127", "F001-128", "F001-131", "F001-133")
def test_an_event_is_offered_and_whoever_registers_gets_his_notice(look: Look) -> None:
    made = books.registration(3, name="Neri Anna")
    path = f"/v1/body/training/events/{EVENT}"
    stub = accounts(**{
        "PUT /v1/body/training/events/corso-nuovo": (200, books.event(
            id="corso-nuovo", title="Nuovo", registered=0)),
        f"PUT {path}": error(409, "event_price"),
        f"POST {path}/registrations": [error(409, "event_full"), (201, made)],
        f"POST {path}/registrations/e2/document/send": (202, books.PAID | {
            "document_state": "handed_over"}),
    })  # fmt: skip
    eyes = look("office/?page=training", stub)
    eyes.expected = ("409",)
    eyes.press("Nuovo evento")
    eyes.press("Salva")
    eyes.sees("Indica il giorno.")
    for label, text in (("Codice", "corso-nuovo"), ("Titolo", "Nuovo"), ("Giorno", "2026-06-01"),
                        ("Prezzo (euro)", "1.120,50"), ("Posti", "12")):  # fmt: skip
        eyes.page.get_by_role("textbox", name=label).fill(text)
    eyes.page.get_by_label("Tipo").select_option("quota")
    eyes.press("Salva")
    eyes.sees("L’evento “Nuovo” è salvato.")
    (event,) = asked(stub, "PUT /v1/body/training/events/corso-nuovo")
    assert event == {
        "title": "Nuovo", "day": "2026-06-01", "service": "quota", "cents": 112_050, "place": "",
        "seats": 12, "open": True, "version": 0,
    }  # fmt: skip
    eyes.follow("BIM per tutti")
    eyes.at("BIM per tutti")
    eyes.press("Modifica l’evento")
    eyes.fill("Prezzo (euro)", "1")
    eyes.press("Salva")
    eyes.sees("Ci sono iscritti all’altro prezzo")
    eyes.page.get_by_role("button", name="Annulla").first.click()
    # An invoice wants the address of whoever pays.
    eyes.fill("Nome o denominazione", "Neri Anna")
    eyes.fill("Codice fiscale o partita IVA", "nrenna80a41h501x")
    eyes.press("Iscrivi")
    eyes.sees("Il codice fiscale o la partita IVA non è giusto")
    eyes.sees("Occorre per la fattura.")
    eyes.fill("Codice fiscale o partita IVA", "rssmra80a41h501y")
    for label, text in (("Indirizzo", "Via Roma 1"), ("CAP", "27100"), ("Comune", "Pavia")):
        eyes.page.get_by_label(label, exact=True).fill(text)
    eyes.press("Iscrivi")
    eyes.sees("Non ci sono più posti.")
    eyes.press("Iscrivi")
    eyes.sees("Neri Anna è iscritto: l’avviso è pronto.")
    debtor = {"name": "Neri Anna", "tax_code": "RSSMRA80A41H501Y", "address": "Via Roma 1",
              "postcode": "27100", "city": "Pavia"}  # fmt: skip
    assert asked(stub, f"POST {path}/registrations") == [{"debtor": debtor}] * 2
    first, second = sent(stub, f"POST {path}/registrations", "Idempotency-Key")
    assert first == second != ""
    assert "RSSMRA80A41H501Y" not in "".join(stub.targets) + eyes.page.url
    link = eyes.page.get_by_role("link", name="Avviso e ricevuta Neri Anna")
    assert str(link.get_attribute("href")).endswith("page=position&id=p3")
    eyes.press("Passa alle fatture FPC/1/2026")
    dialog = eyes.page.get_by_role("dialog", name="Passare la fattura FPC/1/2026 di Rossi Maria?")
    dialog.get_by_role("button", name="Passa alle fatture").click()
    eyes.sees("Passato alle fatture")


@pytest.mark.feature("F001-132")
def test_a_body_says_whether_it_issues_invoices_or_receipts(look: Look) -> None:
    stub = accounts(**{"PUT /v1/body/training/fiscal": [
        error(422, "fiscal_series"), (200, books.FISCAL | {"version": 2})]})  # fmt: skip
    eyes = look("office/?page=fiscal", stub)
    eyes.expected = ("422",)
    eyes.fill("Partita IVA dell’ente", "12")
    eyes.press("Salva")
    eyes.sees("Undici cifre.")
    eyes.page.get_by_label("Documento", exact=True).select_option("receipt")
    eyes.sees("La ricevuta si prepara al pagamento")
    eyes.fill("Partita IVA dell’ente", "")
    eyes.fill("Aliquota IVA (%)", "22,5")
    eyes.fill("Serie delle ricevute", "FPC")
    eyes.press("Salva")
    eyes.sees("Fatture e ricevute hanno serie diverse.")
    eyes.fill("Serie delle ricevute", "RIC")
    eyes.press("Salva")
    eyes.sees("Il documento della formazione è impostato.")
    assert asked(stub, "PUT /v1/body/training/fiscal")[1] == books.FISCAL | {
        "practice": "receipt", "vat": "", "rate": "22.5",
    }  # fmt: skip
