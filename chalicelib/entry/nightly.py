"""Every night, some minutes after midnight in Rome: plan the end of lots whose last day is over."""

from __future__ import annotations

from typing import Any

from chalice.app import Blueprint

from chalicelib.base import clock, work
from chalicelib.credits import expiry

bp = Blueprint(__name__)


@bp.lambda_function(name="nightly")
def nightly(event: Any, context: Any) -> dict[str, int]:
    """What is due is planned, whatever the hour: twice, late or a night left out is the same."""
    with work.waking() as wakes:
        return {"lots": expiry.plan(clock.now(), wakes)}
