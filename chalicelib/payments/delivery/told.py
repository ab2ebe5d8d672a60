"""After payment: the citizen's mail with his receipt, and the plan of the webhook.

A receipt that was recorded makes one attempt for each place that is to know of it; each is a row
among the attempts of its position, with work of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from chalicelib.accounts import service as accounts_of
from chalicelib.base import clock, dynamo, ids, limits, work
from chalicelib.base.dynamo import Op
from chalicelib.base.errors import Rejected, Transient
from chalicelib.base.work import Wakes, Work
from chalicelib.payments import bodies
from chalicelib.payments.delivery import (
    appio_events,
    model,
    service,
    settings,
    store,
    throttle,
)
from chalicelib.payments.delivery.channels import Uncertain
from chalicelib.payments.delivery.mail import accounts, channel, message, smtp
from chalicelib.payments.delivery.mail.accounts import Account
from chalicelib.payments.delivery.model import Attempt
from chalicelib.payments.dues.model import Person
from chalicelib.payments.positions.model import Position
from chalicelib.payments.receipts import service as receipts
from chalicelib.payments.receipts.model import Receipt

MAIL: Final = "receipt"
WEBHOOK: Final = "webhook"


def plan(job: Work, wakes: Wakes, now: datetime, remaining_ms: Callable[[], int]) -> None:
    """One attempt, with its work, for each place that a receipt is told to."""
    tenant = job.tenant
    receipt = receipts.get(tenant, job.item["receipt"], job.item["creditor"])
    ops: list[Op] = [job.done()]
    for leg, where in _places(tenant, receipt):
        attempt = _attempt(tenant, receipt, leg, where, now)
        row = work.row(
            job.queue, job.key[0], f"receipt-{where}-{receipt.creditor}-{leg}", now,
            task=f"receipt-{'webhook' if where == WEBHOOK else 'mail'}", receipt=receipt.id,
            creditor=receipt.creditor, run=attempt.run, place=model.place(attempt),
        )  # fmt: skip
        ops += [store.put_attempt(tenant, attempt, 0), row]
    if receipt.position and appio_events.is_on(tenant):
        ops.append(
            work.row(
                job.queue, job.key[0], f"receipt-appio-{receipt.creditor}", now,
                task="receipt-appio", receipt=receipt.id, creditor=receipt.creditor,
                position=receipt.position,
            )
        )  # fmt: skip
    wakes.commit(ops)


def _places(tenant: str, receipt: Receipt) -> list[tuple[str, str]]:
    """(leg, channel) of those that are to know."""
    found: list[tuple[str, str]] = []
    there = _there(tenant, receipt)
    if there is not None:
        found += [(leg, MAIL) for leg in wanted_legs(tenant, there[1])]
    if accounts_of.get_reseller(tenant).webhook is not None:
        found.append(("", WEBHOOK))
    return found


def _there(tenant: str, receipt: Receipt) -> tuple[Position, Person] | None:
    if not receipt.position:
        return None
    return service.loaded(tenant, [receipt.position]).get(receipt.position)


def _attempt(tenant: str, receipt: Receipt, leg: str, where: str, now: datetime) -> Attempt:
    run = ids.derive("receipt-told", tenant, receipt.creditor, receipt.id, where)
    return Attempt(
        run=run, position=receipt.position, leg=leg, number=1, channel=where,
        name=store.name_of(tenant, run, receipt.position, leg, 1), state="queued",
        planned_at=clock.stamp(now), due=clock.stamp(now),
    )  # fmt: skip


def waiting(job: Work) -> Attempt | None:
    """The attempt that a row is about; None when it is decided, and the row is ended then."""
    attempt = store.get_attempt(job.tenant, job.item["run"], job.item["place"])
    if attempt is not None and attempt.state in model.OPEN:
        return attempt
    dynamo.commit([dynamo.Delete(job.key, when=dynamo.ANY, label="work")])
    return None


def decided(
    job: Work, attempt: Attempt, state: model.AttemptState, now: datetime, code: str = "",
    words: str = "",
) -> None:  # fmt: skip
    """Record how it ended, and end its work."""
    said = store.seal(job.tenant, attempt.name, "words", words[: limits.DELIVERY_WORDS_CHARS])
    put, _, _ = store.moved(
        job.tenant, attempt, state, code=code, words=said, ended_at=clock.stamp(now)
    )
    dynamo.commit([put, dynamo.Delete(job.key, when=dynamo.ANY, label="work")])


# ------------------------------------------------------------------ the mail
@dataclass(frozen=True)
class Letter:
    """A mail that follows a payment: to whom, and `write(account, to)` the whole message."""

    person: Person
    write: Callable[[Account, str], bytes]


def mail(job: Work, wakes: Wakes, now: datetime, remaining_ms: Callable[[], int]) -> None:
    """Send one receipt, once; what a dead process may have sent is told as uncertain."""
    send(job, now, _letter)


def send(job: Work, now: datetime, find: Callable[[Work, Attempt, datetime], Letter]) -> None:
    """Send what `find` gives for a row about an attempt, by the account of receipts; once."""
    attempt = waiting(job)
    if attempt is None:
        return
    if attempt.state == "sending":
        claimed_at = clock.parse(attempt.claimed_at)
        if model.is_abandoned(claimed_at, now):
            decided(job, attempt, "uncertain", now, "sender_died")
        else:
            ends = claimed_at + timedelta(seconds=limits.DELIVERY_LEASE_S)
            dynamo.commit([work.again(job, now, ends)])
        return
    try:
        _send(job, attempt, now, find(job, attempt, now))
    except Rejected as refused:
        decided(job, attempt, "failed", now, refused.code, refused.message)


def _letter(job: Work, attempt: Attempt, now: datetime) -> Letter:
    tenant = job.tenant
    receipt = receipts.get(tenant, job.item["receipt"], job.item["creditor"])
    there = _there(tenant, receipt)
    assert there is not None

    def write(account: Account, to: str) -> bytes:
        return _message(tenant, account, attempt, receipt, there, to, now)

    return Letter(there[1], write)


def wanted_legs(tenant: str, person: Person) -> list[str]:
    """By which legs a body tells this person after a payment."""
    wishes = settings.get(tenant)
    known = (("mail", wishes.receipts_mail), ("pec", wishes.receipts_pec))
    return [leg for leg, account in known if account and not channel.missing(person, leg)]


def _send(job: Work, attempt: Attempt, now: datetime, letter: Letter) -> None:
    tenant = job.tenant
    wishes = settings.get(tenant)
    code = wishes.receipts_pec if attempt.leg == "pec" else wishes.receipts_mail
    if not code or channel.missing(letter.person, attempt.leg):
        decided(job, attempt, "skipped", now, "not_wanted")
        return
    account = accounts.require(tenant, code, attempt.leg)
    wait_until = _paced(tenant, account, now)
    if wait_until is not None:
        dynamo.commit([work.again(job, now, wait_until)])
        return
    to = letter.person.pec if attempt.leg == "pec" else letter.person.mail
    data = letter.write(account, to)
    mine = attempt
    try:
        with smtp.connected(account, accounts.password_of(tenant, account)) as session:
            mine = _claimed(job, attempt, to, now)
            said = session.send(to, data)
    except Uncertain as failure:
        decided(job, mine, "uncertain", now, failure.code, failure.words)
    except Transient as failure:
        _later(job, mine, failure, now)
    except Rejected as refused:
        words = str(getattr(refused, "words", "")) or refused.message
        decided(job, mine, "failed", now, refused.code, words)
    else:
        decided(job, mine, "sent", now, words=said)


def _paced(tenant: str, account: Account, now: datetime) -> datetime | None:
    """When the account may send again, None for now: a receipt takes its share of the pace."""
    pace = channel.pace_of(account)
    if pace is None:
        return None
    used, version = store.get_pace(tenant, pace.key)
    taken = throttle.take(used, now, pace.per_minute, pace.per_hour, 1)
    if taken.again_at is None:
        dynamo.commit([store.put_pace(tenant, pace.key, taken.used, version)])
    return taken.again_at


def _claimed(job: Work, attempt: Attempt, to: str, now: datetime) -> Attempt:
    sealed = store.seal(job.tenant, attempt.name, "to", to)
    claim, mine, _ = store.moved(
        job.tenant, attempt, "sending", claimed_at=clock.stamp(now), to=sealed
    )
    # Two operations: a transaction knows its own repetition, a single write does not.
    dynamo.commit([claim, work.again(job, now)])
    return mine


def _later(job: Work, attempt: Attempt, failure: Transient, now: datetime) -> None:
    words = str(failure.details.get("words", "")) or failure.message
    tries = attempt.tries + 1
    if tries >= limits.RECEIPT_MAIL_TRIES:
        decided(job, attempt, "failed", now, failure.code, words)
        return
    at = model.retry_at(now, attempt.tries)
    said = store.seal(job.tenant, attempt.name, "words", words[: limits.DELIVERY_WORDS_CHARS])
    put, _, _ = store.moved(
        job.tenant, attempt, "queued", code=failure.code, words=said, tries=tries,
        due=clock.stamp(at),
    )  # fmt: skip
    dynamo.commit([put, work.again(job, now, at)])


def _message(
    tenant: str, account: Account, attempt: Attempt, receipt: Receipt,
    there: tuple[Position, Person], to: str, now: datetime,
) -> bytes:  # fmt: skip
    from chalicelib.payments.receipts import pdf

    position, person = there
    body = bodies.get(tenant)
    paid = message.Paid(
        name=person.name,
        body=body.name,
        code=body.fiscal_code,
        subject=position.subject,
        cents=receipt.cents,
        day=date.fromisoformat(receipt.day),
        number=receipt.notice,
        id=receipt.id,
        info=body.contacts.line,
    )
    title, text = message.receipt(paid, person.language)
    data = pdf.render(receipt, body.creditor(bodies.logo_of(tenant, body)), person.language)
    name = f"ricevuta-{receipt.iuv}.pdf"
    return message.made(account, to, attempt.name, now, title, text, (name, data))
