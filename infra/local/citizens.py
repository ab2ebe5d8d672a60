"""Citizens (40) pay what the demonstration's body asks for, by the portal, Checkout and the node.

Most pay their notice on Checkout. Some do it as people and payment providers do: at the same moment
at two places, after the day it was due, in instalments, two notices in one cart; some receipts come
late or twice, some turn back before paying. One asks for a certificate that nobody had asked for.
"""

from __future__ import annotations

import http.client
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from infra.local.collection import CREDITOR, PARTNER, STATION, Office, wait_for
from infra.local.doors import Door
from infra.local.pagopa.checkout import Checkout, through
from infra.local.pagopa.node import Node


def address(number: int) -> str:
    """Each citizen comes from another address of loopback."""
    return f"127.0.1.{number + 1}"


@dataclass
class Citizen:
    """A person at the portal."""

    door: Door
    checkout: Checkout

    def find(self, notice: str, tax_code: str) -> dict[str, Any]:
        """What the portal shows of a notice to whoever has the whole key."""
        asked = {"notice": notice, "tax_code": tax_code, "body": CREDITOR}
        return dict(self.door.call("POST", "/v1/portal/search", asked))

    def pay(self, found: list[dict[str, Any]], action: str = "pay") -> str:
        """A cart of notices, to its end on Checkout's page; gives the cart's id."""
        wanted = {"keys": [one["key"] for one in found], "language": "it"}
        cart = self.door.call("POST", "/v1/portal/carts", wanted, status=201)
        self._press(cart["redirect"], action)
        return str(cart["cart"])

    def _press(self, page: str, action: str) -> None:
        place = urlsplit(page)
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=30)
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        try:
            connection.request("POST", place.path, urlencode({"action": action}), form)
            connection.getresponse().read()
        finally:
            connection.close()

    def cart(self, name: str) -> str:
        """The state that the return page shows."""
        return str(self.door.call("GET", f"/v1/portal/carts/{name}", outcome="ok")["state"])


@dataclass
class Town:
    """The citizens and what they did: `carts` are those that must end as paid."""

    office: Office
    node: Node
    checkout: Checkout
    carts: list[tuple[Citizen, str]] = field(default_factory=list)
    count: int = 0

    @classmethod
    def of(cls, office: Office) -> Town:
        """With the house's Checkout, which pays by the node."""
        node = office.house.node(PARTNER, STATION)
        office.house.checkout.pay = through(node)
        return cls(office, node, office.house.checkout)

    def _citizen(self) -> Citizen:
        self.count += 1
        return Citizen(Door(self.office.door.url, source=address(self.count)), self.checkout)

    def live(self) -> None:
        """All of it, until every receipt has come."""
        story = self.office.story
        members, companies = self._positions()
        waiting = iter(members)
        # The first of the list are those whose day is over: they pay more than the notice says.
        self._alone(waiting, story.late)
        for kind, times in (("late", story.later), ("twice", story.repeated)):
            for _ in range(times):
                self.checkout.plan(kind)
                self._alone(waiting, 1)
        for _ in range(story.twice):
            self._at_two_places(next(waiting))
        for _ in range(story.pairs):
            self._together(next(waiting), next(waiting))
        for _ in range(story.cancelled):
            self._alone(waiting, 1, "cancel")
        for number, company in enumerate(companies[: story.instalments]):
            self._by_instalments(company, 1 + number % 2)
        self._certificate()
        self._alone(waiting, story.citizens - self.count)
        self.checkout.deliver()
        for citizen, cart in self.carts:
            wait_for("a receipt", _asking(citizen, cart), lambda state: state == "paid")

    def _positions(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Those of members, the late ones first, and of companies."""
        found = self.office.positions()
        companies = [one for one in found if len(one["payments"]) > 1]
        members = [one for one in found if len(one["payments"]) == 1]
        members.sort(key=lambda one: (one["payments"][0]["due"], one["id"]))
        return members, companies

    def _see(self, citizen: Citizen, position: dict[str, Any], number: int = 0) -> dict[str, Any]:
        notice = next(one["notice"] for one in position["payments"] if one["number"] == number)
        return citizen.find(notice, position["tax_code"])

    def _alone(self, waiting: Iterator[dict[str, Any]], times: int, action: str = "pay") -> None:
        for _ in range(times):
            citizen = self._citizen()
            cart = citizen.pay([self._see(citizen, next(waiting))], action)
            if action == "pay":
                self.carts.append((citizen, cart))

    def _together(self, *positions: dict[str, Any]) -> None:
        citizen = self._citizen()
        cart = citizen.pay([self._see(citizen, one) for one in positions])
        self.carts.append((citizen, cart))

    def _at_two_places(self, position: dict[str, Any]) -> None:
        """Activated at a counter too before either receipt has come: nothing locks a notice."""
        self.count += 1
        notice = position["payments"][0]["notice"]
        both = [self.node.activate(notice, CREDITOR) for _ in range(2)]
        for paid in both:
            self.node.tell(self.node.receipt(paid))

    def _by_instalments(self, position: dict[str, Any], times: int) -> None:
        citizen = self._citizen()
        for number in range(1, 1 + times):
            self.carts.append((citizen, citizen.pay([self._see(citizen, position, number)])))

    def _certificate(self) -> None:
        citizen = self._citizen()
        made = citizen.door.call(
            "POST", f"/v1/portal/bodies/{CREDITOR}/services/certificato",
            {"person": {"name": "Rossi Maria", "tax_code": "RSSMRA80A41H501Y"}, "values": {},
             "language": "it"},
            key="demo", status=201,
        )  # fmt: skip
        self.carts.append((citizen, citizen.pay([made])))

    # --- what is left to try ------------------------------------------------------------------
    def unpaid(self) -> tuple[str, str]:
        """A notice and the tax code of somebody who has not paid."""
        found = next(one for one in self.office.positions() if one["state"] == "valid")
        return found["payments"][0]["notice"], found["tax_code"]

    def link(self) -> str:
        """The portal's page of that notice, as the link printed on it says."""
        return f"{self.office.door.url}/portal/?n={self.unpaid()[0]}-{CREDITOR}"


def _asking(citizen: Citizen, cart: str) -> Callable[[], str]:
    return lambda: citizen.cart(cart)
