"""XLSX by a push parser: the sheet is never in memory, only its shared texts are.

Sizes are looked at in the directory first and again while inflating; a document type is refused, so
there are no entities; formulas are told and never believed. Source: ECMA-376 part 1, sections 12.3
(parts), 18.3 (sheets), 18.4 (shared strings), 18.17.4 (days).
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from typing import Any, Final
from xml.parsers import expat

from chalicelib.base import archives, limits, zipmember
from chalicelib.base.archives import Member, Ranged
from chalicelib.base.errors import Rejected
from chalicelib.base.sheets.cells import FORMULA, WRONG, Number, Row, Table, refused

_WORKBOOK: Final = "xl/workbook.xml"
_RELATIONS: Final = "xl/_rels/workbook.xml.rels"
_TRUE: Final = ("1", "true")


def read(source: Ranged, sheet: str = "") -> Table:
    """The rows of a sheet by name, or of the first that is shown. Raises as `reading.read`."""
    members = {member.name: member for member in archives.plan(source).members}
    targets = _targets(source, members)
    from_1904, sheets = _sheets(source, members)
    if sheet:
        chosen = next((one for one in sheets if one[0].casefold() == sheet.casefold()), None)
    else:
        chosen = next((one for one in sheets if one[2]), None)
    if chosen is None or chosen[1] not in targets:
        raise refused("sheet_missing")
    texts = _texts(source, members, targets)
    found = _rows(source, _member(members, targets[chosen[1]]), texts)
    return Table(found, "xlsx", from_1904)


def _member(members: dict[str, Member], name: str) -> Member:
    if name not in members:
        raise refused("sheet_corrupt", part=name[:100])
    return members[name]


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _targets(source: Ranged, members: dict[str, Member]) -> dict[str, str]:
    """Part by relation id, the shared texts by "texts"."""
    found: dict[str, str] = {}

    def start(name: str, attributes: dict[str, str]) -> None:
        if _local(name) == "Relationship" and attributes.get("TargetMode") != "External":
            path = attributes.get("Target", "")
            whole = path.lstrip("/") if path.startswith("/") else posixpath.join("xl", path)
            is_texts = attributes.get("Type", "").endswith("/sharedStrings")
            found["texts" if is_texts else attributes.get("Id", "")] = posixpath.normpath(whole)

    _parse(source, _member(members, _RELATIONS), start)
    return found


def _sheets(source: Ranged, members: dict[str, Member]) -> tuple[bool, list[tuple[str, str, bool]]]:
    """Whether day 0 is in 1904; name, relation id and whether it is shown, of each sheet."""
    found: list[tuple[str, str, bool]] = []
    epochs: list[bool] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if _local(name) == "sheet":
            relation = next((v for k, v in attributes.items() if _local(k) == "id"), "")
            shown = attributes.get("state", "visible") == "visible"
            found.append((attributes.get("name", ""), relation, shown))
        elif _local(name) == "workbookPr":
            epochs.append(attributes.get("date1904", "") in _TRUE)

    _parse(source, _member(members, _WORKBOOK), start)
    return any(epochs), found


def _parse(source: Ranged, member: Member, start: Callable[[str, dict[str, str]], None]) -> None:
    for _ in _fed(source, member, _parser(start)):
        pass


def _parser(start: Callable[[str, dict[str, str]], None]) -> Any:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start

    def refuse(*_: Any) -> None:
        raise refused("sheet_doctype")

    parser.StartDoctypeDeclHandler = refuse
    return parser


def _fed(source: Ranged, member: Member, parser: Any) -> Iterator[None]:
    """Feeds a part block by block; after each, whoever drives may take what came of it."""
    fed = 0
    try:
        for block in zipmember.stream(source, member, limits.SHEET_PART_BYTES):
            parser.Parse(block, False)
            fed += len(block)
            # A tag without an end would be kept whole by the parser.
            if fed - parser.CurrentByteIndex > limits.SHEET_TAG_BYTES:
                raise refused("sheet_corrupt", part=member.name)
            yield
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise refused("sheet_corrupt", part=member.name) from error
    yield


# ------------------------------------------------------------------ shared texts
def _texts(source: Ranged, members: dict[str, Member], targets: dict[str, str]) -> list[str]:
    if "texts" not in targets:
        return []
    found: list[str] = []
    pieces: list[str] = []
    state = {"in": False, "phonetic": False, "chars": 0}

    def start(name: str, _: dict[str, str]) -> None:
        tag = _local(name)
        if tag == "si":
            pieces.clear()
        elif tag == "rPh":
            state["phonetic"] = True
        elif tag == "t":
            state["in"] = not state["phonetic"]

    def end(name: str) -> None:
        tag = _local(name)
        if tag == "t":
            state["in"] = False
        elif tag == "rPh":
            state["phonetic"] = False
        elif tag == "si":
            found.append("".join(pieces))
            state["chars"] += len(found[-1])
            if len(found) > limits.SHEET_STRINGS or state["chars"] > limits.SHEET_STRINGS_CHARS:
                raise refused("sheet_too_many_strings", limit=limits.SHEET_STRINGS)

    def text(data: str) -> None:
        if state["in"]:
            pieces.append(data)

    parser = _parser(start)
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    for _ in _fed(source, _member(members, targets["texts"]), parser):
        pass
    return found


# ------------------------------------------------------------------ rows
class _Reader:
    """The sheet's handlers. What is read piles up in `ready` until it is taken."""

    def __init__(self, texts: list[str]) -> None:
        self.texts = texts
        self.ready: list[Row] = []
        self.number = 0
        self.cells: list[str] = []
        self.column = -1
        self.kind = ""
        self.formula = False
        self.wanted = False
        self.pieces: list[str] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        tag = _local(name) if ":" in name else name
        if tag == "c":
            place = attributes.get("r")
            self.column = _column(place) if place else self.column + 1
            self.kind = attributes.get("t", "n")
            self.formula = False
            self.pieces = []
        elif tag == "v" or (tag == "t" and self.kind == "inlineStr"):
            self.wanted = True
        elif tag == "f":
            self.formula = True
        elif tag == "rPh":
            self.kind = "phonetic"  # nothing of it is text; the text came before
        elif tag == "row":
            said = attributes.get("r", "")
            self.number = int(said) if said.isdecimal() and len(said) < 8 else self.number + 1
            self.cells = []
            self.column = -1

    def end(self, name: str) -> None:
        tag = _local(name) if ":" in name else name
        if tag in ("v", "t"):
            self.wanted = False
        elif tag == "c":
            value = self._value()
            if value:
                while len(self.cells) < self.column:
                    self.cells.append("")
                self.cells[self.column :] = [value]
        elif tag == "row" and self.cells:
            self.ready.append(Row(self.number, self.cells))

    def text(self, data: str) -> None:
        if self.wanted:
            self.pieces.append(data)

    def _value(self) -> str:
        if self.formula:
            return FORMULA
        text = self.pieces[0] if len(self.pieces) == 1 else "".join(self.pieces)
        if len(text) > limits.SHEET_CELL_CHARS:
            raise refused("sheet_cell_too_long", row=self.number)
        if self.kind == "s":
            try:
                return self.texts[int(text)]
            except (ValueError, IndexError) as error:
                raise refused("sheet_corrupt", row=self.number) from error
        if self.kind == "n":
            return Number(text)
        return WRONG if self.kind == "e" else text


def _column(place: str) -> int:
    """From 0, of an address such as AB12."""
    index = 0
    for sign in place:
        if not "A" <= sign <= "Z":
            break
        index = index * 26 + ord(sign) - 64
    if not 1 <= index <= limits.SHEET_COLUMNS:
        raise Rejected(
            "sheet_too_many_columns",
            "The spreadsheet has too many columns.",
            limit=limits.SHEET_COLUMNS,
        )
    return index - 1


def _rows(source: Ranged, member: Member, texts: list[str]) -> Iterator[Row]:
    reader = _Reader(texts)
    parser = _parser(reader.start)
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    for _ in _fed(source, member, parser):
        ready, reader.ready = reader.ready, []
        yield from ready
