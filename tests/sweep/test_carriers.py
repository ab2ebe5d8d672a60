"""App IO, members' areas, folders and the shipping of letters under crashes and errors, by real
sockets: a message at most once, a notice in an area under one name, a folder or a package whole,
whoever dies when."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from typing import Any

import pytest

from chalicelib.base import clock, ids, net
from chalicelib.base.errors import Failure
from chalicelib.base.work import Wakes
from chalicelib.payments.delivery import order_store, orders, profiles, service, settings, store
from chalicelib.payments.delivery import sftp as product
from chalicelib.payments.delivery.members_channel import flag
from chalicelib.payments.delivery.postal import DISCLAIMER_VERSION, Event
from chalicelib.payments.delivery.profiles import Carrier
from chalicelib.payments.delivery.service import Wanted
from chalicelib.payments.dues.model import Person
from chalicelib.payments.positions import positions
from chalicelib.payments.positions import store as position_store
from chalicelib.payments.positions.positions import Wanted as NewPosition
from chalicelib.payments.receipts import service as receipts
from infra.local.cloud import LAYERS
from infra.local.pagopa.appio import AppIo, Citizen
from tests.entry.carriers_world import person
from tests.faults import CRASHES, Faults, Kind
from tests.payments.delivery.reserved import FIELDS, TOKEN, ReservedArea
from tests.payments.delivery.servers import PASSWORD, USER, Server, sftp_server
from tests.payments.receipts import made
from tests.sweep.stories import TENANT, known, open_body, say
from tests.sweep.test_crash import EVERY, Step, disturb, points, walk
from tests.world import World

pytestmark = pytest.mark.feature("F001-060")
CODES = tuple(person(number) for number in range(1, 4))
RUN = {"accept_late": True, "disclaimer": DISCLAIMER_VERSION}
# Around what cannot be taken back every point is tried, whatever else is left out.
OUTSIDE = ("net /api/v1/messages", "net /notices")


class Neighbours:
    """The three other sides on their sockets. What stands in them belongs to a step as the table
    does: `keep` and `put_back`."""

    def __init__(self, io: AppIo, area: ReservedArea, server: Server) -> None:
        self.io, self.area, self.server = io, area, server

    def keep(self) -> tuple[Any, ...]:
        return (
            list(self.io.messages), dict(self.area.shown), list(self.area.keys),
            self.server.files(),
        )  # fmt: skip

    def put_back(self, kept: tuple[Any, ...]) -> None:
        messages, shown, keys, files = kept
        self.io.messages[:], self.area.keys[:] = messages, keys
        self.area.shown = dict(shown)
        for name in self.server.files().keys() - files.keys():
            (self.server.folder / name).unlink()
        for name, data in files.items():
            (self.server.folder / name).write_bytes(data)


@pytest.fixture(scope="module")
def neighbours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neighbours]:
    with (
        AppIo() as io,
        ReservedArea({CODES[0], CODES[2]}) as area,
        sftp_server(tmp_path_factory.mktemp("area")) as server,
    ):
        io.enrol([CODES[0], CODES[2]])
        io.enrol([CODES[1]], Citizen(allows=False))
        yield Neighbours(io, area, server)


class _Counted:
    """An open area each of whose calls can be the last one (areas.Files)."""

    def __init__(self, files: Any, faults: Faults) -> None:
        self._files, self._faults = files, faults

    def __getattr__(self, name: str) -> Callable[..., Any]:
        act = getattr(self._files, name)
        return lambda *given: self._faults.outside(f"sftp.{name}", lambda: act(*given))


@pytest.fixture(autouse=True)
def _wired(monkeypatch: pytest.MonkeyPatch, world: World, neighbours: Neighbours) -> None:
    monkeypatch.setenv("FONTS", str(LAYERS / "fonts"))
    monkeypatch.setenv("NET_PRIVATE", "allow")
    monkeypatch.setenv("APPIO_URL", neighbours.io.url)
    request, connect = net.request, product.connect

    def asked(method: str, url: str, *given: Any, **more: Any) -> Any:
        name = "net /" + url.split("/", 3)[3].partition("?")[0]
        return world.faults.outside(name, lambda: request(method, url, *given, **more))

    @contextmanager
    def connected(*given: Any) -> Iterator[Any]:
        with connect(*given) as files:
            yield _Counted(files, world.faults)

    monkeypatch.setattr(net, "request", asked)
    monkeypatch.setattr(product, "connect", connected)


def _prepare(world: World, neighbours: Neighbours) -> None:
    """A body with a carrier of each kind and a position for each of three members."""
    open_body(world, "OnReconcile")
    neighbours.put_back(([], {}, [], {}))
    server, area = neighbours.server, neighbours.area
    _carrier("appio", {"enabled": True}, {"key": neighbours.io.key})
    _carrier("members", {
        "url": f"{area.url}/notices", "profession": "medici", "fields": FIELDS,
    }, {"key": TOKEN})  # fmt: skip
    for code, purpose in (("sftp", "website"), ("stampatore", "postal")):
        _carrier("sftp", {
            "host": server.host, "port": server.port, "user": USER,
            "fingerprint": server.fingerprint, "purpose": purpose,
        }, {"password": PASSWORD}, code)  # fmt: skip
    _carrier("postal", {"provider": "Stampa S.r.l.", "area": "stampatore"}, None)
    for name in ("members", flag("medici"), "postal"):
        settings.enable(TENANT, name, True)
    for number, code in enumerate(CODES):
        who = Person(code, "Bianchi Anna", "Via Roma 1", "00100", "Roma", "RM")
        wanted = NewPosition("quota", who, cents=1_000, manual=True, due=date(2027, 3, 31))
        positions.make(TENANT, wanted, clock.now(), "test", f"p{number}")
    world.rest()


def _carrier(
    kind: profiles.Kind, values: dict[str, Any], secrets: dict[str, str] | None, code: str = ""
) -> None:
    profiles.save(TENANT, Carrier(code or kind, kind, profiles.parse(kind, values)), secrets)


def _ids() -> list[str]:
    return sorted(one.id for _, one in position_store.list_positions(TENANT))


def _begin(world: World, channel: str, **more: Any) -> None:
    wanted = Wanted(channel, profile=channel, positions=tuple(_ids()), **more)
    say(world, lambda wakes: service.begin(TENANT, wanted, clock.now(), "test", "k", wakes))


def _appio(world: World) -> None:
    _begin(world, "appio")


def _members(world: World) -> None:
    _begin(world, "members")


def _folder(world: World) -> None:
    _begin(world, "sftp")


def _paid(world: World) -> None:
    position = next(
        one for _, one in position_store.list_positions(TENANT)
        if one.id == positions.hand_id(TENANT, "p0")
    )  # fmt: skip
    receipt = made.of(position)
    say(world, lambda wakes: receipts.record(TENANT, receipt, made.RAW, clock.now(), wakes))


def _shipped(world: World) -> None:
    """How the files of the order are made is in test_delivery.py: here they are there."""
    _begin(world, "postal", options=RUN)
    world.rest()
    (run,) = service.list_runs(TENANT)

    def decide(event: Event) -> Callable[[Wakes], object]:
        def act(wakes: Wakes) -> None:
            with suppress(Failure):  # said again, it is decided already
                orders.decide(TENANT, run.id, event, clock.now(), "test", wakes)

        return act

    say(world, decide("approve"))
    world.rest()
    say(world, decide("ship"))


Act = Callable[[World], None]
ACTS: dict[str, Act] = {
    "App IO": _appio, "paid": _paid, "members": _members, "folder": _folder, "letters": _shipped,
}  # fmt: skip
acts = pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)


def outcome(world: World, neighbours: Neighbours) -> dict[str, Any]:
    """What it has come to; who is uncertain may have got it or not, but not twice."""
    rows = [row for position in _ids() for row in store.list_of_position(TENANT, position, 50)]
    io_rows = [row for row in rows if row.channel == "appio"]
    told = Counter(
        (one["fiscal_code"], one["content"]["subject"]) for one in neighbours.io.messages
    )
    assert set(told.values()) <= {1}, "nobody is told twice"
    sent = [row for row in io_rows if row.state == "sent"]
    uncertain = [row for row in rows if row.state == "uncertain"]
    assert len(sent) <= len(neighbours.io.messages) <= len(sent) + len(uncertain)
    assert len(uncertain) <= 1, "one process died, at one message"
    assert {(row.channel, row.code) for row in uncertain} <= {("appio", "sender_died")}
    # However often it was brought, a notice came under the one name that was made before.
    names = {row.name for row in rows if row.channel == "members" and row.state == "sent"}
    assert set(neighbours.area.keys) == names
    runs = service.list_runs(TENANT)
    for run in runs:
        last = Counter(row.state for row in rows if row.run == run.id and row.last)
        for state in ("sent", "failed", "uncertain", "skipped", "called_off"):
            assert getattr(run, state) == last[state], (state, last)
        assert run.queued == 0
    found = [order_store.get_order(TENANT, run.id) for run in runs]
    return {
        "rows": sorted((row.position, row.number, row.channel, row.state) for row in rows),
        "runs": [run.state for run in runs],
        "shown": {key: ids.sha256(json.dumps(one, sort_keys=True).encode())
                  for key, one in neighbours.area.shown.items()},
        "files": {name: ids.sha256(data) for name, data in neighbours.server.files().items()},
        "orders": [(one.state, one.done, [step.event for step in one.steps])
                   for one in found if one],
        "work": [row["sk"] for row in world.work() if row["queue"] == "deliver"],
        "waiting": world.waiting(),
    }  # fmt: skip


def _undisturbed(
    world: World, neighbours: Neighbours, act: Act
) -> tuple[list[Step], list[tuple[Any, ...]], dict[str, Any]]:
    """The steps, what stood at the other sides before each, and what it came to."""
    _prepare(world, neighbours)
    act(world)
    there: list[tuple[Any, ...]] = []
    steps = walk(world, lambda: there.append(neighbours.keep()))
    return steps, there, outcome(world, neighbours)


WANTED: dict[Act, tuple[list[str], int, int, int]] = {
    _appio: (["sent", "sent", "skipped"], 2, 0, 0),
    _paid: (["sent"], 1, 0, 0),
    _members: (["sent", "sent", "skipped"], 0, 2, 0),
    _folder: (["sent"] * 3, 0, 0, 4),  # and the index
    # Three letters, the list twice.
    _shipped: (["sent"] * 3, 0, 0, 5),
}


@acts
def test_the_stories_undisturbed(world: World, neighbours: Neighbours, act: Act) -> None:
    steps, _, found = _undisturbed(world, neighbours, act)
    assert any(call.startswith(("net ", "sftp.")) for step in steps for call in step.calls)
    states, messages, shown, files = WANTED[act]
    assert sorted(row[-1] for row in found["rows"]) == states
    assert (len(neighbours.io.messages), len(found["shown"]), len(found["files"])) == (
        messages, shown, files,
    )  # fmt: skip
    ships = [("handed", files, ["approve", "ship", "hand"])] if act is _shipped else []
    assert found["orders"] == ships
    assert (found["work"], found["waiting"]) == ([], {})


@pytest.mark.parametrize("kinds", [CRASHES, ("conflict",)], ids=["crashes", "conflicts"])
@acts
def test_every_call_may_be_the_last(
    world: World, neighbours: Neighbours, act: Act, kinds: tuple[Kind, ...]
) -> None:
    steps, there, wanted = _undisturbed(world, neighbours, act)
    for number, (step, fault) in enumerate(points(steps, kinds, 1)):
        if EVERY > 1 and number % (3 * EVERY) and step.calls[fault.number] not in OUTSIDE:
            continue
        neighbours.put_back(there[step.number])
        disturb(world, step, fault)
        point = f"step {step.number}, {fault.kind} call {fault.number} {step.calls[fault.number]}"
        assert known(outcome(world, neighbours), wanted) == wanted, point
