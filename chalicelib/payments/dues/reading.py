"""Rows of a file as dues, or as faults by row and column. Pure: services and year come in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain, islice
from typing import Any, Final, cast

from chalicelib.base.errors import Rejected
from chalicelib.base.sheets import Row, Table
from chalicelib.base.sheets.cells import column_name
from chalicelib.payments.body import Service, is_chapter
from chalicelib.payments.dues import mapping as mappings
from chalicelib.payments.dues import values
from chalicelib.payments.dues.columns import (
    BY_FIELD,
    CATEGORIES,
    COLUMNS,
    LANGUAGES,
    PROVENANCES,
)
from chalicelib.payments.dues.model import Category, Fault, Person, Provenance, Read
from chalicelib.payments.stamps import Stamp, is_province

# Titles and remarks that may stand above the headers.
_ABOVE: Final = 20
_PLAIN: Final = ("source", "name", "address", "postcode", "city", "province", "reason", "service")
_MAILS: Final = ("mail", "pec")


def read(
    table: Table, mapping: mappings.Mapping, services: Mapping[str, Service], this_year: int,
    after: int = 0, known: Iterable[Read] = (),
) -> Iterator[Read | list[Fault]]:  # fmt: skip
    """Each row below the headers. `services`: the active ones, by code. `after` so many rows, of
    which `known` were the good ones: those are looked at for rows that come twice.

    Rejected `dues_headers` (details: the fields without a column) when no row of the first ones
    has the headers; and as `sheets.read`.
    """
    rows = iter(table.rows)
    places, first = _headers(rows, mapping)
    reader = _Reader(mapping, places, services, this_year, table.from_1904)
    for one in known:
        reader.seen[hash(identity(one))] = one.row
    for row in islice(chain(first, rows), after, None):
        yield reader.read(row)


def _headers(rows: Iterator[Row], mapping: mappings.Mapping) -> tuple[dict[str, int], list[Row]]:
    best: list[str] | None = None
    for _ in range(_ABOVE):
        row = next(rows, None)
        if row is None:
            break
        places = mappings.locate(mapping, row.cells)
        lacking = mappings.lacking(mapping, places)
        if not lacking and (places or not mapping.columns):
            return places, []
        if best is None or len(lacking) < len(best):
            best = lacking
    raise Rejected("dues_headers", "The headers are not there.", fields=best or [])


def identity(found: Read) -> tuple[str, ...]:
    """What makes two rows one due: the source's own id, or else what it is for."""
    if found.source:
        return "source", found.source
    return (
        "natural", found.person.tax_code, found.service, str(found.year), found.chapter,
        found.provenance, found.reason,
    )  # fmt: skip


class _Reader:
    """Reads rows one by one and remembers what came, to find the ones that came twice."""

    def __init__(
        self,
        mapping: mappings.Mapping,
        places: Mapping[str, int],
        services: Mapping[str, Service],
        this_year: int,
        from_1904: bool,
    ) -> None:
        self.mapping = mapping
        self.places = places
        self.services = services
        self.this_year = this_year
        self.from_1904 = from_1904
        self.seen: dict[int, int] = {}
        self.order = [column.field for column in COLUMNS]

    def read(self, row: Row) -> Read | list[Fault]:
        faults: list[Fault] = []
        found: dict[str, Any] = {}
        for name in self.order:
            cell = self._cell(row, name)
            if cell == "" or cell.isspace():
                if BY_FIELD[name].needed:
                    faults.append(self._fault(row, name, "missing"))
                continue
            try:
                found[name] = self._value(name, cell)
            except ValueError as problem:
                faults.append(self._fault(row, name, str(problem)))
        if "stamp" in found:
            faults += self._unstamped(row, found)
        if faults:
            return faults
        made = self._made(row, found)
        key = hash(identity(made))
        other = self.seen.setdefault(key, row.number)
        if other != row.number:
            return [self._fault(row, "source", "repeated", other)]
        return made

    def _unstamped(self, row: Row, found: Mapping[str, Any]) -> Iterator[Fault]:
        """Why what is known of the row is not enough for a digital stamp."""
        service = self.services.get(found.get("service", ""))
        if service is not None and not service.stamp:
            yield self._fault(row, "stamp", "stamp_not_asked")
        if not found.get("province"):
            yield self._fault(row, "province", "missing")
        elif not is_province(found["province"].upper()):
            yield self._fault(row, "province", "stamp_province")

    def _cell(self, row: Row, name: str) -> str:
        place = self.places.get(name)
        if place is None:
            return self.mapping.constants.get(name, "")
        return row.cells[place] if place < len(row.cells) else ""

    def _fault(self, row: Row, name: str, code: str, other: int = 0) -> Fault:
        place = self.places.get(name)
        column = column_name(place) if place is not None else ""
        return Fault(row.number, column, name, code, other)

    def _value(self, name: str, cell: str) -> Any:
        if name in _PLAIN:
            said = values.text(cell, BY_FIELD[name].chars)
            if name == "service" and said not in self.services:
                raise ValueError("service_unknown")
            return said
        if name in _MAILS:
            return values.mail(cell)
        if name == "amount":
            return values.cents(cell, self.mapping.decimal)
        if name == "due":
            return values.day(cell, self.from_1904)
        if name == "chapter":
            said = values.text(cell, BY_FIELD[name].chars)
            if not is_chapter(said):
                raise ValueError("chapter")
            return said
        return _WORDS[name](cell)

    def _made(self, row: Row, found: dict[str, Any]) -> Read:
        service = self.services[found["service"]]
        usual = "competenza" if found["year"] >= self.this_year else "residui"
        return Read(
            row=row.number,
            source=found.get("source", ""),
            person=Person(
                tax_code=found["tax_code"],
                name=found["name"],
                address=found.get("address", ""),
                postcode=found.get("postcode", ""),
                city=found.get("city", ""),
                province=found.get("province", ""),
                mail=found.get("mail", ""),
                pec=found.get("pec", ""),
                language=found.get("language", ""),
            ),
            category=cast(Category, found["category"]),
            service=service.code,
            reason=found["reason"],
            year=found["year"],
            chapter=found.get("chapter") or service.chapter,
            provenance=cast(Provenance, found.get("provenance", usual)),
            cents=found["amount"],
            due=found.get("due"),
            stamp=Stamp(found["stamp"], found["province"].upper()) if "stamp" in found else None,
        )


_WORDS: Final[dict[str, Callable[[str], Any]]] = {
    "tax_code": values.tax_code,
    "year": values.year,
    "category": lambda cell: values.word(cell, CATEGORIES),
    "provenance": lambda cell: values.word(cell, PROVENANCES),
    "language": lambda cell: values.word(cell, LANGUAGES),
    "stamp": values.digest,
}
