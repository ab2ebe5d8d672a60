"""An export of the archive under crashes and errors: the file is whole, or it is not there."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest

from chalicelib.base import clock, limits
from chalicelib.base.errors import Rejected
from chalicelib.payments.dues.model import Person
from chalicelib.payments.positions import archive, exports, positions, store, table
from chalicelib.payments.positions.archive import Wanted
from chalicelib.payments.positions.positions import Wanted as NewPosition
from tests.faults import CRASHES, Kind
from tests.payments.dues.files import many
from tests.sweep.stories import TENANT, open_body, say
from tests.sweep.test_crash import Step, disturb, points, walk
from tests.world import World

pytestmark = pytest.mark.feature("F001-164")
COUNT, LATER = 5, 7_777


def _prepare(world: World) -> None:
    """A body with COUNT positions."""
    open_body(world, "OnDeliver", "OnCollect", "OnReconcile")
    for number, row in enumerate(many(COUNT)):
        _make(row, 1_000 + number, f"p{number}")


def _make(row: dict[str, Any], cents: int, key: str) -> None:
    person = Person(row["tax_code"], row["name"])
    wanted = NewPosition("quota", person, cents=cents, manual=True)
    positions.make(TENANT, wanted, clock.now(), "test", key)


def _begin(world: World, form: table.Format, **wanted: Any) -> None:
    """As a person asks for it, who asks again when it failed; then somebody makes another one."""

    def later() -> bool:
        world.pass_time(1)
        _make(next(iter(many(1))), LATER, "later")
        return True

    say(world, lambda wakes: exports.begin(
        TENANT, Wanted(**wanted), form, clock.now(), "k", wakes))  # fmt: skip
    world.requests.append(later)


ACTS: dict[str, Callable[[World], None]] = {
    "csv": lambda world: _begin(world, "csv"),
    "xlsx": lambda world: _begin(world, "xlsx", least_cents=1_002),
    "too many": lambda world: _begin(world, "csv", service="quota"),
}


@pytest.fixture(autouse=True)
def _small(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Several pieces; for one story fewer rows than there are."""
    monkeypatch.setattr(limits, "EXPORT_PIECE_ROWS", 2)
    if "too many" in request.node.name:
        monkeypatch.setattr(limits, "EXPORT_POSITIONS", 3)


def outcome(world: World) -> dict[str, Any]:
    (export,) = exports.list_exports(TENANT)
    files = {
        name: data
        for name, data in world.objects().items()
        if "/exports/" in name and not name.endswith(".json")
    }
    rows: list[tuple[Any, ...]] = []
    if export.state == "written":
        # Of two workers each may have written one; the export names the one that counts.
        data = files[f"{world.environment['DOCUMENTS_BUCKET']}/{export.key}"]
        rows = _rows(data, export.format)
        today = clock.rome_day(clock.now())
        found, _ = archive.read(TENANT, export.wanted, today, f"{export.created_at}~", 100)
        wanted = [table.row(one) for one in archive.shown(TENANT, found)]
        assert [row[0] for row in rows] == [row[0] for row in wanted]
        assert len(rows) == export.rows
        assert exports.link(TENANT, export.id)[1].endswith(export.format)
    else:
        assert not files
        with pytest.raises(Rejected, match="export_state"):
            exports.link(TENANT, export.id)
    return {
        "state": (export.state, export.code, export.rows, export.pieces),
        "rows": [str(one[1:]) for one in rows],
        "positions": len(list(store.list_positions(TENANT))),
        "work": [row["sk"] for row in world.work() if row["queue"] == exports.QUEUE],
        "waiting": world.waiting(),
    }


def _rows(data: bytes, form: str) -> list[tuple[Any, ...]]:
    if form == "csv":
        return list(
            table.read_csv(csv.reader(io.StringIO(data.decode("utf-8-sig")), delimiter=";"))
        )
    sheet = openpyxl.load_workbook(io.BytesIO(data), read_only=True).active
    assert sheet is not None
    return list(sheet.iter_rows(min_row=2, values_only=True))


def _undisturbed(world: World, name: str) -> tuple[list[Step], dict[str, Any]]:
    _prepare(world)
    ACTS[name](world)
    return walk(world), outcome(world)


@pytest.mark.parametrize("kinds", [CRASHES, ("conflict", "timeout")], ids=["crashes", "errors"])
@pytest.mark.parametrize("name", ACTS)
def test_every_call_may_be_the_last(world: World, name: str, kinds: tuple[Kind, ...]) -> None:
    steps, wanted = _undisturbed(world, name)
    states = {
        "csv": ("written", "", COUNT, 2),
        "xlsx": ("written", "", COUNT - 2, 1),
        "too many": ("failed", "export_rows", 2, 1),
    }
    assert wanted["state"] == states[name]
    assert (len(wanted["rows"]), wanted["positions"]) == (
        COUNT if name == "csv" else COUNT - 2 if name == "xlsx" else 0, COUNT + 1,
    )  # fmt: skip
    assert (wanted["work"], wanted["waiting"]) == ([], {})
    for step, fault in points(steps, kinds):
        disturb(world, step, fault)
        point = f"step {step.number}, {fault.kind} call {fault.number} {step.calls[fault.number]}"
        assert outcome(world) == wanted, point
