"""Spontaneous services: first the position, with its IUV, then it is paid or printed (F001-155).

The same request is the same position: by the caller's key and all that he said, or by what he said
and the day. What he says of himself nobody has proved: it stands on this position alone and changes
nothing that the body knows of a person.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chalicelib.base import clock, dynamo, fields, ids, keys, limits
from chalicelib.base.dynamo import Op, Put
from chalicelib.base.errors import NotFound, Rejected
from chalicelib.payments import bodies, forms
from chalicelib.payments.body import Service
from chalicelib.payments.citizen import tries
from chalicelib.payments.dues import values
from chalicelib.payments.dues.model import Person
from chalicelib.payments.positions import positions
from chalicelib.payments.positions import store as position_store
from chalicelib.payments.positions.model import Position
from chalicelib.payments.positions.positions import Wanted
from chalicelib.payments.stamps import Stamp

BY = "citizen:portal"


@dataclass(frozen=True)
class Asked:
    """What somebody asks for. `form`: by the names of the service's fields."""

    name: str = field(repr=False)
    tax_code: str = field(repr=False)
    mail: str = field(repr=False)
    language: str
    form: Mapping[str, Any] = field(repr=False)
    chosen: Mapping[str, int] | None = None
    cents: int | None = None
    stamp: Stamp | None = None


def make(
    tenant: str, code: str, asked: Asked, source: str, key: str, now: datetime
) -> tuple[Position, Person]:
    """A position for a service that the portal offers.

    NotFound where it offers none; Rejected `payer_malformed`, `form_values`, `too_many_tries` and
    as `positions.make`.
    """
    service = bodies.get_service(tenant, code)
    if not service.active or not service.is_spontaneous:
        raise NotFound("service")
    person = _person(asked)
    filled = forms.read(service.form, asked.form)
    name = _name(tenant, code, person, filled, asked, key, now)
    there = position_store.get_position(tenant, positions.hand_id(tenant, name))
    if there is not None and there.state == "invalid" and not key:
        # The body took it away meanwhile: whoever asks again means another one.
        name = ids.derive("portal", name, there.id)
        there = position_store.get_position(tenant, positions.hand_id(tenant, name))
    if there is not None:
        return there, person
    tries.by_source(source, "make", limits.PORTAL_MADE, now)
    wanted = Wanted(
        service=code, person=person, chosen=asked.chosen, cents=asked.cents, unproved=True,
        stamp=asked.stamp,
    )  # fmt: skip
    also = [_kept(tenant, positions.hand_id(tenant, name), service, filled)] if filled else []
    return positions.make(tenant, wanted, now, BY, name, also), person


def _person(asked: Asked) -> Person:
    try:
        return Person(
            tax_code=values.tax_code(asked.tax_code),
            name=values.text(asked.name, 70),
            mail=values.mail(asked.mail) if asked.mail else "",
            language=asked.language,
        )
    except ValueError as problem:
        raise Rejected(
            "payer_malformed", "This cannot be the payer's.", problem=str(problem)
        ) from problem


def _name(
    tenant: str, code: str, person: Person, filled: Mapping[str, str], asked: Asked, key: str,
    now: datetime,
) -> str:  # fmt: skip
    """What makes it the same request. The content is always part of it: two strangers may send the
    same Idempotency-Key, and must not be given each other's position."""
    said = [code, vars(person), dict(filled), sorted((asked.chosen or {}).items()), asked.cents]
    if asked.stamp:
        said.append(vars(asked.stamp))
    when = key or clock.rome_day(now).isoformat()
    content = fields.blind(tenant, "portal_request", json.dumps(said, sort_keys=True))
    return ids.derive("portal", content, "key" if key else "day", when)


# ------------------------------------------------------------------ what was filled in
def _kept(tenant: str, position: str, service: Service, filled: Mapping[str, str]) -> Op:
    text = json.dumps({"service": service.code, "values": dict(filled)}, ensure_ascii=False)
    pk = position_store.position_key(tenant, position)[0]
    sealed = fields.seal(tenant, "position", position, "form", text)
    return Put({"pk": pk, "sk": keys.sk("FORM"), "sealed": sealed}, label="form")


def filled_in(tenant: str, position: str, language: str) -> list[tuple[str, str, str]]:
    """(name, label, value) of what the payer wrote, for the body's own people; [] for nothing.
    NotFound where there is no such position."""
    positions.get(tenant, position)
    pk = position_store.position_key(tenant, position)[0]
    item = dynamo.get((pk, keys.sk("FORM")))
    if item is None:
        return []
    said = json.loads(fields.unseal(tenant, "position", position, "form", item["sealed"]))
    service = bodies.get_service(tenant, said["service"])
    return forms.shown(service.form, said["values"], language)
