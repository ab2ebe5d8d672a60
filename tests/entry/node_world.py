"""A body whose station the simulated node calls, in this process, and positions of every kind."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from chalicelib.base import clock, dynamo
from chalicelib.entry import node_door
from chalicelib.payments import bodies as settings
from chalicelib.payments import numbers
from chalicelib.payments.amounts import Rule, plan
from chalicelib.payments.body import Body
from chalicelib.payments.dues import store as persons
from chalicelib.payments.dues.model import Person
from chalicelib.payments.positions import store
from chalicelib.payments.positions.model import Line, Payment, Position
from chalicelib.payments.positions.states import State
from infra.local.pagopa.node import Node
from tests.entry import bodies
from tests.entry.api_world import Api, Context
from tests.entry.bodies import BANK, PARTNER, House
from tests.payments.taxonomy_csv import FEE

STATION = f"{PARTNER}_01"
MARIA = Person(
    "RSSMRA80A41H501Y", "Rossi Maria", "Via Roma 1", "35100", "Padova", "PD", "maria@example.org"
)
END = date(2026, 12, 31)
CERTIFICATE = {"clientCertPem": "-----BEGIN CERTIFICATE-----", "subjectDN": "CN=pagoPA"}
_names = itertools.count(1)


def event(body: bytes, headers: Mapping[str, str], **changed: Any) -> dict[str, Any]:
    """What an HTTP API hands to the function (payload format 2.0)."""
    found: dict[str, Any] = {
        "version": "2.0",
        "rawPath": "/",
        "headers": {name.lower(): value for name, value in headers.items()},
        "requestContext": {
            "http": {"method": "POST", "path": "/"},
            "authentication": {"clientCert": CERTIFICATE},
        },
        "body": body.decode(),
        "isBase64Encoded": False,
    }
    return found | changed


def call(body: bytes, headers: Mapping[str, str], timeout_s: float = 7) -> tuple[int, bytes]:
    """A call of the node, through the function's own door."""
    del timeout_s
    answer = node_door.node(json.loads(json.dumps(event(body, headers))), Context())
    return answer["statusCode"], answer["body"].encode()


@dataclass(frozen=True)
class Station:
    """A body that is ready, and the node that calls its station."""

    house: House
    body: Body
    node: Node

    @property
    def tenant(self) -> str:
        return self.house.tenant

    @property
    def creditor(self) -> str:
        return self.body.fiscal_code

    def again(self, api: Api) -> Station:
        """The same body by new sessions, when the old ones are over."""
        return replace(self, house=bodies.again(api, self.house))

    def place(
        self, cents: int = 1_000, *, instalments: int = 0, lines: tuple[Line, ...] = (),
        rules: tuple[Rule, ...] = (), state: State = "valid", due: date | None = END,
        person: Person = MARIA,
    ) -> Position:  # fmt: skip
        """A position as generation leaves one."""
        lines = lines or (line(cents),)
        cents = sum(one.cents for one in lines)
        block = numbers.take(self.tenant, self.creditor, self.body.segregation, 1 + instalments)
        asked = [Payment(0, block[0], cents, due)]
        if instalments:
            asked += [
                Payment(one.number, block[one.number], one.cents, one.due)
                for one in plan(cents, instalments, END)
            ]
        who = persons.person_id(self.tenant, person.tax_code)
        position = Position(
            id=f"p{next(_names)}", state=state, origin="spontaneous", person=who,
            creditor=self.creditor, subject="Quota annuale", cents=cents, lines=lines,
            payments=tuple(asked), created_at=clock.stamp(clock.now()), ends=END, rules=rules,
        )  # fmt: skip
        ops = list(store.born(self.tenant, position, "test"))
        if dynamo.get(persons.person_key(self.tenant, who)) is None:
            ops.append(persons.put_person(self.tenant, who, person, None))
        dynamo.commit(ops)
        return position

    def now(self, position: Position) -> Position:
        """The position as it stands."""
        found = store.get_position(self.tenant, position.id)
        assert found is not None
        return found

    def change(self, position: Position, **changed: Any) -> Position:
        """Another state or payments, as somebody else's commit would have left them."""
        new = replace(position, version=position.version + 1, **changed)
        dynamo.commit(store.changed(self.tenant, new, "test", clock.stamp(clock.now()), "test"))
        return new

    def events(self, position: Position) -> list[str]:
        return [one["event"] for one in store.list_events(self.tenant, position.id)]


def line(cents: int = 1_000, **changed: Any) -> Line:
    known: dict[str, Any] = {
        "service": "quota", "reason": "Quota annuale", "cents": cents, "taxonomy": FEE,
        "iban": BANK, "chapter": "1.1", "provenance": "competenza", "year": 2026,
    }  # fmt: skip
    return Line(**known | changed)


def station(api: Api, **changed: Any) -> Station:
    house = bodies.ready(api, **changed)
    node = Node(broker=PARTNER, station=STATION, clock=lambda: api.now, send=call)
    return Station(house, settings.get(house.tenant), node)
