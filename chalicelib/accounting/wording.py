"""What the description of a bank movement says about pagoPA, through what banks do to it. Pure.

Blanks and line breaks are put anywhere, keywords are cut, tags stand around, dashes are replaced.
So the text is searched without any blank, and where blanks were is remembered: inside an id a blank
means nothing, but behind one it may be where the id ends.

Source: SACI 3.x and what statements really hold, pagopa.md section 2; reading D14.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import Final

from chalicelib.base import limits
from chalicelib.payments import iuv as numbers

FLOW_ID_CHARS: Final = 35
# Zero-width signs and the soft hyphen are blanks that nobody sees.
_BLANKS = re.compile(r"[\s\u00ad\u200b-\u200d\u2060\ufeff]+")
_DASHES: Final = dict.fromkeys(map(ord, "‐‑‒–—―−"), "-")

# All on a text in capitals without blanks.
_KEYWORD = re.compile(r"R?IVERSAMENTO(?=/|URI|TXT)|LGPE|[/:]PUR/|^PUR/")
_SUPPLEMENT = re.compile(r"TXT/?([0-9])/?URI")
_INTEGRATION = re.compile(r"INTEGRATIVO([1-9])PAG|LGPE-?(INTEGRAZIONE)")
_URI = re.compile(r"URI[/:]*(?=[0-9A-Z])")
_DATE = re.compile(r"20[0-9]{2}-[01][0-9]-[0-3][0-9](?=[0-9A-Z_-])")
_ID = re.compile(r"[0-9A-Z_-]+")
_OLD_ID = re.compile(r"[0-9A-F]{64}")
_SINGLE = re.compile(r"RF[SB][/:]*(?=[0-9]|RF)")
_SINGLE_IUV = re.compile(r"[0-9]{17}|[0-9]{15}|RF[0-9]{2}[0-9A-Z]{1,21}")
_SINGLE_REST = re.compile(r"[0-9A-Z_-]+")
_AMOUNT = re.compile(r"/([0-9]{1,9})[.,]([0-9]{2})(?![0-9])")

# How a part of a text ends.
HARD: Final = "hard"  # the text ends, or a sign follows that no id holds
WORD: Final = "word"  # a blank, and a word
SOFT: Final = "soft"  # a blank, and what could as well go on
GLUED: Final = "glued"  # nothing: it goes on
_WORD = re.compile(r"[A-Za-z]{3,}(?=$|[^0-9A-Za-z_-])")


@dataclass(frozen=True)
class Run:
    """Signs that may begin with a flow id: as they were written, but for blanks.

    `gaps`: before which of them blanks stood; `words`: before which of those gaps a word of letters
    follows. `after`: two signs that follow. `named`: `URI` stands before it; else it is only
    something that begins with a day.
    """

    signs: str
    gaps: frozenset[int]
    words: frozenset[int]
    after: str
    named: bool

    def end_at(self, length: int) -> str:
        """How a part of so many signs ends: HARD, WORD, SOFT or GLUED."""
        at = length
        while at < len(self.signs) and at not in self.gaps and self.signs[at] in "-_":
            at += 1  # banks leave a hyphen behind the id
        if at >= len(self.signs):
            return HARD
        if at in self.gaps:
            return WORD if at in self.words else SOFT
        return GLUED

    def ends(self) -> list[int]:
        """Lengths at which the signs may have been cut, the greatest first."""
        whole = len(self.signs.rstrip("-_"))
        return sorted({whole, *(gap for gap in self.gaps if 0 < gap <= whole)}, reverse=True)


@dataclass(frozen=True)
class Single:
    """A transfer for one payment: its IUV (or RF reference), and the amount if it is told."""

    iuv: str
    cents: int | None


@dataclass(frozen=True)
class Wording:
    """What a description says. `squeezed` is the text in capitals without blanks.

    `keyword`: it speaks of a pagoPA settlement, whether or not an id can be read. `supplement`: 0
    for the ordinary transfer of a flow, 1 to 9 for more of them, None where it does not say.
    """

    squeezed: str
    keyword: bool
    runs: tuple[Run, ...]
    supplement: int | None
    single: Single | None


def read(text: str) -> Wording:
    """Take a description apart; what is beyond REMITTANCE_CHARS is not looked at."""
    text = text[: limits.REMITTANCE_CHARS].translate(_DASHES)
    pieces = [piece for piece in _BLANKS.split(text) if piece]
    plain = "".join(pieces)
    squeezed = _capitals(plain)
    single = _SINGLE.search(squeezed)
    keyword = _KEYWORD.search(squeezed) is not None
    starts = {} if single and not keyword else _starts(squeezed)
    if not (starts or keyword or single):
        return Wording(squeezed, False, (), None, None)
    gaps, words = _gaps(pieces)
    runs = tuple(_run(plain, squeezed, at, gaps, words, starts[at]) for at in sorted(starts))
    found = _single(plain, squeezed, gaps) if single else None
    return Wording(squeezed, keyword, runs, _supplement(squeezed), found)


def _capitals(text: str) -> str:
    """Letter by letter: `ß` would become two."""
    found = text.upper()
    return found if len(found) == len(text) else "".join(_capital(sign) for sign in text)


def _capital(sign: str) -> str:
    return sign.upper() if len(sign.upper()) == 1 else sign


def _gaps(pieces: list[str]) -> tuple[list[int], set[int]]:
    """Where blanks were, and before which of those places a word begins, or a dash and a word."""
    gaps, words, at = [], set(), sum(map(len, pieces))
    is_word = False
    for piece in reversed(pieces):
        at -= len(piece)
        if piece.strip("-_"):
            is_word = _WORD.match(piece) is not None
        if at:
            gaps.append(at)
            if is_word:
                words.add(at)
    return gaps, words


def _starts(squeezed: str) -> dict[int, bool]:
    """Where an id may begin, and whether `URI` stands before it."""
    starts = {found.start(): False for found in _DATE.finditer(squeezed)}
    for found in _URI.finditer(squeezed):
        starts[found.end()] = True
    return starts


def _run(
    plain: str, squeezed: str, start: int, gaps: list[int], words: set[int], named: bool
) -> Run:
    found = _ID.match(squeezed, start)
    end = found.end() if found else start
    inside = [gap for gap in gaps if start < gap < end]
    return Run(
        plain[start:end],
        frozenset(gap - start for gap in inside),
        frozenset(gap - start for gap in inside if gap in words),
        plain[end : end + 2],
        named,
    )


def _supplement(squeezed: str) -> int | None:
    if found := _SUPPLEMENT.search(squeezed):
        return int(found[1])
    if found := _INTEGRATION.search(squeezed):
        return int(found[1] or 1)
    return None


def _single(plain: str, squeezed: str, gaps: list[int]) -> Single | None:
    """The first reference behind RFB or RFS that could be one."""
    for found in _SINGLE.finditer(squeezed):
        if found.start() and squeezed[found.start() - 1].isalnum():
            before = found.start()
            if before not in gaps:
                continue  # the end of another word
        rest = _SINGLE_REST.match(squeezed, found.end())
        signs = rest[0] if rest else ""
        ends = [gap - found.end() for gap in gaps] + [len(signs)]
        iuv = _reference(signs, [end for end in ends if 0 < end <= len(signs)])
        if iuv:
            amount = _AMOUNT.match(squeezed, found.end() + len(iuv))
            cents = int(amount[1]) * 100 + int(amount[2]) if amount else None
            return Single(iuv, cents)
    return None


def _reference(signs: str, ends: list[int]) -> str:
    """A reference that ends where the text lets it: the one whose check digits are right, else of
    RF references the longest and of numbers the one without a blank in it."""
    fitting = [
        signs[:end] for end in sorted(ends, reverse=True) if _SINGLE_IUV.fullmatch(signs[:end])
    ]
    if not fitting:
        # Words may be glued to it; 25 signs are all that an RF reference can have.
        cut = signs[:25]
        return cut if cut.startswith("RF") and _SINGLE_IUV.fullmatch(cut) else ""
    # The check digits only choose: codes of real banks and of the specification itself are wrong.
    right = [one for one in fitting if numbers.is_rf(one) or numbers.is_ours(one)]
    if right:
        return right[0]
    return fitting[0] if fitting[0].startswith("RF") else fitting[-1]


# --- without a list of flows ----------------------------------------------------------------------
_WHOLE = re.compile(r"20\d{2}-\d{2}-\d{2}[0-9A-Za-z_]{3,}-[0-9A-Za-z_-]*[0-9A-Za-z]", re.ASCII)
_DATED = re.compile(r"20\d{2}-[01]\d-[0-3]\d", re.ASCII)
_OTHER_NUMBER = re.compile(r"[/.,]\d", re.ASCII)  # behind the 21 of 21/03/2026 and of 21,50


def guess(run: Run, *, keyword: bool) -> tuple[str, bool]:
    """The id that a run seems to hold, without any list to look it up: (id or "", sure).

    Sure is what stands in one piece, in the form of an id, between signs that no id holds.
    """
    if found := _OLD_ID.match(run.signs.upper()):
        return run.signs[: found.end()], not run.gaps
    parts = _parts(run)
    taken = parts[0]
    for number, part in enumerate(parts[1:], 1):
        after = run.after if number == len(parts) - 1 else ""
        if len(taken) >= FLOW_ID_CHARS or not _goes_on(taken, part, after):
            break
        taken += part
    taken = taken[:FLOW_ID_CHARS].rstrip("-_")
    whole = _WHOLE.fullmatch(taken) is not None
    if not (whole or (_DATED.match(taken) and len(taken) > 12)):
        # Nothing but a name told that it is one.
        named = run.named and keyword and len(taken) >= 8 and any(map(str.isdigit, taken))
        return (taken, False) if named else ("", False)
    if not (run.named or (keyword and whole)):
        return "", False
    broken = any(gap < len(taken) for gap in run.gaps) or run.end_at(len(taken)) == SOFT
    return taken, whole and run.named and not broken


def _parts(run: Run) -> list[str]:
    cuts = [0, *sorted(run.gaps), len(run.signs)]
    return [run.signs[a:b] for a, b in itertools.pairwise(cuts)]


def _goes_on(taken: str, part: str, after: str) -> bool:
    """Whether what stands behind a blank belongs to the id before it; `after` follows it."""
    if len(taken) < 10:
        return True  # in the middle of the day
    if not _DATED.match(taken) or (_OTHER_NUMBER.match(after) and len(part) < 5):
        return False
    if len(taken) < 13:
        return True  # no PSP has a name so short
    if len(taken) + len(part.rstrip("-_")) > FLOW_ID_CHARS:
        return False
    has_digit = any(map(str.isdigit, part))
    if _WHOLE.fullmatch(taken) or ("-" in taken[10:] and not taken.endswith("-")):
        return has_digit
    # In the name of the PSP, or at the hyphen behind it.
    return has_digit or "-" in part or taken.endswith("-") or not taken[-1].isdigit()
