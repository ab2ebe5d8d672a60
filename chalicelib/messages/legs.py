"""The legs of a work row: each carried once, as far as its carrier allows.

A mail leg goes todo -> sending -> done. Found `sending` again, it may have gone out: it waits for
SES's own Send event, and only when that stays away is the mail sent again. A webhook is called at
least once.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from chalicelib.base import clock, dynamo, limits, log
from chalicelib.base.errors import Transient
from chalicelib.base.work import Work
from chalicelib.messages import mail, store
from chalicelib.messages.store import Legs

TODO: Final = "todo"
SENDING: Final = "sending"
DONE: Final = "done"
FAILED: Final = "failed"
_ENDED: Final = frozenset({DONE, FAILED})


class Run:
    """The legs of one row while they are worked on."""

    def __init__(self, job: Work, old: Legs, legs: Legs, now: datetime) -> None:
        self.job = job
        self.stored = old
        self.legs = legs
        self.now = now
        self.failure: Transient | None = None

    def save(self, **more: object) -> None:
        dynamo.commit([store.save_legs(self.job, self.stored, self.legs, **more)])
        self.stored = {leg: dict(value) for leg, value in self.legs.items()}

    def do(self, leg: str, carry: Callable[[], None], **more: object) -> None:
        """Carry one leg if it is due; a failure is kept so that the others still run."""
        if self.legs[leg]["state"] in _ENDED:
            return
        try:
            if leg == "webhook":
                self._at_least_once(leg, carry)
            else:
                self._once(leg, carry, **more)
        except Transient as failure:
            self.failure = failure

    def _at_least_once(self, leg: str, carry: Callable[[], None]) -> None:
        try:
            carry()
            self.legs[leg] = {"state": DONE}
        except Transient:
            if self.job.attempts + 1 < limits.WEBHOOK_ATTEMPTS:
                raise
            self.legs[leg] = {"state": FAILED}
            log.metric("WebhookGivenUp", 1)

    def _once(self, leg: str, carry: Callable[[], None], **more: object) -> None:
        state = self.legs[leg]
        if state["state"] == SENDING:
            if f"seen_{leg}" in self.job.item:
                self.legs[leg] = {"state": DONE}
                return
            deadline = clock.parse(state["at"]) + timedelta(seconds=limits.MAIL_EVIDENCE_S)
            if self.now < deadline:
                raise Transient("mail_unconfirmed", "A mail may have gone out; waiting to know.")
            log.write(log.Event.MAIL_UNCERTAIN, tenant=self.job.tenant)
        self.legs[leg] = {"state": SENDING, "at": clock.stamp(self.now)}
        self.save(**more)
        try:
            carry()
        except mail.Uncertain:
            raise
        except Transient:
            self.legs[leg] = {"state": TODO}
            self.save()
            raise
        self.legs[leg] = {"state": DONE}

    def end(self) -> None:
        """Finish the row, or keep what was reached and let it come again."""
        if all(value["state"] in _ENDED for value in self.legs.values()):
            dynamo.commit([self.job.done()])
            log.write(log.Event.TOLD, tenant=self.job.tenant, work=self.job.key[1])
            return
        if self.legs != self.stored:
            self.save()
        assert self.failure is not None
        raise self.failure
