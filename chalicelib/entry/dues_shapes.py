"""What the API takes and answers about dues: layouts, imports, lists."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from chalicelib.base import limits
from chalicelib.entry.body_shapes import Cents, Code
from chalicelib.entry.shapes import Given, Id, Taken
from chalicelib.payments.dues.model import Category, DueState, ImportState, Provenance

Header = Annotated[str, StringConstraints(min_length=1, max_length=140)]
FileName = Annotated[str, StringConstraints(min_length=1, max_length=limits.FILE_NAME_CHARS)]
Cursor = Annotated[str, StringConstraints(max_length=300)]
Words = Annotated[str, StringConstraints(max_length=200, pattern=r"^[0-9A-Za-z./_,-]*$")]


class Link(Given):
    """A download that ends after `expires_in_s`."""

    url: str
    file_name: str
    expires_in_s: int


class NewMapping(Taken):
    """`columns`: the header of each field; `constants`: what all rows have in common. `version`:
    the one that was read, 0 for a new layout."""

    columns: dict[str, Header]
    constants: dict[str, Header] = Field(default_factory=dict)
    sheet: Annotated[str, StringConstraints(max_length=31)] = ""
    delimiter: Literal["", ";", ",", "\t", "|"] = ""
    decimal: Literal[",", "."] = ","
    version: int = Field(0, ge=0)


class Mapping(NewMapping):
    name: str


class FieldOfDue(Given):
    """`needed`: a column of it, or something that all rows have in common, has to be there."""

    field: str
    needed: bool


class Mappings(Given):
    """`known`: all fields of a due that a layout may name."""

    mappings: list[Mapping]
    known: list[FieldOfDue]


class NewImport(Taken):
    """`mapping`: the name of a layout."""

    file_name: FileName
    mapping: Code = "standard"


class HandInQuery(Taken):
    name: FileName
    mapping: Code = "standard"


class ColumnsQuery(Taken):
    """`sheet` "": the first that is shown; `delimiter` "": found out."""

    sheet: Annotated[str, StringConstraints(max_length=31)] = ""
    delimiter: Literal["", ";", ",", "\t", "|"] = ""


class FoundColumn(Given):
    """`column` as a spreadsheet names it; `examples`: what stands below the header."""

    column: str
    header: str
    examples: list[str]


class Columns(Given):
    """Of the uploaded file: the `row` of its headers, its columns, and by `fields` the header that
    each field of a due seems to stand under."""

    row: int
    columns: list[FoundColumn]
    fields: dict[str, str]


class CheckQuery(Taken):
    """`mapping`: the layout to read it by from now on; left out, the one it was begun with."""

    mapping: Code | None = None


class Commit(Taken):
    """`skip_faulty`: import the good rows although others are faulty."""

    skip_faulty: bool = False


class Counts(Given):
    """`locked`: rows whose due is in a debt position already; it stays as it is."""

    new: int
    updated: int
    unchanged: int
    locked: int


class Import(Given):
    """`rows` = `good` + `faulty`, `cents` of the good ones, by the last dry run. `done`: in state
    `checking`, the rows read so far; afterwards, of the `good` ones, those that are committed.
    `code`: why the file as a whole was refused, "" otherwise."""

    id: str
    state: ImportState
    file_name: str
    mapping: str
    created_at: str
    rows: int
    good: int
    faulty: int
    cents: int
    done: int
    counts: Counts
    code: str


class Upload(Given):
    """POST `fields` and then the file (field `file`) to `url` as multipart/form-data, then ask for
    the dry run."""

    batch: Import
    url: str
    fields: dict[str, str]
    expires_in_s: int


class Imports(Given):
    imports: list[Import]


class Fault(Given):
    """`column` as a spreadsheet names it, "" when the field has none; `other_row`: the row that has
    the same due, 0 otherwise."""

    row: int
    column: str
    field: str
    code: str
    other_row: int


class Faults(Given):
    """Of the last dry run, by row. `faulty`: rows in all; so many are not listed."""

    faulty: int
    faults: list[Fault]


class DuesQuery(Taken):
    """What is left out does not count; amounts and days are included on both ends. `categories`,
    `chapters`, `services`: one or more, with commas between them."""

    state: DueState | None = None
    least_cents: Cents | None = None
    most_cents: Cents | None = None
    assessed_from: date | None = None
    assessed_until: date | None = None
    due_from: date | None = None
    due_until: date | None = None
    categories: Words = ""
    provenance: Provenance | None = None
    chapters: Words = ""
    services: Words = ""
    year: int | None = Field(None, ge=1950, le=2100)
    batch: Id | None = None
    cursor: Cursor = ""
    limit: int = Field(limits.PAGE_ITEMS, ge=1, le=limits.PAGE_ITEMS_MAX)


class Due(Given):
    """`due`: by when, null when nobody said. `position`: the debt position that asks for it.
    `stamp`: a digital stamp is bought with it, whose price is not in `cents`."""

    id: str
    name: str
    tax_code: str
    category: Category
    service: str
    reason: str
    year: int
    chapter: str
    provenance: Provenance
    cents: int
    due: date | None
    source: str
    state: DueState
    position: str
    batch: str
    created_at: str
    stamp: bool


class Dues(Given):
    """Oldest first. A page may be short, or empty, and yet have a cursor: filters leave out."""

    dues: list[Due]
    cursor: str | None
