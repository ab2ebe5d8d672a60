"""Where the money is: both sums of it are right after whatever happens, in whatever order.

One machine plays all who change them: pagoPA, the bank, the operator, the worker. It keeps its own
list of what the bank brought and asks both doors after every step, rows of work still open or not.
MONEY_EXAMPLES=200 tells more stories.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from chalicelib.accounting import bank_store, store
from chalicelib.accounting.bank_store import Banked
from chalicelib.accounting.posting import store as books
from chalicelib.accounting.posting.model import Order, Setting
from chalicelib.accounting.settled import Settled
from chalicelib.base import dynamo, keys
from chalicelib.entry import on_reconcile
from infra.local.pagopa import fdr as simulated
from infra.local.pagopa.fdr import Flow
from tests import tables
from tests.entry import node_world
from tests.entry.api_world import Answer, Api, Context
from tests.entry.reconciliation_world import csv, receipt, remember

ROOT, POSTING = "/v1/body/reconciliation", "/v1/body/posting"
EXAMPLES = int(os.environ.get("MONEY_EXAMPLES", "4"))
STEPS, REST = 20, 1_000
FLOWS = ("2026-11-19ABI06090-0001", "2026-11-20ABI06090-0002")
TAKEN_BACK = "2026-11-21ABI06090-0003"
DUES = (1_000, 2_500, 700)
PAYMENTS = st.integers(0, len(DUES) - 1)
CHANCE = st.integers(0, 2**16).map(Random)
# How many rows of work are done behind a step: all, some, none.
MOST = st.sampled_from((REST, REST, 3, 0))
SHARES = ("posted", "open", "anomalous")


@dataclass
class Moved:
    """A movement of the bank as the test brought it, and what the operator said of it last."""

    cents: int
    said: str = "unlink"


class Start:
    """A body as every story finds it: the same one, so that a story can be told again."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.station = node_world.station(api)
        remember(api, self.station.house)
        setting = Setting(chapter="1.1", late="last")
        dynamo.commit([books.put_setting(self.station.tenant, setting)])
        self.positions = [self.station.place(cents) for cents in DUES]
        self._now, self._items = api.now, tables.opened().keep()

    def again(self) -> None:
        """As it was then; what the world holds of others too."""
        self.api.now = self._now
        tables.opened().put_back(self._items)


class Money(RuleBasedStateMachine):
    """A body with three positions, two flows that come in versions, a statement a movement."""

    def __init__(self, start: Start) -> None:
        super().__init__()
        start.again()
        self.api, self.station, self.positions = start.api, start.station, start.positions
        self.tenant = start.station.tenant
        self.moved: dict[str, Moved] = {}
        self.names = 0

    # --- how it asks --------------------------------------------------------------------------
    def call(self, method: str, path: str, body: Any = None, **more: Any) -> Answer:
        return self.station.house.call(self.api, method, path, body, **more)

    def get(self, path: str, **query: Any) -> Any:
        answer = self.call("GET", path, query=query)
        assert answer.status == 200, answer.body
        return answer.json

    def name(self) -> str:
        self.names += 1
        return f"n{self.names}"

    def rows(self) -> list[dict[str, Any]]:
        mine = keys.pk(self.tenant, "")
        return [one for one in tables.due_rows("reconcile") if one["pk"].startswith(mine)]

    def work(self, random: Random, most: int) -> None:
        """So many rows, whichever comes first."""
        done = 0
        while done < most and (rows := self.rows()):
            row = random.choice(rows)
            body = json.dumps({"pk": row["pk"], "sk": row["sk"]})
            answer = on_reconcile.handle({"Records": [{"messageId": "m", "body": body}]}, Context())
            assert answer == {"batchItemFailures": []}, row
            done += 1
        assert done < REST, "it does not come to rest"

    def iuv(self, at: int) -> str:
        return self.positions[at].payments[0].iuv

    def flows(self) -> list[Settled]:
        return [one for _, one in store.list_flows(self.tenant)]

    def movements(self) -> list[Banked]:
        return [one for _, one in bank_store.list_movements(self.tenant)]

    def orders(self) -> list[Order]:
        """Those that stand."""
        found = (kept.order for kept in books.list_orders(self.tenant, "0", "~"))
        return [one for one in found if one.state == "issued"]

    # --- what happens -------------------------------------------------------------------------
    @initialize(which=st.integers(0, 1), random=CHANCE, posted=st.booleans())
    def a_good_flow_is_there(self, which: int, random: Random, posted: bool) -> None:
        """Else most stories would be over before anything is matched."""
        for at, cents in enumerate(DUES):
            receipt(self.api, self.station, self.iuv(at), cents, f"r{at}")
        self.flow(which, {0, 1}, {}, stranger=False)
        self.bank(FLOWS[which], sum(DUES[:2]))
        self.work(random, REST)
        if posted:
            self.a_run(random, "flow", REST)

    @rule(at=PAYMENTS, again=st.booleans(), random=CHANCE, most=MOST)
    def a_receipt(self, at: int, again: bool, random: Random, most: int) -> None:
        iur = f"r{at}{'-again' if again else ''}"
        receipt(self.api, self.station, self.iuv(at), DUES[at], iur)
        self.work(random, most)

    @rule(
        which=st.integers(0, 1), lines=st.sets(PAYMENTS, min_size=1),
        other=st.dictionaries(PAYMENTS, st.sampled_from((500, 2_500)), max_size=1),
        stranger=st.booleans(), random=CHANCE, most=MOST,
    )  # fmt: skip
    def a_flow(
        self, which: int, lines: set[int], other: dict[int, int], stranger: bool, random: Random,
        most: int,
    ) -> None:  # fmt: skip
        self.flow(which, lines, other, stranger=stranger)
        self.work(random, most)

    def flow(self, which: int, lines: set[int], other: dict[int, int], *, stranger: bool) -> None:
        found = [(self.iuv(at), f"r{at}", 1, other.get(at, DUES[at]), "0") for at in sorted(lines)]
        if stranger:
            found.append((f"99{self.iuv(0)[2:]}", "other", 1, 300, "0"))
        name = FLOWS[which]
        flow = Flow(name, "ABI06090", found, day=name[:10], created=self.api.tick())
        data = simulated.xml(flow, self.station.creditor)
        query = {"name": f"{self.name()}.xml"}
        assert self.call("POST", f"{ROOT}/flows", data, query=query).status == 202

    @rule(
        text=st.sampled_from((*FLOWS, *FLOWS, FLOWS[0][:21], "2", "nobody", "single")),
        other=st.sampled_from((0, 0, 0, 700, 3_500, -3_500, -1_000)), random=CHANCE, most=MOST,
    )  # fmt: skip
    def a_movement(self, text: str, other: int, random: Random, most: int) -> None:
        now = {one.flow_id: one.counts.cents for one in self.flows()}
        self.bank(text, other or now.get(text, DUES[0]))
        self.work(random, most)

    def bank(self, text: str, cents: int) -> None:
        """A row in a statement of its own, another than all before by its first word."""
        name = self.name()
        said = f"{name} /PUR/LGPE-RIVERSAMENTO/URI/{text}"
        if text == "single":
            said = f"{name} /RFB/{self.iuv(2)}/{abs(cents) / 100:.2f}"
        whole, rest = divmod(abs(cents), 100)
        data = csv(("20/11/2026", said, f"{'-' if cents < 0 else ''}{whole},{rest:02d}"))
        query = {"name": name, "columns": "banca"}
        answer = self.call("POST", f"{ROOT}/statements", data, query=query)
        assert answer.status == 202, answer.body
        self.moved[answer.json["id"]] = Moved(cents)

    @rule(to=st.sampled_from(("flow", "iuv", "iuv", "none", "unlink")), random=CHANCE, most=MOST)
    def a_link(self, to: str, random: Random, most: int) -> None:
        one, flow = random.choice(self.movements()), random.choice(self.flows())
        path, said = f"{ROOT}/movements/{one.identity}", {"version": one.version, "note": "Visto"}
        wanted = {"flow": {"flow": flow.name}, "iuv": {"iuv": self.iuv(random.randrange(3))}}
        verb = "unlink" if to == "unlink" else "link"
        answer = self.call("POST", f"{path}/{verb}", said | wanted.get(to, {}))
        if answer.status == 200:
            self.moved[one.statement].said = to
        else:
            # Nothing is known yet of a payment whose receipt was not worked off.
            assert (to, answer.code) == ("iuv", "link_unknown")
        self.work(random, most)

    @rule(random=CHANCE, mode=st.sampled_from(("flow", "statement")), most=MOST)
    def a_run(self, random: Random, mode: str, most: int) -> None:
        names = [one.name for one in self.flows()] if mode == "flow" else list(self.moved)
        said, key = {"mode": mode, "name": random.choice(names)}, {"Idempotency-Key": self.name()}
        assert self.call("POST", f"{POSTING}/runs", said, headers=key).status == 202
        self.work(random, most)

    @rule(automatic=st.booleans())
    def a_setting(self, automatic: bool) -> None:
        old = self.get(f"{POSTING}/setting")
        said = old | {"automatic": automatic}
        assert self.call("PUT", f"{POSTING}/setting", said).status == 200

    @rule(random=CHANCE, most=MOST)
    def a_reversal(self, random: Random, most: int) -> None:
        if there := self.orders():
            path = f"{POSTING}/orders/{random.choice(there).id}/reverse"
            assert self.call("POST", path, {"note": "x"}).status == 200
            self.work(random, most)

    @rule(revoked=st.sets(PAYMENTS, min_size=1, max_size=2), random=CHANCE, most=MOST)
    def a_reopening(self, revoked: set[int], random: Random, most: int) -> None:
        """What a PSP takes back is asked for anew; what is posted of it stays."""
        found = [(self.iuv(at), f"r{at}", 1, DUES[at], "3") for at in sorted(revoked)]
        flow = Flow(TAKEN_BACK, "ABI06090", found, day=TAKEN_BACK[:10], created=self.api.tick())
        data, query = simulated.xml(flow, self.station.creditor), {"name": f"{self.name()}.xml"}
        assert self.call("POST", f"{ROOT}/flows", data, query=query).status == 202
        self.work(random, most)
        for at in revoked:
            path = f"/v1/body/positions/{self.positions[at].id}/reopen"
            assert self.call("POST", path, {"note": "Visto"}).status in (200, 409)
        self.work(random, most)

    @rule(at=PAYMENTS, random=CHANCE, most=MOST)
    def a_cancellation(self, at: int, random: Random, most: int) -> None:
        path = f"/v1/body/positions/{self.positions[at].id}/cancel"
        assert self.call("POST", path).status in (200, 409)
        self.work(random, most)

    @rule(accept=st.booleans(), random=CHANCE, most=MOST)
    def a_revision(self, accept: bool, random: Random, most: int) -> None:
        for one in self.flows():
            path = f"{ROOT}/flows/{one.name}/revision"
            if one.held and not one.revising:
                said = {"version": self.get(path)["waits"]["id"], "accept": accept, "note": "Visto"}
                assert self.call("POST", path, said).status == 202
        self.work(random, most)

    @rule(until=st.sampled_from(("2026-11-18", "2026-11-19", "2026-11-20")))
    def a_closing(self, until: str) -> None:
        assert self.call("POST", f"{POSTING}/close", {"until": until}).status in (200, 409)

    @rule(random=CHANCE, most=MOST)
    def nothing_new(self, random: Random, most: int) -> None:
        self.work(random, most)

    # --- what must be true --------------------------------------------------------------------
    @invariant()
    def both_doors_say_where_the_money_is(self) -> None:
        balance, sums = self.get(f"{POSTING}/balance"), self.get(f"{ROOT}/summary")["money"]
        assert balance["came_cents"] == sum(balance[f"{name}_cents"] for name in SHARES)
        assert sums["came"] == sum(sums[name] for name in SHARES) == self.brought()
        # What is posted is one number, wherever it is looked at.
        issued = sum(one.draft.cents for one in self.orders())
        assert balance["posted_cents"] == sums["posted"] == issued
        assert sum(one["cents"] for one in balance["chapters"]) == issued
        assert min(balance["open_cents"], balance["anomalous_cents"], sums["open"]) >= 0
        if not self.rows():
            waiting = self.get(f"{POSTING}/open")["cents"]
            assert balance["open_cents"] == waiting <= sums["open"]

    def brought(self) -> int:
        """What the bank brought for pagoPA. What it took back counts where it is known of what."""
        came = 0
        for one in self.movements():
            moved = self.moved[one.statement]
            assert moved.cents == one.cents
            sure = one.found.confidence in ("exact", "prefix", "single")
            if moved.said != "none" and (moved.said != "unlink" or sure or moved.cents > 0):
                came += moved.cents
        return came

    def teardown(self) -> None:
        """The journal alone tells what the balance says."""
        sums: dict[str, int] = {}
        for entry in books.entries(self.tenant, 0):
            assert sum(leg.cents for leg in entry.legs) == 0
            for leg in entry.legs:
                sums[leg.account] = sums.get(leg.account, 0) + leg.cents
        assert sums == books.sums(self.tenant)


@pytest.mark.feature("F001-010", "F001-099", "F001-111", "F001-112", "F001-172")
def test_money_in_is_posted_open_and_anomalous_at_every_moment(api: Api) -> None:
    start = Start(api)
    run_state_machine_as_test(
        lambda: Money(start),  # type: ignore[arg-type]
        settings=settings(
            max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip


@pytest.fixture
def told(api: Api) -> Money:
    """The beginning of a story: a flow whose two payments are posted."""
    found = Money(Start(api))
    found.a_good_flow_is_there(1, Random(1), posted=True)
    return found


def sums(story: Money) -> tuple[int, ...]:
    story.work(Random(1), REST)
    story.both_doors_say_where_the_money_is()
    found = story.get(f"{ROOT}/summary")["money"]
    return tuple(found[name] for name in SHARES)


def set_aside(story: Money, one: Banked) -> None:
    """An operator says that a movement is none of ours."""
    path, said = f"{ROOT}/movements/{one.identity}/link", {"version": one.version, "note": "x"}
    assert story.call("POST", path, said).status == 200
    story.moved[one.statement].said = "none"


@pytest.mark.feature("F001-099", "F001-172")
def test_a_line_that_turns_out_odd_after_it_was_posted_is_no_other_money(told: Money) -> None:
    """An older flow has the payment too: the line that is posted is the double one now."""
    assert sums(told) == (3_500, 0, 0)
    told.flow(0, {1}, {}, stranger=False)
    assert sums(told) == (3_500, 0, 0)
    told.bank(FLOWS[0], DUES[1])
    assert sums(told) == (3_500, 2_500, 0)


@pytest.mark.feature("F001-110", "F001-172")
def test_an_order_whose_transfer_was_taken_away_is_told_as_money_that_lacks(told: Money) -> None:
    told.bank("single", DUES[2])
    assert sums(told) == (3_500, 700, 0)
    for name in list(told.moved):
        said, key = {"mode": "statement", "name": name}, {"Idempotency-Key": told.name()}
        told.call("POST", f"{POSTING}/runs", said, headers=key)
    assert sums(told) == (4_200, 0, 0)
    for one in told.movements():
        set_aside(told, one)
    assert sums(told) == (4_200, 0, -4_200)


@pytest.mark.feature("F001-172")
def test_what_is_taken_back_waits_only_where_the_match_still_says_so(told: Money) -> None:
    """Its movement is gone when an order is taken back: nothing may be posted, and nobody says
    that it is open."""
    (one,) = told.movements()
    set_aside(told, one)
    told.a_setting(True)
    for order in told.orders():
        told.call("POST", f"{POSTING}/orders/{order.id}/reverse", {"note": "x"})
    assert sums(told) == (0, 0, 0)
    balance = told.get(f"{POSTING}/balance")
    assert (balance["open_cents"], balance["anomalous_cents"]) == (0, 3_500)
