"""The states of a debt position in pagoPA's own words, and every event in every state. Pure data.

Source: GPD's DebtPositionStatus (pagopa.md section 5), with `paid_outside` beside it for what was
paid past the node (F001-169). Money that came is never refused: a receipt counts in any state.
"""

from __future__ import annotations

from typing import Final, Literal

from chalicelib.base.errors import Rejected

State = Literal[
    "draft", "published", "valid", "invalid", "expired", "partially_paid", "paid", "reported",
    "paid_outside",
]  # fmt: skip
Event = Literal[
    "publish",  # pagoPA knows of it
    "begin",  # its first day has come
    "edit",
    "pay_part",  # an instalment, others are left
    "pay",  # the whole, or the last instalment
    "pay_outside",
    "report",  # the money is in a settlement flow
    "unreport",  # its line is gone: another version of the flow counts
    "expire",  # only where the operator asked for a hard end
    "reopen",  # its money was taken back: another position asks for it under other numbers
    "reopen_part",  # the same of instalments, while others of the plan stay
    "invalidate",  # cancelled
    "delete",
]
STATES: Final[tuple[State, ...]] = State.__args__  # type: ignore[attr-defined]
EVENTS: Final[tuple[Event, ...]] = Event.__args__  # type: ignore[attr-defined]
# Nothing was paid yet: it may still be changed.
UNPAID: Final[frozenset[State]] = frozenset({"draft", "published", "valid", "expired"})
# Something of it may still be asked for.
OPEN: Final[frozenset[State]] = UNPAID | {"partially_paid"}
# A hard end may still come: what something was paid of stays payable.
ENDING: Final[frozenset[State]] = UNPAID - {"expired"}

_RECEIPTS: Final[dict[Event, State]] = {"pay_part": "partially_paid", "pay": "paid"}
TABLE: Final[dict[State, dict[Event, State]]] = {
    "draft": {
        "publish": "published", "edit": "draft", "invalidate": "invalid", "delete": "invalid",
        "expire": "expired", "pay_outside": "paid_outside", **_RECEIPTS,
    },
    "published": {
        "begin": "valid", "edit": "published", "invalidate": "invalid", "delete": "invalid",
        "expire": "expired", "pay_outside": "paid_outside", **_RECEIPTS,
    },
    "valid": {
        "edit": "valid", "expire": "expired", "invalidate": "invalid", "delete": "invalid",
        "pay_outside": "paid_outside", **_RECEIPTS,
    },
    "expired": {
        "edit": "valid", "invalidate": "invalid", "delete": "invalid",
        "pay_outside": "paid_outside", **_RECEIPTS,
    },
    "invalid": dict(_RECEIPTS),
    # What is left of a plan may still be called off; what was paid of it stays.
    "partially_paid": {
        "pay_outside": "paid_outside", "reopen": "invalid", "reopen_part": "partially_paid",
        **_RECEIPTS,
    },
    # A second payment is money to give back, not another state: the receipt says so.
    "paid": {
        "report": "reported", "pay": "paid", "pay_part": "paid", "reopen": "invalid",
        "reopen_part": "paid",
    },
    "reported": {
        "pay": "reported", "pay_part": "reported", "report": "reported", "unreport": "paid",
        "reopen": "invalid", "reopen_part": "reported",
    },
    "paid_outside": {"pay": "paid_outside", "pay_part": "paid_outside"},
}  # fmt: skip


def after(state: State, event: Event) -> State:
    """The state that an event leads to. Rejected `position_state` (409) where it cannot happen."""
    found = TABLE[state].get(event)
    if found is None:
        raise Rejected(
            "position_state", "That cannot be done now.", status=409, state=state, event=event
        )
    return found
