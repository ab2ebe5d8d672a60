"""What the API takes and answers about bank statements."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from chalicelib.accounting.bank_store import Outcome, StatementState
from chalicelib.base import limits
from chalicelib.entry.reconciliation_shapes import FileName, Text
from chalicelib.entry.shapes import Given, Id, Taken

Column = Annotated[int, Field(ge=0, lt=limits.SHEET_COLUMNS)]
Mark = Literal["", ",", "."]


class ColumnsWanted(Taken):
    """Where the columns are, from 0: day, description (one or more), and one amount or debit and
    credit. `first_row`: from 1. `mark`: the decimal one, `delimiter`, `sheet`: "" to find out."""

    day: Column
    texts: Annotated[list[Column], Field(min_length=1, max_length=10)]
    amount: Column | None = None
    debit: Column | None = None
    credit: Column | None = None
    sign: Column | None = None
    provisional: Column | None = None
    value_day: Column | None = None
    first_row: int = Field(1, ge=1, le=10_000)
    mark: Mark = ""
    delimiter: Annotated[str, StringConstraints(max_length=1)] = ""
    sheet: Text = ""


class NewColumns(Taken):
    """Columns that are remembered for the body, and the account (IBAN) that they are of."""

    account: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{15,34}$")]
    columns: ColumnsWanted
    version: int = Field(0, ge=0)


class Columns(Given):
    name: str
    account: str
    columns: dict[str, Any]
    version: int


class ColumnsList(Given):
    columns: list[Columns]


class PreviewQuery(Taken):
    """By remembered `columns`, or by those said here (`texts` with commas), or by neither: then
    they are suggested."""

    columns: Id | None = None
    day: Column | None = None
    texts: Annotated[str, StringConstraints(pattern=r"^([0-9]{1,3}(,[0-9]{1,3}){0,9})?$")] = ""
    amount: Column | None = None
    debit: Column | None = None
    credit: Column | None = None
    sign: Column | None = None
    provisional: Column | None = None
    value_day: Column | None = None
    first_row: int = Field(1, ge=1, le=10_000)
    mark: Mark = ""
    delimiter: Annotated[str, StringConstraints(max_length=1)] = ""
    sheet: Text = ""


class PreviewRow(Given):
    """A row, its cells, and what is read in them or why nothing is."""

    row: int
    cells: list[str]
    day: date | None
    cents: int | None
    text: str
    reason: str


class Preview(Given):
    """`kind`: table or cash_journal. `columns` None: nothing is sure, say them."""

    kind: str
    columns: dict[str, Any] | None
    rows: list[PreviewRow]


class StatementQuery(Taken):
    name: FileName
    columns: Id | None = None


class StatementRead(Taken):
    columns: Id


class Statement(Given):
    """`counts`: rows by what became of them; `movements` speak of pagoPA, `fresh` of them were not
    there before; `ignored` are others. `problems`: rows that cannot be read."""

    id: str
    state: StatementState
    file_name: str
    account: str
    created_at: str
    columns: str
    counts: dict[str, int]
    problems: list[tuple[int, str]]
    movements: int
    ignored: int
    fresh: int
    cents: int
    done: int
    code: str


class StatementDetail(Statement):
    """`outcomes`: of the movements that came with it first, how many were found to be what."""

    outcomes: dict[Outcome, int]


class Statements(Given):
    statements: list[Statement]
