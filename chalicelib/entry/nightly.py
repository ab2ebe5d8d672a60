"""Every night, some minutes after midnight in Rome: plan the end of lots and of debt positions
whose last day is over, and look for receipts that pagoPA keeps."""

from __future__ import annotations

from typing import Any

from chalice.app import Blueprint

from chalicelib.base import clock, work
from chalicelib.credits import expiry
from chalicelib.payments.pagopa import looking
from chalicelib.payments.positions import ending

bp = Blueprint(__name__)


@bp.lambda_function(name="nightly")
def nightly(event: Any, context: Any) -> dict[str, int]:
    """What is due is planned, whatever the hour: twice, late or a night left out is the same."""
    with work.waking() as wakes:
        now = clock.now()
        return {
            "lots": expiry.plan(now, wakes),
            "positions": ending.plan(now, wakes),
            "looks": looking.look_everywhere(now, wakes),
        }
