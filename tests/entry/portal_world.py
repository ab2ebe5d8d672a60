"""The portal for tests: a body with a station, Checkout, and the node behind it."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

import requests

from chalicelib.payments.positions.model import Position
from infra.local.pagopa.checkout import Checkout, through
from tests.entry import node_world
from tests.entry.api_world import Answer, Api
from tests.entry.node_world import MARIA, Station

CARTS = "/v1/portal/carts"
_sources = itertools.count(1)


def source() -> str:
    """An address that nobody has asked from."""
    number = next(_sources)
    return f"198.51.{number // 250}.{number % 250 + 1}"


@dataclass
class Portal:
    """A citizen before the portal of a body."""

    api: Api
    station: Station
    source: str

    def call(self, method: str, path: str, body: Any = None, **more: Any) -> Answer:
        who = {"sourceIp": more.pop("source", self.source)}
        return self.api.call(method, path, body=body, identity=who, **more)

    def search(self, notice: str = "", code: str = "", **said: Any) -> Answer:
        asked = {"notice": notice} | ({"tax_code": code} if code else {})
        more = {"source": said.pop("source")} if "source" in said else {}
        return self.call("POST", "/v1/portal/search", asked | said, **more)

    def key(self, position: Position, number: int = 0, code: str = MARIA.tax_code) -> str:
        """The key of a notice; `code` "" for half of it."""
        notice = next(one.notice for one in position.payments if one.number == number)
        answer = self.search(notice, code, body=position.creditor)
        assert answer.status == 200, answer.body
        return str(answer.json["key"])

    def cart(self, *keys: str, **more: Any) -> Answer:
        return self.call("POST", CARTS, {"keys": list(keys)} | more)

    def look(self, cart: str, outcome: str = "") -> Answer:
        return self.call("GET", f"{CARTS}/{cart}" + (f"?outcome={outcome}" if outcome else ""))


def portal(api: Api, station: Station | None = None, **setting: Any) -> Portal:
    return Portal(api, station or node_world.station(api, **setting), source())


@contextmanager
def checkout(station: Station) -> Iterator[Checkout]:
    """Checkout, open, with the body's node behind it."""
    with Checkout(through(station.node)) as service:
        places = {"CHECKOUT_URL": service.url, "NET_PRIVATE": "allow"}
        with mock.patch.dict(os.environ, places):
            yield service


def press(redirect: str, action: str) -> str:
    """What a payer does on Checkout's page; gives the address that he is sent back to."""
    page = requests.get(redirect, timeout=10)
    assert page.status_code == 200
    assert f'value="{action}"' in page.text
    answer = requests.post(redirect, data={"action": action}, allow_redirects=False, timeout=10)
    assert answer.status_code == 303
    return answer.headers["Location"]
