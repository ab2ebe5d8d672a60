"""Every hour in Rome: look for settlement flows, once a working day for what waits too long, once
a day for the dues of registers."""

from __future__ import annotations

from typing import Any

from chalice.app import Blueprint

from chalicelib.accounting import alerts, fetching
from chalicelib.accounting.registers import daily
from chalicelib.base import clock, work

bp = Blueprint(__name__)


@bp.lambda_function(name="hourly")
def hourly(event: Any, context: Any) -> dict[str, int]:
    """Plans only; twice, late, or hours left out come to the same."""
    now = clock.now()
    with work.waking() as wakes:
        return {
            "looks": fetching.plan(now, wakes),
            "days": alerts.plan(now, wakes),
            "registers": daily.plan(now, wakes),
        }
