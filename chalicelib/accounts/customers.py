"""Use cases of a tenant's customers: saving, finding, noting, and what they may hand in."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib.accounts import addresses, customer_store, suppression
from chalicelib.accounts import profile as profiles
from chalicelib.accounts.customer import Channel, Customer, Note
from chalicelib.accounts.profile import Profile
from chalicelib.base import clock, dynamo, ids, limits
from chalicelib.base.dynamo import ConditionFailed, Op
from chalicelib.base.errors import Conflict, NotFound, Rejected

# What the API says in the place of a customer's id.
_RESERVED = frozenset({"forms"})
_FISCAL = re.compile(r"[A-Z]{2}[A-Z0-9]{2,28}|[A-Z0-9]{11,16}")


def fiscal_id(text: str) -> str:
    """`it 01234567890` -> `IT01234567890`; Rejected when it cannot be one."""
    clean = re.sub(r"[\s.-]", "", text).upper()
    if not _FISCAL.fullmatch(clean):
        raise Rejected("fiscal_id", f"{text[:40]!r} is neither a VAT number nor a tax code.")
    return clean


# ------------------------------------------------------------------ saving
def save_customer(
    tenant: str,
    customer: Customer,
    now: datetime,
    *,
    new: bool,
    profile: Profile | None = None,
    also: Sequence[Op] = (),
) -> Customer:
    """Create or replace; each fiscal id belongs to one customer.

    With a `profile` the name and the fiscal ids that are not given follow from it; without one
    there is none any more. `also` joins the commit.
    """
    if not ids.is_safe(customer.id) or customer.id in _RESERVED:
        raise Rejected("customer_id", "A customer's id is A-Z, a-z, 0-9, _ . -, at most 64.")
    if profile is not None:
        profile = profiles.checked(profile, issues=customer.sending != "none")
        customer = _described(customer, profile)
    _check(customer)
    old = None if new else get_customer(tenant, customer.id)
    saved = dataclasses.replace(
        customer,
        fiscal_ids=tuple(dict.fromkeys(fiscal_id(one) for one in customer.fiscal_ids)),
        form=profile.form if profile else "",
        activated=old.activated if old else (),
        created_at=old.created_at if old else clock.stamp(now),
    )
    ops: list[Op] = [
        *customer_store.put_customer(tenant, saved, old),
        *suppression.hints(tenant, saved, profile),
        *also,
    ]
    if profile is not None:
        ops.append(customer_store.put_profile(tenant, saved.id, profile))
    elif old is not None and old.form:
        ops.append(customer_store.drop_profile(tenant, saved.id))
    try:
        dynamo.commit(ops)
    except ConditionFailed as error:
        if "customer" in error.found:
            if new:
                raise Conflict(
                    "customer_exists", "There is already a customer with this id."
                ) from error
            raise
        taken = next(one for one in error.found if one.startswith("fiscal:"))
        raise Conflict(
            "fiscal_id_taken",
            "Another customer has this fiscal id.",
            fiscal_id=taken.removeprefix("fiscal:"),
        ) from error
    return dataclasses.replace(saved, version=(old.version if old else 0) + 1)


def _described(customer: Customer, profile: Profile) -> Customer:
    """What the profile already says need not be said again."""
    return dataclasses.replace(
        customer,
        name=customer.name or profile.label,
        fiscal_ids=(*profile.fiscal_ids, *customer.fiscal_ids),
    )


def _check(customer: Customer) -> None:
    if not customer.name or not customer.fiscal_ids:
        raise Rejected(
            "customer_unnamed", "Give a name and a fiscal id, or a profile that has them."
        )
    if len(customer.fiscal_ids) > limits.CUSTOMER_FISCAL_IDS:
        raise Rejected("fiscal_ids", "Too many fiscal ids.", limit=limits.CUSTOMER_FISCAL_IDS)
    if customer.mail:
        addresses.mail(customer.mail)
    if customer.notify and not customer.mail:
        raise Rejected("customer_mail", "To notify the customer, give his e-mail address.")
    for section in customer.sections:
        if section.count("{n}") != 1 or not section.isprintable():
            raise Rejected("section", "A section's pattern holds {n} once.", section=section[:30])


def register_seller(tenant: str, name: str, fiscal: tuple[str, ...], now: datetime) -> Customer:
    """The customer for a seller seen for the first time (setting `unknown_seller: register`).

    Its id comes out of the fiscal id, so that documents arriving together make one customer.
    """
    customer = Customer(id=fiscal[0].lower(), name=name[:80] or fiscal[0], fiscal_ids=fiscal)
    try:
        return save_customer(tenant, customer, now, new=True)
    except Conflict:
        return customer_of(tenant, fiscal) or get_customer(tenant, customer.id)


# ------------------------------------------------------------------ finding
def get_customer(tenant: str, customer: str) -> Customer:
    """NotFound when this tenant has no such customer."""
    found = customer_store.get_customer(tenant, customer)
    if found is None:
        raise NotFound("customer")
    return found


def find_customer(tenant: str, customer: str) -> Customer | None:
    """The same without a complaint."""
    return customer_store.get_customer(tenant, customer) if customer else None


def get_profile(tenant: str, customer: str) -> Profile | None:
    """His own data, opened; None when only his fiscal ids are known."""
    return customer_store.get_profile(tenant, customer)


def customer_of(tenant: str, fiscal_ids: Iterable[str]) -> Customer | None:
    """Who of the tenant's customers has one of these fiscal ids."""
    found = customer_store.customer_of(tenant, fiscal_ids)
    return find_customer(tenant, found)


def list_customers(tenant: str, after: str, limit: int) -> list[Customer]:
    """A page in order of id."""
    return list(customer_store.list_customers(tenant, after, limit))


@dataclass(frozen=True)
class Found:
    """A page of a search; `after` is where the next one goes on, "" at the end. A page may be
    short, even empty, and still have a next one: what one request reads is bounded."""

    customers: tuple[Customer, ...]
    after: str


def search_customers(
    tenant: str,
    text: str,
    after: str,
    limit: int,
    wanted: Callable[[Customer], bool] = lambda _: True,
) -> Found:
    """In order of id, those in whose id, name or fiscal ids every word of `text` stands."""
    words = text.casefold().split()
    found: list[Customer] = []
    last = ""
    every = customer_store.list_customers(tenant, after)
    for seen, customer in enumerate(every, 1):
        last = customer.id
        if matches(customer, words) and wanted(customer):
            found.append(customer)
        if len(found) == limit or seen == limits.FILTER_READ_ITEMS:
            return Found(tuple(found), last)
    return Found(tuple(found), "")


def matches(customer: Customer, words: Sequence[str]) -> bool:
    """Whether every word (casefolded) is part of what names the customer."""
    text = " ".join((customer.id, customer.name, *customer.fiscal_ids)).casefold()
    return all(word in text for word in words)


set_activated = customer_store.set_activated


# ------------------------------------------------------------------ what he may hand in
def require_channel(customer: Customer, channel: Channel) -> None:
    """Rejected `channel_disabled` (F004-032)."""
    if channel not in customer.channels:
        raise Rejected(
            "channel_disabled",
            f"{customer.name} does not hand in documents by this channel.",
            channel=channel,
            channels=list(customer.channels),
        )


# ------------------------------------------------------------------ notes
def note_customer(
    tenant: str,
    customer: str,
    text: str,
    by: str,
    now: datetime,
    token: str,
    also: Sequence[Op] = (),
) -> Note:
    """Add a note; `token` makes its id, so that a repeated request writes one.

    Conflict `idempotency_key_reused` when the same token came with another text.
    """
    get_customer(tenant, customer)
    note = Note(ids.derive("note", tenant, customer, token), text, by, clock.stamp(now))
    try:
        dynamo.commit([*customer_store.put_note(tenant, customer, note), *also])
    except ConditionFailed as failed:
        there = failed.found.get("note")
        if there is None:
            raise
        written = customer_store.get_note(tenant, customer, note.id, there["at"])
        if written is None or (written.text, written.by) != (text, by):
            raise Conflict(
                "idempotency_key_reused", "This Idempotency-Key was used with another request."
            ) from failed
        return written
    return note


def list_notes(tenant: str, customer: str, before: str, limit: int) -> list[Note]:
    """The newest first; NotFound without such a customer."""
    get_customer(tenant, customer)
    return customer_store.list_notes(tenant, customer, before, limit)
