"""Bank statements: rows of any bank become movements, by the columns that the operator told. Pure.

    table = sheets.read(source, delimiter=delimiter_of(head))
    reading = Reading(mapping, account="IT60...")
    for movement in reading.movements(table): ...
    reading.counts, reading.problems

A movement's identity comes of what the bank says of it, so periods that overlap and statements that
are loaded twice give the same movements again. Source: pagopa.md section 2; rows F001-118 to 126.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date
from itertools import islice
from typing import Any, Final, Literal

from chalicelib.accounting import cells
from chalicelib.accounting.cells import Mark
from chalicelib.base import limits
from chalicelib.base.errors import Rejected
from chalicelib.base.sheets import FORMULA, WRONG, Row, Table

Skip = Literal["no_day", "no_amount", "balance", "continued", "before_table"]

_BALANCE = re.compile(
    r"\s*(?:(?:saldo|totale?|totali|riporto)(?:\s+(?:iniziale|finale|contabile|precedente|liquido"
    r"|disponibile|attuale|dare|avere|entrate|uscite|movimenti|al|alla|del|generale)\b.*)?"
    r"|a\s+riportare)\W*",
    re.IGNORECASE | re.DOTALL,
)
_COLUMNS: Final = ("day", "amount", "debit", "credit", "sign", "provisional", "value_day")


@dataclass(frozen=True)
class Mapping:
    """Where the columns of a body's statement are, from 0; remembered for the body.

    Either `amount` (signed, or with the sign in column `sign`), or `debit` and `credit`, of which
    one may be missing. `texts`: the columns of the description in order. `provisional`: the number
    of the provvisorio di entrata. `first_row`: the number of the first row that is read. `mark`:
    the decimal one, `delimiter`, `sheet`: "" to find out.
    """

    day: int
    texts: tuple[int, ...]
    amount: int | None = None
    debit: int | None = None
    credit: int | None = None
    sign: int | None = None
    provisional: int | None = None
    value_day: int | None = None
    first_row: int = 1
    mark: Mark = ""
    delimiter: str = ""
    sheet: str = ""

    def __post_init__(self) -> None:
        columns = [getattr(self, name) for name in _COLUMNS]
        used = [one for one in (*columns, *self.texts) if one is not None]
        if not self.texts or any(not 0 <= one < limits.SHEET_COLUMNS for one in used):
            raise Rejected("statement_columns", "Day, amount and description need a column each.")
        if (self.amount is None) == (self.debit is None and self.credit is None):
            raise Rejected("statement_columns", "There is one amount, or debit and credit.")
        if self.mark not in ("", ",", ".") or self.first_row < 1:
            raise Rejected("statement_columns", "The decimal mark is a comma or a point.")


def stored(mapping: Mapping) -> dict[str, Any]:
    """A mapping as plain values."""
    return {**asdict(mapping), "texts": list(mapping.texts)}


def of_stored(value: dict[str, Any]) -> Mapping:
    """Back from `stored`. Raises Rejected `statement_columns`."""
    try:
        return Mapping(**{**value, "texts": tuple(value["texts"])})
    except (KeyError, TypeError) as error:
        raise Rejected("statement_columns", "The columns are not told rightly.") from error


@dataclass(frozen=True)
class Movement:
    """A movement of the account. `cents`: positive is money in. `row`: where it stands, from 1.

    `identity`: the same for the same movement in every statement that has it. `provisional`: the
    treasurer's number, "" without. `cancelled`: the bank took it back.
    """

    identity: str
    day: date
    cents: int
    text: str
    row: int
    provisional: str = ""
    value_day: date | None = None
    cancelled: bool = False


@dataclass(frozen=True)
class Problem:
    """A row that looks like a movement and cannot be read: `code` amount, formula, both_sides."""

    row: int
    code: str


@dataclass(frozen=True)
class Shown:
    """A row of the preview: its cells, and what is read in them or why nothing is."""

    row: int
    cells: tuple[str, ...]
    day: date | None
    cents: int | None
    text: str
    reason: str


class Reading:
    """Goes through a statement and counts: `counts` by reason and "read", `problems` with rows."""

    def __init__(self, mapping: Mapping, *, account: str) -> None:
        self.mapping = mapping
        self.account = account
        self.counts: Counter[str] = Counter()
        self.problems: list[Problem] = []
        self._identities = Identities(account)

    def movements(self, table: Table) -> Iterator[Movement]:
        """The movements in order. Raises as the table's rows do, and Rejected
        `statement_no_movements` if there are none."""
        held: _Read | None = None
        for row in table.rows:
            found = _read(row, self.mapping, table.from_1904)
            if found.reason == "continued" and held is not None and row.number == held.row + 1:
                held = held.longer(found.text, row.number)
                self.counts["continued"] += 1
                continue
            if held is not None:
                yield self._made(held)
                held = None
            if not found.reason:
                held = found
            elif found.reason in _PROBLEMS:
                self.counts["problem"] += 1
                if len(self.problems) < limits.STATEMENT_PROBLEMS:
                    self.problems.append(Problem(row.number, found.reason))
            else:
                self.counts["no_day" if found.reason == "continued" else found.reason] += 1
        if held is not None:
            yield self._made(held)
        if not self.counts["read"]:
            raise Rejected("statement_no_movements", "No row could be read as a movement.")

    def _made(self, found: _Read) -> Movement:
        assert found.day is not None
        assert found.cents is not None
        self.counts["read"] += 1
        return Movement(
            self._identities.of(found.day, found.cents, found.text, found.provisional),
            found.day,
            found.cents,
            found.text,
            found.first,
            found.provisional,
            found.value_day,
        )


class Identities:
    """Names of movements of one account in one statement.

    Banks give no name to a movement. So it is the day, the amount, the words without their blanks,
    which banks set at will, and which of several equal ones of that day it is. Who exports whole
    days, as all do, gets the same names again.
    """

    def __init__(self, account: str) -> None:
        self._begun = hashlib.sha256(account.encode() + b"\x1f")
        self._seen: Counter[str] = Counter()

    def of(self, day: date, cents: int, text: str, provisional: str = "") -> str:
        """The name of the next movement."""
        words = "".join(text.split()).upper()
        digest = self._begun.copy()
        digest.update(f"{day.isoformat()}\x1f{cents}\x1f{provisional}\x1f{words}".encode())
        name = digest.hexdigest()[:32]
        self._seen[name] += 1
        number = self._seen[name]
        return name if number == 1 else f"{name}.{number}"


def preview(
    table: Table, mapping: Mapping, rows: int = limits.STATEMENT_PREVIEW_ROWS
) -> list[Shown]:
    """How the first rows of a statement are read."""
    found = []
    for row in islice(table.rows, rows):
        one = _read(row, mapping, table.from_1904)
        found.append(Shown(row.number, tuple(row.cells), one.day, one.cents, one.text, one.reason))
    return found


# --- one row --------------------------------------------------------------------------------------
_PROBLEMS: Final = ("amount", "formula", "both_sides")


@dataclass(frozen=True, slots=True)
class _Read:
    first: int
    row: int
    day: date | None
    cents: int | None
    text: str
    provisional: str
    value_day: date | None
    reason: str

    def longer(self, text: str, row: int) -> _Read:
        whole = f"{self.text} {text}"[: limits.STATEMENT_TEXT_CHARS]
        return _Read(
            self.first, row, self.day, self.cents, whole, self.provisional, self.value_day, ""
        )


def _cell(row: Row, column: int | None) -> str:
    return row.cells[column] if column is not None and column < len(row.cells) else ""


def _read(row: Row, mapping: Mapping, from_1904: bool) -> _Read:
    pieces = [_cell(row, column) for column in mapping.texts]
    text = " ".join(piece.strip() for piece in pieces if piece and not piece.isspace())
    text = text[: limits.STATEMENT_TEXT_CHARS]
    day = cells.day(_cell(row, mapping.day), from_1904=from_1904)
    cents, reason = _amount(row, mapping)
    if row.number < mapping.first_row:
        reason = "before_table"
    elif day is None:
        alone = reason == "no_amount" and text and not _cell(row, mapping.day).strip()
        reason = "continued" if alone and not _BALANCE.fullmatch(text) else "no_day"
    elif _BALANCE.fullmatch(text):
        reason = "balance"
    value_day = cells.day(_cell(row, mapping.value_day), from_1904=from_1904)
    provisional = _cell(row, mapping.provisional).strip()
    return _Read(row.number, row.number, day, cents, text, provisional, value_day, reason)


def _amount(row: Row, mapping: Mapping) -> tuple[int | None, str]:
    """Cents and "", or None and why."""
    if mapping.amount is not None:
        found, reason = _one(_cell(row, mapping.amount), mapping.mark)
        sign = _cell(row, mapping.sign).strip().upper()
        if found is not None and sign in ("-", "D", "DARE", "−"):
            found = -abs(found)
        return found, reason
    debit, wrong_debit = _one(_cell(row, mapping.debit), mapping.mark)
    credit, wrong_credit = _one(_cell(row, mapping.credit), mapping.mark)
    wrong = next((one for one in (wrong_debit, wrong_credit) if one in _PROBLEMS), "")
    if wrong:
        return None, wrong
    # Some banks write 0,00 into the other column, some a negative amount into the debit column.
    if debit and credit:
        return None, "both_sides"
    if debit:
        return -abs(debit), ""
    return (credit, "") if credit is not None else (debit, "" if debit is not None else "no_amount")


def _one(cell: str, mark: Mark) -> tuple[int | None, str]:
    if cell is FORMULA or cell is WRONG:
        return None, "formula"
    if not cell.strip():
        return None, "no_amount"
    found = cells.cents(cell, mark)
    return found, "" if found is not None else "amount"


def delimiter_of(lines: Iterable[str]) -> str:
    """The sign that parts the columns of most of the first lines; titles above the table have none.

    Every delimiter is judged by how many lines have as many of it as the most usual line.
    """
    given = [line for line in islice(lines, limits.STATEMENT_PREVIEW_ROWS) if line.strip()]
    best, chosen = (0, 0), ";"
    for sign in ";\t|,":
        counts = Counter("".join(line.split('"')[::2]).count(sign) for line in given)
        usual = max(((times, count) for count, times in counts.items() if count), default=(0, 0))
        if usual > best:
            best, chosen = usual, sign
    return chosen
