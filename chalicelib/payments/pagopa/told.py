"""What pagoPA was told of a position and what came of it, in the table.

T#<tenant>#POSITION#<id>   PAGOPA   the last telling; in the list of refusals while it is one
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from chalicelib.base import clock, cursors, dynamo, fields, ids, keys, limits
from chalicelib.base.dynamo import ConditionFailed, Item, Key, Put, Update
from chalicelib.base.errors import Transient
from chalicelib.payments.pagopa import telling
from chalicelib.payments.positions import store

# none: nobody has to be told. waiting: it is on its way. refused: a person has to look at it.
State = Literal["none", "waiting", "told", "refused"]


@dataclass(frozen=True)
class Told:
    """A telling. `place`: where (`Connection.place`); `status`: pagoPA's own word for the position
    there, "" for none; `version`: of the position that was told. `debtor`: the blind index of the
    name that was told, which pagoPA does not show again; "" where that is not known.

    Of a refusal: its stable `code`, the HTTP status `answered`, what pagoPA `said`. `attempts` and
    `code` of one that waits: why it waits. `busy_until`: somebody tells it at this moment; `takes`:
    how many have begun to since the last outcome, more than one where a run died over it.
    """

    position: str
    state: State = "none"
    place: str = ""
    status: str = ""
    version: int = 0
    at: str = ""
    code: str = ""
    answered: int = 0
    said: str = field(default="", repr=False)
    deleted: bool = False
    attempts: int = 0
    busy_until: str = ""
    debtor: str = ""
    takes: int = 0


def debtor_of(tenant: str, name: str) -> str:
    """What a telling keeps of a debtor's name."""
    return fields.blind(tenant, "told_debtor", name)


def key_of(tenant: str, position_id: str) -> Key:
    return store.position_key(tenant, position_id)[0], keys.sk("PAGOPA")


def _refusals(tenant: str) -> str:
    return keys.pk(tenant, "PAGOPA", "REFUSED")


def put(tenant: str, told: Told, lease: str) -> Put:
    """Write the outcome and give the position free, provided that it is still ours (`lease`); ""
    for one that nobody told by itself, which came in by a file."""
    pk, sk = key_of(tenant, told.position)
    item: dict[str, Any] = {
        name: getattr(told, name)
        for name in ("position", "state", "place", "status", "version", "at", "code", "answered")
    }
    item |= {"pk": pk, "sk": sk, "deleted": told.deleted, "debtor": told.debtor}
    if told.said:
        # pagoPA repeats in it what it was sent, a tax code among it.
        item["said"] = fields.seal(tenant, "pagopa", told.position, "said", told.said)
    if told.state == "refused":
        item |= {"list_pk": _refusals(tenant), "list_sk": keys.sk(told.at, told.position)}
    when: dynamo.Condition = ({"busy_until": lease},) if lease else dynamo.NEW
    return Put(item, when=when, label=f"told:{told.position}")


def _read(tenant: str, item: Item) -> Told:
    names = {name: item[name] for name in Told.__dataclass_fields__ if name in item}
    if "said" in item:
        names["said"] = fields.unseal(tenant, "pagopa", item["position"], "said", item["said"])
    return Told(**names)


def take(tenant: str, position_id: str, now: datetime) -> Told:
    """The last telling, and the position for ourselves until `busy_until`: two tellings at once
    could arrive in the wrong order. Transient `pagopa_busy` while somebody else has it."""
    lease = clock.stamp(now + timedelta(seconds=limits.PAGOPA_LEASE_S))
    free: dynamo.Condition = (
        {"busy_until": dynamo.ABSENT}, {"busy_until": dynamo.at_most(clock.stamp(now))},
    )  # fmt: skip
    try:
        item = dynamo.update(
            Update(
                key_of(tenant, position_id),
                put={"busy_until": lease, "position": position_id},
                add={"takes": 1},
                when=free,
                label="lease",
            )
        )
    except ConditionFailed as failed:
        raise Transient("pagopa_busy", "Somebody tells it at this moment.") from failed
    return _read(tenant, item)


def free(tenant: str, position_id: str, lease: str) -> None:
    """Give it back without an outcome; what somebody else took meanwhile stays his."""
    change = Update(
        key_of(tenant, position_id), remove=("busy_until", "takes"), when=({"busy_until": lease},),
        label="lease",
    )  # fmt: skip
    try:
        dynamo.commit([change])
    except ConditionFailed:
        return


def get(tenant: str, position_id: str) -> Told:
    """How things stand with pagoPA, for people: what waits is said before what was said."""
    there, row = key_of(tenant, position_id), telling.key_of(tenant, position_id)
    found = dynamo.batch_get([there, row])
    last = _read(tenant, found[there]) if there in found else Told(position_id)
    waiting = found.get(row)
    if waiting is None or (waiting.get("planned") and not waiting["attempts"]):
        return last
    return Told(
        position_id, "waiting", last.place, last.status, last.version, last.at,
        waiting.get("error", ""), attempts=waiting["attempts"], deleted=last.deleted,
    )  # fmt: skip


def page(tenant: str, cursor: str, limit: int) -> tuple[list[Told], str]:
    """Refusals, newest first, and the next cursor ("" at the end). Rejected `cursor_invalid`."""
    asked = ids.derive("refusals", tenant)
    found: list[Told] = []
    last = ""
    for place, one in refusals(tenant, cursors.read(cursor, asked), limit + 1):
        if len(found) == limit:
            return found, cursors.write(last, asked)
        found.append(one)
        last = place
    return found, ""


def refusals(tenant: str, after: str, page: int) -> Iterator[tuple[str, Told]]:
    """Refusals with their places in the list, newest first, below `after` where one is given."""
    between = ("0", after) if after else None
    found = dynamo.query(
        _refusals(tenant), between=between, index="list", descending=True, page=page
    )
    for item in found:
        if item["list_sk"] != after:
            yield item["list_sk"], _read(tenant, item)
