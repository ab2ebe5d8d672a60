"""The pages of settlements: flows, payments, statements, what does not agree."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from chalicelib.accounting import labels
from tests.portal.conftest import PATIENCE_MS
from tests.portal.eyes import Eyes, expect
from tests.portal.office import AT, session
from tests.portal.office_settlements import (
    API,
    COLUMNS,
    FLOW_ID,
    IBAN,
    LINKED,
    PROPOSED,
    SETTING,
    SETTLED,
    STATEMENT,
    SUMMARY,
    UNKNOWN,
    WAITING,
    collection,
    detail,
    entry,
    movement,
    preview,
    revision,
    settlement,
    settlements,
    statement,
    version,
)
from tests.portal.stub import Stub, error
from tests.portal.test_office import asked, office_words
from tests.portal.test_serving import LANGUAGES

Look = Callable[..., Eyes]
CSV = {
    "name": "marzo.csv",
    "mimeType": "text/csv",
    "buffer": b"Data;Testo;Importo\n" + b"x" * 300_000,
}
FLOWS = "office/?page=settlements"
LOOK_MS = 20
NO_FLOWS: dict[str, Any] = {"flows": [], "labels": [], "cursor": None}
READER = {"GET /v1/session": (200, session(scopes=["body:read"]))}


def queries(stub: Stub, name: str) -> list[dict[str, str]]:
    """What each call of a path of reconciliation asked for, in order."""
    method, path = name.split(" ")
    called = [target.split(" ") for target in stub.targets]
    found = [urlsplit(one) for verb, one in called if verb == method]
    return [
        {name: value for name, (value,) in parse_qs(one.query).items()}
        for one in found
        if one.path == f"{API}/{path}"
    ]


def await_query(eyes: Eyes, stub: Stub, name: str, wanted: dict[str, str]) -> None:
    """The last call of a path asks for this, as soon as it is made."""
    for _ in range(PATIENCE_MS // LOOK_MS):
        if queries(stub, name)[-1:] == [wanted]:
            return
        eyes.page.wait_for_timeout(LOOK_MS)
    assert queries(stub, name)[-1:] == [wanted]


# ------------------------------------------------------------------ every page, for everybody
ODD = detail(
    state="differs", desk="odd", labels=["IUF_TES_DIV_IMP", "revised_after_posting"],
    bank_cents=44_000, difference_cents=-1_000, unreceipted_cents=5_000, anomalous_cents=5_000,
    elsewhere_cents=5_000, matched_cents=30_000, complete=False,
    versions=[version(id="v0", counts=False),
              version(said_count=64, labels={"count_differs": 1})],
)  # fmt: skip
STATES = {
    "settlements-empty": ("settlements", {
        "GET /flows": (200, NO_FLOWS), "GET /setting": (200, SETTING | {"way": "none"}),
        "GET /summary": (200, SUMMARY | {"lines": 0, "anomalies": {}})}),
    "settlements-failed": ("settlements", {
        "GET /flows": error(500, "internal"),
        "GET /setting": (200, SETTING | {"look_code": "pagopa_unavailable"})}),
    "settlements": ("settlements", {}),
    "collections": ("collections", {}),
    "settlement-odd": ("settlement&id=s1", {
        f"GET /flows/{SETTLED}": (200, ODD), f"GET /flows/{SETTLED}/revision": (200, revision())}),
    "statement": ("statement", {}),
    "movements": ("movements&id=e1", {}),
    "movements-awaited": ("movements&id=e1", {
        f"GET /statements/{STATEMENT}": (200, statement(state="awaited", code="columns_missing")),
        "GET /movements": (200, {"movements": [], "cursor": None})}),
    "anomalies": ("anomalies", {}),
}  # fmt: skip


@pytest.mark.feature("F001-101", "F001-123")
@pytest.mark.parametrize("name", STATES)
def test_each_page_is_for_everybody(name: str, look: Look) -> None:
    page, answers = STATES[name]
    eyes = look(f"office/?page={page}", settlements(**answers), width=320)
    eyes.expected = ("500",)
    expect(eyes.page.locator(".waiting")).to_have_count(0)
    eyes.require_accessible()
    eyes.require_narrow()


@pytest.mark.feature("F001-159")
def test_who_may_only_read_changes_nothing(look: Look) -> None:
    for page in ("settlement&id=s1", "statement", "movements&id=e1"):
        eyes = look(f"office/?page={page}", settlements(**READER))
        expect(eyes.page.locator(".waiting")).to_have_count(0)
        expect(eyes.page.locator("input[type=file]")).to_have_count(0)
        deeds = "Collega|Accetta|Metti da parte|Togli|Controlla adesso|Leggi"
        names = eyes.page.locator("main button").all_inner_texts()
        assert not [one for one in names if any(deed in one for deed in deeds.split("|"))], page


@pytest.mark.feature("F001-010")
def test_each_label_is_told_in_plain_words_in_each_language() -> None:
    found = office_words("settlements")
    told = {*labels.NOTES, *labels.FLOW, *labels.MATCH}
    for language in LANGUAGES:
        mine = found[language]["labels"]
        assert told - mine.keys() == set()
        assert all(len(texts) == 2 and all(texts) for texts in mine.values())


# ------------------------------------------------------------------ flows
@pytest.mark.feature("F001-101", "F001-105", "F001-108", "F001-172")
def test_flows_are_listed_with_their_checks_and_found_by_filters(look: Look) -> None:
    stub = settlements(**{"GET /flows": [
        (200, {"flows": [settlement()], "labels": [], "cursor": "c1"}),
        (200, {"flows": [WAITING], "labels": [], "cursor": None})]})  # fmt: skip
    eyes = look(FLOWS, stub)
    eyes.sees("Tutto concorda")
    eyes.sees("83%")  # five of six lines: nobody is told a round number
    eyes.press("Mostra altri")
    row = eyes.page.get_by_role("row", name=WAITING["flow_id"])
    for said in ("Atteso sul conto", "Flusso non ancora sul conto.", "Senza ricevuta: 150,00",
                 "Attesa oltre il normale"):  # fmt: skip
        expect(row).to_contain_text(said)
    eyes.fill("Incassati dal", "2026-03-01")
    eyes.fill("PSP", " BCIT ")
    eyes.page.get_by_label("Stato").select_option("odd")
    eyes.page.locator("main form").get_by_role("button", name="Cerca").click()
    wanted = {"banked_from": "2026-03-01", "psp": "BCIT", "desk": "odd"}
    await_query(eyes, stub, "GET flows", wanted)
    assert queries(stub, "GET flows") == [{}, {"cursor": "c1"}, wanted]
    expect(eyes.page.get_by_role("link", name="Togli i filtri")).to_be_visible()
    assert parse_qs(urlsplit(eyes.page.url).query)["psp"] == ["BCIT"]


@pytest.mark.feature("F001-178", "F001-100")
def test_whoever_asks_for_a_check_is_told_when_it_was_last_and_sees_what_comes(look: Look) -> None:
    later = SETTING | {"looked_at": "2026-03-02T10:00:00.000Z"}
    stub = settlements(**{
        "GET /flows": [(200, NO_FLOWS), (200, NO_FLOWS | {"flows": [settlement()]})],
        "GET /setting": [(200, SETTING), (200, later)],
        "POST /look": [(202, {"begun": True}), (202, {"begun": False})],
    })  # fmt: skip
    eyes = look("office/?page=nothing", stub, own=True)  # its clock is another’s
    eyes.page.clock.install()
    eyes.open(FLOWS)
    eyes.sees("10:30")
    eyes.press("Controlla adesso")
    eyes.sees("Il controllo è partito")
    eyes.sees("11:00")
    eyes.page.clock.run_for(2_500)
    eyes.sees(FLOW_ID)
    eyes.press("Controlla adesso")
    eyes.sees("Il controllo è di pochi minuti fa")


@pytest.mark.feature("F001-099")
def test_a_flow_is_handed_in_and_a_refused_one_says_why(look: Look) -> None:
    source = {"id": "u1", "carrier": "upload", "file_name": "f.xml", "created_at": AT,
              "state": "refused", "flow": "", "arrival": "", "code": "flow_not_a_flow"}  # fmt: skip
    stub = settlements(**{
        "POST /flows": [error(422, "flow_empty"), (202, source | {"state": "reading", "code": ""})],
        "GET /sources": [(200, {"sources": []}), (200, {"sources": [source]})],
    })  # fmt: skip
    eyes = look(FLOWS, stub)
    eyes.expected = ("422",)
    eyes.page.locator("summary", has_text="Carica un flusso").click()
    eyes.press("Carica il flusso")
    eyes.sees("Scegli un file.")
    file = {"name": "f.xml", "mimeType": "text/xml", "buffer": b"x" * 4_000_001}
    eyes.page.get_by_label("File del flusso").set_input_files(file)
    eyes.press("Carica il flusso")
    eyes.sees("Il file supera i 4 MB")
    file["buffer"] = b"<html/>"
    eyes.page.get_by_label("File del flusso").set_input_files(file)
    eyes.press("Carica il flusso")
    eyes.sees("Il file è vuoto.")
    eyes.press("Carica il flusso")
    eyes.sees("f.xml è in lettura.")
    eyes.sees("Il file non è un flusso di rendicontazione.")
    assert asked(stub, f"POST {API}/flows") == [b"<html/>", b"<html/>"]


# ------------------------------------------------------------------ payments
@pytest.mark.feature("F001-102", "F001-103", "F001-104", "F001-106", "F001-107", "F001-011")
@pytest.mark.feature("F001-175", "F001-177")
def test_payments_have_all_their_columns_and_nobodys_code_is_in_an_address(look: Look) -> None:
    stub = settlements()
    eyes = look("office/?page=collections", stub)
    expect(eyes.page.get_by_role("columnheader")).to_have_text([
        "Nome, codice fiscale, IUV", "Pagato il", "Importo", "Canale", "Commissioni", "ID flusso",
        "Incassato il", "Stato"])  # fmt: skip
    row = eyes.page.get_by_role("row", name="Rossi Maria")
    for said in ("RSSMRA80A41H501Y", "04/03/2026", "150,00", "On line", "1,50", FLOW_ID,
                 "06/03/2026"):  # fmt: skip
        expect(row).to_contain_text(said)
    expect(eyes.page.get_by_role("row", name="Nome non noto")).to_contain_text("Spontanea")
    eyes.sees("Pagamenti: 3; in tutto 450,00")
    eyes.fill("Codice fiscale o partita IVA", "RSSMRA80A41H501X")
    eyes.press("Cerca")
    eyes.sees("controlla ogni carattere")
    eyes.fill("Codice fiscale o partita IVA", "rssmra80a41h501y")
    eyes.fill("IUV", "0100 0000 0000 0013 0")
    eyes.press("Cerca")
    wanted = {"iuv": "01000000000000130", "tax_code": "RSSMRA80A41H501Y"}
    await_query(eyes, stub, "GET collections", wanted)
    assert "RSSMRA" not in eyes.page.url


# ------------------------------------------------------------------ one flow
@pytest.mark.feature("F001-172", "F001-126")
def test_one_flow_tells_what_agrees_and_its_file_can_be_had(look: Look) -> None:
    stub = settlements()
    link = {"url": f"{FLOWS}", "file_name": "f.xml", "expires_in_s": 60}
    stub.answers[f"GET {API}/flows/{SETTLED}/versions/v0/files"] = (200, {"files": []})
    stub.answers[f"GET {API}/flows/{SETTLED}/versions/v1/files"] = (200, {"files": [link]})
    eyes = look("office/?page=settlement&id=s1", stub)
    eyes.at(FLOW_ID)
    checks = eyes.page.get_by_role("table", name="Verifiche sul flusso")
    expect(checks.get_by_text("Concorda", exact=True)).to_have_count(4)
    eyes.sees("4711")
    versions = eyes.page.get_by_role("table", name="Versioni arrivate")
    expect(versions).to_contain_text("−150,00")
    with eyes.page.expect_download() as coming:
        versions.get_by_role("button", name="Scarica").last.click()
    assert coming.value.suggested_filename == "f.xml"
    stub.answers[f"GET {API}/flows/{SETTLED}"] = (200, ODD)
    eyes.open("office/?page=settlement&id=s1")
    expect(checks.get_by_text("Non concorda", exact=True)).to_have_count(3)
    for said in ("Il numero di pagamenti dichiarato non è quello delle righe.",
                 "Attendi un’integrazione o chiedi al PSP", "Confronta le versioni",
                 "Cerca la ricevuta"):  # fmt: skip
        eyes.sees(said)


@pytest.mark.feature("F001-172")
def test_a_movement_is_linked_to_a_flow_by_hand_with_a_note(look: Look) -> None:
    waiting = detail(movements=[], bank_cents=0, bank_day=None, state="waiting", desk="open")
    note = {
        "at": SETTING["looked_at"],
        "by": "user:u1",
        "note": "Visto in banca",
        "link": LINKED["link"],
    }
    stub = settlements(**{
        f"GET /flows/{SETTLED}": [(200, waiting), (200, detail(movements=["m4"]))],
        "GET /movements": (200, {"movements": [UNKNOWN], "cursor": None}),
        "GET /movements/m4": (200, LINKED | {"notes": [note]}),
        "POST /movements/m3/link": [error(409, "conflict"), (200, UNKNOWN | {"notes": []})],
        "GET /movements/m3": [(200, UNKNOWN | {"notes": []}),
                              (200, UNKNOWN | {"notes": [], "version": 5})],
    })  # fmt: skip
    eyes = look("office/?page=settlement&id=s1", stub)
    eyes.expected = ("409",)
    eyes.press("Collega un movimento a mano")
    expect(eyes.page.locator("#unknown")).to_be_focused()
    eyes.press("Collega a questo flusso")
    dialog = eyes.page.get_by_role("dialog", name="Il movimento è di questo flusso?")
    expect(dialog.get_by_label("Nota")).to_be_focused()
    dialog.get_by_role("button", name="Accetta").click()
    expect(dialog).to_contain_text("la nota resta nella storia del movimento")
    eyes.require_accessible()
    dialog.get_by_label("Nota").fill("Visto in banca")
    dialog.get_by_role("button", name="Accetta").click()
    expect(dialog).to_contain_text("Intanto qualcosa è cambiato")
    dialog.get_by_role("button", name="Accetta").click()
    eyes.sees("Il movimento è collegato al flusso.")
    eyes.sees("Visto in banca")
    said = {"flow": SETTLED, "note": "Visto in banca"}
    assert asked(stub, f"POST {API}/movements/m3/link") == [
        said | {"version": 2}, said | {"version": 5},
    ]  # fmt: skip


@pytest.mark.feature("F001-099", "F001-172")
def test_a_version_that_came_after_posting_is_shown_and_accepted(look: Look) -> None:
    decision = {"version": "v2", "accepted": True, "post": False, "note": "Come da PSP",
                "by": "user:u1", "at": AT}  # fmt: skip
    over = revision(waits=None, changes=[], differing=0, decisions=[decision])
    stub = settlements(**{
        f"GET /flows/{SETTLED}/revision": [(200, revision()), (200, over)],
        f"POST /flows/{SETTLED}/revision": [
            error(409, "revision_running"), (202, revision(running=True))],
    })  # fmt: skip
    eyes = look("office/?page=settlement&id=s1", stub)
    eyes.expected = ("409",)
    for said in ("Pagamenti diversi: 2; differenza sul totale: -200,00", "non c’è più",
                 "I totali di questa versione non tornano"):  # fmt: skip
        eyes.sees(said)
    eyes.press("Accetta la versione")
    dialog = eyes.page.get_by_role("dialog", name="Accettare la nuova versione?")
    expect(dialog).to_contain_text("vengono stornate con data di oggi")
    dialog.get_by_role("button", name="Accetta la versione").click()
    expect(dialog).to_contain_text("la nota resta con la decisione")
    dialog.get_by_label("Nota").fill("Come da PSP")
    dialog.get_by_label("Contabilizza di nuovo").uncheck()
    dialog.get_by_role("button", name="Accetta la versione").click()
    expect(dialog).to_contain_text("Un’altra versione si sta già applicando")
    dialog.get_by_role("button", name="Accetta la versione").click()
    eyes.sees("La nuova versione è accettata.")
    eyes.sees("Versione accettata")  # it was watched until it was done
    said = {"version": "v2", "accept": True, "post": False, "note": "Come da PSP"}
    assert asked(stub, f"POST {API}/flows/{SETTLED}/revision") == [said, said]


@pytest.mark.feature("F001-100")
def test_how_flows_come_is_said_here_and_a_key_is_never_shown(look: Look) -> None:
    stub = settlements(**{
        "GET /setting": (200, SETTING | {"key": False, "way": "none"}),
        "PUT /setting": [error(422, "settlement_setting"), (200, SETTING | {"version": 2})],
    })  # fmt: skip
    eyes = look(FLOWS, stub)
    eyes.expected = ("422",)
    eyes.sees("I flussi non vengono chiesti a pagoPA da soli")
    eyes.page.locator("summary", has_text="Come arrivano i flussi").click()
    eyes.page.get_by_label("Come chiederli a pagoPA").select_option("rest")
    eyes.fill("A chi scrivere", "anna@ordine.example\nluca@ordine")
    eyes.press("Salva")
    eyes.sees("L’indirizzo e-mail non è completo")
    eyes.fill("A chi scrivere", "anna@ordine.example\nluca@ordine.example")
    eyes.press("Salva")
    eyes.sees("Per chiedere i flussi mancano la chiave")
    eyes.fill("Chiave di sottoscrizione", "segreta")
    eyes.press("Salva")
    eyes.sees("L’impostazione è salvata.")
    expect(eyes.page.get_by_label("Chiave di sottoscrizione")).to_have_value("")
    said = {"way": "rest", "broker": "", "station": "", "letters": True,
            "recipients": ["anna@ordine.example", "luca@ordine.example"], "stand_in_days": 0,
            "version": 1}  # fmt: skip
    assert asked(stub, f"PUT {API}/setting") == [said, said | {"key": "segreta"}]


# ------------------------------------------------------------------ statements
def choose(eyes: Eyes, file: dict[str, Any] = CSV) -> None:
    eyes.page.get_by_label("File dell’estratto conto").set_input_files(file)


@pytest.mark.feature("F001-118", "F001-119", "F001-120", "F001-121", "F001-123", "F001-124")
def test_columns_are_said_once_on_what_the_file_shows_and_remembered(look: Look) -> None:
    stub = settlements(**{
        "GET /columns": (200, {"columns": []}),
        "POST /statements/preview": [(200, preview(None)), (200, preview())],
        "PUT /columns/banca": [error(422, "iban_unknown"), (200, COLUMNS)],
        "POST /statements": (202, statement(state="reading")),
    })  # fmt: skip
    eyes = look("office/?page=home", stub)
    eyes.expected = ("422",)
    eyes.page.get_by_text("Strumenti", exact=True).click()
    eyes.follow("Controlla versamenti con estratto conto")
    choose(eyes)
    eyes.sees("Le colonne non si riconoscono da sole")
    eyes.press("Leggi l’estratto conto")
    for missing in ("Indica la colonna della data.", "Indica la colonna dell’importo.",
                    "Indica almeno una colonna per la descrizione."):  # fmt: skip
        eyes.sees(missing)
    eyes.require_accessible()
    eyes.page.get_by_label("Data contabile").select_option("0")
    eyes.page.get_by_label("Importo", exact=True).select_option("3")
    eyes.page.get_by_label("Prima riga di movimenti").fill("2")
    eyes.page.get_by_label("C", exact=False).and_(eyes.page.locator("#text-2")).check()
    rows = eyes.page.get_by_role("table", name="Come si leggono le righe")
    expect(rows).to_contain_text("450,00")
    expect(eyes.page.locator("label[for=text-2]")).to_have_text("C – Descrizione")
    eyes.press("Leggi l’estratto conto")
    eyes.sees("Questo IBAN non è tra i conti dell’ente.")
    eyes.press("Leggi l’estratto conto")
    eyes.at("estratto marzo.csv")
    said = {"account": IBAN, "version": 0,
            "columns": {"day": 0, "amount": 3, "texts": [2], "first_row": 2}}  # fmt: skip
    assert asked(stub, f"PUT {API}/columns/banca") == [said, said]
    assert asked(stub, f"POST {API}/statements") == [CSV["buffer"]]
    heads = asked(stub, f"POST {API}/statements/preview")
    assert {len(one) for one in heads} == {262_144}  # enough of a text to see its first rows
    whole = {"day": "0", "amount": "3", "texts": "2", "first_row": "2"}
    # Half of the columns asks for nothing.
    assert queries(stub, "POST statements/preview") == [{}, whole]
    assert queries(stub, "POST statements")[-1] == {"name": "marzo.csv", "columns": "banca"}


@pytest.mark.feature("F001-124", "F001-118")
def test_remembered_columns_are_used_again_and_a_bad_file_says_what_to_do(look: Look) -> None:
    stub = settlements(**{
        "POST /statements/preview": [error(422, "sheet_old"), (200, preview())],
        "POST /statements": (202, statement(state="reading")),
    })  # fmt: skip
    eyes = look("office/?page=statement", stub)
    eyes.expected = ("422",)
    choose(eyes, CSV | {"name": "vecchio.xls"})
    eyes.sees("salvalo come .xlsx o CSV")
    data = (
        "() => { const d = new DataTransfer(); d.items.add(new File(['a;b'], 'x.csv')); return d; }"
    )
    transfer = eyes.page.evaluate_handle(data)
    eyes.page.locator(".drop").dispatch_event("drop", {"dataTransfer": transfer})
    eyes.sees("Righe in anteprima: 2")
    eyes.press("Leggi l’estratto conto")
    eyes.at("estratto marzo.csv")
    assert queries(stub, "POST statements/preview")[-1] == {"columns": "banca"}
    assert queries(stub, "POST statements")[-1] == {"name": "x.csv", "columns": "banca"}
    assert not [name for name, _ in stub.asked if name.startswith("PUT")]


@pytest.mark.feature("F001-125", "F001-122")
def test_what_was_read_ignored_and_recognised_is_told_and_a_proposal_is_accepted(
    look: Look,
) -> None:
    stub = settlements(**{
        f"GET /statements/{STATEMENT}": [(200, statement(state="reading")), (200, statement())],
        "GET /flows": (200, {"flows": [settlement(), WAITING], "labels": [], "cursor": None}),
        "POST /movements/m2/link": (200, PROPOSED | {"notes": []}),
        "POST /movements/m3/link": (200, UNKNOWN | {"notes": []}),
        "POST /movements/m4/unlink": (200, movement(notes=[])),
    })  # fmt: skip
    eyes = look("office/?page=movements&id=e1", stub)
    for said in ("36", "importo illeggibile", "l’ID del flusso è intero",
                 "l’ID è tagliato troppo presto", "nessun ID nella descrizione"):  # fmt: skip
        eyes.sees(said)
    # Two flows fit the proposal: which of them is for a person to say.
    eyes.press("Accetta del 06/03/2026")
    dialog = eyes.page.get_by_role("dialog")
    dialog.get_by_label("Nota").fill("Sì")
    dialog.get_by_role("button", name="Accetta").click()
    expect(dialog).to_contain_text("Scegli il flusso.")
    dialog.get_by_label("Flusso").select_option(SETTLED)
    dialog.get_by_role("button", name="Accetta").click()
    eyes.sees("Il movimento è collegato al flusso.")
    eyes.press("Collega del 06/03/2026, 15,00")
    dialog.get_by_label("Il movimento è").select_option("payment")
    dialog.get_by_label("IUV").fill("01000000000000130")
    dialog.get_by_label("Nota").fill("Bonifico")
    dialog.get_by_role("button", name="Collega").click()
    eyes.sees("Il movimento è collegato.")
    eyes.press("Togli il collegamento")
    dialog.get_by_label("Nota").fill("Era un altro")
    dialog.get_by_role("button", name="Togli").click()
    eyes.sees("Il collegamento è tolto.")
    by_path = {name: asked(stub, f"POST {API}/movements/{name}") for name in (
        "m2/link", "m3/link", "m4/unlink")}  # fmt: skip
    assert by_path == {
        "m2/link": [{"flow": SETTLED, "note": "Sì", "version": 2}],
        "m3/link": [{"iuv": "01000000000000130", "note": "Bonifico", "version": 2}],
        "m4/unlink": [{"note": "Era un altro", "version": 2}],
    }
    eyes.follow("Da guardare")
    expect(eyes.page.get_by_role("link", name="Da guardare")).to_have_attribute(
        "aria-current", "true"
    )
    await_query(eyes, stub, "GET movements", {"statement": STATEMENT, "open": "true"})


# ------------------------------------------------------------------ what does not agree
@pytest.mark.feature("F001-010", "F001-172")
def test_the_inbox_says_what_to_do_and_sets_aside(look: Look) -> None:
    stub = settlements(**{"POST /movements/m2/link": (200, PROPOSED | {"notes": []})})
    eyes = look("office/?page=home", stub)
    eyes.sees("Pagamenti: 5 su 6")
    eyes.follow("Il flusso è soltanto proposto")
    eyes.at("Anomalie degli incassi")
    await_query(eyes, stub, "GET inbox", {"label": "TES_PROPOSED"})
    row = eyes.page.get_by_role("row", name="Pagamento")
    expect(row).to_contain_text("Pagata una posizione annullata.")
    expect(row).to_contain_text("Rimborsa")
    assert row.get_by_role("link", name="01000000000000132").first.get_attribute("href") == (
        "/portal/office/?page=position&id=p1"
    )
    eyes.press("Metti da parte")
    dialog = eyes.page.get_by_role("dialog", name="Mettere da parte il movimento?")
    dialog.get_by_label("Nota").fill("È un giroconto")
    dialog.get_by_role("button", name="Metti da parte").click()
    eyes.sees("Il movimento è messo da parte.")
    assert asked(stub, f"POST {API}/movements/m2/link") == [
        {"note": "È un giroconto", "version": 2}
    ]


def test_a_revoked_payment_is_reopened_with_a_note(look: Look) -> None:
    revoked = entry("payment", id="01000000000000132", labels=["RT_NO_IUF", "REVOKED"],
                    position="p1", name="Rossi Maria", flow="", flow_id="")  # fmt: skip
    both = [collection(1, labels=["RT_IUF", "REVOKED"], reopened=one) for one in ("", "p9")]
    stub = settlements(**{
        "GET /inbox": (200, {"entries": [revoked], "labels": [], "cursor": None}),
        "GET /collections": (200, {"collections": both, "labels": [], "cursor": None}),
        "POST /v1/body/positions/p1/reopen": [
            error(409, "reopen_paid_otherwise"),
            (200, {"id": "p9"})],
    })  # fmt: skip
    eyes = look("office/?page=anomalies", stub)
    eyes.expected = ("409",)
    eyes.press("Riapri 01000000000000132")
    dialog = eyes.page.get_by_role("dialog", name="Riaprire la posizione?")
    dialog.get_by_role("button", name="Riapri").click()
    expect(dialog).to_contain_text("Scrivi perché")
    eyes.require_accessible()
    dialog.get_by_label("Nota").fill("Il PSP ha ripreso il denaro")
    dialog.get_by_role("button", name="Riapri").click()
    expect(dialog).to_contain_text("c’è un altro pagamento")
    dialog.get_by_role("button", name="Riapri").click()
    eyes.sees("La posizione è riaperta.")
    assert eyes.page.get_by_role("link", name="Vai alla nuova posizione").get_attribute("href") == (
        "/portal/office/?page=position&id=p9"
    )
    note = {"note": "Il PSP ha ripreso il denaro"}
    assert asked(stub, "POST /v1/body/positions/p1/reopen") == [note, note]
    eyes = look("office/?page=collections", stub)
    eyes.sees("Vai alla nuova posizione")
    expect(eyes.page.get_by_role("button", name="Riapri")).to_have_count(1)


@pytest.mark.feature("F001-172")
def test_a_flow_that_is_not_in_the_list_is_named_by_its_id(look: Look) -> None:
    stub = settlements(**{
        "GET /flows": [(200, NO_FLOWS)] * 3 + [
            (200, {"flows": [settlement()], "labels": [], "cursor": None})],
        "POST /movements/m2/link": (200, PROPOSED | {"notes": []}),
    })  # fmt: skip
    eyes = look("office/?page=anomalies", stub)
    eyes.press("Collega del 06/03/2026")
    dialog = eyes.page.get_by_role("dialog", name="Di che cosa è il movimento?")
    dialog.get_by_label("Flusso").select_option("other")
    dialog.get_by_label("ID del flusso").fill("2026-03-05NESSUNO")
    dialog.get_by_label("Nota").fill("Letto sul sito della banca")
    dialog.get_by_role("button", name="Collega").click()
    expect(dialog).to_contain_text("Non risulta un flusso o un pagamento con questo codice.")
    dialog.get_by_label("ID del flusso").fill(FLOW_ID)
    dialog.get_by_role("button", name="Collega").click()
    eyes.sees("Il movimento è collegato.")
    (said,) = asked(stub, f"POST {API}/movements/m2/link")
    assert said["flow"] == SETTLED
