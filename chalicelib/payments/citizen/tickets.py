"""Requests for help: kept sealed for the body, which is told by mail that there is one (F001-158).

The mail says who is asked and the number, never what was written: that is read by whoever is logged
in, and the reading is in the audit trail.

T#<tenant>#HELP#<id>   HELP   a request, and what became of it; in the list of all
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Literal

from chalicelib.accounts import letters
from chalicelib.accounts import service as accounts
from chalicelib.base import clock, cursors, dynamo, fields, ids, keys, limits
from chalicelib.base.dynamo import ConditionFailed, Item, Key, Op, Put, Update
from chalicelib.base.errors import Conflict, NotFound, Rejected
from chalicelib.base.work import Wakes
from chalicelib.payments import bodies
from chalicelib.payments.citizen import tries
from chalicelib.payments.dues import values

State = Literal["open", "answered", "closed"]
STATES: Final[tuple[State, ...]] = State.__args__  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Request:
    """What somebody asks; the text may have lines."""

    name: str = field(repr=False)
    mail: str = field(repr=False)
    notice: str
    text: str = field(repr=False)
    language: str


@dataclass(frozen=True)
class Ticket:
    """`state`: as the body's people left it, `by` whom and when (`changed_at`); "" for nobody yet.
    `version` 0: nobody has said anything of it."""

    id: str
    at: str
    request: Request
    state: State = "open"
    by: str = ""
    changed_at: str = ""
    version: int = 0


def ask(tenant: str, request: Request, source: str, now: datetime, wakes: Wakes) -> str:
    """Keep a request; gives its number. The same on the same day is the same one.

    Rejected `help_malformed`, `too_many_tries`.
    """
    text = "\n".join(" ".join(line.split()) for line in request.text.splitlines()).strip()
    readable = all(sign.isprintable() or sign == "\n" for sign in text)
    try:
        values.mail(request.mail)
        name = values.text(request.name, 70)
    except ValueError as problem:
        raise Rejected("help_malformed", "Some fields are not right.") from problem
    if not text or not readable:
        raise Rejected("help_malformed", "Say what you need help with.")
    said = json.dumps(
        {**asdict(request), "name": name, "text": text}, ensure_ascii=False, sort_keys=True
    )
    tries.by_source(source, "help", limits.PORTAL_MADE, now)
    day = clock.rome_day(now).isoformat()
    ticket = ids.derive("help", fields.blind(tenant, "help", said), day, chars=12)
    (pk, sk), at = _key(tenant, ticket), clock.stamp(now)
    item = {
        "pk": pk,
        "sk": sk,
        "id": ticket,
        "at": at,
        "state": "open",
        "by": "",
        "changed_at": "",
        "version": 0,
        "sealed": fields.seal(tenant, "help", ticket, "request", said),
        "list_pk": keys.pk(tenant, "HELPS"),
        "list_sk": keys.sk(at, ticket),
    }
    try:
        wakes.commit([Put(item, label="help"), *_told(tenant, ticket, now)])
    except ConditionFailed as failed:
        if "help" not in failed.found:
            raise
    return ticket


def _told(tenant: str, ticket: str, now: datetime) -> list[Op]:
    body, home = bodies.get(tenant), accounts.get_reseller(tenant)
    to = body.contacts.mail or home.mail
    values = {"practice": body.name, "ticket": ticket}
    return [letters.row(tenant, "help_asked", to, values, now, name=ticket, language=home.language)]


def _key(tenant: str, ticket: str) -> Key:
    return keys.pk(tenant, "HELP", ticket), keys.sk("HELP")


def get(tenant: str, ticket: str) -> Ticket:
    """NotFound."""
    item = dynamo.get(_key(tenant, ticket))
    if item is None:
        raise NotFound("help")
    return _read(tenant, item)


def decide(
    tenant: str, ticket: str, state: State, version: int, now: datetime, by: str,
    also: Sequence[Op] = (),
) -> Ticket:  # fmt: skip
    """Say how far a request is, on the version that was read: a colleague may have answered it
    meanwhile. NotFound; Conflict."""
    found = get(tenant, ticket)
    if found.version != version:
        raise Conflict()
    put: dict[str, Any] = {
        "state": state,
        "by": by,
        "changed_at": clock.stamp(now),
        "version": version + 1,
    }
    same: dynamo.Condition = ({"version": version},)
    try:
        dynamo.commit([Update(_key(tenant, ticket), put=put, when=same, label="help"), *also])
    except ConditionFailed as failed:
        raise Conflict() from failed
    return replace(found, **put)


def list_tickets(tenant: str, cursor: str, limit: int, state: str = "") -> tuple[list[Ticket], str]:
    """Newest first, all or those in one state, and the next cursor ("" at the end)."""
    asked = ids.derive("helps", tenant, state)
    after = cursors.read(cursor, asked)
    between = ("0", after) if after else None
    found: list[Ticket] = []
    listed = dynamo.query(
        keys.pk(tenant, "HELPS"), index="list", descending=True, between=between, page=limit + 1
    )
    for read, item in enumerate(listed, 1):
        if item["list_sk"] == after:
            continue
        if not state or item["state"] == state:
            found.append(_read(tenant, item))
        if len(found) == limit or read == limits.FILTER_READ_ITEMS:
            return found, cursors.write(item["list_sk"], asked)
    return found, ""


def _read(tenant: str, item: Item) -> Ticket:
    said = json.loads(fields.unseal(tenant, "help", item["id"], "request", item["sealed"]))
    return Ticket(
        item["id"], item["at"], Request(**said), item["state"], item["by"], item["changed_at"],
        int(item["version"]),
    )  # fmt: skip
