"""The work of telling: one change on each of its legs, a digest, or a letter, once each.

A leg is `mail` (the intermediary), `customer` (his customer, only if he asked) or `webhook`: see
legs.py. Every mail passes the gate (gate.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib.accounts import letters as letters_of
from chalicelib.accounts import registration
from chalicelib.accounts import service as accounts
from chalicelib.accounts.model import Customer, Reseller
from chalicelib.base import clock, dynamo, limits, secrets
from chalicelib.base.clock import ROME
from chalicelib.base.dynamo import ConditionFailed, Item
from chalicelib.base.errors import Transient
from chalicelib.base.work import Wakes, Work
from chalicelib.invoicing import hub
from chalicelib.invoicing.document import Document
from chalicelib.messages import gate, letters, mail, model, store, webhook
from chalicelib.messages.gate import Passed
from chalicelib.messages.legs import DONE, TODO, Run
from chalicelib.messages.model import Change
from chalicelib.messages.store import Legs

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
    """One row of the tell queue: a change, a digest that is due, a letter, the end of a trial."""
    if "letter" in job.item:
        home = loaded.resellers.get(job.tenant)  # the house writes letters too, and is none
        letters.tell(job, home.mail if home else "", now)
        return
    reseller = loaded.resellers[job.tenant]
    if "trial" in job.item:
        registration.trial_over(job, reseller, wakes, now)
        return
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
        "mail": lambda: _send(_to_reseller(found, reseller)),
        "customer": lambda: _send(_to_customer(found, reseller, customer)),
        "webhook": lambda: _post(found, reseller, now),
    }
    run = Run(job, old, legs, now)
    for leg in legs:
        if leg != "digest":
            run.do(leg, carriers[leg])
    if "digest" in legs and legs["digest"]["state"] == TODO:
        _into_digest(job, run, found, reseller, now)
    run.end()


def _plan(reseller: Reseller, customer: Customer | None) -> Legs:
    legs = ["digest" if reseller.digest else "mail"]
    if reseller.webhook:
        legs.append("webhook")
    if customer and customer.notify and customer.mail:
        legs.append("customer")
    return {leg: {"state": TODO} for leg in legs}


def _send(passed: Passed | None) -> None:
    """A mail that may not go out is done with all the same."""
    if passed is not None:
        mail.send(passed)


def _to_reseller(found: Change, reseller: Reseller) -> Passed | None:
    made = model.mail(found, reseller.mail, reseller.language, "mail")
    return gate.passed(reseller.id, made, registered=reseller.mail)


def _to_customer(found: Change, reseller: Reseller, customer: Customer | None) -> Passed | None:
    assert customer is not None
    made = model.mail(found, customer.mail, reseller.language, "customer")
    return gate.passed(reseller.id, made, customer=customer)


def _post(found: Change, reseller: Reseller, now: datetime) -> None:
    if reseller.webhook is None:
        return  # removed since the leg was planned
    secret = secrets.unseal(reseller.id, reseller.webhook.secret)
    timestamp = str(int(now.timestamp()))
    webhook.post(reseller.webhook.url, secret, model.webhook_body(found), timestamp)


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


def _into_digest(job: Work, run: Run, found: Change, reseller: Reseller, now: datetime) -> None:
    name, ends = slot(reseller, now)
    run.legs["digest"] = {"state": DONE}
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
    legs: Legs = {leg: dict(value) for leg, value in old.items()} or {"mail": {"state": TODO}}
    held: list[str] = job.item.get("entries", [])
    if not held:
        held = [one["sk"] for one in store.entries(job.tenant, name, limits.DIGEST_ENTRIES)]
    run = Run(job, old, legs, now)
    if held:
        changes = _changes(job.tenant, held)
        message = model.digest(job.tenant, name, changes, reseller.mail, reseller.language)
        passed = gate.passed(job.tenant, message, registered=reseller.mail)
        run.do("mail", lambda: _send(passed), entries=held)
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
    if "letter" in tags:
        key, leg = letters_of.key(tenant, tags["letter"]), "mail"
    elif "digest" in tags:
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
