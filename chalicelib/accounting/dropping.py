"""Objects that somebody drops in the intake bucket for reconciliation.

settlements/<tenant>/…/<file>             a flow, as classic XML or JSON of FdR-3
statements/<tenant>/[<columns>/]<file>    a statement; the folder names the columns to read it by
treasury/<tenant>/…/<file>                what the treasurer answers about orders
"""

from __future__ import annotations

from datetime import datetime

from chalicelib.accounting import flow_intake, statement_intake
from chalicelib.accounting.posting import answers
from chalicelib.base import keys, log
from chalicelib.base.errors import NotFound
from chalicelib.base.s3 import Created
from chalicelib.base.work import Wakes


def take(found: Created, now: datetime, wakes: Wakes) -> None:
    """Plan the reading of one object; the same event again is the same. What is nobody's stays
    where it is, and the operator is told."""
    parts = found.place.key.split("/")
    if found.place.key.endswith("/") and found.size == 0:
        return  # a "folder" that a console made: nothing in it
    carriers = {
        "settlements": flow_intake.dropped,
        "statements": statement_intake.dropped,
        "treasury": answers.dropped,
    }
    take_in = carriers.get(parts[0])
    if take_in is None or len(parts) < 3 or not keys.is_tenant(parts[1]):
        _unknown()
        return
    try:
        take_in(parts[1], found.place, now, wakes)
    except NotFound:
        _unknown()


def _unknown() -> None:
    log.write(log.Event.INTAKE_UNKNOWN, code="body_unknown")
    log.metric("IntakeUnknown", 1)
