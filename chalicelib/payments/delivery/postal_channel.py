"""The channel to a print service: a run makes the files of an order, and the order waits for the
body's approval (orders.py). `sent` of an attempt means that its letter is in the package.

Options: `disclaimer` (the version that was accepted), `attachments` (codes of enclosures),
`accept_late` (ship although less than POSTAL_DAYS are left), and how notices are printed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from chalicelib.base import clock, dynamo, limits
from chalicelib.base.errors import Rejected
from chalicelib.payments.delivery import (
    archive,
    order_store,
    orders,
    postal,
    wishes,
)
from chalicelib.payments.delivery.channels import Carrier, Channel, Finishing, Options, Parcel
from chalicelib.payments.dues.model import Person
from chalicelib.payments.positions import model
from chalicelib.payments.positions.model import Position

NAME: Final = "postal"


def _check(tenant: str, profile: str, options: Options) -> dict[str, Any]:
    """Rejected `postal_disclaimer` (it was not accepted as it reads today), `enclosure_unknown`,
    `enclosures` (too many), and as `profiles.require`."""
    orders.print_service(tenant, profile)
    found = wishes.printed(
        {"accept_late": False, "attachments": [], "disclaimer": "", **options},
        "accept_late", "attachments", "disclaimer",
    )  # fmt: skip
    codes = found["attachments"]
    if not isinstance(found["accept_late"], bool) or not isinstance(codes, list):
        raise Rejected("delivery_options", "The channel knows no such option.")
    if found["disclaimer"] != postal.DISCLAIMER_VERSION:
        raise Rejected(
            "postal_disclaimer", "Read the disclaimer and accept it.",
            version=postal.DISCLAIMER_VERSION,
        )  # fmt: skip
    if len(codes) > limits.POSTAL_ATTACHMENTS:
        raise Rejected("enclosures", "So many cannot be enclosed.", most=limits.POSTAL_ATTACHMENTS)
    for code in codes:
        orders.enclosure(tenant, str(code))
    return found


@dataclass(frozen=True)
class _Desk:
    """Letters on a heap: the file beside the others, the recipient on the list."""

    shelf: Carrier

    def deliver(self, parcel: Parcel) -> str:
        position, today = parcel.position, clock.rome_day(parcel.at)
        postal.check_time(postal.first_due(position), today, parcel.options["accept_late"])
        cents = model.asked_in_all(position, today)
        line = postal.recipient(position, parcel.person, cents, parcel.file_name)
        said = self.shelf.deliver(parcel)
        dynamo.commit([order_store.put_recipient(parcel.tenant, parcel.run, line)])
        return said


@contextmanager
def _open(tenant: str, profile: str, options: Options) -> Iterator[Carrier]:
    with archive.CHANNEL.open(tenant, "", options) as shelf:
        yield _Desk(shelf)


def _missing(person: Person, leg: str) -> str:
    return postal.missing(person)


def _unfit(position: Position, options: Options, today: date) -> str:
    late = postal.is_late(postal.first_due(position), today)
    return "postal_too_late" if late and not options["accept_late"] else ""


def _to(person: Person, leg: str) -> str:
    return ", ".join((person.name, *person.lines))


def _finish(job: Finishing) -> bool:
    """The ZIPs, then the lists, then the order."""
    assert archive.CHANNEL.finish is not None
    if not archive.CHANNEL.finish(job):
        return False
    orders.make(job.tenant, job.run, job.profile, job.options)
    return True


CHANNEL: Final = Channel(
    name=NAME, check=_check, open=_open, repeatable=True, missing=_missing, to=_to,
    unfit=_unfit, finish=_finish, on_request=True,
)  # fmt: skip
