"""Which settlement flow, or which payment, a bank movement brings the money of. Pure, but `main`.

    found = identify(description, flows, cents=12000, day=booked)

`python -m chalicelib.accounting.remittance [--json] [--known FILE]` reads descriptions from
standard input, one a line.

Never another flow: a text that fits two ids names none, of several flows of one id it names the one
that day and amount tell (`namesakes`), what a bank has cut short counts only where one known id
begins so, and what is found by amount and day alone is only proposed.
Source: pagopa.md section 2, the recommended algorithm.
"""

from __future__ import annotations

import argparse
import codecs
import io
import json
import os
import sys
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal, TextIO

from chalicelib.accounting import calendar, wording
from chalicelib.accounting.namesakes import Namesake, meant
from chalicelib.accounting.wording import GLUED, HARD, SOFT, WORD, Run, Wording

Kind = Literal["flow", "single", "none"]
Confidence = Literal["exact", "prefix", "proposed", "single", "none"]

PREFIX_CHARS: Final = 20  # the day, the PSP and some of what follows
PROPOSED_DAYS: Final = 5  # working days between the transfer and its booking


@dataclass(frozen=True)
class Known:
    """A flow that is there. `cents`: its total; `day`: of its transfer; None where not known."""

    flow_id: str
    cents: int | None = None
    day: date | None = None


@dataclass(frozen=True)
class Found:
    """What a description names.

    `kind`: flow (it speaks of a pagoPA settlement), single (RFB, RFS), none (something else).
    `flow_id`: of the known flow; `read_id`: as it can be read in the text without knowing any.
    `cents`: the amount that a single transfer tells; `supplement`: 0 ordinary, 1 to 9 further
    transfers of the flow, None where nothing is said. `reason`: why it is no more than proposed:
    not_pagopa, id_missing, unknown_flow, ambiguous, cut, amount_and_day, blank_at_end.
    """

    kind: Kind
    confidence: Confidence
    flow_id: str = ""
    read_id: str = ""
    iuv: str = ""
    cents: int | None = None
    supplement: int | None = None
    reason: str = ""


class Flows:
    """Known flows of one body, to look ids up in, whole and by their beginning, in any case."""

    def __init__(self, known: Iterable[Known]) -> None:
        self._by_id: dict[str, list[Known]] = {}
        self._by_cents: dict[int, list[Known]] = {}
        for one in known:
            self._by_id.setdefault(_key(one.flow_id), []).append(one)
            if one.cents is not None:
                self._by_cents.setdefault(one.cents, []).append(one)
        self._sorted = sorted(self._by_id)
        self._lengths = sorted({len(one) for one in self._sorted}, reverse=True)

    def named(self, flow_id: str) -> list[Known]:
        """The flows of an id: of several PSPs or years."""
        return self._by_id.get(_key(flow_id), [])

    def within(self, signs: str) -> list[list[Known]]:
        """The flows whose whole id `signs` begins with, those of one id together, the longest
        first."""
        found = (self._by_id.get(signs[:one]) for one in self._lengths if one <= len(signs))
        return [same for same in found if same]

    def beginning(self, signs: str) -> list[Known]:
        """The flows whose id begins with `signs` and goes on."""
        found: list[Known] = []
        at = bisect_right(self._sorted, signs)
        while at < len(self._sorted) and self._sorted[at].startswith(signs):
            found += self._by_id[self._sorted[at]]
            at += 1
        return found

    def of(self, cents: int) -> list[Known]:
        """The flows of a total."""
        return self._by_cents.get(cents, [])


def _key(flow_id: str) -> str:
    return "".join(flow_id.split()).upper()


NO_FLOWS: Final = Flows(())


def identify(
    text: str, flows: Flows = NO_FLOWS, *, cents: int | None = None, day: date | None = None
) -> Found:
    """What a description names among `flows`; `cents` and `day` of the movement help to decide.

    Only exact and prefix say enough to post by; whoever posts compares the amounts nevertheless.
    """
    said = wording.read(text)
    if not (said.keyword or said.runs or said.single):
        return Found("none", "none", reason="not_pagopa")
    best = _best(said, flows, cents)
    if best is not None and best.confidence in ("exact", "prefix"):
        return _of_one(best, flows, cents, day)
    if best is not None and best.confidence != "none":
        return best
    if said.single is not None:
        return Found("single", "single", iuv=said.single.iuv, cents=said.single.cents)
    read_id = read_flow_id(said)[0]
    if not (said.keyword or read_id):
        return Found("none", "none", reason="not_pagopa")
    if best is not None:
        return _named(best, said, read_id)
    one = _proposed(said, flows, cents, day)
    if one is not None:
        return _named(
            Found("flow", "proposed", one.flow_id, reason="amount_and_day"), said, read_id
        )
    reason = "unknown_flow" if read_id else "id_missing"
    return _named(Found("flow", "none", reason=reason), said, read_id)


def _of_one(found: Found, flows: Flows, cents: int | None, day: date | None) -> Found:
    """What is found where one flow has that id, or the movement is of one of them for sure."""
    same = [Namesake(one.day, one.cents) for one in flows.named(found.flow_id)]
    if meant(same, cents, day, further=bool(found.supplement)) is not None:
        return found
    return replace(found, confidence="proposed", reason="ambiguous")


def read_flow_id(said: Wording) -> tuple[str, bool]:
    """The id that a text seems to hold when no flow is known, and whether it is sure."""
    guesses = [wording.guess(run, keyword=said.keyword) for run in said.runs]
    told = [guess for guess in guesses if guess[0]]
    # What begins with a day before what does not, what is sure before what is not.
    return max(told, key=lambda one: (one[0][:2] == "20", one[1]), default=("", False))


def _named(found: Found, said: Wording, read_id: str) -> Found:
    return Found(
        "flow",
        found.confidence,
        found.flow_id,
        read_id,
        supplement=said.supplement,
        reason=found.reason,
    )


_RANK: Final = ("exact", "prefix", "proposed", "none")


def _best(said: Wording, flows: Flows, cents: int | None) -> Found | None:
    """The best of all runs; nothing if two of them are sure of different flows."""
    found = [one for run in said.runs if (one := _look_up(run, flows, said, cents)) is not None]
    if not found:
        return None
    best = min(found, key=lambda one: _RANK.index(one.confidence))
    sure = {one.flow_id for one in found if one.confidence == "exact"}
    if len(sure) > 1:
        best = Found("flow", "none", reason="ambiguous")
    return _named(best, said, best.flow_id or read_flow_id(said)[0])


def _look_up(run: Run, flows: Flows, said: Wording, cents: int | None) -> Found | None:
    """The flow that a run names, none of several, or None where none begins so."""
    signs = run.signs.upper()
    # What no known id could be read out of whole.
    whole = [(same, run.end_at(len(_key(same[0].flow_id)))) for same in flows.within(signs)]
    if not run.named:
        # Only a day begins it: a whole id, or nothing.
        whole = [(same, end) for same, end in whole if len(_key(same[0].flow_id)) >= PREFIX_CHARS]
        if not whole:
            return None
    if not whole:
        return _cut(run, signs, flows, said, cents)
    same, end = whole[0]
    # A shorter one is another reading only where the text could end there.
    rivals = [one for each, how in whole[1:] if how != GLUED for one in each]
    length = len(_key(same[0].flow_id))
    for cut in run.ends():
        if cut >= length:
            rivals += [one for one in flows.beginning(signs[:cut]) if one not in rivals]
    return _decide(same, end, length, rivals, cents)


def _decide(
    same: Sequence[Known], end: str, length: int, rivals: Sequence[Known], cents: int | None
) -> Found:
    one = same[0]
    agrees = cents is not None and any(each.cents == cents for each in same)
    if not rivals:
        if end in (HARD, WORD) or length >= wording.FLOW_ID_CHARS or agrees:
            return Found("flow", "exact", one.flow_id)
        # The rest may belong to a flow that is not here yet.
        return Found("flow", "proposed", one.flow_id, reason="blank_at_end")
    others = _by_id(rival for rival in rivals if cents is not None and rival.cents in (cents, None))
    if agrees and not others:
        sure: Confidence = "exact" if end == HARD else "proposed"
        return Found("flow", sure, one.flow_id, reason="" if sure == "exact" else "ambiguous")
    told = all(each.cents is not None for each in same)
    if not agrees and len(others) == 1 and others[0].cents == cents and told:
        return Found("flow", "proposed", others[0].flow_id, reason="ambiguous")
    return Found("flow", "none", reason="ambiguous")


def _cut(run: Run, signs: str, flows: Flows, said: Wording, cents: int | None) -> Found | None:
    """The one flow whose id begins with as much as the bank has left of it."""
    for cut in run.ends():
        if cut < PREFIX_CHARS:
            return None
        begun = flows.beginning(signs[:cut])
        if not begun:
            continue
        agreeing = _by_id(one for one in begun if cents is not None and one.cents == cents)
        if len(_by_id(begun)) > 1:
            if len(agreeing) == 1:
                return Found("flow", "proposed", agreeing[0].flow_id, reason="cut")
            return Found("flow", "none", reason="ambiguous")
        # Another transfer of a flow has another amount than the flow.
        told = cents is not None and not any(one.cents in (cents, None) for one in begun)
        differs = told and not said.supplement
        if run.end_at(cut) in (SOFT, GLUED) or differs:
            return Found("flow", "proposed", begun[0].flow_id, reason="cut")
        return Found("flow", "prefix", begun[0].flow_id)
    return None


def _by_id(known: Iterable[Known]) -> list[Known]:
    """One of each id: whose flow an id means is another question (`_of_one`)."""
    return list({_key(one.flow_id): one for one in known}.values())


def _proposed(said: Wording, flows: Flows, cents: int | None, day: date | None) -> Known | None:
    """The only flow of that amount around that day which the text does not speak against."""
    if not said.keyword or cents is None or day is None:
        return None
    begun = [run.signs.upper() for run in said.runs if run.named]
    near = [
        one
        for one in flows.of(cents)
        if one.day is not None
        and abs(calendar.working_between(one.day, day)) <= PROPOSED_DAYS
        and all(_may_begin(_key(one.flow_id), signs) for signs in begun)
    ]
    return near[0] if len(near) == 1 else None


def _may_begin(key: str, signs: str) -> bool:
    """Whether a text that goes on with `signs` may be a rest of that id."""
    # Nothing but a day and words is left of some; a whole id of another flow speaks against.
    rest = signs[:PREFIX_CHARS]
    pairs = zip(key, rest, strict=False)
    shared = next((at for at, (one, other) in enumerate(pairs) if one != other), len(rest))
    return shared == len(rest) or (shared > 0 and not any(map(str.isdigit, signs[shared:])))


# --- the door -------------------------------------------------------------------------------------
def told(text: str, flows: Flows | None) -> dict[str, Any]:
    """What the door says of a description: its words, and the five facts.

    Without known flows "exact" is an id that stands undamaged in the text, "proposed" one whose
    blanks or end had to be guessed.
    """
    found = identify(text, flows or NO_FLOWS)
    flow_id, confidence = found.flow_id, found.confidence
    if flows is None and found.kind == "flow":
        flow_id, sure = read_flow_id(wording.read(text))
        confidence = "none" if not flow_id else "exact" if sure else "proposed"
    return {
        "text": text,
        "kind": found.kind,
        "flow_id": flow_id,
        "iuv": found.iuv,
        "confidence": confidence,
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m chalicelib.accounting.remittance",
        description="Find the settlement flow or the payment in descriptions of bank movements,"
        " one a line on standard input.",
        epilog="Exit status: 0, or 2 for wrong arguments.",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--known", metavar="FILE", help="ids of flows to choose from, one a line")
    return parser


# Longer marks first: UTF-32's begins as UTF-16's does.
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip


def _lines(stream: BinaryIO) -> Iterator[str]:
    """Lines of bytes as text, without the mark that says how they are written. Without one they are
    UTF-8, or where they are not that, windows-1252, line by line; UTF-16 is known without its mark
    too, since no description holds a NUL."""
    start = stream.readline()
    mark, encoding = next((one for one in _MARKS if start.startswith(one[0])), (b"", ""))
    if not encoding and b"\0" in start[:4]:
        encoding = "utf-16-be" if start[:1] == b"\0" else "utf-16-le"
    if encoding.startswith(("utf-16", "utf-32")):
        # A line ends in the middle of a sign's bytes: all of it is read.
        whole = (start + stream.read()).decode(encoding, "replace")
        yield from (line.rstrip("\r") for line in whole.removesuffix("\n").split("\n") if whole)
        return
    start = start[len(mark) :]
    for line in chain([start] if start else [], stream):
        bare = line.rstrip(b"\r\n")
        try:
            yield bare.decode()
        except UnicodeDecodeError:
            yield bare.decode("cp1252", "replace")


def _printable(text: str, stream: TextIO) -> str:
    encoding = stream.encoding or "utf-8"
    shown = "".join(sign if sign.isprintable() else " " for sign in text)
    return shown.encode(encoding, "backslashreplace").decode(encoding)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; `arguments` without the program's name. Exits 2 on wrong arguments."""
    parser = _parser()
    given = parser.parse_args(arguments)
    flows = None
    if given.known is not None:
        try:
            ids = list(_lines(io.BytesIO(Path(given.known).read_bytes())))
        except OSError as error:
            parser.error(f"{given.known} cannot be read: {error.strerror}")
        flows = Flows(Known(one) for one in dict.fromkeys(map(str.strip, ids)) if one)
    out = sys.stdout
    for text in _lines(sys.stdin.buffer):
        fact = told(text, flows)
        if given.json:
            out.write(json.dumps(fact) + "\n")
            continue
        what = fact["flow_id"] or fact["iuv"] or "-"
        line = f"{fact['confidence']:8} {fact['kind']:6} {what:35} {text}".rstrip()
        out.write(_printable(line, out) + "\n")
    out.flush()
    return 0


if __name__ == "__main__":
    try:
        status = main()
    except BrokenPipeError:
        # The reader went away (`| head`): nothing more to say, and not at interpreter's exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 1
    sys.exit(status)
