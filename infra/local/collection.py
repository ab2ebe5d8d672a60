"""The demonstration's body: its setting, its dues (200) from an Excel file, their notices.

    office = Office.open(house, mail)
    office.bring_dues()
    office.notify()

All of it through the API, as the body's own software would; what it waits for is done by the house
in the background.
"""

from __future__ import annotations

import io
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Self

from chalicelib.accounts import service as accounts
from chalicelib.base import clock
from chalicelib.payments import taxonomy
from chalicelib.payments.dues.columns import COLUMNS
from infra.local.doors import Door, DoorError
from infra.local.house import House
from infra.local.smtp import PASSWORD, USER, MailServer
from infra.local.story import USUAL, Story
from infra.local.subjects import tax_code, vat_number

TENANT = "ordine"
CREDITOR = vat_number(8_001_234, 58)
PARTNER = vat_number(1_234_567, 1)
STATION = f"{PARTNER}_01"
IBAN = "IT60X0542811101000000123456"
FEE = "9/1201001AP/"
# In PagoPA's own columns; the operator of a real house loads the official list.
_TAXONOMY = (
    "CODICE TIPO ENTE CREDITORE;TIPO ENTE CREDITORE;PROGRESSIVO MACRO AREA;NOME MACRO AREA;"
    "DESCRIZIONE MACRO AREA;CODICE TIPOLOGIA SERVIZIO;TIPO SERVIZIO;MOTIVO GIURIDICO;"
    "DESCRIZIONE TIPO SERVIZIO;VERSIONE;DATI SPECIFICI DI INCASSO;DATA INIZIO VALIDITA;"
    "DATA FINE VALIDITA;COMBINAZIONE TOPIC;FLAG\r\n"
    "12;Ordini;01;Quote;Quote degli iscritti;001;Quota annuale;AP;Quota annuale d’iscrizione;1;"
    f"{FEE};01/01/2020;12/31/2099;x;x\r\n"
)
LATE_FEE_CENTS = 1_000
BODY_SCOPES = ("body:read", "body:write")
WAIT_S = 120
LOOK_EVERY_S = 0.25
_FIRST = ("Anna", "Bruno", "Carla", "Dario", "Elena", "Fabio", "Giulia", "Luca", "Maria", "Paolo")
_LAST = (
    "Rossi", "Bianchi", "Verdi", "Esposito", "Ferrari", "Romano", "Colombo", "Ricci", "Marino",
    "Greco", "Bruno", "Gallo", "Conti", "De Luca", "Mancini", "Costa", "Giordano", "Rizzo",
    "Lombardi", "Moretti",
)  # fmt: skip


def rows(today: date, story: Story = USUAL) -> Iterator[dict[str, Any]]:
    """The dues: members, of whom a few should have paid by now, then professional companies."""
    for number in range(story.dues):
        found: dict[str, Any] = {
            "source": f"{today.year}-{number + 1:05d}", "service": "quota",
            "reason": f"Quota annuale {today.year}", "year": str(today.year), "city": "Padova",
            "postcode": "35100", "province": "PD", "address": f"Via Roma {number + 1}",
            "due": today + timedelta(days=30),
        }  # fmt: skip
        if number >= story.dues - story.companies:
            found |= {
                "category": "società", "name": f"Studio {number} S.t.p.",
                "tax_code": vat_number(7_000_000 + number, 28), "amount": 300,
            }  # fmt: skip
        else:
            first, last = _FIRST[number % 10], _LAST[number // 10 % 20]
            born = date(1960, 1, 1) + timedelta(days=37 * number)
            found |= {
                "category": "professionista", "name": f"{last} {first}", "amount": 150,
                "tax_code": tax_code(last, first, born, first[-1] == "a"),
            }  # fmt: skip
            if number < story.late:
                found["due"] = today - timedelta(days=10)
        yield found | {"mail": f"iscritto{number + 1}@example.org"}


def workbook(found: Iterator[dict[str, Any]]) -> bytes:
    """In the standard layout of `GET /v1/body/dues/template`."""
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"strings_to_numbers": False})
    sheet = book.add_worksheet("Quote")
    days = book.add_format({"num_format": "dd/mm/yyyy"})
    sheet.write_row(0, 0, [column.header for column in COLUMNS])
    for number, row in enumerate(found, 1):
        for place, column in enumerate(COLUMNS):
            value = row.get(column.field, "")
            if isinstance(value, date):
                sheet.write_datetime(number, place, value, days)
            elif value != "":
                sheet.write(number, place, value)
    book.close()
    return out.getvalue()


def wait_for(what: str, ask: Callable[[], Any], good: Callable[[Any], bool]) -> Any:
    """What `ask` gives once it is `good`. DoorError after WAIT_S."""
    end = time.monotonic() + WAIT_S
    while True:
        found = ask()
        if good(found):
            return found
        if time.monotonic() > end:
            raise DoorError(f"{what} did not come: {found}")
        time.sleep(LOOK_EVERY_S)


@dataclass
class Office:
    """The body's own software. `flows`: the generations that it asked for."""

    house: House
    door: Door
    today: date
    story: Story = USUAL
    flows: list[str] = field(default_factory=list)

    @classmethod
    def open(cls, house: House, mail: MailServer, story: Story = USUAL) -> Self:
        """The body with its setting, its service, its mail account."""
        now = house.cloud.clock.now()
        accounts.create_reseller(
            TENANT, "Ordine di prova", "segreteria@ordine.example", kind="body"
        )
        key = accounts.issue_key(TENANT, "demo", BODY_SCOPES, now, secrets.token_hex(38))
        taxonomy.load(_TAXONOMY.encode(), now)
        office = cls(house, Door(house.gateway.url, key[1]), clock.rome_day(now), story)
        office._settle(mail)
        return office

    def _settle(self, mail: MailServer) -> None:
        holder = "Ordine degli Psicologi di prova"
        self.door.call("PUT", "/v1/body", {
            "fiscal_code": CREDITOR, "name": holder, "sector": "Segreteria", "cbill": "A90S3",
            "segregations": [
                {"code": "01", "partner": PARTNER, "name": "Partner", "stations": [STATION]}
            ],
            "segregation": "01", "accounts": [{"iban": IBAN, "holder": holder}],
            "contacts": {"office": "Via Roma 1, Padova", "mail": "segreteria@ordine.example"},
        })  # fmt: skip
        self.door.call("PUT", "/v1/body/services/quota", {
            "subject": "Quota annuale", "taxonomy": FEE, "iban": IBAN, "chapter": "1.1",
        })  # fmt: skip
        self.door.call("PUT", "/v1/body/services/certificato", {
            "subject": "Certificato di iscrizione", "taxonomy": FEE, "iban": IBAN,
            "chapter": "1.2", "price": {"kind": "fixed", "cents": 1_600},
        })  # fmt: skip
        self.door.call("PUT", "/v1/body/mail-accounts/quote", {
            "address": USER, "from_name": "Ordine di prova", "host": mail.host,
            "port": mail.port, "security": mail.security, "user": USER, "password": PASSWORD,
            "version": 0,
        })  # fmt: skip
        self.door.call("PUT", "/v1/body/delivery", {"receipts_mail": "quote", "version": 0})

    def bring_dues(self) -> dict[str, Any]:
        """The Excel file, its dry run, its commit; the import as it ended."""
        data = workbook(rows(self.today, self.story))
        path = "/v1/body/dues/files"
        found = self.door.call("POST", path, data, key="demo", name="quote.xlsx")
        place = f"/v1/body/dues/imports/{found['id']}"
        checked = self._until(place, "the dry run", "checked", "failed")
        if checked["state"] != "checked" or checked["faulty"]:
            raise DoorError(f"the dues are not good: {checked}")
        self.door.call("POST", f"{place}/commit", {})
        return self._until(place, "the import", "imported", "failed")

    def make_positions(self) -> int:
        """Members pay at once, late ones more; companies may pay in two instalments."""
        soon = (self.today + timedelta(days=20)).isoformat()
        asked: tuple[tuple[str, dict[str, Any]], ...] = (
            ("professional", {"late_fee_cents": LATE_FEE_CENTS}),
            ("company", {"plan": {"count": 2, "first_due": soon}}),
        )
        made = 0
        for category, more in asked:
            wanted = {"categories": [category]}
            flow = self.door.call("POST", "/v1/body/flows", wanted, key=category)["id"]
            place = f"/v1/body/flows/{flow}"
            self._until(place, "the list", "listed", "failed")
            said = {"description": f"Quote {self.today.year}", **more}
            self.door.call("POST", f"{place}/generate", said)
            made += self._until(place, "the positions", "generated", "failed")["made"]
            self.flows.append(flow)
        return made

    def notify(self) -> list[dict[str, Any]]:
        """Each notice by mail; the deliveries as they ended."""
        begun = [
            self.door.call(
                "POST", "/v1/body/deliveries",
                {"channel": "mail", "profile": "quote", "flow": flow}, key=flow,
            )["id"]
            for flow in self.flows
        ]  # fmt: skip
        return [
            self._until(f"/v1/body/deliveries/{one}", "the delivery", "done", "halted")
            for one in begun
        ]

    def _until(self, place: str, what: str, *states: str) -> dict[str, Any]:
        found = wait_for(
            what, lambda: self.door.call("GET", place), lambda one: one["state"] in states
        )
        return dict(found)

    def positions(self) -> list[dict[str, Any]]:
        """All of them, newest first."""
        return self._all("/v1/body/positions", "positions")

    def receipts(self) -> list[dict[str, Any]]:
        """All of them, the latest first."""
        return self._all("/v1/body/receipts", "receipts")

    def _all(self, path: str, name: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        cursor = ""
        while True:
            more: dict[str, Any] = {"cursor": cursor} if cursor else {}
            page = self.door.call("GET", path, limit=200, **more)
            found += page[name]
            cursor = page["cursor"] or ""
            if not cursor:
                return found

    def states(self) -> dict[str, int]:
        """Positions by state."""
        return dict(sorted(Counter(one["state"] for one in self.positions()).items()))
