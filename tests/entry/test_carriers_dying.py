"""Workers that die while they carry something: the end is as if nobody had."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from chalicelib.base import clock, dynamo, limits, work
from chalicelib.entry import on_deliver
from chalicelib.payments.delivery import store
from chalicelib.payments.delivery.appio_events import RUN
from chalicelib.payments.receipts import service as receipts
from infra.local.pagopa.appio import AppIo
from tests.entry import bodies
from tests.entry.api_world import Api
from tests.entry.bodies import House
from tests.entry.carriers_world import (
    ORDERS,
    deliver,
    disclaimer,
    flow,
    person,
    postal_house,
    receipt_of,
    run,
    saved,
    sftp,
    step,
    with_appio,
)
from tests.entry.test_positions import DEBTOR, POSITIONS
from tests.payments.delivery.servers import PASSWORD, Server, sftp_server
from tests.payments.dues.files import MARIA, row


class Died(BaseException):
    """The process is gone."""


@pytest.fixture(autouse=True)
def _loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NET_PRIVATE", "allow")


@pytest.fixture
def house(api: Api) -> House:
    return bodies.ready(api)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with sftp_server(tmp_path) as found:
        yield found


def struck(api: Api, number: int) -> bool:
    """The worker dies at its n-th commit (from 0 by halves: before it, then behind it), and another
    one goes on. False: it never came so far."""
    commit, count, died = dynamo.commit, itertools.count(), list[int]()

    def dying(ops: Any) -> None:
        mine = next(count) == number // 2
        if mine and number % 2:
            commit(ops)
        if mine:
            died.append(number)
            raise Died
        commit(ops)

    with pytest.MonkeyPatch.context() as patch, suppress(Died):
        patch.setattr(dynamo, "commit", dying)
        run(api)
    run(api)
    return bool(died)


@pytest.mark.feature("F001-084")
def test_a_shipment_ends_whole(api: Api, house: House, server: Server) -> None:
    wanted = flow(api, house, row(source="1"), row(source="2", tax_code=person(2)))
    postal_house(api, house, server)
    options = {"disclaimer": disclaimer(api, house)}
    for number in range(0, 60, 5):  # both halves, every fifth point
        for path in server.folder.iterdir():
            path.unlink()
        key = str(number)
        order = deliver(api, house, "postal", key, profile="stampa", flow=wanted, options=options)
        step(api, house, order["id"], "approve")
        step(api, house, order["id"], "ship")
        reached = struck(api, number)
        found = house.call(api, "GET", f"{ORDERS}/{order['id']}").json
        assert (found["state"], found["done"]) == ("handed", 4), number
        assert [one["event"] for one in found["steps"]] == ["approve", "ship", "hand"], number
        assert len(server.files()) == 4, number
        if not reached:
            assert number > 8
            return
    raise AssertionError("a shipment has no end")


@pytest.mark.feature("F001-081")
def test_an_index_ends_whole(api: Api, house: House, server: Server) -> None:
    wanted = flow(api, house, row(source="1"), row(source="2", tax_code=person(2)))
    saved(api, house, "web", {"password": PASSWORD}, **sftp(server, purpose="website"))
    for number in range(0, 60, 5):  # both halves, every fifth point
        for path in server.folder.iterdir():
            path.unlink()
        key = str(number)
        answer = house.call(
            api, "POST", "/v1/body/deliveries",
            {"channel": "sftp", "profile": "web", "flow": wanted},
            headers={"Idempotency-Key": key},
        )  # fmt: skip
        reached = struck(api, number)
        found = house.call(api, "GET", f"/v1/body/deliveries/{answer.json['id']}").json
        assert (found["state"], found["sent"]) == ("done", 2), number
        assert len(server.files()) == 3, number
        assert server.files()["indice.csv"].count(b"\r\n") == 3, number
        if not reached:
            assert number > 8
            return
    raise AssertionError("a delivery has no end")


@pytest.mark.feature("F001-186")
def test_a_message_is_never_sent_twice(
    api: Api, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    with AppIo() as io_app:
        monkeypatch.setenv("APPIO_URL", io_app.url)
        io_app.enrol([MARIA])
        with_appio(api, house, io_app)
        states = set()
        for number in range(12):
            body = {"service": "quota", "debtor": DEBTOR, "cents": 5_000, "manual": True}
            made = house.call(
                api, "POST", POSITIONS, body, headers={"Idempotency-Key": f"p{number}"}
            )
            position = made.json
            run(api)
            io_app.messages.clear()
            with work.waking() as wakes:
                paid = receipt_of(api, house, position, f"IUR{number}")
                receipts.record(house.tenant, paid, b"<receipt/>", api.now, wakes)
            reached = struck(api, number)
            api.tick(limits.DELIVERY_LEASE_S)  # whoever claimed it must be dead
            house = bodies.again(api, house)
            run(api)
            (attempt,) = [
                one for one in store.list_attempts(house.tenant, RUN)
                if one.position == position["id"]
            ]  # fmt: skip
            states.add(attempt.state)
            # One message, or nobody knows: never two, and never none that is said to be sent.
            assert len(io_app.messages) <= 1, number
            assert (attempt.state == "sent") <= bool(io_app.messages), number
            assert not api.run("deliver", on_deliver.handle), number
            if not reached:
                assert number > 5
                assert states == {"sent", "uncertain"}
                assert clock.stamp(api.now) > attempt.ended_at
                return
        raise AssertionError("a message has no end")
