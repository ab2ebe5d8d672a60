"""Rows of work for whoever tells people what happened to a position (the worker "deliver").

They belong to the commit of what happened. Nothing here knows who tells, or whether anybody does.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from chalicelib.base import work
from chalicelib.base.dynamo import Put
from chalicelib.payments.positions import store
from chalicelib.payments.positions.model import Position

QUEUE: Final = "deliver"
TASK: Final = "position"
# Of one position; "generated" is said of a flow.
EVENTS: Final = ("made", "cancelled", "deleted", "paid_outside")


def row(tenant: str, position: Position, event: str, now: datetime) -> Put:
    """One position was made by hand, is asked for no longer, or was paid past the node (EVENTS)."""
    assert event in EVENTS, event
    partition = store.position_key(tenant, position.id)[0]
    return work.row(
        QUEUE, partition, f"{event}-{position.version}", now, task=TASK, event=event,
        position=position.id, label="happened",
    )  # fmt: skip


def flow_row(tenant: str, flow_id: str, now: datetime) -> Put:
    """All positions of a flow are there."""
    partition = store.flow_partition(tenant, flow_id)
    return work.row(
        QUEUE, partition, "generated", now, task=TASK, event="generated", flow=flow_id,
        label="happened",
    )  # fmt: skip
