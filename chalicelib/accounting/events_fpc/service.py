"""Offer training events, register people for them, and see what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from chalicelib.accounting.events_fpc import paying, store
from chalicelib.accounting.events_fpc.model import Event, Fiscal, Registration
from chalicelib.accounts.model import Caller
from chalicelib.base import clock, config, dynamo, ids, limits, s3
from chalicelib.base.dynamo import ConditionFailed, Op
from chalicelib.base.errors import Conflict, NotFound, Rejected
from chalicelib.base.s3 import Place
from chalicelib.invoicing import handing
from chalicelib.invoicing import store as documents
from chalicelib.payments import bodies, invoices
from chalicelib.payments.body import Body
from chalicelib.payments.checkout import service as checkout
from chalicelib.payments.checkout.model import Cart
from chalicelib.payments.citizen import handles
from chalicelib.payments.citizen.handles import Handle
from chalicelib.payments.dues import store as due_store
from chalicelib.payments.dues.model import Person
from chalicelib.payments.positions import positions
from chalicelib.payments.positions import store as position_store
from chalicelib.payments.positions.positions import Wanted

if TYPE_CHECKING:
    from chalicelib.invoicing.compose import Seller

_CHECKOUT_LANGUAGES: Final = frozenset({"it", "en", "fr", "es", "de", "sl"})


@dataclass(frozen=True)
class Registered:
    """A registration with who it is of and the orders that its money was posted by. `flow_state`:
    what became of its invoice in the hub, "" before it is there."""

    registration: Registration
    person: Person
    orders: tuple[str, ...] = ()
    flow_state: str = ""


# ------------------------------------------------------------------ settings and events
def get_fiscal(tenant: str) -> Fiscal:
    return store.get_fiscal(tenant)


def save_fiscal(tenant: str, setting: Fiscal, also: Sequence[Op] = ()) -> Fiscal:
    """Say what is issued, on the version that was read. Conflict."""
    bodies.get(tenant)
    _commit([store.put_fiscal(tenant, setting), *also])
    return replace(setting, version=setting.version + 1)


def get_event(tenant: str, event: str) -> Event:
    found = store.get_event(tenant, event)
    if found is None:
        raise NotFound("event")
    return found


def list_events(tenant: str) -> list[Event]:
    return store.list_events(tenant, limits.PAGE_ITEMS_MAX)


def save_event(tenant: str, event: Event, also: Sequence[Op] = ()) -> Event:
    """Offer an event or change it, on the version that was read (0: a new one). What people are
    registered for keeps its price. NotFound `service`; Rejected `event_price`; Conflict."""
    service = bodies.get_service(tenant, event.service)
    bodies.get(tenant).account(service.iban)
    old = store.get_event(tenant, event.id)
    if event.version != (old.version if old else 0):
        raise Conflict()
    if old is not None and old.registered and old.cents != event.cents:
        raise Rejected("event_price", "People are registered at the other price.", status=409)
    registered = old.registered if old else 0
    seen: list[Op] = [store.put_event(tenant, replace(event, registered=registered))]
    if old is not None:
        # Whoever registers meanwhile must not be forgotten.
        put = store.put_event(tenant, replace(event, registered=registered))
        when = ({"version": event.version, "registered": registered},)
        seen = [dynamo.Put(put.item, when=when, label="event")]
    _commit([*seen, *also])
    return replace(event, registered=registered, version=event.version + 1)


def _commit(ops: Sequence[Op]) -> None:
    try:
        dynamo.commit(ops)
    except ConditionFailed as failed:
        raise Conflict() from failed


# ------------------------------------------------------------------ registrations
def register(
    tenant: str, event_id: str, person: Person, now: datetime, by: str, key: str,
    also: Sequence[Op] = (),
) -> Registered:  # fmt: skip
    """Register somebody, with the debt position that he pays by, in one commit; the same `key` is
    the same registration.

    Rejected `event_closed`, `event_full`; NotFound; as `positions.make`.
    """
    event = get_event(tenant, event_id)
    name = ids.derive("registration", tenant, event_id, key)
    there = store.get_registration(tenant, event_id, name)
    if there is not None:
        return _with_person(tenant, [there])[0]
    if not event.open:
        raise Rejected("event_closed", "Nobody may register any more.", status=409)
    if event.seats and event.registered >= event.seats:
        raise _full()
    made = f"event:{event_id}:{key}"
    registration = Registration(
        name, event_id, due_store.person_id(tenant, person.tax_code),
        positions.hand_id(tenant, made), "", event.cents, clock.stamp(now),
    )  # fmt: skip
    wanted = Wanted(
        service=event.service, person=person, reason=event.title, cents=event.cents, manual=True
    )
    try:
        position = positions.make(
            tenant, wanted, now, by, made, [*store.born(tenant, event, registration), *also]
        )
    except ConditionFailed as failed:
        if "registration" not in failed.found and "event" in failed.found:
            raise _full() from failed
        raise Conflict() from failed
    registration = replace(get_registration(tenant, event_id, name), iuv=position.payments[0].iuv)
    return Registered(registration, person)


def _full() -> Rejected:
    return Rejected("event_full", "There is no seat left, or the event changed.", status=409)


def get_registration(tenant: str, event: str, registration: str) -> Registration:
    found = store.get_registration(tenant, event, registration)
    if found is None:
        raise NotFound("registration")
    return _with_iuv(tenant, found)


def _with_iuv(tenant: str, registration: Registration) -> Registration:
    # The number is the position's to take; it is not known when the registration is written.
    position = positions.get(tenant, registration.position)
    return replace(registration, iuv=position.payments[0].iuv)


def show(tenant: str, event: str, registration: str) -> Registered:
    """A registration, and by which orders its money was posted."""
    from chalicelib.accounting.posting import store as books

    found = get_registration(tenant, event, registration)
    shown = _with_person(tenant, [found])[0]
    sent = documents.get(tenant, found.flow) if found.flow else None
    return replace(
        shown, orders=tuple(books.orders_of_position(tenant, found.position)),
        flow_state=sent.state if sent else "",
    )  # fmt: skip


def list_registrations(tenant: str, event: str) -> list[Registered]:
    """Of an event; EVENT_REGISTRATIONS_SHOWN at most."""
    get_event(tenant, event)
    found = list(store.list_registrations(tenant, event, limits.EVENT_REGISTRATIONS_SHOWN))
    there = position_store.get_positions((tenant, one.position) for one in found)
    numbered = [replace(one, iuv=there[tenant, one.position].payments[0].iuv) for one in found]
    return _with_person(tenant, numbered)


def _with_person(tenant: str, found: Sequence[Registration]) -> list[Registered]:
    persons = due_store.get_persons(tenant, {one.person for one in found})
    return [Registered(one, persons[one.person]) for one in found]


def pay(tenant: str, event: str, registration: str, source: str, token: str, now: datetime) -> Cart:
    """The page of pagoPA's Checkout where a registration is paid (F001-129). `source`: the address
    that asks; `token`: the id that a new cart gets. Raises as `checkout.service.open_cart`."""
    found = _with_person(tenant, [get_registration(tenant, event, registration)])[0]
    # Whoever registers people knows who they are: the key is a whole one.
    key, _ = handles.write(Handle(tenant, found.registration.iuv, True), now)
    language = found.person.language if found.person.language in _CHECKOUT_LANGUAGES else "it"
    return checkout.open_cart([key], found.person.mail, language, source, token, now)


# ------------------------------------------------------------------ documents
def paper_of_position(tenant: str, position: str) -> tuple[bytes, str]:
    """The receipt that was issued for the registration which a position pays, and its name, for
    whoever holds the key to that position. NotFound."""
    found = _receipted(tenant, position)
    if found is None:
        raise NotFound("document")
    data = s3.get(Place(config.get("DOCUMENTS_BUCKET"), found.document_key))
    return data, f"{found.document.replace('/', '-')}.pdf"


def has_paper(tenant: str, position: str) -> bool:
    """Whether `paper_of_position` would give one."""
    return _receipted(tenant, position) is not None


def _receipted(tenant: str, position: str) -> Registration | None:
    """The registration that a position pays, if a receipt was written for it."""
    place = store.of_positions(tenant, [position]).get(position)
    found = store.get_registration(tenant, *place) if place else None
    return found if found is not None and found.document_key.endswith(".pdf") else None


def document_link(tenant: str, event: str, registration: str) -> tuple[str, str]:
    """A link to the fiscal document and its name. Rejected `document_missing`."""
    found = get_registration(tenant, event, registration)
    if not found.document_key:
        raise Rejected("document_missing", "There is no file of it.", status=409)
    name = f"{found.document.replace('/', '-')}.{found.document_key.rpartition('.')[2]}"
    place = Place(config.get("DOCUMENTS_BUCKET"), found.document_key)
    return s3.download_link(place, name, limits.DOWNLOAD_LINK_S), name


def seller(tenant: str, body: Body) -> Seller | None:
    """As whom the body issues, None before it has said so."""
    from chalicelib.accounting.events_fpc import fiscal

    setting = store.get_fiscal(tenant)
    return fiscal.seller(setting, body) if setting.vat and setting.city else None


def hand_over(
    tenant: str, event: str, registration: str, now: datetime, also: Sequence[Op] = ()
) -> Registration:
    """Give a prepared invoice to the journey of invoices, which checks, signs and sends it; saying
    it again is the same. What it lacked is looked for first.

    Rejected `document_missing`, and as `fiscal.invoice`.
    """
    old = paying.prepare(tenant, get_registration(tenant, event, registration), now)
    if old.document_state == "handed_over":
        return old
    if old.document_state != "to_send":
        raise Rejected("document_missing", "There is no invoice to be sent.", status=409)
    data = s3.get(Place(config.get("DOCUMENTS_BUCKET"), old.document_key))
    caller = Caller(tenant=tenant, key_id="training", scopes=frozenset())
    name = f"{old.document.replace('/', '-')}.xml"
    customer = invoices.customer_of(tenant, store.get_fiscal(tenant).vat, now)
    flow = handing.hand_in(
        caller, f"training:{old.id}", name, customer, data, now, internal=True
    )  # fmt: skip
    new = replace(old, document_state="handed_over", flow=flow, version=old.version + 1)
    _commit([store.put_registration(tenant, new, old.version), *also])
    return new
