"""Telling one change on each of its legs, once each.

A leg is `mail` (the intermediary), `customer` (his customer, only if he asked) or `webhook`. A
mail leg goes todo -> sending -> done. Found `sending` again, it may have gone out: it waits for
SES's own Send event, and only when that stays away is the mail sent again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib.accounts import service as accounts
from chalicelib.accounts.model import Customer, Reseller
from chalicelib.base import clock, dynamo, limits, log, secrets
from chalicelib.base.clock import ROME
from chalicelib.base.dynamo import ConditionFailed, Item
from chalicelib.base.errors import Transient
from chalicelib.base.work import Wakes, Work
from chalicelib.invoicing import hub
from chalicelib.invoicing.document import Document
from chalicelib.messages import mail, model, store, webhook
from chalicelib.messages.model import Change, Mail
from chalicelib.messages.store import Legs

_TODO, _SENDING, _DONE, _FAILED = "todo", "sending", "done", "failed"
_ENDED = frozenset({_DONE, _FAILED})


Rows = dict[tuple[str, str, int], Item]


@dataclass(frozen=True)
class Loaded:
    """What the rows of one batch are about, read together."""

    documents: dict[tuple[str, str], Document]
    rows: Rows
    resellers: dict[str, Reseller]
    customers: dict[tuple[str, str], Customer]


def _version(job: Work) -> int:
    return int(job.key[1].rsplit("#", 1)[-1])


def load(jobs: list[Work]) -> Loaded:
    """The documents and changes that rows of the tell queue are about."""
    found = [job for job in jobs if "document" in job.item]
    documents = hub.documents((job.tenant, job.item["document"]) for job in found)
    rows = hub.changes((job.tenant, job.item["document"], _version(job)) for job in found)
    resellers, customers = accounts.people(
        {job.tenant for job in jobs},
        {(tenant, document.customer) for (tenant, _), document in documents.items()},
    )
    return Loaded(documents, rows, resellers, customers)


def do(job: Work, loaded: Loaded, wakes: Wakes, now: datetime) -> None:
    """One row of the tell queue: a change, or a digest that is due."""
    reseller = loaded.resellers[job.tenant]
    if "document" not in job.item:
        tell_digest(job, reseller, wakes, now)
        return
    document = loaded.documents[job.tenant, job.item["document"]]
    customer = loaded.customers.get((job.tenant, document.customer))
    row = loaded.rows[job.tenant, document.id, _version(job)]
    tell(job, change(job.tenant, document, row, customer), reseller, customer, now)


def change(tenant: str, document: Document, row: Item, customer: Customer | None) -> Change:
    return Change(
        tenant=tenant,
        document=document,
        version=int(row["sk"].rsplit("#", 1)[-1]),
        at=row["at"],
        state=row["state"],
        reason=row["reason"],
        flag=row["flag"],
        errors=tuple(row["errors"]) or _own_errors(document, row),
        customer_name=customer.name if customer else _issuer(document),
    )


def _own_errors(document: Document, row: Item) -> tuple[dict[str, str], ...]:
    return document.errors if row["state"] == document.state == "invalid" else ()


def _issuer(document: Document) -> str:
    return document.said.seller_name if document.said else ""


def tell(
    job: Work,
    found: Change,
    reseller: Reseller,
    customer: Customer | None,
    now: datetime,
) -> None:
    """One change on each of its legs."""
    old: Legs = job.item.get("legs", {})
    legs = {leg: dict(value) for leg, value in old.items()} or _plan(reseller, customer)
    carriers: dict[str, Callable[[], None]] = {
        "mail": lambda: mail.send(_to_reseller(found, reseller)),
        "customer": lambda: mail.send(_to_customer(found, reseller, customer)),
        "webhook": lambda: _post(found, reseller, now),
    }
    run = _Legs(job, old, legs, now)
    for leg in legs:
        if leg != "digest":
            run.do(leg, carriers[leg])
    if "digest" in legs and legs["digest"]["state"] == _TODO:
        _into_digest(job, run, found, reseller, now)
    run.end()


def _plan(reseller: Reseller, customer: Customer | None) -> Legs:
    legs = ["digest" if reseller.digest else "mail"]
    if reseller.webhook:
        legs.append("webhook")
    if customer and customer.notify and customer.mail:
        legs.append("customer")
    return {leg: {"state": _TODO} for leg in legs}


def _to_reseller(found: Change, reseller: Reseller) -> Mail:
    return model.mail(found, reseller.mail, reseller.language, "mail")


def _to_customer(found: Change, reseller: Reseller, customer: Customer | None) -> Mail:
    assert customer is not None
    return model.mail(found, customer.mail, reseller.language, "customer")


def _post(found: Change, reseller: Reseller, now: datetime) -> None:
    if reseller.webhook is None:
        return  # removed since the leg was planned
    secret = secrets.unseal(reseller.id, reseller.webhook.secret)
    timestamp = str(int(now.timestamp()))
    webhook.post(reseller.webhook.url, secret, model.webhook_body(found), timestamp)


class _Legs:
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
            self.legs[leg] = {"state": _DONE}
        except Transient:
            if self.job.attempts + 1 < limits.WEBHOOK_ATTEMPTS:
                raise
            self.legs[leg] = {"state": _FAILED}
            log.metric("WebhookGivenUp", 1)

    def _once(self, leg: str, carry: Callable[[], None], **more: object) -> None:
        state = self.legs[leg]
        if state["state"] == _SENDING:
            if f"seen_{leg}" in self.job.item:
                self.legs[leg] = {"state": _DONE}
                return
            deadline = clock.parse(state["at"]) + timedelta(seconds=limits.MAIL_EVIDENCE_S)
            if self.now < deadline:
                raise Transient("mail_unconfirmed", "A mail may have gone out; waiting to know.")
            log.write(log.Event.MAIL_UNCERTAIN, tenant=self.job.tenant)
        self.legs[leg] = {"state": _SENDING, "at": clock.stamp(self.now)}
        self.save(**more)
        try:
            carry()
        except mail.Uncertain:
            raise
        except Transient:
            self.legs[leg] = {"state": _TODO}
            self.save()
            raise
        self.legs[leg] = {"state": _DONE}

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


def slot(reseller: Reseller, at: datetime) -> tuple[str, datetime]:
    """The digest that a change of this moment belongs to, and when it goes out (Rome time)."""
    local = at.astimezone(ROME)
    hour = local.replace(minute=0, second=0, microsecond=0)
    if reseller.digest == "hourly":
        ends = hour + timedelta(hours=1)
    else:
        ends = hour.replace(hour=8)
        if ends <= local:
            ends = (ends + timedelta(days=1)).replace(hour=8)
    return clock.stamp(ends), ends


def _into_digest(job: Work, run: _Legs, found: Change, reseller: Reseller, now: datetime) -> None:
    name, ends = slot(reseller, now)
    run.legs["digest"] = {"state": _DONE}
    try:
        dynamo.commit(
            [
                store.save_legs(job, run.stored, run.legs),
                store.entry(job.tenant, name, found.document.id, found.version),
                store.plan_digest(job.tenant, name, ends, now),
            ]
        )
    except ConditionFailed as failed:
        raise Transient("changed", "The row changed meanwhile.") from failed
    run.stored = {leg: dict(value) for leg, value in run.legs.items()}


def tell_digest(job: Work, reseller: Reseller, wakes: Wakes, now: datetime) -> None:
    """The digest of one slot: what its mail held is fixed before it is sent."""
    name = job.item["slot"]
    old: Legs = job.item.get("legs", {})
    legs: Legs = {leg: dict(value) for leg, value in old.items()} or {"mail": {"state": _TODO}}
    held: list[str] = job.item.get("entries", [])
    if not held:
        held = [one["sk"] for one in store.entries(job.tenant, name, limits.DIGEST_ENTRIES)]
    run = _Legs(job, old, legs, now)
    if held:
        changes = _changes(job.tenant, held)
        message = model.digest(job.tenant, name, changes, reseller.mail, reseller.language)
        run.do("mail", lambda: mail.send(message), entries=held)
        if run.failure is not None:
            run.end()
    _drop(job.tenant, name, held)
    try:
        when: dynamo.Condition = ({"added": job.item["added"]},)
        dynamo.commit([replace(job.done(), when=when)])
    except ConditionFailed:
        # More came while this one went out: they make the next mail of the same slot.
        dynamo.commit(
            [dynamo.Update(job.key, remove=("legs", "entries", "seen_mail"), label="work")]
        )
        wakes.add(job.queue, job.key)


def _drop(tenant: str, name: str, held: list[str]) -> None:
    for start in range(0, len(held), limits.TRANSACTION_ITEMS):
        part = held[start : start + limits.TRANSACTION_ITEMS]
        dynamo.commit(store.drop_entries(tenant, name, part))


def _changes(tenant: str, held: list[str]) -> list[Change]:
    wanted = []
    for one in held:
        _, document, version = one.split("#")
        wanted.append((tenant, document, int(version)))
    documents = hub.documents((tenant, document) for _, document, _ in wanted)
    rows = hub.changes(wanted)
    _, customers = accounts.people((), {(tenant, one.customer) for one in documents.values()})
    found = []
    for key in wanted:
        there = documents.get(key[:2])
        if there and key in rows:
            customer = customers.get((tenant, there.customer))
            found.append(change(tenant, there, rows[key], customer))
    return found


def mail_event(tags: Mapping[str, str], wakes: Wakes, now: datetime) -> None:
    """SES says what became of a mail: any of its events proves that it went out."""
    tenant = tags.get("tenant", "")
    if "digest" in tags:
        key = store.digest_partition(tenant, tags["digest"]), "W#tell#digest"
        leg = "mail"
    else:
        version = f"{int(tags['version']):06d}"
        key = hub.partition(tenant, tags["document"]), f"W#tell#{version}"
        leg = tags["leg"]
    try:
        dynamo.commit([store.seen(key, leg, now)])
    except ConditionFailed:
        return  # told and done
    wakes.add("tell", key)
