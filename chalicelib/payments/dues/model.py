"""A due, the person who owes it, and an import. Days are Europe/Rome's, amounts cents."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal

from chalicelib.payments.stamps import Stamp

Category = Literal["professional", "company", "trainee"]
Provenance = Literal["competenza", "residui"]
DueState = Literal["open", "placed"]
ImportState = Literal["awaited", "checking", "checked", "importing", "imported", "failed"]

CATEGORIES: Final[tuple[Category, ...]] = Category.__args__  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Person:
    """Who owes; all of it is sealed in the table. `tax_code` of a person or of a company;
    `language`: the one that he is written to in (ISO 639-1), "" where nobody said."""

    tax_code: str
    name: str
    address: str = ""
    postcode: str = ""
    city: str = ""
    province: str = ""
    mail: str = ""
    pec: str = ""
    language: str = ""

    @property
    def lines(self) -> tuple[str, ...]:
        """The address as it is posted."""
        town = " ".join(one for one in (self.postcode, self.city, self._province) if one)
        return tuple(one for one in (self.address, town) if one)

    @property
    def _province(self) -> str:
        return f"({self.province})" if self.province else ""


@dataclass(frozen=True)
class Read:
    """A row of a file that makes a due. `source` "": it has no id of its own; `stamp`: a digital
    stamp is bought with it, whose price is not in `cents`."""

    row: int
    source: str
    person: Person
    category: Category
    service: str
    reason: str
    year: int
    chapter: str
    provenance: Provenance
    cents: int
    due: date | None
    stamp: Stamp | None = None


@dataclass(frozen=True)
class Fault:
    """Why a row makes none. `column` as the program names it (A, B…), "" for the row as a whole;
    `field` is ours. Never holds what the cell said: that is somebody's personal data."""

    row: int
    column: str
    field: str
    code: str
    other_row: int = 0


@dataclass(frozen=True)
class Due:
    """A due as it is kept. `person` is the blind index of the tax code. `batch`: the import that
    brought it first; `position`: the debt position that asks for it, "" while there is none;
    `stamp`: a digital stamp is bought with it, whose price is not in `cents`."""

    id: str
    person: str
    category: Category
    service: str
    reason: str
    year: int
    chapter: str
    provenance: Provenance
    cents: int
    due: date | None
    batch: str
    created_at: str
    source: str = ""
    state: DueState = "open"
    position: str = ""
    version: int = 1
    stamp: Stamp | None = None


@dataclass(frozen=True)
class Counts:
    """What a commit came to: rows that made a due, changed one, found it as it was, or found it
    placed already (then it stays)."""

    new: int = 0
    updated: int = 0
    unchanged: int = 0
    locked: int = 0

    def plus(self, other: Counts) -> Counts:
        return Counts(
            self.new + other.new,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
            self.locked + other.locked,
        )


@dataclass(frozen=True)
class Import:
    """A file of dues on its way. `rows` = `good` + `faulty`; `cents` of the good ones. `parts`: in
    how many sealed pieces the good rows are kept; `started`: the version that the last dry run
    began with. `done`: while it is checked, the rows read so far; afterwards, of the `good` ones,
    those that are committed."""

    id: str
    state: ImportState
    file_name: str
    mapping: str
    created_at: str
    key: str = ""
    object_version: str = ""
    rows: int = 0
    good: int = 0
    faulty: int = 0
    cents: int = 0
    parts: int = 0
    done: int = 0
    counts: Counts = field(default_factory=Counts)
    code: str = ""
    started: int = 0
    version: int = 1
