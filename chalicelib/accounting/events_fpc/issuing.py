"""A receipt that a payment has numbered is written, and sent to who has paid.

Its number is decided in the commit of the payment, with this work; what it says of the body is what
held then. The paper is kept before the registration says that it is there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from chalicelib.accounting.events_fpc import store
from chalicelib.accounting.events_fpc.model import Event, Fiscal, Registration
from chalicelib.accounting.events_fpc.words import words
from chalicelib.base import clock, config, dynamo, ids, s3, work
from chalicelib.base.dynamo import Op, Put
from chalicelib.base.s3 import Place
from chalicelib.base.work import Wakes, Work
from chalicelib.payments import bodies
from chalicelib.payments.body import Body
from chalicelib.payments.delivery import model as deliveries
from chalicelib.payments.delivery import store as delivery_store
from chalicelib.payments.delivery import told
from chalicelib.payments.delivery.mail import message
from chalicelib.payments.delivery.mail.accounts import Account
from chalicelib.payments.delivery.model import Attempt
from chalicelib.payments.dues import store as due_store
from chalicelib.payments.dues.model import Person
from chalicelib.payments.positions import positions
from chalicelib.payments.receipts import store as receipts

QUEUE: Final = "deliver"
CHANNEL: Final = "training"


def row(tenant: str, registration: Registration, setting: Fiscal, now: datetime) -> Put:
    """The work of writing the receipt of a registration, with what the body says of itself."""
    said = asdict(setting) | {"rate": str(setting.rate)}
    return work.row(
        QUEUE, store.event_key(tenant, registration.event)[0], f"paper-{registration.id}", now,
        task="training-paper", event=registration.event, registration=registration.id,
        setting=said,
    )  # fmt: skip


def write(job: Work, wakes: Wakes, now: datetime, _: Callable[[], int]) -> None:
    """Write the receipt, and plan the mails that bring it."""
    tenant = job.tenant
    event, registration, person = _found(job)
    if registration.document_key:
        dynamo.commit([job.done()])
        return
    said = job.item["setting"]
    setting = Fiscal(**said | {"rate": Decimal(said["rate"])})
    key = _written(tenant, event, registration, person, setting)
    new = replace(registration, document_key=key, version=registration.version + 1)
    ops: list[Op] = [store.put_registration(tenant, new, registration.version), job.done()]
    for leg in told.wanted_legs(tenant, person):
        attempt = _attempt(tenant, registration, leg, now)
        ops += [
            delivery_store.put_attempt(tenant, attempt, 0),
            work.row(
                QUEUE, job.key[0], f"paper-{registration.id}-{leg}", now, task="training-mail",
                event=registration.event, registration=registration.id, run=attempt.run,
                place=deliveries.place(attempt),
            ),
        ]  # fmt: skip
    wakes.commit(ops)


def _found(job: Work) -> tuple[Event, Registration, Person]:
    tenant, name = job.tenant, str(job.item["event"])
    event = store.get_event(tenant, name)
    registration = store.get_registration(tenant, name, str(job.item["registration"]))
    assert event is not None
    assert registration is not None
    (person,) = due_store.get_persons(tenant, [registration.person]).values()
    return event, registration, person


def _written(
    tenant: str, event: Event, registration: Registration, person: Person, setting: Fiscal
) -> str:
    """Where the paper is; before anything says that it is there."""
    from chalicelib.accounting.events_fpc import pdf

    body = bodies.get(tenant)
    issued = pdf.Issued(
        number=registration.document, day=date.fromisoformat(registration.document_day),
        event=replace(event, cents=registration.cents), person=person, setting=setting,
        iuv=positions.get(tenant, registration.position).payments[0].iuv,
        receipt=registration.receipt, paid_on=_paid_on(tenant, registration),
    )  # fmt: skip
    data = pdf.render(issued, body.creditor(bodies.logo_of(tenant, body)), person.language)
    key = f"{tenant}/training/{registration.id}/{ids.sha256(data)[:32]}.pdf"
    s3.put(Place(config.get("DOCUMENTS_BUCKET"), key), data, "application/pdf")
    return key


def _paid_on(tenant: str, registration: Registration) -> date:
    """The day that pagoPA's receipt says, where it is kept here; else when it was heard of."""
    found = receipts.get(tenant, registration.receipt)
    if found is not None and found.day:
        return date.fromisoformat(found.day)
    return clock.rome_day(clock.parse(registration.paid_at))


# ------------------------------------------------------------------ the mail
def _attempt(tenant: str, registration: Registration, leg: str, now: datetime) -> Attempt:
    run = ids.derive("training-told", tenant, registration.id)
    return Attempt(
        run=run, position=registration.position, leg=leg, number=1, channel=CHANNEL,
        name=delivery_store.name_of(tenant, run, registration.position, leg, 1), state="queued",
        planned_at=clock.stamp(now), due=clock.stamp(now),
    )  # fmt: skip


def mail(job: Work, wakes: Wakes, now: datetime, _: Callable[[], int]) -> None:
    """Send it, once, by the account that the body sends receipts by."""
    told.send(job, now, _letter)


def _letter(job: Work, attempt: Attempt, now: datetime) -> told.Letter:
    event, registration, person = _found(job)
    body = bodies.get(job.tenant)
    data = s3.get(Place(config.get("DOCUMENTS_BUCKET"), registration.document_key))

    def made(account: Account, to: str) -> bytes:
        title, text = _said(body, event, registration, person)
        name = f"{registration.document.replace('/', '-')}.pdf"
        return message.made(account, to, attempt.name, now, title, text, (name, data))

    return told.Letter(person, made)


def _said(body: Body, event: Event, registration: Registration, person: Person) -> tuple[str, str]:
    """Subject and text, in the language of who has paid."""
    own = words(person.language)
    known = {
        "number": registration.document,
        "event": message.line(event.title),
        "name": message.line(person.name),
        "body": message.line(body.name),
    }
    return own.mail_title.format(**known), own.mail.format(**known)
