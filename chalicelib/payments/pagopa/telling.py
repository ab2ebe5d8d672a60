"""The work row that joins the commit of every decision about a position.

There is one row for a position, whatever happens to it and how often: the row says that pagoPA is
to be told, and the worker tells what the position is when it gets to it. So several changes can
neither overtake each other nor be told in another order.
"""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any, Final

from chalicelib.base import clock, dynamo, keys, limits, work
from chalicelib.base.dynamo import Key, Op, Put
from chalicelib.payments.pagopa import connections
from chalicelib.payments.pagopa.connection import Connection
from chalicelib.payments.positions import store
from chalicelib.payments.positions.model import Position

QUEUE: Final = connections.QUEUE
TASK: Final = "pagopa_tell"
_NAME: Final = "pagopa"
# What GPD knows before we do: it is GPD that said so.
_FROM_THERE: Final = frozenset({"partially_paid", "paid", "reported"})


def key_of(tenant: str, position_id: str) -> Key:
    """Where the row of a position is."""
    return store.position_key(tenant, position_id)[0], keys.sk("W", QUEUE, _NAME)


def ops(
    tenant: str, connection: Connection, position: Position, what: str, now: datetime
) -> list[Op]:
    """The row for a position as it is in this commit, or nothing where nobody is to be told.

    `what` happened to it, in the words of its timeline; only "deleted" is told otherwise than what
    the position is.
    """
    if not connection.tells or (connection.mode == "gpd" and position.state in _FROM_THERE):
        return []
    return [row(tenant, position, now, deleted=what == "deleted")]


def of(tenant: str, position: Position, what: str, now: datetime) -> list[Op]:
    """The same where the connection was not read yet."""
    return ops(tenant, connections.get(tenant, position.creditor), position, what, now)


def row(
    tenant: str, position: Position, now: datetime, *, start_at: datetime | None = None,
    deleted: bool = False, when: dynamo.Condition = dynamo.ANY, **payload: Any,
) -> Put:  # fmt: skip
    """The row itself, in the place of the one that may be there."""
    return work.row(
        QUEUE, store.position_key(tenant, position.id)[0], _NAME, now, start_at=start_at,
        label=f"tell:{position.id}", when=when, task=TASK, position=position.id,
        creditor=position.creditor, version=position.version, deleted=deleted, **payload,
    )  # fmt: skip


def on_day(
    tenant: str, position: Position, day: date, now: datetime, when: dynamo.Condition
) -> Put:
    """The row that tells it anew on a day on which its amount changes by itself."""
    begin = datetime.combine(day, time(0, 1), clock.ROME)
    return row(tenant, position, now, start_at=begin, when=when, planned=True)


def again(
    tenant: str, position: Position, now: datetime, deleted: bool = False, *, look: bool = False
) -> Put:
    """Tell it once more; a newer change's row is left as it is. Its label is `tell:<id>`. `look`:
    it is likely to be there already."""
    older: dynamo.Condition = (
        {"pk": dynamo.ABSENT}, {"version": dynamo.at_most(position.version)},
    )  # fmt: skip
    return row(tenant, position, now, deleted=deleted, when=older, look=look)


# ------------------------------------------------------------------ great flows
def as_files(positions: int) -> bool:
    """Whether a flow of so many goes as files instead of one by one."""
    return positions >= limits.PAGOPA_BULK_FROM


def files(tenant: str, flow: str, now: datetime) -> Put:
    """The row that writes the files of a flow."""
    return work.row(
        QUEUE, store.flow_partition(tenant, flow), "pagopa-files", now, when=dynamo.ANY,
        task="pagopa_files", flow=flow, after="", number=0,
    )  # fmt: skip
