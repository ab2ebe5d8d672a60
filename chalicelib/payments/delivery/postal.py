"""Letters by a print service: who gets one, what the body must see before, how an order goes on.

Pure. Source: F001-082…088; pagopa.md section 15 (there is no standard for the file of recipients).
What we do ends where the print service has the package: printed, enclosed and posted are what it
reports and a person enters.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final, Literal

from chalicelib.base import limits
from chalicelib.base.errors import Rejected
from chalicelib.payments.dues.model import Person
from chalicelib.payments.positions.model import Position, next_to_pay

OrderState = Literal[
    "sampled", "approved", "handing", "handed", "printed", "enclosed", "posted", "refused",
    "cancelled",
]  # fmt: skip
Event = Literal[
    "approve", "refuse", "ship", "hand", "fail", "print", "enclose", "post", "cancel"
]  # fmt: skip
STATES: Final[tuple[OrderState, ...]] = OrderState.__args__  # type: ignore[attr-defined]
EVENTS: Final[tuple[Event, ...]] = Event.__args__  # type: ignore[attr-defined]
# What the print service does, in its order; it may tell of a later step without the one before.
REPORTED: Final[tuple[Event, ...]] = ("print", "enclose", "post")

TABLE: Final[dict[OrderState, dict[Event, OrderState]]] = {
    # Nothing ships unseen (F001-085).
    "sampled": {"approve": "approved", "refuse": "refused", "cancel": "cancelled"},
    "approved": {"ship": "handing", "cancel": "cancelled"},
    # What the print service's server refuses is shipped again by whoever has put it right.
    "handing": {"hand": "handed", "fail": "approved"},
    "handed": {"print": "printed", "enclose": "enclosed", "post": "posted"},
    "printed": {"enclose": "enclosed", "post": "posted"},
    "enclosed": {"post": "posted"},
    "posted": {},
    "refused": {},
    "cancelled": {},
}

# Shown before an order and accepted with it; another wording is another version (F001-088).
DISCLAIMER_VERSION: Final = "2026-11"
DISCLAIMER: Final[dict[str, str]] = {
    "it": (
        "La stampa, l’imbustamento e la spedizione sono svolti da un fornitore esterno. Chi "
        "gestisce questo servizio consegna il pacchetto al fornitore e non risponde dei tempi "
        "di recapito, del mancato recapito né dell’esattezza degli indirizzi forniti dall’ente. "
        "Il pacchetto va consegnato almeno 25 giorni prima della scadenza degli avvisi."
    ),
    "en": (
        "Printing, enclosing and posting are done by an external provider. Whoever runs this "
        "service hands the package to the provider and is not liable for delivery times, for "
        "letters that do not arrive, or for addresses that the body has wrong. The package must "
        "be handed over 25 days or more before the notices are due."
    ),
    "fr": (
        "L’impression, la mise sous pli et l’expédition sont assurées par un prestataire externe. "
        "L’exploitant de ce service remet le lot au prestataire et ne répond ni des délais, ni "
        "des plis non distribués, ni de l’exactitude des adresses fournies par l’organisme. Le "
        "lot doit être remis au moins 25 jours avant l’échéance des avis."
    ),
    "es": (
        "La impresión, el ensobrado y el envío los realiza un proveedor externo. Quien gestiona "
        "este servicio entrega el paquete al proveedor y no responde de los plazos, de los "
        "envíos no entregados ni de la exactitud de las direcciones facilitadas por el ente. El "
        "paquete debe entregarse al menos 25 días antes del vencimiento de los avisos."
    ),
}


@dataclass(frozen=True)
class Profile:
    """A print service. `area`: code of the SFTP or FTPS profile where it takes packages; "" when a
    person brings them there."""

    provider: str
    area: str = ""

    def __post_init__(self) -> None:
        if not self.provider.strip() or len(self.provider) > 100 or not self.provider.isprintable():
            raise Rejected("postal_provider", "Name the print service.")


@dataclass(frozen=True)
class Recipient:
    """A line of the list: whom a letter goes to, and which file it is."""

    tax_code: str
    name: str
    address: str
    postcode: str
    city: str
    province: str
    iuv: str
    notice_number: str
    cents: int
    due: str
    file_name: str
    position: str


@dataclass(frozen=True)
class Step:
    """One line of an order's history."""

    event: str
    at: str
    by: str
    note: str = ""


@dataclass(frozen=True)
class Order:
    """Letters of a delivery run. `earliest` is the first due date among them ("" for none),
    `sample` the files that somebody looks at. `accepted_late`: whoever ordered said that it may
    ship within POSTAL_DAYS of it. `done`: how many files the print service has."""

    run: str
    profile: str
    state: OrderState
    created_at: str
    ordered_by: str
    disclaimer: str
    accepted_late: bool
    recipients: int
    cents: int
    earliest: str
    sample: tuple[str, ...]
    attachments: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    done: int = 0
    version: int = 1


# ------------------------------------------------------------------ who gets a letter
def missing(person: Person) -> str:
    """Why no letter can go to somebody, "" when nothing is missing."""
    found = (person.address, person.postcode, person.city)
    return "" if all(one.strip() for one in found) else "address_missing"


def recipient(position: Position, person: Person, cents: int, file_name: str) -> Recipient:
    """The line of a position; `cents` is what its notice asks for."""
    first = next_to_pay(position)
    due = first_due(position)
    return Recipient(
        person.tax_code, person.name, person.address, person.postcode, person.city,
        person.province, first.iuv, first.notice, cents, due.isoformat() if due else "",
        file_name, position.id,
    )  # fmt: skip


def first_due(position: Position) -> date | None:
    """The first day by which something of it is to be paid."""
    return min((one.due for one in position.payments if one.due and one.state == "unpaid"),
               default=None)  # fmt: skip


def is_late(due: date | None, today: date) -> bool:
    """Whether a letter shipped today comes too late by the rule of 25 days (F001-087)."""
    return due is not None and (due - today).days < limits.POSTAL_DAYS


def ship_by(earliest: str) -> str:
    """The last day on which an order with that first due date is in time; "" for none."""
    if not earliest:
        return ""
    return (date.fromisoformat(earliest) - timedelta(days=limits.POSTAL_DAYS)).isoformat()


def is_past(order: Order, today: date) -> bool:
    """Whether an order would be refused today for the days that are left."""
    due = date.fromisoformat(order.earliest) if order.earliest else None
    return is_late(due, today) and not order.accepted_late


def check_time(due: date | None, today: date, accepted_late: bool) -> None:
    """Rejected `postal_too_late` unless that was accepted."""
    if is_late(due, today) and not accepted_late:
        assert due is not None
        raise Rejected(
            "postal_too_late", "Letters ship 25 days or more before the due date.", status=409,
            due=due.isoformat(), days=(due - today).days, least_days=limits.POSTAL_DAYS,
        )  # fmt: skip


def sample_of(recipients: Sequence[Recipient]) -> tuple[str, ...]:
    """Files that show what can go wrong: the longest name and address, the greatest amount, the
    first and the last; POSTAL_SAMPLE at most. Deterministic."""
    if not recipients:
        return ()
    chosen = [
        max(recipients, key=lambda one: len(one.name)),
        max(recipients, key=lambda one: len(one.address) + len(one.city)),
        max(recipients, key=lambda one: one.cents),
        recipients[0],
        recipients[-1],
    ]
    names = [one.file_name for one in chosen] + [one.file_name for one in recipients]
    return tuple(dict.fromkeys(names))[: limits.POSTAL_SAMPLE]


# ------------------------------------------------------------------ an order
def moved(
    order: Order, event: Event, at: str, by: str, today: date, note: str = "", **changed: Any
) -> Order:
    """The order after an event, whose author is part of its history.

    Rejected `order_state` (409) where it cannot happen, `postal_too_late` for shipping.
    """
    state = TABLE[order.state].get(event)
    if state is None:
        raise Rejected(
            "order_state", "That cannot be done now.", status=409, state=order.state, event=event
        )
    if event == "ship":
        due = date.fromisoformat(order.earliest) if order.earliest else None
        check_time(due, today, order.accepted_late)
    step = Step(event, at, by, note)
    return replace(
        order, state=state, steps=(*order.steps, step), version=order.version + 1, **changed
    )


# ------------------------------------------------------------------ files
LIST_NAME: Final = "destinatari"
COLUMNS: Final[Mapping[str, str]] = {
    "name": "Nominativo",
    "address": "Indirizzo",
    "postcode": "CAP",
    "city": "Comune",
    "province": "Provincia",
    "tax_code": "CodiceFiscale",
    "iuv": "IUV",
    "notice_number": "CodiceAvviso",
    "amount": "Importo",
    "due": "Scadenza",
    "file_name": "FilePDF",
}


def _row(one: Recipient) -> list[str]:
    values = vars(one) | {"amount": f"{one.cents // 100},{one.cents % 100:02d}"}
    return [_plain(str(values[name])) for name in COLUMNS]


def _plain(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def csv_of(recipients: Sequence[Recipient]) -> bytes:
    """The list as CSV: semicolons, as Italian spreadsheets read them; UTF-8 with its mark."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(COLUMNS.values())
    writer.writerows(map(_row, recipients))
    return out.getvalue().encode("utf-8-sig")


def xlsx_of(recipients: Sequence[Recipient]) -> bytes:
    """The list as a workbook; every cell a text, but for the amount."""
    import xlsxwriter

    out = io.BytesIO()
    # What looks like a formula or a link is a text here; rows leave the memory when written.
    plain = {"strings_to_formulas": False, "strings_to_urls": False, "constant_memory": True}
    book = xlsxwriter.Workbook(out, plain)
    sheet = book.add_worksheet("Destinatari")
    money = book.add_format({"num_format": "#,##0.00"})
    at = list(COLUMNS).index("amount")
    for column, header in enumerate(COLUMNS.values()):
        sheet.write_string(0, column, header)
    for row, one in enumerate(recipients, 1):
        values = vars(one)
        for column, name in enumerate(COLUMNS):
            if column == at:
                sheet.write_number(row, column, Decimal(one.cents) / 100, money)
            else:
                sheet.write_string(row, column, str(values[name]))
    book.close()
    return out.getvalue()
