"""Every minute: wake the work that is overdue."""

from __future__ import annotations

from typing import Any

from chalice.app import Blueprint

from chalicelib.base import clock, work

bp = Blueprint(__name__)


@bp.lambda_function(name="sweep")
def sweep(event: Any, context: Any) -> dict[str, int]:
    """Running twice or together wakes each row once."""
    return {"woken": work.sweep(clock.now())}
