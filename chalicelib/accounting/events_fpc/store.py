"""Training events and registrations in the table.

T#<tenant>#TRAINING             FISCAL              what is issued, and as whom
T#<tenant>#TRAINING             SERIES#<year>#<s>   the last number of a year in a section
T#<tenant>#TRAINING#EVENT#<id>  EVENT               an event; in the list of all
T#<tenant>#TRAINING#EVENT#<id>  REGISTRATION#<id>   who takes part
T#<tenant>#POSITION#<id>        REGISTRATION        whose registration a position is of
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any, Final

from chalicelib.accounting.events_fpc.model import Event, Fiscal, Registration
from chalicelib.base import dynamo, keys
from chalicelib.base.dynamo import Item, Key, Op, Put, Update
from chalicelib.payments.positions import store as positions

_KEYS: Final = ("pk", "sk", "list_pk", "list_sk")


def _same(version: int) -> dynamo.Condition:
    return ({"version": version},) if version else dynamo.NEW


def _fields(item: Item) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name not in _KEYS}


# ------------------------------------------------------------------ what is issued
def put_fiscal(tenant: str, setting: Fiscal) -> Put:
    """Write the version after the one that was read."""
    item = asdict(setting) | {
        "pk": keys.pk(tenant, "TRAINING"), "sk": "FISCAL", "version": setting.version + 1,
    }  # fmt: skip
    return Put(item, when=_same(setting.version), label="fiscal")


def get_fiscal(tenant: str) -> Fiscal:
    item = dynamo.get((keys.pk(tenant, "TRAINING"), "FISCAL"))
    return Fiscal() if item is None else Fiscal(**_fields(item) | {"rate": Decimal(item["rate"])})


def _series_key(tenant: str, year: int, section: str) -> Key:
    return keys.pk(tenant, "TRAINING"), keys.sk("SERIES", str(year), section)


def get_series(tenant: str, year: int, section: str) -> int:
    """The last number of a year in a section, 0 for none."""
    item = dynamo.get(_series_key(tenant, year, section))
    return int(item["n"]) if item else 0


def put_series(tenant: str, year: int, section: str, number: int) -> Put:
    """The next number of a year in a section, taken with the document that has it: none is left
    out."""
    pk, sk = _series_key(tenant, year, section)
    item = {"pk": pk, "sk": sk, "n": number}
    when: dynamo.Condition = ({"n": number - 1},) if number > 1 else dynamo.NEW
    return Put(item, when=when, label="series")


# ------------------------------------------------------------------ events
def event_key(tenant: str, event: str) -> Key:
    return keys.pk(tenant, "TRAINING", "EVENT", event), "EVENT"


def put_event(tenant: str, event: Event) -> Put:
    """Write the version after the one that was read; `registered` is counted elsewhere."""
    pk, sk = event_key(tenant, event.id)
    item = asdict(event) | {
        "pk": pk,
        "sk": sk,
        "day": event.day.isoformat(),
        "version": event.version + 1,
        "list_pk": keys.pk(tenant, "TRAINING", "EVENTS"),
        "list_sk": keys.sk(event.day.isoformat(), event.id),
    }
    return Put(item, when=_same(event.version), label="event")


def _read_event(item: Item) -> Event:
    return Event(**_fields(item) | {"day": date.fromisoformat(item["day"])})


def get_event(tenant: str, event: str) -> Event | None:
    item = dynamo.get(event_key(tenant, event))
    return None if item is None else _read_event(item)


def list_events(tenant: str, limit: int) -> list[Event]:
    """The latest day first."""
    partition = keys.pk(tenant, "TRAINING", "EVENTS")
    found = dynamo.query(partition, index="list", descending=True, limit=limit)
    return [_read_event(item) for item in found]


# ------------------------------------------------------------------ registrations
def _registration_key(tenant: str, event: str, registration: str) -> Key:
    return event_key(tenant, event)[0], keys.sk("REGISTRATION", registration)


def born(tenant: str, event: Event, registration: Registration) -> list[Op]:
    """A registration, a seat of the event, and its place at the position. Labels in a failed
    commit: "registration", "event" (full, closed or changed)."""
    there: dict[str, Any] = {"version": event.version, "open": True}
    if event.seats:
        there["registered"] = dynamo.below(event.seats)
    return [
        put_registration(tenant, registration, 0),
        Update(event_key(tenant, event.id), add={"registered": 1}, when=(there,), label="event"),
        Put(
            {
                "pk": positions.position_key(tenant, registration.position)[0],
                "sk": "REGISTRATION",
                "event": event.id,
                "registration": registration.id,
            },
            label="registration_of",
        ),
    ]


def put_registration(tenant: str, registration: Registration, old_version: int) -> Put:
    pk, sk = _registration_key(tenant, registration.event, registration.id)
    item = asdict(registration) | {"pk": pk, "sk": sk}
    return Put(item, when=_same(old_version), label="registration")


def get_registration(tenant: str, event: str, registration: str) -> Registration | None:
    item = dynamo.get(_registration_key(tenant, event, registration))
    return None if item is None else Registration(**_fields(item))


def list_registrations(tenant: str, event: str, limit: int) -> Iterator[Registration]:
    found = dynamo.query(
        event_key(tenant, event)[0], prefix=keys.sk("REGISTRATION", ""), limit=limit
    )
    return (Registration(**_fields(item)) for item in found)


def of_positions(tenant: str, wanted: Iterable[str]) -> dict[str, tuple[str, str]]:
    """The event and registration of each of these positions that is of one; one read for all."""
    places = {
        (positions.position_key(tenant, one)[0], "REGISTRATION"): one for one in wanted if one
    }
    found = dynamo.batch_get(places)
    return {places[key]: (item["event"], item["registration"]) for key, item in found.items()}
