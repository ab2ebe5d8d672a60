"""What another version of a flow changes, payment by payment, and which posted ones it touches.

Two versions are compared by sums of what they say of each IUV, so that a flow of half a million
lines is gone through once and only what differs is looked at.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice, zip_longest
from secrets import token_bytes
from typing import Final, Literal

from chalicelib.accounting import groups, pieces, regrouping, store
from chalicelib.accounting.groups import Kept, Part
from chalicelib.accounting.payment_match import MATCHED
from chalicelib.accounting.settled import Settled

Kind = Literal["gone", "new", "changed"]
_AT_ONCE: Final = 2_000  # IUVs whose lines are held at a time: some 2 MB
_SUM_BYTES: Final = 16


@dataclass(frozen=True)
class Change:
    """A line that is not the same in both versions, by IUR and transfer; cents None: it is in one
    of them only. `key`: the payment that it was matched with, "" for none."""

    iuv: str
    iur: str
    transfer: int
    before_cents: int | None
    after_cents: int | None
    before_outcome: str
    after_outcome: str
    key: str

    @property
    def kind(self) -> Kind:
        if self.after_cents is None:
            return "gone"
        return "new" if self.before_cents is None else "changed"


def differing(tenant: str, flow: Settled, version: str) -> list[str]:
    """The IUVs of which the version says something else than the one that counts, in order."""
    both = (pieces.lines(tenant, flow, one) for one in (flow.counting, version))
    return differing_lines(*both)


def differing_lines(before: Iterable[Kept], after: Iterable[Kept]) -> list[str]:
    """The IUVs whose lines are not the same in both, whatever their order and place.

    What is kept of an IUV is one number: the sum of its lines' hashes, those of `after` taken away.
    Half a million lines themselves, where both come in different orders, would take 210 MB of a
    worker's 256; the numbers take 80, and nearly nothing where the orders are much the same, since
    what has come out even is forgotten. Enough are 128 bits under a key of this one comparison:
    other lines come out even once in 2**128 times, and whoever writes the flows, who could search
    a known hash for lines of equal sums, has no hash to search.
    """
    key = token_bytes(_SUM_BYTES)
    left: dict[str, int] = {}
    for pair in zip_longest(before, after):
        for sign, kept in zip((1, -1), pair, strict=True):
            if kept is None:
                continue
            iuv = kept.line.iuv
            found = left.pop(iuv, 0) + sign * _name(kept, key)
            if found:
                left[iuv] = found
    return sorted(left)


def _name(kept: Kept, key: bytes) -> int:
    # Strings stand in their quotes there, so no two facts are written alike.
    said = repr(_facts(kept)).encode()
    return int.from_bytes(blake2b(said, digest_size=_SUM_BYTES, key=key).digest())


def _facts(kept: Kept) -> tuple[str, int | None, int, str]:
    line = kept.line
    return line.iur, line.transfer, line.cents, line.outcome


def changes(tenant: str, flow: Settled, version: str, iuvs: Sequence[str]) -> list[Change]:
    """What the version changes of these IUVs."""
    before = _lines(tenant, flow, flow.counting, iuvs)
    after = _lines(tenant, flow, version, iuvs)
    there = store.get_groups(tenant, iuvs)
    found: list[Change] = []
    for iuv in iuvs:
        keys = {part.place: regrouping.key_of(iuv, part) for part in _mine(flow, there[iuv].parts)}
        left = list(before.get(iuv, ()))
        for new in after.get(iuv, ()):
            old = _partner(new, left)
            if old is not None:
                left.remove(old)
            if old is None or _facts(old) != _facts(new):
                found.append(_change(iuv, old, new, keys))
        found += [_change(iuv, old, None, keys) for old in left]
    return sorted(found, key=lambda one: (one.iuv, one.iur, one.transfer, one.kind))


def _partner(new: Kept, left: Sequence[Kept]) -> Kept | None:
    """The same line if it is there, else one of that IUR and transfer."""
    same = [one for one in left if _facts(one) == _facts(new)]
    alike = [one for one in left if _facts(one)[:2] == _facts(new)[:2]]
    return next(iter([*same, *alike]), None)


def _change(iuv: str, old: Kept | None, new: Kept | None, keys: dict[int, str]) -> Change:
    line = (old or new).line  # type: ignore[union-attr]
    return Change(
        iuv, line.iur, line.transfer or 1,
        old.line.cents if old else None, new.line.cents if new else None,
        old.line.outcome if old else "", new.line.outcome if new else "",
        keys.get(old.line.place, "") if old else "",
    )  # fmt: skip


def _lines(
    tenant: str, flow: Settled, version: str, iuvs: Collection[str]
) -> dict[str, list[Kept]]:
    wanted, found = frozenset(iuvs), defaultdict[str, list[Kept]](list)
    for kept in pieces.lines(tenant, flow, version):
        if kept.line.iuv in wanted:
            found[kept.line.iuv].append(kept)
    return found


def _mine(flow: Settled, parts: Iterable[Part]) -> list[Part]:
    return [one for one in parts if one.flow == flow.name and one.share == MATCHED]


def touched(tenant: str, flow: Settled, version: str, codes: Set[str]) -> Iterator[list[str]]:
    """Keys of payments that are matched by this flow and will not be so by the version, some at a
    time. `codes`: the body's segregation codes."""
    rest = iter(differing(tenant, flow, version))
    while iuvs := list(islice(rest, _AT_ONCE)):
        after = _lines(tenant, flow, version, iuvs)
        found: list[str] = []
        for iuv, stored in store.get_groups(tenant, iuvs).items():
            held = groups.with_lines(stored.held, version, after.get(iuv, []), flow.key)
            then = _mine(flow, groups.resolve(held, codes))
            left = {(one.iur, one.transfer, one.cents) for one in then}
            found += [
                regrouping.key_of(iuv, one)
                for one in _mine(flow, stored.parts)
                if (one.iur, one.transfer, one.cents) not in left
            ]
        yield found
