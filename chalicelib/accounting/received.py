"""A receipt came: a registration that it pays is paid, and it joins the facts of its payment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from chalicelib.accounting import reconciling
from chalicelib.accounting.events_fpc import paying
from chalicelib.base.work import Wakes, Work


def receipt(job: Work, wakes: Wakes, now: datetime, _: Callable[[], int]) -> None:
    """One receipt; `receipts` takes many at once."""
    receipts([job], wakes, now)


def receipts(jobs: Sequence[Work], wakes: Wakes, now: datetime) -> None:
    """The receipts of rows of one tenant. The registrations first: their rows of work are these,
    and the match ends them. Raises as `reconciling.receipts`."""
    if jobs:
        came = {str(job.item["position"]): str(job.item["receipt"]) for job in jobs}
        paying.receipts(jobs[0].tenant, came, now, wakes)
    reconciling.receipts(jobs, wakes, now)
