"""The recount finds whatever was changed in a ledger by hand, and the operator is told where."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

import pytest

from chalicelib.accounts import service as accounts
from chalicelib.accounts.model import Customer
from chalicelib.base import clock, dynamo
from chalicelib.base.dynamo import Item, Key
from chalicelib.base.work import Wakes
from chalicelib.credits import hold, monitor, service, till
from chalicelib.credits.hold import Payer
from chalicelib.credits.lots import Lot
from chalicelib.credits.till import Asking, Drawn, Till
from infra import operate
from tests.credits import memory
from tests.credits.memory import Table

pytestmark = pytest.mark.feature("F004-035", "F004-037")
TENANT = "alfa"
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[Table]:
    """A ledger with something in every account."""
    monkeypatch.setenv("TABLE", "t")  # the command sets it
    with memory.table() as found:
        accounts.create_reseller(TENANT, "Alfa", "hub@alfa.example")
        for name, fiscal in (("c1", "IT12345670017"), ("c2", "IT07643520567")):
            accounts.save_customer(TENANT, Customer(name, name, (fiscal,)), NOW, new=True)
        _move()
        clock.use(lambda: NOW + timedelta(days=1))
        yield found
        clock.use(None)


def _move() -> None:
    wakes = Wakes()
    for order, quantity in (("o1", 20), ("o2", 10)):
        lot = Lot("xml_pa", quantity, order, clock.rome_day(NOW), 100)
        wakes.commit(service.lot_ops(TENANT, lot, NOW))
    service.assign(TENANT, "c2", "xml_pa", 4, "", "k", "a", NOW, wakes)
    service.refund(TENANT, "xml_pa", lot.id, 1, "", "k", NOW, "n1")
    service.change_policy(TENANT, "c1", {"xml_private": "unlimited"}, "stop", "automatic", NOW,
                          wakes)  # fmt: skip
    service.change_policy(TENANT, "c2", {"xml_pa": "assigned"}, "stop", "automatic", NOW, wakes)
    asks = [("c1", "xml_pa"), ("c1", "xml_pa"), ("c2", "xml_pa"), ("c1", "xml_private")]
    for number, (customer, product) in enumerate(asks * 2):
        asking = Asking(TENANT, f"d{number}", clock.stamp(NOW))
        drawn = Till(wakes).draw(Payer(TENANT, customer), (product,), asking, NOW, "intake")
        assert isinstance(drawn, Drawn)
        wakes.commit(drawn.ops)
        if number < 4:
            wakes.commit(hold.capture(drawn.holds, f"d{number}", NOW, "send")[1])
    run = Till(wakes, run=till.long_run("run", 6), expected=6)
    drawn = run.draw(
        Payer(TENANT, "c1"), ("xml_pa",), Asking(TENANT, "r0", clock.stamp(NOW)), NOW, "intake"
    )
    wakes.commit(drawn.ops)


def verify(capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    status = operate.main(["--table", "t", "credits-verify", "--tenant", TENANT])
    said = capsys.readouterr()
    return status, said.out + said.err


def test_a_ledger_that_agrees(table: Table, capsys: pytest.CaptureFixture[str]) -> None:
    status, said = verify(capsys)
    assert (status, said.split(":")[0]) == (0, "The book of alfa agrees")
    position = monitor.balances(TENANT, NOW)[0].position
    assert min(position.pool, position.assigned, position.held, position.consumed) > 0
    assert position.refunded == 1


def numbers(items: dict[Key, Item]) -> list[tuple[Key, str]]:
    """Everything that is counted: every balance, sum and entry."""
    names = ("left", "quantity", "held", "consumed", "assigned", "refunded", "settled")
    return sorted(
        (key, name)
        for key, item in items.items()
        if "#CREDITS" in key[0] and "W#" not in key[1] and not key[1].startswith(("DID", "GIVEN"))
        for name in names
        if isinstance(item.get(name), int) and not isinstance(item.get(name), bool)
    )


def test_every_number_counts(table: Table) -> None:
    """Change any single one by one: it is found. Nothing is kept that nobody compares."""
    found = numbers(table.items)
    assert len(found) > 40
    missed = []
    for key, name in found:
        table.items[key][name] += 1
        if not monitor.verify(TENANT, NOW).faults:
            missed.append((key, name))
        table.items[key][name] -= 1
    assert missed == []
    assert monitor.verify(TENANT, NOW).faults == ()


def test_every_item_counts(table: Table) -> None:
    """Take any single one away: it is found."""
    counted = {key for key, _ in numbers(table.items)}
    counted |= {key for key in table.items if "#CREDITS#HELD#" in key[0]}
    missed = []
    for key in sorted(counted):
        item = table.items.pop(key)
        # A sum that is zero says nothing, there or not.
        said = any(isinstance(value, int) and value for value in item.values())
        if said and not monitor.verify(TENANT, NOW).faults:
            missed.append(key)
        table.items[key] = item
    assert missed == []


def test_the_operator_is_told_where(table: Table, capsys: pytest.CaptureFixture[str]) -> None:
    (lot, *_) = [key for key in table.items if key[0] == "T#alfa#CREDITS" and ".o1" in key[1]]
    table.items[lot]["left"] += 5
    status, said = verify(capsys)
    assert status == 1
    assert "credits_differ" in said
    assert f"POOL xml_pa {lot[1].split('#')[1]}" in said


def test_a_book_that_moves_is_read_again(table: Table) -> None:
    """Documents go on while it is counted: a first reading that is torn is not believed."""
    real = dynamo.query
    moved: list[bool] = []

    def query(partition: str, **more: Any) -> Any:
        found = list(real(partition, **more))
        if partition.endswith("#BOOK#2026-11") and not moved:
            moved.append(True)
            service.assign(TENANT, "c1", "xml_pa", 1, "", "k", "late", NOW, Wakes())
        return iter(found)

    with mock.patch.object(dynamo, "query", query):
        assert monitor.verify(TENANT, NOW).faults == ()
    assert moved


def test_nobody_has_no_book(capsys: pytest.CaptureFixture[str], table: Table) -> None:
    assert operate.main(["--table", "t", "credits-verify", "--tenant", "nobody"]) == 1
    assert "not_found" in capsys.readouterr().err
