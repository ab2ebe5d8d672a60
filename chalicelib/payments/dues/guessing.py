"""Which row of a strange file has the headers, and what each of its columns may be. Pure.

A guess is only ever offered: whoever maps the columns sees examples beside it and decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from chalicelib.base import limits
from chalicelib.base.sheets import FORMULA, WRONG, Number, Row
from chalicelib.base.sheets.cells import column_name
from chalicelib.payments.dues.columns import BY_FIELD, COLUMNS
from chalicelib.payments.dues.values import folded

# How accounting programs and registers call them, beside the standard layout's own headers.
OTHERS: Final[Mapping[str, tuple[str, ...]]] = {
    "source": ("id", "codice", "nr", "numero", "matricola", "numero iscrizione", "riferimento"),
    "category": ("qualifica", "tipo iscritto", "tipo soggetto"),
    "name": (
        "nominativo", "cognome e nome", "cognome nome", "denominazione", "ragione sociale",
        "iscritto", "intestatario", "debitore",
    ),
    "tax_code": (
        "codice fiscale", "cod fiscale", "cod fisc", "cf", "c f", "partita iva", "p iva",
        "codice fiscale partita iva",
    ),
    "address": ("via", "residenza", "domicilio", "indirizzo di residenza"),
    "postcode": ("cap",),
    "city": ("citta", "localita", "comune di residenza"),
    "province": ("prov", "pr", "sigla provincia"),
    "mail": ("email", "e mail", "posta elettronica", "indirizzo e mail"),
    "pec": ("pec", "posta certificata", "indirizzo pec", "domicilio digitale"),
    "service": ("tipo quota", "tipologia", "servizio", "codice servizio"),
    "reason": ("descrizione", "oggetto", "motivo", "causale versamento"),
    "year": ("anno", "anno rif", "anno di riferimento", "annualita", "esercizio"),
    "chapter": ("capitolo", "capitolo di bilancio", "voce di bilancio"),
    "provenance": ("competenza residui", "gestione"),
    "amount": ("dovuto", "quota", "euro", "importo dovuto", "importo euro", "totale"),
    "due": ("data scadenza", "scade il", "termine", "entro il"),
    "language": ("lingua comunicazioni",),
    "stamp": ("impronta", "impronta documento", "hash documento", "sha 256"),
}  # fmt: skip
_NAMES: Final = {
    folded(said): field
    for field, names in OTHERS.items()
    for said in (BY_FIELD[field].header, *names)
}


@dataclass(frozen=True)
class Found:
    """A column: its letter, its header, what stands below it in the first rows."""

    column: str
    header: str
    examples: tuple[str, ...]


@dataclass(frozen=True)
class Guess:
    """`row` of the headers, as the program counts it; the columns that have one; `fields`: the
    header that each field seems to stand under."""

    row: int
    columns: tuple[Found, ...]
    fields: Mapping[str, str]


def guess(rows: Iterable[Row]) -> Guess | None:
    """What the first rows show; None for a file without any text.

    The headers are the row of the first ones in which most cells are names that we know, and where
    none is, the one with most texts: titles above have fewer, and what is below has numbers.
    """
    first = list(islice(rows, limits.GUESS_ROWS))
    best = max(first, key=lambda row: (_known(row.cells), _texts(row.cells)), default=None)
    if best is None or not _texts(best.cells):
        return None
    below = [row for row in first if row.number > best.number][: limits.GUESS_EXAMPLES]
    columns = tuple(
        Found(column_name(place), header.strip(), _examples(below, place))
        for place, header in enumerate(best.cells)
        if folded(header)
    )
    return Guess(best.number, columns, _fields(columns))


def _known(cells: Sequence[str]) -> int:
    return len({_NAMES[name] for name in map(folded, cells) if name in _NAMES})


def _texts(cells: Sequence[str]) -> int:
    return sum(not isinstance(cell, Number) and _has_letters(cell) for cell in cells)


def _has_letters(cell: str) -> bool:
    return any(sign.isalpha() for sign in cell)


def _fields(columns: Sequence[Found]) -> dict[str, str]:
    """Each field once, each column once; the standard layout's own headers go first."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    own = {folded(column.header): column.field for column in COLUMNS}
    for names in (own, _NAMES):
        for column in columns:
            name = folded(column.header)
            field = names.get(name)
            if field and field not in found and name not in taken:
                found[field] = column.header
                taken.add(name)
    return found


def _examples(rows: Sequence[Row], place: int) -> tuple[str, ...]:
    cells = [row.cells[place] for row in rows if place < len(row.cells)]
    return tuple(
        cell[: limits.GUESS_CHARS]
        for cell in cells
        if cell and not cell.isspace() and cell is not FORMULA and cell is not WRONG
    )
