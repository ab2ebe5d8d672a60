"""What may happen to a document, in one table. Source: fatturapa.md section 10.

`step` is pure: given the state, the family and an event it says what the state becomes and
whether the event contradicts what is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from chalicelib.invoicing.model import Family

State = Literal[
    "unpacking",
    "unpacked",
    "refused_file",
    "to_convert",
    "held",
    "invalid",
    "awaiting_signature",
    "own_sending",
    "kept",
    "ready",
    "sent",
    "rejected",
    "delivered",
    "made_available",
    "not_delivered",
    "accepted",
    "refused",
    "expired",
    "undeliverable",
    "discarded",
]
STATES: Final[tuple[State, ...]] = State.__args__  # type: ignore[attr-defined]

# Nothing that SdI says later changes these.
FINAL: Final = {
    "private": frozenset({"rejected", "delivered", "made_available"}),
    "pa": frozenset({"rejected", "accepted", "refused", "expired", "undeliverable"}),
}
# An archive, or a file that never became a document.
NOT_DOCUMENTS: Final[frozenset[State]] = frozenset({"unpacking", "unpacked", "refused_file"})
# The numbers of these are free again: not issued (NS, EC02) or never sent.
RELEASING: Final[frozenset[State]] = frozenset({"rejected", "refused", "discarded"})

# SdI has these, or nothing but time keeps them from it: their numbers are used. What is only kept
# was issued elsewhere.
ISSUED: Final[frozenset[State]] = frozenset(
    {"kept", "ready", "sent", "delivered", "made_available", "not_delivered", "accepted", "expired",
     "undeliverable"}
)  # fmt: skip

# SdI's messages as events; NE is two, by the outcome inside.
Event = Literal["RC", "NS", "MC", "EC01", "EC02", "DT", "AT"]
EVENTS: Final[tuple[Event, ...]] = Event.__args__  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Step:
    """`state` after the event; `flag` is "" or why a person should look."""

    state: State
    flag: Literal["", "contradiction", "unexpected"] = ""


_PRIVATE: Final[dict[Event, State]] = {
    "NS": "rejected",
    "RC": "delivered",
    "MC": "made_available",
}
_PA: Final[dict[Event, State]] = {
    "NS": "rejected",
    "RC": "delivered",
    "MC": "not_delivered",
    "EC01": "accepted",
    "EC02": "refused",
    "DT": "expired",
    "AT": "undeliverable",
}
_SAID: Final = {"private": _PRIVATE, "pa": _PA}

_AWAITING: Final[frozenset[State]] = frozenset({"ready", "sent"})
_KEEP: Final = "keep"
_FLAG: Final = "flag"

# For a PA document that already had an answer: what each later message does.
# "keep" = an older message come late, or the same again; "flag" = they cannot both be true.
_LATER_PA: Final[dict[State, dict[Event, str]]] = {
    "not_delivered": {
        "NS": _FLAG, "RC": "delivered", "MC": _KEEP, "EC01": "accepted", "EC02": "refused",
        "DT": "expired", "AT": "undeliverable",
    },
    "delivered": {
        "NS": _FLAG, "RC": _KEEP, "MC": _KEEP, "EC01": "accepted", "EC02": "refused",
        "DT": "expired", "AT": _FLAG,
    },
    "accepted": {
        "NS": _FLAG, "RC": _KEEP, "MC": _KEEP, "EC01": _KEEP, "EC02": _FLAG, "DT": _FLAG,
        "AT": _FLAG,
    },
    "refused": {
        "NS": _FLAG, "RC": _KEEP, "MC": _KEEP, "EC01": _FLAG, "EC02": _KEEP, "DT": _FLAG,
        "AT": _FLAG,
    },
    "expired": {
        "NS": _FLAG, "RC": _KEEP, "MC": _KEEP, "EC01": _FLAG, "EC02": _FLAG, "DT": _KEEP,
        "AT": _FLAG,
    },
    "undeliverable": {
        "NS": _FLAG, "RC": _FLAG, "MC": _KEEP, "EC01": _FLAG, "EC02": _FLAG, "DT": _FLAG,
        "AT": _KEEP,
    },
    "rejected": {
        "NS": _KEEP, "RC": _FLAG, "MC": _FLAG, "EC01": _FLAG, "EC02": _FLAG, "DT": _FLAG,
        "AT": _FLAG,
    },
}  # fmt: skip
_LATER_PRIVATE: Final[dict[State, dict[Event, str]]] = {
    "delivered": {"NS": _FLAG, "RC": _KEEP, "MC": _FLAG},
    "made_available": {"NS": _FLAG, "RC": _FLAG, "MC": _KEEP},
    "rejected": {"NS": _KEEP, "RC": _FLAG, "MC": _FLAG},
}
_LATER: Final = {"private": _LATER_PRIVATE, "pa": _LATER_PA}


def step(family: Family, state: State, event: Event) -> Step:
    """Decide every (state, event) pair.

    A private buyer neither accepts nor refuses: NE, DT and AT for his invoice are unexpected.
    Before sending is known to have ended (`ready`) SdI may already answer.
    """
    if event not in _SAID[family]:
        return Step(state, "unexpected")
    if state in _AWAITING:
        return Step(_SAID[family][event])
    later = _LATER[family].get(state)
    if later is None:
        return Step(state, "unexpected")
    said = later[event]
    if said == _KEEP:
        return Step(state)
    if said == _FLAG:
        return Step(state, "contradiction")
    return Step(said)  # type: ignore[arg-type]


def is_final(family: str, state: str) -> bool:
    """Whether no later message can change it."""
    return state in FINAL.get(family, frozenset())
