"""The chain by itself: whatever is done to it is found, and named."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.accounts import audit_check
from chalicelib.accounts.audit_check import GENESIS, Broken, Entry, Head, link, verify

pytestmark = pytest.mark.feature("U-10")
TENANT = "alfa"
Chain = tuple[list[Entry], Head]

values = st.one_of(st.none(), st.booleans(), st.integers(), st.text("abcXYZ019_.:-", max_size=9))
sayings = st.dictionaries(
    st.sampled_from(["actor", "action", "what", "result", "facts"]),
    st.one_of(values, st.lists(values, max_size=3), st.dictionaries(st.just("id"), values)),
)


def made(count: int, said: list[dict[str, Any]] | None = None) -> Chain:
    entries, head = [], Head()
    for number in range(count):
        what = said[number] if said else {"what": f"document:{number}"}
        entry = link(TENANT, head, f"2026-11-21T10:00:0{number % 10}.000Z", f"name{number}", what)
        entries.append(entry)
        head = Head(entry.n, entry.hash)
    return entries, head


@given(st.lists(sayings, max_size=8))
def test_what_was_linked_holds(said: list[dict[str, Any]]) -> None:
    entries, head = made(len(said), said)
    assert verify(TENANT, entries, head) is None
    assert verify(TENANT, entries, head, {one.n: one.hash for one in entries}) is None
    assert [one.n for one in entries] == list(range(1, len(said) + 1))


def test_a_hash_is_sha256_of_canonical_json() -> None:
    (entry,), _ = made(1)
    text = (
        json.dumps(
            {
                "at": entry.at,
                "n": 1,
                "name": "name0",
                "previous": "0" * 64,
                "said": {"what": "document:0"},
                "tenant": "alfa",
            }
        )
        .replace(": ", ":")
        .replace(", ", ",")
    )
    assert entry.hash == hashlib.sha256(text.encode()).hexdigest()


def again(entry: Entry, **changed: Any) -> Entry:
    """Rewritten by somebody who can compute hashes too."""
    new = dataclasses.replace(entry, **changed)
    own = audit_check.digest(new.tenant, new.n, new.at, new.name, new.said, new.previous)
    return dataclasses.replace(new, hash=own, listed=audit_check.listing(new.at, new.n))


def relinked(entries: list[Entry]) -> Chain:
    """The whole chain made anew, head included: who can do that has the table."""
    head, found = Head(), []
    for number, entry in enumerate(entries, 1):
        found.append(again(entry, n=number, place=number, previous=head.hash))
        head = Head(number, found[-1].hash)
    return found, head


def at(entries: list[Entry], n: int, entry: Entry) -> list[Entry]:
    return [entry if one.place == n else one for one in entries]


def swapped(entries: list[Entry]) -> list[Entry]:
    """3 and 4 in each other's place."""
    three, four = entries[2], entries[3]
    moved = at(entries, 3, dataclasses.replace(four, place=3))
    return [dataclasses.replace(three, place=4) if one is four else one for one in moved]


TAMPERED: dict[str, tuple[Callable[[list[Entry], Head], Chain], Broken]] = {
    "a fact changed": (
        lambda e, h: (at(e, 3, dataclasses.replace(e[2], said={"what": "document:9"})), h),
        Broken(3, "changed"),
    ),
    "the time changed": (
        lambda e, h: (at(e, 3, dataclasses.replace(e[2], at="2026-01-01T00:00:00.000Z")), h),
        Broken(3, "changed"),
    ),
    "changed, and its hash made anew": (
        lambda e, h: (at(e, 3, again(e[2], said={"what": "document:9"})), h),
        Broken(4, "unlinked"),
    ),
    "the last one changed, and its hash made anew": (
        lambda e, h: (at(e, 6, again(e[5], said={"what": "document:9"})), h),
        Broken(6, "head"),
    ),
    "removed": (lambda e, h: (e[:2] + e[3:], h), Broken(3, "removed")),
    "the first one removed": (lambda e, h: (e[1:], h), Broken(1, "removed")),
    "two swapped": (lambda e, h: (swapped(e), h), Broken(3, "moved")),
    "two swapped, and their numbers made to fit": (
        lambda e, h: (
            at(at(e, 3, again(e[3], n=3, place=3)), 4, again(e[2], n=4, place=4)), h,
        ),
        Broken(3, "unlinked"),
    ),
    "from another tenant": (
        lambda e, h: (at(e, 3, again(e[2], tenant="beta")), h),
        Broken(3, "moved"),
    ),
    "cut off": (lambda e, h: (e[:4], h), Broken(5, "cut")),
    "all gone": (lambda e, h: ([], h), Broken(1, "cut")),
    "cut off, and the head put back": (
        lambda e, h: (e, Head(4, e[3].hash)),
        Broken(5, "added"),
    ),
    "the head gone": (lambda e, h: (e, Head()), Broken(1, "added")),
    "the head of another chain": (
        lambda e, h: (e, Head(6, "f" * 64)),
        Broken(6, "head"),
    ),
    "one more at the end": (
        lambda e, h: ([*e, link(TENANT, h, "2026-11-21T11:00:00.000Z", "x", {})], h),
        Broken(7, "added"),
    ),
    "taken out of the index": (
        lambda e, h: (at(e, 3, dataclasses.replace(e[2], listed="")), h),
        Broken(3, "hidden"),
    ),
    "elsewhere in the index": (
        lambda e, h: (at(e, 3, dataclasses.replace(e[2], listed=e[0].listed)), h),
        Broken(3, "hidden"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("how", TAMPERED)
def test_the_first_broken_entry_is_named(how: str) -> None:
    entries, head = made(6)
    tamper, expected = TAMPERED[how]
    found = verify(TENANT, *tamper(entries, head))
    assert found == expected
    assert str(found).startswith(f"entry {expected.n}: ")


def test_every_kind_has_words_and_a_test() -> None:
    kinds = {broken.kind for _, broken in TAMPERED.values()} | {"anchor"}
    assert kinds == set(audit_check._WORDS)


def test_a_whole_new_chain_is_found_by_what_was_kept_elsewhere_only() -> None:
    entries, _ = made(6)
    kept = {4: entries[3].hash}
    for chain in (
        relinked(at(entries, 3, dataclasses.replace(entries[2], said={"what": "x:1"}))),
        relinked(entries[:2] + entries[3:]),
    ):
        assert verify(TENANT, *chain) is None
        assert verify(TENANT, *chain, kept) == Broken(4, "anchor")
    cut = (entries[:3], Head(3, entries[2].hash))
    assert verify(TENANT, *cut) is None
    assert verify(TENANT, *cut, kept) == Broken(4, "cut")


@given(st.integers(1, 6), st.data())
def test_no_single_change_goes_unseen(n: int, data: st.DataObject) -> None:
    """Any field of any entry, any entry gone, any two swapped, any cut."""
    entries, head = made(6)
    field = data.draw(st.sampled_from(["n", "at", "name", "said", "previous", "hash", "tenant"]))
    other: dict[str, Any] = {"n": n + 1, "said": {"what": "other"}, "previous": "0" * 63 + "1"}
    changed = dataclasses.replace(entries[n - 1], **{field: other.get(field, "other")})
    assert verify(TENANT, at(entries, n, changed), head) is not None
    assert verify(TENANT, entries[: n - 1] + entries[n:], head) is not None
    assert verify(TENANT, entries[: n - 1], head) is not None


def test_nothing_is_a_whole_chain() -> None:
    assert verify(TENANT, [], Head()) is None
    assert Head().hash == GENESIS
