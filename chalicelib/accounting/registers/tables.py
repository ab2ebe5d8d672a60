"""Dues out of CSV, XLSX and JSON: fields by columns that have several names. Pure.

Registers change the names of their columns from version to version; all that are known are looked
for, whatever case, accents and marks they are written with, and what the body says wins.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from chalicelib.accounting.registers.contract import Row, Setting, layout
from chalicelib.base import sheets
from chalicelib.base.errors import Rejected
from chalicelib.base.sheets import Number
from chalicelib.payments.dues import values
from chalicelib.payments.dues.columns import BY_FIELD
from chalicelib.payments.dues.values import folded

Names = Mapping[str, Sequence[str]]
Words = Mapping[str, Mapping[str, str]]
_ABOVE: Final = 20
_NOISE: Final = Decimal("0.000001")
# Whose due it is: without these it is nobody's.
_NEEDED: Final = ("source", "tax_code", "amount")
# A version or the like; what a column of that name holds else is none.
_SAID = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,15}", re.ASCII)


class _Held:
    """Bytes that are at hand (archives.Ranged)."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.size = len(data)

    def read(self, start: int, length: int) -> bytes:
        return self._data[start : start + length]


def rows(setting: Setting, data: bytes, names: Names, words: Words) -> Iterator[Row]:
    """Dues of a file as rows of the standard layout, in order.

    Rejected `register_layout` where no row of the first ones has the columns; as `sheets.read`.
    """
    known = {field: tuple(said) for field, said in names.items()}
    for field, header in setting.columns.items():
        known[field] = (header,)
    found = (
        _objects(setting, data, known) if setting.format == "json" else _sheet(setting, data, known)
    )
    for one in found:
        yield _row(setting, one, words)


def said(setting: Setting, data: bytes, names: Sequence[str]) -> str:
    """What the file's first due says in a column of one of these names; "" where there is none.

    Rejected where `rows` finds no file at all.
    """
    known = {"said": tuple(names)}
    first: Mapping[str, str]
    if setting.format == "json":
        first = next(_objects(setting, data, known), {})
    else:
        try:
            first = next(_sheet(setting, data, known, ("said",)), {})
        except Rejected as refused:
            if refused.code != "register_layout":
                raise
            first = {}
    text = first.get("said", "").strip()
    return text if _SAID.fullmatch(text) else ""


def _row(setting: Setting, found: Mapping[str, str], words: Words) -> Row:
    said = {name: text for name, text in found.items() if text.strip()}
    row = {**setting.constants, **said}
    for name, known in words.items():
        word = folded(row.get(name, ""))
        ours = (ours for theirs, ours in known.items() if folded(theirs) == word)
        row[name] = next(ours, row.get(name, ""))
    first, last = row.pop("first", ""), row.pop("last", "")
    row.setdefault("name", f"{last} {first}".strip())
    row["reason"] = row.get("reason", "").replace("{year}", row.get("year", ""))
    # The due is found again by the register that it is of and its id there.
    row["source"] = f"{setting.code}/{row.get('source', '')}" if row.get("source") else ""
    return {name: text for name, text in row.items() if name in BY_FIELD and text}


def _sheet(
    setting: Setting, data: bytes, names: Names, needed: Sequence[str] = _NEEDED
) -> Iterator[dict[str, str]]:
    table = sheets.read(_Held(data))
    places: dict[str, int] = {}
    lacking = list(needed)
    for count, row in enumerate(table.rows):
        if places:
            yield {
                name: _cell(name, row.cells[place], table.from_1904)
                for name, place in places.items()
                if place < len(row.cells)
            }
            continue
        found = _places(row.cells, names)
        missing = [name for name in needed if name not in found]
        lacking = min(lacking, missing, key=len)
        if not missing:
            places = found
        elif count > _ABOVE:
            break
    if not places:
        raise layout(setting, fields=lacking)


def _places(cells: Sequence[str], names: Names) -> dict[str, int]:
    by_header: dict[str, int] = {}
    for place, cell in enumerate(cells):
        by_header.setdefault(folded(cell), place)
    found: dict[str, int] = {}
    for field, known in names.items():
        there = next((by_header[folded(one)] for one in known if folded(one) in by_header), None)
        if there is not None:
            found[field] = there
    return found


def _cell(name: str, cell: str, from_1904: bool) -> str:
    """As the import reads a CSV: numbers of a workbook lose their type on the way."""
    if not isinstance(cell, Number):
        # What is no text of the file's must be told as a fault: let the import see it.
        return str(cell)
    try:
        if name == "due":
            return values.day(cell, from_1904).isoformat()
        if name == "amount":
            cents = values.cents(cell)
            return f"{cents // 100},{cents % 100:02d}"
        said = values.text(cell, 64)
    except ValueError:
        return str(cell)
    return said.zfill(11) if name == "tax_code" and said.isdecimal() else said


def _objects(setting: Setting, data: bytes, names: Names) -> Iterator[dict[str, str]]:
    """JSON: a list of objects, or an object in which one stands; inside, `a.b` is b of a."""
    try:
        # As it is written: an amount such as 0.1 must not become a number of another kind.
        found = json.loads(data, parse_float=Number, parse_int=Number)
    except (ValueError, RecursionError) as error:
        raise layout(setting) from error
    if isinstance(found, dict):
        found = next((one for one in found.values() if isinstance(one, list)), None)
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise layout(setting)
    for one in found:
        flat = {folded(name): text for name, text in _flat(one)}
        row = {}
        for field, known in names.items():
            said = next((flat[folded(name)] for name in known if folded(name) in flat), "")
            # A text is the register's own writing, in which 1.150 is a thousand and more.
            is_number = field == "amount" and isinstance(said, Number)
            row[field] = _amount(said) if is_number else said
        yield row


def _amount(said: str) -> str:
    """JSON writes a point, the standard layout's CSV a comma. What a computation in binary left of
    a cent is no cent; anything else is for the import to judge."""
    try:
        value = Decimal(said)
    except InvalidOperation:
        return said
    whole = round(value, 2) if value.is_finite() else value
    return (f"{whole:f}" if abs(whole - value) < _NOISE else said).replace(".", ",")


def _flat(value: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    """Leaves by name; a number stays one (cells.Number)."""
    for name, one in value.items():
        if isinstance(one, dict) and not before:
            yield from _flat(one, f"{name}.")
        elif one is not None and not isinstance(one, dict | list):
            yield f"{before}{name}", one if isinstance(one, str) else str(one)


def written(head: Sequence[str], found: Sequence[Sequence[str]]) -> bytes:
    """A CSV as registers read it: semicolons and UTF-8. Its cells are ids, codes and amounts."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows(found)
    return out.getvalue().encode()


def standard(found: Iterator[Row]) -> tuple[bytes, int]:
    """The rows as a file of the standard layout, and how many they are."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow([column.header for column in BY_FIELD.values()])
    count = 0
    for row in found:
        writer.writerow([row.get(name, "") for name in BY_FIELD])
        count += 1
    return out.getvalue().encode(), count
