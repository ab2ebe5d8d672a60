"""pagoPA's taxonomy: what is collected, by code, with the days on which a code is in force.

The official list is data that the operator loads (pagopa.md section 13): CSV with `;`, 15 columns,
days written mm/dd/yyyy. A new list is written under its own hash and takes the place of the old one
by one write, so that nobody reads half a list.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from chalicelib.base import clock, dynamo, ids, keys, limits
from chalicelib.base.dynamo import Item, Put
from chalicelib.base.errors import Rejected
from chalicelib.payments.body import is_taxonomy

_COLUMNS: Final = 15
# Their places, from 0.
_SERVICE, _DESCRIPTION, _BODY, _AREA, _CODE, _FIRST, _LAST = 6, 8, 1, 3, 10, 11, 12


@dataclass(frozen=True)
class Entry:
    """A code with what it stands for, in force from `first` to `last`, both included."""

    code: str
    service: str
    description: str
    body: str
    area: str
    first: date
    last: date

    def holds(self, day: date) -> bool:
        """Whether it is in force on that day."""
        return self.first <= day <= self.last


def read(data: bytes) -> list[Entry]:
    """The official CSV. Rejected `taxonomy_file` with the line where it is not as described."""
    if len(data) > limits.TAXONOMY_BYTES:
        raise _bad(0, "too large")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=";")
    next(rows, None)
    found: dict[tuple[str, date], Entry] = {}
    for row in rows:
        if not any(cell.strip() for cell in row):
            continue
        entry = _entry(rows.line_num, [cell.strip() for cell in row])
        found[entry.code, entry.first] = entry
    if not found:
        raise _bad(0, "no rows")
    return list(found.values())


def _entry(line: int, row: list[str]) -> Entry:
    if len(row) != _COLUMNS:
        raise _bad(line, "columns")
    if not is_taxonomy(row[_CODE]):
        raise _bad(line, "code")
    return Entry(
        code=row[_CODE],
        service=row[_SERVICE],
        description=row[_DESCRIPTION],
        body=row[_BODY],
        area=row[_AREA],
        first=_day(line, row[_FIRST]),
        last=_day(line, row[_LAST]),
    )


def _day(line: int, text: str) -> date:
    try:
        return datetime.strptime(text, "%m/%d/%Y").date()
    except ValueError as error:
        raise _bad(line, "day") from error


def _bad(line: int, problem: str) -> Rejected:
    return Rejected(
        "taxonomy_file", "This is not pagoPA's taxonomy as CSV.", line=line, problem=problem
    )


# ------------------------------------------------------------------ kept
def _list(digest: str) -> str:
    return keys.pk(keys.HOUSE, "TAXONOMY", digest)


_HEAD: Final = (keys.pk(keys.HOUSE, "TAXONOMY"), keys.sk("HEAD"))


def load(data: bytes, now: datetime) -> int:
    """Put the operator's list in force; gives how many rows it has. Repeating it is the same."""
    entries = read(data)
    digest = ids.sha256(data)[:24]
    puts = [Put(_item(digest, entry), when=dynamo.ANY) for entry in entries]
    for start in range(0, len(puts), limits.TRANSACTION_ITEMS):
        dynamo.commit(puts[start : start + limits.TRANSACTION_ITEMS])
    pk, sk = _HEAD
    head = {"pk": pk, "sk": sk, "digest": digest, "loaded_at": clock.stamp(now)}
    dynamo.commit([Put(head, when=dynamo.ANY)])
    return len(entries)


def is_loaded() -> bool:
    """Whether there is a list at all."""
    return dynamo.get(_HEAD) is not None


def require(code: str, day: date) -> None:
    """Rejected `taxonomy_unknown` unless the code is in force on that day."""
    if not any(entry.holds(day) for entry in _under(code)):
        raise Rejected(
            "taxonomy_unknown", "This code is not in force in the taxonomy.", taxonomy=code
        )


def search(words: str, day: date, limit: int) -> list[Entry]:
    """The entries in force in which every word stands, by code."""
    wanted = words.casefold().split()
    found: list[Entry] = []
    for entry in _under(""):
        text = " ".join((entry.code, entry.service, entry.description, entry.body, entry.area))
        if entry.holds(day) and all(word in text.casefold() for word in wanted):
            found.append(entry)
            if len(found) == limit:
                break
    return found


def _under(code: str) -> Iterator[Entry]:
    head = dynamo.get(_HEAD)
    if head is None:
        return
    prefix = keys.sk(code, "") if code else ""
    for item in dynamo.query(_list(head["digest"]), prefix=prefix):
        yield Entry(
            code=item["code"],
            service=item["service"],
            description=item["description"],
            body=item["body"],
            area=item["area"],
            first=date.fromisoformat(item["first"]),
            last=date.fromisoformat(item["last"]),
        )


def _item(digest: str, entry: Entry) -> Item:
    return {
        "pk": _list(digest),
        "sk": keys.sk(entry.code, entry.first.isoformat()),
        "code": entry.code,
        "service": entry.service,
        "description": entry.description,
        "body": entry.body,
        "area": entry.area,
        "first": entry.first.isoformat(),
        "last": entry.last.isoformat(),
    }
