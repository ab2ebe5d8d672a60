"""What an operator does with a movement: link it by hand to a flow or to a payment, or to nothing.

A link is a fact like the others: with a note, for ever in the movement's history and in the audit
trail; what it means is worked out anew. Taking it back lets the text of the movement speak again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from chalicelib.accounting import bank_store, identifying, regrouping, store
from chalicelib.accounting.bank_store import Banked, Link
from chalicelib.accounting.reconciling import codes_of
from chalicelib.base import clock, limits
from chalicelib.base.dynamo import ConditionFailed, Op
from chalicelib.base.errors import Conflict, NotFound, Rejected
from chalicelib.base.work import Wakes
from chalicelib.payments import bodies

_TRIES: Final = 4


@dataclass(frozen=True)
class Said:
    """What an operator says of a movement: it is of `flow` (its name), or of the payment of `iuv`,
    or, with neither, of nothing of ours."""

    flow: str = ""
    iuv: str = ""


def get(tenant: str, identity: str) -> tuple[Banked, list[dict[str, Any]]]:
    """A movement and what was said of it, oldest first. NotFound."""
    one = bank_store.get(tenant, identity)
    if one is None:
        raise NotFound("movement")
    return one, bank_store.notes(tenant, identity)


def link(
    tenant: str, identity: str, said: Said, version: int, note: str, by: str, now: datetime,
    wakes: Wakes, also: Sequence[Op] = (),
) -> Banked:  # fmt: skip
    """Link a movement, on the `version` that was read. Rejected `link_both`, `link_unknown` (no
    such flow, nothing known of that IUV); NotFound, Conflict."""
    if said.flow and said.iuv:
        raise Rejected("link_both", "A movement is of a flow or of a payment.")
    return _change(tenant, identity, _link(tenant, said), version, note, by, now, wakes, also)


def unlink(
    tenant: str, identity: str, version: int, note: str, by: str, now: datetime, wakes: Wakes,
    also: Sequence[Op] = (),
) -> Banked:  # fmt: skip
    """Take a link back: what the text says holds again. NotFound, Conflict."""
    return _change(tenant, identity, None, version, note, by, now, wakes, also)


def _link(tenant: str, said: Said) -> Link:
    if said.flow:
        flow = store.get_flow(tenant, said.flow)
        if flow is None:
            raise Rejected("link_unknown", "There is no such flow.")
        return Link("flow", flow.name, flow.key[1])
    if said.iuv:
        if not store.get_groups(tenant, [said.iuv])[said.iuv].version:
            raise Rejected("link_unknown", "Nothing is known of that payment.")
        return Link("payment", iuv=said.iuv)
    return Link("none")


def _change(
    tenant: str, identity: str, link: Link | None, version: int, note: str, by: str,
    now: datetime, wakes: Wakes, also: Sequence[Op],
) -> Banked:  # fmt: skip
    if not note.strip() or len(note) > limits.LINK_NOTE_CHARS:
        raise Rejected("link_note", "Say why.", limit_chars=limits.LINK_NOTE_CHARS)
    codes = codes_of(bodies.get(tenant))
    for _ in range(_TRIES):
        old = bank_store.get(tenant, identity)
        if old is None:
            raise NotFound("movement")
        if old.version != version:
            raise Conflict()
        found = identifying.Rows(tenant).look_up(old.text, old.cents, old.day)
        new = replace(old, link=link, found=found)
        said = bank_store.put_note(tenant, new, note, by, clock.stamp(now))
        ops = regrouping.of_movement(tenant, old, new, codes, now)
        try:
            wakes.commit(regrouping.merged([*ops, said, *also]))
        except ConditionFailed:
            continue
        return replace(new, version=old.version + 1)
    raise Conflict()
