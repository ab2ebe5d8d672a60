"""Orders of letters: made by a run, approved by the body, shipped to the print service, followed.

Shipping is an effect outside, so it is a row of work: files are put in the print service's area one
after the other, the lists last. How far it came is in the order. Where a person brings the package
there is nothing to put: he takes it by links, and shipping says only that he did.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Final

from chalicelib.base import clock, config, dynamo, ids, limits, s3, work
from chalicelib.base.dynamo import ConditionFailed, Op
from chalicelib.base.errors import Conflict, NotFound, Rejected, Transient
from chalicelib.base.s3 import Place
from chalicelib.base.work import Wakes, Work
from chalicelib.payments import bodies
from chalicelib.payments.delivery import (
    archive,
    areas,
    folders,
    order_store,
    postal,
    profiles,
    store,
)
from chalicelib.payments.delivery.areas import Area
from chalicelib.payments.delivery.channels import Options
from chalicelib.payments.delivery.order_store import Enclosure
from chalicelib.payments.delivery.postal import Event, Order

TASK: Final = "postal"
QUEUE: Final = "deliver"
_CSV: Final = f"{postal.LIST_NAME}.csv"
_XLSX: Final = f"{postal.LIST_NAME}.xlsx"
_PDF: Final = b"%PDF-"


def print_service(tenant: str, code: str) -> postal.Profile:
    """The profile of a print service, whose area is there. Rejected as `profiles.require`."""
    found = profiles.require(tenant, code, "postal").setting
    assert isinstance(found, postal.Profile)
    if found.area:
        _area(tenant, found.area)
    return found


def _area(tenant: str, code: str) -> profiles.Carrier:
    found = profiles.find(tenant, code)
    setting = found.setting if found else None
    if found is None or not isinstance(setting, Area) or setting.purpose != "postal":
        raise Rejected("carrier_unknown", "There is no such area of a print service.", profile=code)
    return profiles.require(tenant, code, found.kind)


# ------------------------------------------------------------------ enclosures
def enclose(
    tenant: str, code: str, file_name: str, data: bytes, now: datetime, also: Sequence[Op] = ()
) -> Enclosure:
    """Keep a PDF that may be enclosed, in the place of one with the same code (F001-086).

    Rejected `enclosure_code`, `enclosure_size`, `enclosure_not_pdf`, `enclosures`; NotFound of a
    tenant that is no body.
    """
    bodies.get(tenant)
    if not ids.is_safe(code) or code.startswith("."):
        raise Rejected("enclosure_code", "A code is letters, digits, . _ and -.")
    if len(data) > limits.POSTAL_ATTACHMENT_BYTES:
        raise Rejected(
            "enclosure_size", "The file is too large.", most_bytes=limits.POSTAL_ATTACHMENT_BYTES
        )
    if not data.startswith(_PDF):
        raise Rejected("enclosure_not_pdf", "What is printed comes as PDF.")
    there = order_store.list_enclosures(tenant)
    if code not in {one.code for one in there} and len(there) >= limits.CARRIERS_OF_BODY:
        raise Rejected("enclosures", "So many are not kept.", most=limits.CARRIERS_OF_BODY)
    found = Enclosure(code, file_name, ids.sha256(data), len(data), clock.stamp(now))
    # Before anything names it.
    s3.put(_enclosed(tenant, found.sha256), data, "application/pdf")
    dynamo.commit([order_store.put_enclosure(tenant, found), *also])
    return found


def _enclosed(tenant: str, digest: str) -> Place:
    return Place(config.get("DOCUMENTS_BUCKET"), f"{tenant}/enclosures/{digest}.pdf")


def enclosure(tenant: str, code: str) -> Enclosure:
    """Rejected `enclosure_unknown`."""
    found = order_store.get_enclosure(tenant, code)
    if found is None:
        raise Rejected("enclosure_unknown", "There is no such enclosure.", enclosure=code)
    return found


def drop_enclosure(tenant: str, code: str, also: Sequence[Op] = ()) -> None:
    """Offer it no more; orders that have it keep it. Repeating it is the same. NotFound of a
    tenant that is no body."""
    bodies.get(tenant)
    key = order_store.enclosure_key(tenant, code)
    dynamo.commit([dynamo.Delete(key, when=dynamo.ANY, label="enclosure"), *also])


# ------------------------------------------------------------------ an order is made
def make(tenant: str, run: str, profile: str, options: Options) -> Order:
    """The order of a run whose files are there, waiting for approval; made again it is the same,
    with the letters that came meanwhile.

    Rejected `postal_recipients` (too many), `postal_empty`, `order_state` when the order was
    decided already: what is approved gets no further letters.
    """
    found = list(islice(order_store.list_recipients(tenant, run), limits.POSTAL_RECIPIENTS + 1))
    if len(found) > limits.POSTAL_RECIPIENTS:
        raise Rejected(
            "postal_recipients", "So many letters are not one order.",
            most=limits.POSTAL_RECIPIENTS,
        )  # fmt: skip
    if not found:
        raise Rejected("postal_empty", "No letter can go.")
    begun = store.get_run(tenant, run)
    assert begun is not None
    for name, data in ((_CSV, postal.csv_of(found)), (_XLSX, postal.xlsx_of(found))):
        s3.put(archive.place_of(tenant, run, name), data, "application/octet-stream")
    kept = [enclosure(tenant, code) for code in options["attachments"]]
    old = order_store.get_order(tenant, run)
    order = Order(
        run=run, profile=profile, state="sampled", created_at=begun.created_at,
        ordered_by=begun.by, disclaimer=options["disclaimer"],
        accepted_late=options["accept_late"], recipients=len(found),
        cents=sum(one.cents for one in found),
        earliest=min((one.due for one in found if one.due), default=""),
        sample=postal.sample_of(found), attachments=tuple(one.sha256 for one in kept),
        version=old.version + 1 if old else 1,
    )  # fmt: skip
    if old is not None:
        if replace(order, version=old.version, steps=old.steps, state=old.state,
                   done=old.done) == old:  # fmt: skip
            return old
        if old.state != "sampled":
            raise Rejected("order_state", "The order was decided already.", state=old.state)
    dynamo.commit([order_store.put_order(tenant, order, old.version if old else 0)])
    return order


# ------------------------------------------------------------------ decided
def get(tenant: str, run: str) -> Order:
    """NotFound."""
    found = order_store.get_order(tenant, run)
    if found is None:
        raise NotFound("order")
    return found


def decide(
    tenant: str,
    run: str,
    event: Event,
    now: datetime,
    by: str,
    wakes: Wakes,
    note: str = "",
    also: Sequence[Op] = (),
) -> Order:
    """Something happened to an order: the body approved the sample or refused it, ships or cancels;
    the print service printed, enclosed or posted. Who did it is in the order's steps.

    Rejected as `postal.moved`; Conflict when somebody else was quicker.
    """
    order = get(tenant, run)
    if event in ("hand", "fail"):
        raise Rejected("order_event", "That is said by what ships.", status=400)
    new = postal.moved(order, event, clock.stamp(now), by, clock.rome_day(now), note)
    ops: list[Op] = []
    if event == "ship":
        if print_service(tenant, order.profile).area:
            ops = [work.row(QUEUE, order_store.partition(tenant, run), "ship", now,
                            task=TASK, run=run)]  # fmt: skip
        else:
            new = _handed(new, now, by)
    try:
        wakes.commit([order_store.put_order(tenant, new, order.version), *ops, *also])
    except ConditionFailed as failed:
        raise Conflict() from failed
    return new


def _handed(order: Order, now: datetime, by: str) -> Order:
    """With the same version: it is part of the change before it."""
    new = postal.moved(order, "hand", clock.stamp(now), by, clock.rome_day(now))
    return replace(new, version=order.version)


def sample_files(tenant: str, run: str) -> list[tuple[str, Place]]:
    """(file name, place) of what is looked at before: some letters, the list, enclosures."""
    order = get(tenant, run)
    found = [(name, archive.place_of(tenant, run, name)) for name in (*order.sample, _CSV, _XLSX)]
    return found + _enclosures(tenant, order)


def _enclosures(tenant: str, order: Order) -> list[tuple[str, Place]]:
    return [
        (f"allegato-{number}.pdf", _enclosed(tenant, digest))
        for number, digest in enumerate(order.attachments, 1)
    ]


# ------------------------------------------------------------------ shipped
def do(job: Work, wakes: Wakes, now: datetime, remaining_ms: Callable[[], int]) -> None:
    """Put the files of an order where the print service takes them, as far as the time goes.

    Where its server says no, or does not answer for hours, the order is `approved` again and its
    last step says why. Raises Transient until then: the row is put off.
    """
    order = get(job.tenant, job.item["run"])
    if order.state != "handing":
        dynamo.commit([dynamo.Delete(job.key, when=dynamo.ANY, label="work")])
        return
    try:
        if not _ship(job.tenant, order, remaining_ms):
            wakes.add(job.queue, job.key)
            return
    except Transient as failure:
        if job.attempts + 1 < limits.DELIVERY_OPEN_TRIES:
            raise
        _said(job, "fail", now, _note(failure))
    except Rejected as refused:
        _said(job, "fail", now, _note(refused))
    else:
        _said(job, "hand", now, "")


def _note(failure: Transient | Rejected) -> str:
    words = getattr(failure, "words", "") or failure.details.get("words", "")
    return f"{failure.code}: {words or failure.message}"


def _said(job: Work, event: Event, now: datetime, note: str) -> None:
    """The end of a shipment and of its row."""
    order = get(job.tenant, job.item["run"])
    today = clock.rome_day(now)
    new = postal.moved(order, event, clock.stamp(now), "system:postal", today, note)
    dynamo.commit([order_store.put_order(job.tenant, new, order.version), job.done()])


def _ship(tenant: str, order: Order, remaining_ms: Callable[[], int]) -> bool:
    """Whether all of it is there now."""
    carrier = _area(tenant, print_service(tenant, order.profile).area)
    with folders.opened(tenant, carrier) as (files, area):
        for name, place in _package(tenant, order)[order.done :]:
            if remaining_ms() < limits.REMAINING_MS:
                return False
            areas.put(files, area, f"{order.run}_{name}", s3.get(place))
            order = _one_more(tenant, order)
    return True


def _package(tenant: str, order: Order) -> list[tuple[str, Place]]:
    """Every file in a fixed order; the lists last, so that who sees them finds all the rest."""
    names = [one.file_name for one in order_store.list_recipients(tenant, order.run)]
    found = [(name, archive.place_of(tenant, order.run, name)) for name in names]
    found += _enclosures(tenant, order)
    return found + [(name, archive.place_of(tenant, order.run, name)) for name in (_CSV, _XLSX)]


def _one_more(tenant: str, order: Order) -> Order:
    new = replace(order, done=order.done + 1, version=order.version + 1)
    dynamo.commit([order_store.put_order(tenant, new, order.version)])
    return new
