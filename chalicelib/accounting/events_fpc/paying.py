"""A payment marks its registration paid and prepares its fiscal document; once, however often.

The number of a document is taken in the commit that records it, so that a year has no gap in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from chalicelib.accounting.events_fpc import fiscal, issuing, store
from chalicelib.accounting.events_fpc.model import Event, Fiscal, Registration
from chalicelib.base import clock, config, dynamo, ids, s3
from chalicelib.base.dynamo import ConditionFailed, Op
from chalicelib.base.errors import Conflict, Rejected
from chalicelib.base.s3 import Place
from chalicelib.base.work import Wakes
from chalicelib.payments import bodies
from chalicelib.payments.dues import store as due_store
from chalicelib.payments.positions import positions

_TRIES: Final = 5


def registrations(tenant: str, positions: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Which of these positions are of training events, and of which registrations."""
    return store.of_positions(tenant, positions)


def receipts(tenant: str, came: Mapping[str, str], now: datetime, wakes: Wakes) -> None:
    """Receipts came, by the position that each paid; most of them are of no event. Documents are
    numbered in the order in which they are given."""
    places = store.of_positions(tenant, came)
    for position, receipt in came.items():
        if position in places:
            _paid(tenant, places[position], receipt, now, wakes)


def _paid(tenant: str, place: tuple[str, str], receipt: str, now: datetime, wakes: Wakes) -> None:
    for _ in range(_TRIES):
        registration = store.get_registration(tenant, *place)
        event = store.get_event(tenant, place[0])
        assert registration is not None
        assert event is not None
        if registration.state == "paid":
            return
        new = replace(
            registration, state="paid", paid_at=clock.stamp(now), receipt=receipt,
            version=registration.version + 1,
        )  # fmt: skip
        new, ops = _documented(tenant, event, new, now)
        try:
            wakes.commit([store.put_registration(tenant, new, registration.version), *ops])
        except ConditionFailed:
            continue
        return
    raise Conflict()


def prepare(tenant: str, registration: Registration, now: datetime) -> Registration:
    """Prepare a document that lacked something; the same again where nothing does.

    Rejected as `fiscal.invoice` while something is missing still.
    """
    if registration.document_state != "incomplete":
        return registration
    event = store.get_event(tenant, registration.event)
    assert event is not None
    new = replace(registration, version=registration.version + 1)
    new, ops = _documented(tenant, event, new, now)
    if new.document_state == "incomplete":
        raise Rejected(new.document_code, "The document still lacks something.")
    dynamo.commit([store.put_registration(tenant, new, registration.version), *ops])
    return new


def _documented(
    tenant: str, event: Event, registration: Registration, now: datetime
) -> tuple[Registration, list[Op]]:
    """With its document, as the body's practice is, and the operation that takes its number."""
    setting = store.get_fiscal(tenant)
    if setting.practice == "none":
        return registration, []
    day = clock.rome_day(now)
    running = store.get_series(tenant, day.year, setting.section) + 1
    number = setting.number(running, day.year)
    key = ""
    if setting.practice == "invoice":
        try:
            key = _written(tenant, setting, event, registration, number, now)
        except Rejected as refused:
            lacking = replace(registration, document_state="incomplete", document_code=refused.code)
            return lacking, []
    made = replace(
        registration, document=number, document_code="", document_key=key,
        document_day=day.isoformat(),
        document_state="to_send" if setting.practice == "invoice" else "issued",
    )  # fmt: skip
    ops: list[Op] = [store.put_series(tenant, day.year, setting.section, running)]
    if setting.practice == "receipt":
        ops.append(issuing.row(tenant, made, setting, now))
    return made, ops


def _written(
    tenant: str, setting: Fiscal, event: Event, registration: Registration, number: str,
    now: datetime,
) -> str:  # fmt: skip
    """Where the document is; before anything says that it is there."""
    (person,) = due_store.get_persons(tenant, [registration.person]).values()
    progressive = ids.derive("fpc", tenant, registration.id, number, chars=10)
    data = fiscal.invoice(
        setting, bodies.get(tenant), event, person, number, clock.rome_day(now),
        config.get("TRANSMITTER"), progressive,
        positions.get(tenant, registration.position).payments[0].notice,
    )  # fmt: skip
    key = f"{tenant}/training/{registration.id}/{ids.sha256(data)[:32]}.xml"
    s3.put(Place(config.get("DOCUMENTS_BUCKET"), key), data, "application/xml")
    return key
