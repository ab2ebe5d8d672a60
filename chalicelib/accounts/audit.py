"""The audit trail: who did or read what, when, from where (U-10).

    dynamo.commit([*the decision's own, audit.entry(tenant, actor, Action.KEY_ISSUED,
                                                    f"key:{key.id}", now, name=key.id)])

`entry` is a work row in the decision's own transaction, so that there is none without the other,
and no two decisions wait for each other. A worker (entry/on_audit.py, `audit_store.chain`) takes
the rows of a tenant within a minute or two, oldest first, and makes of them the chain: entry n
holds the hash of entry n-1. `audit_check.verify` finds what was changed, removed, moved or cut off.

What an entry may say is on lists: actions, names of facts, and values that are ids, codes, days and
numbers. Names of people, addresses, texts and secrets do not pass; a wrong one is a bug
(ValueError) that the first test of the caller finds. New actions and facts are added here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Literal

from chalicelib.base import clock, dynamo, ids, keys, limits, work
from chalicelib.base.dynamo import Item, Put

Kind = Literal["user", "key", "system", "support"]
Result = Literal["done", "refused"]
Value = str | int | bool | None

QUEUE: Final = "audit"


class Action(StrEnum):
    """Everything that is worth an entry."""

    # who comes in
    LOGIN = "login"
    LOGIN_REFUSED = "login_refused"
    LOGIN_LOCKED = "login_locked"
    LOGOUT = "logout"
    STEP_UP = "step_up"
    STEP_UP_REFUSED = "step_up_refused"
    GRANT_SWITCHED = "grant_switched"
    SESSIONS_ENDED = "sessions_ended"
    # accounts
    SIGN_UP_ASKED = "sign_up_asked"
    REGISTERED = "registered"
    TENANT_CREATED = "tenant_created"
    PASSWORD_SET = "password_set"  # noqa: S105
    PASSWORD_CHANGED = "password_changed"  # noqa: S105
    PASSWORD_RESET_ASKED = "password_reset_asked"  # noqa: S105
    TOTP_ENROLLED = "totp_enrolled"
    TOTP_RESET = "totp_reset"
    RECOVERY_CODES_MADE = "recovery_codes_made"
    RECOVERY_CODE_USED = "recovery_code_used"
    USER_CREATED = "user_created"
    USER_CHANGED = "user_changed"
    USER_LOCKED = "user_locked"
    # who may what
    GRANT_GIVEN = "grant_given"
    GRANT_CHANGED = "grant_changed"
    GRANT_REVOKED = "grant_revoked"
    BREAK_GLASS_OPENED = "break_glass_opened"
    BREAK_GLASS_CLOSED = "break_glass_closed"
    KEY_ISSUED = "key_issued"
    KEY_REVOKED = "key_revoked"
    DATA_KEY_ROTATED = "data_key_rotated"
    DATA_KEY_DELETED = "data_key_deleted"
    # the tenant's affairs
    SETTINGS_CHANGED = "settings_changed"
    PLAN_CHANGED = "plan_changed"
    CUSTOMER_CREATED = "customer_created"
    CUSTOMER_CHANGED = "customer_changed"
    CUSTOMER_NOTED = "customer_noted"
    CUSTOMER_ACCESS_GIVEN = "customer_access_given"
    DELEGATION_READ = "delegation_read"
    CREDITS_ASSIGNED = "credits_assigned"
    CREDITS_POLICY_CHANGED = "credits_policy_changed"
    CREDITS_ENABLED = "credits_enabled"
    ORDER_PLACED = "order_placed"
    ORDER_CONFIRMED = "order_confirmed"
    ORDER_CANCELLED = "order_cancelled"
    # a body and what it collects
    BODY_CHANGED = "body_changed"
    PAGOPA_TRIED = "pagopa_tried"
    SERVICE_CHANGED = "service_changed"
    DUES_MAPPING_CHANGED = "dues_mapping_changed"
    DUES_CHECKED = "dues_checked"
    DUES_IMPORTED = "dues_imported"
    DUES_READ = "dues_read"
    POSITIONS_GENERATED = "positions_generated"
    POSITION_CHANGED = "position_changed"
    POSITION_CANCELLED = "position_cancelled"
    POSITION_READ = "position_read"
    POSITIONS_EXPORTED = "positions_exported"
    NOTICE_READ = "notice_read"
    RECEIPT_READ = "receipt_read"
    MAIL_ACCOUNT_CHANGED = "mail_account_changed"
    MAIL_ACCOUNT_TRIED = "mail_account_tried"
    CARRIER_CHANGED = "carrier_changed"
    CARRIER_TRIED = "carrier_tried"
    DELIVERY_CHANGED = "delivery_changed"
    DELIVERY_READ = "delivery_read"
    HELP_READ = "help_read"
    HELP_CHANGED = "help_changed"
    FLOW_HANDED_IN = "flow_handed_in"
    STATEMENT_HANDED_IN = "statement_handed_in"
    MOVEMENT_LINKED = "movement_linked"
    FLOW_REVISED = "flow_revised"
    # its books
    POSTED = "posted"
    POSTING_REVERSED = "posting_reversed"
    PERIOD_CLOSED = "period_closed"
    POSTINGS_READ = "postings_read"
    POSTINGS_TOLD = "postings_told"
    REGISTER_CHANGED = "register_changed"
    REGISTER_FETCHED = "register_fetched"
    REGISTER_TOLD = "register_told"
    TRAINING_CHANGED = "training_changed"
    TRAINING_READ = "training_read"
    # documents: what people decide and read; what machines do is the document's own history
    DOCUMENT_RELEASED = "document_released"
    DOCUMENT_DISCARDED = "document_discarded"
    DOCUMENT_RESENT = "document_resent"
    DOCUMENT_SIGNED = "document_signed"
    DOCUMENT_MARKED_SENT = "document_marked_sent"
    DOCUMENT_RECEIPT_BROUGHT = "document_receipt_brought"
    FILES_READ = "files_read"
    COPY_READ = "copy_read"
    RECORD_READ = "record_read"
    RECORD_CHANGED = "record_changed"
    BACKUP_ASKED = "backup_asked"
    BACKUP_READ = "backup_read"
    AUDIT_READ = "audit_read"


# Names that a fact may have. None of them holds a person's name, an address or a text.
FACTS: Final = frozenset(
    {
        "access", "amount_cents", "attempt", "cabinets", "channel", "changed", "code", "count",
        "customer", "day", "document", "ends_at", "files", "format", "grant", "key", "kind",
        "language", "left", "level", "lot", "method", "mode", "notify", "number", "order", "plan",
        "product", "quantity", "reason", "requires_otp", "role", "scopes", "session", "since",
        "starts_at", "state", "tenant", "until", "user", "version",
    }
)  # fmt: skip
_NOTHING: Final[tuple[Any, ...]] = ("", None, [], (), set(), frozenset())
_WORD = re.compile(r"[A-Za-z0-9_.:,/+=-]*")
_WHAT = re.compile(r"[a-z_]+(?::[A-Za-z0-9_.-]{1,64})?")
_SOURCE = re.compile(r"[0-9A-Fa-f.:]{0,45}")


@dataclass(frozen=True)
class Actor:
    """Who acts. `id`: of the user, the key or the operator. `grant`: the one he acts by, in `role`.
    `source`: the address he comes from; `agent`: a short hash of his browser (`agent_of`)."""

    kind: Kind
    id: str
    role: str = ""
    grant: str = ""
    source: str = ""
    agent: str = ""


SYSTEM: Final = Actor("system", "house")


def agent_of(user_agent: str) -> str:
    """What tells one program from another without saying which."""
    return ids.derive("agent", user_agent, chars=8) if user_agent else ""


def partition(tenant: str) -> str:
    """Where a tenant's trail is: its rows, its entries, its head."""
    return keys.pk(tenant, "AUDIT")


def entry(
    tenant: str,
    actor: Actor,
    action: str,
    what: str,
    now: datetime,
    *,
    name: str = "",
    result: Result = "done",
    **facts: Any,
) -> Put:
    """The operation that records an act, to be part of its transaction.

    `what` is `<entity>:<id>` (or the entity alone). `name` is unique in the tenant's trail and the
    same when the decision is repeated, so that a repeat is one entry; without it, it is made of
    everything said here, the millisecond included. ValueError for what may not be said.
    """
    said = _said(actor, Action(action), what, result, facts)
    at = clock.stamp(now)
    own = name or ids.derive(at, repr(sorted(said.items())))
    # Nobody is woken by the decision: the sweeper does it, which costs the decision no call.
    return work.row(
        QUEUE,
        partition(tenant),
        ids.derive(tenant, action, own),
        now,
        start_at=now,
        when=dynamo.ANY,
        label=f"audit:{action}:{own}",
        said=said,
        at=at,
    )


def record(*entries: Put) -> None:
    """Commit entries that have no decision of their own: what was read. Before it is shown."""
    dynamo.commit(entries)


def _said(
    actor: Actor, action: Action, what: str, result: Result, facts: Mapping[str, Any]
) -> Item:
    if not _WHAT.fullmatch(what):
        raise ValueError("what is <entity>:<id>")
    if not _SOURCE.fullmatch(actor.source):
        raise ValueError("a source is an IP address")
    unknown = facts.keys() - FACTS
    if unknown:
        raise ValueError(f"not among the facts of the audit trail: {sorted(unknown)}")
    return {
        "actor": {name: _value(value) for name, value in asdict(actor).items()},
        "action": action.value,
        "what": what,
        "result": result,
        "facts": {name: _fact(value) for name, value in facts.items() if value not in _NOTHING},
    }


def _fact(value: Any) -> Value | list[Value]:
    if isinstance(value, list | tuple | set | frozenset):
        if len(value) > limits.AUDIT_FACT_VALUES:
            raise ValueError("too many values for one fact")
        ordered = sorted(value) if isinstance(value, set | frozenset) else value
        return [_value(one) for one in ordered]
    return _value(value)


def _value(value: Any) -> Value:
    """Ids, codes, days, numbers: what has a space or an @ in it is a text or an address."""
    if value is None or isinstance(value, int):
        return value
    if not isinstance(value, str):
        raise ValueError(f"{type(value).__name__} is no fact")
    if len(value) > limits.AUDIT_FACT_CHARS or not _WORD.fullmatch(value):
        raise ValueError("a fact is an id, a code, a day or a number")
    return str(value)
