"""Documents that waited for credit go on when there is some (credits/waiting.py says in which
order and for how long)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from chalicelib.base import limits
from chalicelib.base.dynamo import Op
from chalicelib.base.work import Wakes, Work
from chalicelib.credits import waiting
from chalicelib.credits.hold import Hold, Payer
from chalicelib.credits.holding import Waiting
from chalicelib.invoicing import intake, paying, store
from chalicelib.invoicing.document import Document
from chalicelib.invoicing.intake import Session


def release(job: Work, wakes: Wakes, now: datetime, remaining_ms: Callable[[], int]) -> None:
    """One row of work of the credits queue with the task `release`."""
    waiting.release(job, _Documents(job.tenant, wakes, now), wakes, now, remaining_ms)


class _Documents:
    """Documents as waiting.release asks for them."""

    def __init__(self, payer: str, wakes: Wakes, now: datetime) -> None:
        self.payer = payer
        self.session = Session(wakes, limits.CHECKPOINT_MEMBERS)
        self.now = now
        self.found: dict[tuple[str, str], Document] = {}

    def load(self, found: Sequence[Waiting]) -> None:
        self.found = store.get_many((one.tenant, one.document) for one in found)

    def wanted(self, one: Waiting) -> tuple[str, ...] | None:
        document = self.found.get((one.tenant, one.document))
        if document is None or document.held not in paying.WAITING:
            return None
        home = self.session.reseller(one.tenant)
        payer = paying.payer_of(one.tenant, document.customer, home)
        if payer is None:
            return ()
        if payer != Payer(self.payer, one.customer):
            return None  # somebody else pays by now: a person lets it go, at his expense
        if not intake.sent_by_us(one.tenant, document, self.session, self.now):
            return ()
        return paying.wanted(document)

    def going(self, one: Waiting, holds: tuple[Hold, ...]) -> list[Op]:
        old = self.found[one.tenant, one.document]
        ready = replace(old, state="ready", held="", reason="", credits=holds)
        gone = intake.set_off(one.tenant, ready, self.session, self.now)
        new, ops = store.changed(
            one.tenant,
            old,
            self.now,
            waiting.BY,
            state=gone.state,
            held="",
            reason="",
            credits=holds,
            name=gone.name,
            attempt=gone.attempt,
        )
        return [*ops, *intake.sending(one.tenant, new, self.now)]
