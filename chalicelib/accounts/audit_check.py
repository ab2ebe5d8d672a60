"""The chain of the audit trail, pure: what an entry's hash is of, and where a chain is broken.

The hash of entry n is SHA-256 over the entry in canonical JSON (keys sorted, no spaces, UTF-8), the
hash of entry n-1 and the tenant included; before the first stands GENESIS. Whoever can write the
table can also write a whole new chain: that is seen only by comparing with a hash that was kept
elsewhere (an anchor).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

GENESIS: Final = "0" * 64

Kind = Literal[
    "changed", "moved", "removed", "unlinked", "hidden", "added", "cut", "head", "anchor"
]
_WORDS: Final[Mapping[Kind, str]] = {
    "changed": "its content is not what its hash was made of",
    "moved": "it was made for another place",
    "removed": "it is missing, later ones are there",
    "unlinked": "its previous hash is not that of the entry before it: one of them was rewritten",
    "hidden": "the index that searches use does not have it where it belongs",
    "added": "it comes after the last entry that the head knows",
    "cut": "it is missing, and all after it",
    "head": "the head has another hash than the last entry: both ends were not written together",
    "anchor": "its hash is not the one that was kept elsewhere",
}


@dataclass(frozen=True)
class Entry:
    """A link of the chain. `place`: where it was found; `listed`: its place in the index."""

    tenant: str
    n: int
    at: str
    name: str
    said: Mapping[str, Any]
    previous: str
    hash: str
    place: int
    listed: str


@dataclass(frozen=True)
class Head:
    """The last entry: its number and its hash."""

    n: int = 0
    hash: str = GENESIS


@dataclass(frozen=True)
class Broken:
    """The first entry that is not as it was written; `n` is its number."""

    n: int
    kind: Kind

    def __str__(self) -> str:
        return f"entry {self.n}: {_WORDS[self.kind]}"


def listing(at: str, n: int) -> str:
    """Where an entry stands in the index: by time."""
    return f"{at}#{n:012d}"


def digest(tenant: str, n: int, at: str, name: str, said: Mapping[str, Any], previous: str) -> str:
    """The hash of an entry, 64 hex digits."""
    content = {"tenant": tenant, "n": n, "at": at, "name": name, "said": said, "previous": previous}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def link(tenant: str, head: Head, at: str, name: str, said: Mapping[str, Any]) -> Entry:
    """The entry that follows the head."""
    n = head.n + 1
    own = digest(tenant, n, at, name, said, head.hash)
    return Entry(tenant, n, at, name, said, head.hash, own, n, listing(at, n))


def verify(
    tenant: str,
    entries: Iterable[Entry],
    head: Head,
    anchors: Mapping[int, str] | None = None,
) -> Broken | None:
    """The first broken entry, None when the chain is whole.

    `entries` by place, ascending; `anchors`: number -> hash as it was kept elsewhere.
    """
    kept = dict(anchors or {})
    last = Head()
    for entry in entries:
        n = last.n + 1
        kind = _fault(tenant, n, entry, last)
        if kind is None and kept.pop(n, entry.hash) != entry.hash:
            kind = "anchor"
        if kind is None and n > head.n:
            kind = "added"
        if kind is not None:
            return Broken(n, kind)
        last = Head(n, entry.hash)
    if last.n < max([head.n, *kept]):
        return Broken(last.n + 1, "cut")
    if last.hash != head.hash:
        return Broken(last.n, "head")
    return None


def _fault(tenant: str, n: int, entry: Entry, last: Head) -> Kind | None:
    if entry.place != n:
        return "removed"
    own = digest(entry.tenant, entry.n, entry.at, entry.name, entry.said, entry.previous)
    if own != entry.hash:
        return "changed"
    if (entry.tenant, entry.n) != (tenant, n):
        return "moved"
    if entry.previous != last.hash:
        return "unlinked"
    if entry.listed != listing(entry.at, n):
        return "hidden"
    return None
