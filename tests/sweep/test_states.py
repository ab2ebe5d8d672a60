"""The table of what SdI's messages do to a document, whole (fatturapa.md section 10)."""

from __future__ import annotations

import itertools
from typing import get_args

import pytest

from chalicelib.invoicing import states
from chalicelib.invoicing.model import Family
from chalicelib.invoicing.states import EVENTS, FINAL, STATES, Event, State, Step, is_final, step

pytestmark = pytest.mark.feature("F004-071")
FAMILIES: tuple[Family, ...] = get_args(Family)
# NS | RC, MC | NE, DT, AT: what came later in a document's life never gives way to the earlier.
RANK: dict[str, int] = {
    "ready": 0,
    "sent": 1,
    "not_delivered": 2,
    "delivered": 3,
    "made_available": 3,
    "rejected": 4,
    "accepted": 4,
    "refused": 4,
    "expired": 4,
    "undeliverable": 4,
}
SAID: dict[Family, dict[Event, State]] = {
    "private": {"NS": "rejected", "RC": "delivered", "MC": "made_available"},
    "pa": {
        "NS": "rejected",
        "RC": "delivered",
        "MC": "not_delivered",
        "EC01": "accepted",
        "EC02": "refused",
        "DT": "expired",
        "AT": "undeliverable",
    },
}
EVERY = list(itertools.product(FAMILIES, STATES, EVENTS))


@pytest.mark.parametrize(("family", "state", "event"), EVERY)
def test_every_pair_is_decided(family: Family, state: State, event: Event) -> None:
    found = step(family, state, event)
    assert found.state in STATES
    assert found.flag in ("", "contradiction", "unexpected")
    assert found.state == state or not found.flag, "what is flagged changes nothing"
    if state in RANK:
        assert found.state == state or RANK[found.state] > RANK[state]
    else:
        assert found == Step(state, "unexpected"), "nothing was sent, so SdI cannot speak of it"


@pytest.mark.parametrize("family", FAMILIES)
def test_a_final_state_never_changes(family: Family) -> None:
    for state, event in itertools.product(FINAL[family], EVENTS):
        assert is_final(family, state)
        assert step(family, state, event).state == state


@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_not_final_can_still_become_final(family: Family) -> None:
    reachable: set[State] = {"sent"}
    while True:
        more = {step(family, s, e).state for s, e in itertools.product(reachable, EVENTS)}
        if more <= reachable:
            break
        reachable |= more
    assert {one for one in reachable if is_final(family, one)} == FINAL[family]
    for state in reachable - FINAL[family]:
        assert any(step(family, state, event).state != state for event in EVENTS), state


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("state", ["ready", "sent"])
def test_the_first_message_decides(family: Family, state: State) -> None:
    for event in EVENTS:
        said = SAID[family].get(event)
        assert step(family, state, event) == (Step(said) if said else Step(state, "unexpected"))


@pytest.mark.parametrize("family", FAMILIES)
def test_a_message_that_comes_again_changes_nothing(family: Family) -> None:
    for event, state in SAID[family].items():
        assert step(family, state, event) == Step(state)


def test_a_private_buyer_neither_accepts_nor_refuses() -> None:
    for state, event in itertools.product(STATES, ("EC01", "EC02", "DT", "AT")):
        assert step("private", state, event) == Step(state, "unexpected")  # type: ignore[arg-type]


def test_two_answers_that_cannot_both_be_true_are_flagged() -> None:
    """The first is kept, whichever it was."""
    answers: dict[Event, State] = {"EC01": "accepted", "EC02": "refused", "DT": "expired"}
    for (_, state), (other, _) in itertools.permutations(answers.items(), 2):
        assert step("pa", state, other) == Step(state, "contradiction")
    for family in FAMILIES:
        for state in FINAL[family] - {"rejected"}:
            assert step(family, state, "NS") == Step(state, "contradiction")


@pytest.mark.parametrize(
    "family",
    [
        "pa",
        "private",
    ],
)
def test_the_order_of_what_can_be_true_together_does_not_matter(family: Family) -> None:
    """Every subset of messages without a contradiction ends the same in every order."""
    said = SAID[family]
    for size in range(1, len(said) + 1):
        for subset in itertools.combinations(said, size):
            ends = {_end(family, order) for order in itertools.permutations(subset)}
            if all(not flags for _, flags in ends):
                assert len({state for state, _ in ends}) == 1, (subset, ends)


def _end(family: Family, order: tuple[Event, ...]) -> tuple[State, tuple[str, ...]]:
    state: State = "sent"
    flags = []
    for event in order:
        found = step(family, state, event)
        state = found.state
        flags += [found.flag] if found.flag else []
    return state, tuple(flags)


def test_releasing_states_are_those_that_were_not_issued() -> None:
    assert {"rejected", "refused", "discarded"} == states.RELEASING
