"""Bank statements as they come: previewed, dropped or handed in, read, their movements stored.

A movement that does not speak of pagoPA is counted and forgotten. One that is there already is
known by its identity: the same statement twice, or two whose periods overlap, store nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Final

from chalicelib.accounting import bank_store, identifying, layouts, statements
from chalicelib.accounting.bank_store import Columns, Statement
from chalicelib.accounting.reconciling import codes_of
from chalicelib.accounting.regrouping import QUEUE
from chalicelib.accounting.remittance import identify
from chalicelib.accounting.statements import Mapping, Movement, Reading, Shown
from chalicelib.base import clock, config, dynamo, ids, limits, s3, sheets, work
from chalicelib.base.archives import Ranged
from chalicelib.base.dynamo import ConditionFailed, Op
from chalicelib.base.errors import Conflict, NotFound, Rejected
from chalicelib.base.s3 import Place
from chalicelib.base.work import Wakes, Work
from chalicelib.payments import bodies

Remaining = Callable[[], int]
_HEAD_BYTES: Final = 64 * limits.KIB
_AT_ONCE: Final = 16  # movements stored in one commit: each, and SOUGHT rows to find it by


# ------------------------------------------------------------------ columns
def list_columns(tenant: str) -> list[Columns]:
    return bank_store.list_columns(tenant)


def save_columns(
    tenant: str, name: str, account: str, mapping: Mapping, version: int, also: Sequence[Op] = ()
) -> Columns:
    """Remember the columns of a body's statements. Rejected `iban_unknown`; Conflict."""
    bodies.get(tenant).account(account)
    one = Columns(name, account, statements.stored(mapping), version)
    try:
        dynamo.commit([bank_store.put_columns(tenant, one), *also])
    except ConditionFailed as failed:
        raise Conflict() from failed
    return replace(one, version=version + 1)


# ------------------------------------------------------------------ preview
@dataclass(frozen=True)
class Preview:
    """How a file is read: by `mapping`, which is suggested where nobody gave one; None where
    nothing is sure, then the rows show only their cells."""

    kind: str
    mapping: Mapping | None
    rows: tuple[Shown, ...]


def preview(data: bytes, mapping: Mapping | None) -> Preview:
    """How the first rows of a file are read; nothing is kept. Raises as `sheets.read`."""
    if layouts.is_cash_journal(data[:_HEAD_BYTES]):
        found = islice(layouts.cash_journal(data, account=""), limits.STATEMENT_PREVIEW_ROWS)
        rows = tuple(Shown(one.row, (), one.day, one.cents, one.text, "") for one in found)
        return Preview("cash_journal", None, rows)
    source = _Bytes(data)
    if mapping is None:
        head = _table(source, None).rows
        mapping = layouts.suggest(list(islice(head, limits.STATEMENT_PREVIEW_ROWS)))
    table = _table(source, mapping)
    if mapping is not None:
        return Preview("table", mapping, tuple(statements.preview(table, mapping)))
    rows = tuple(
        Shown(one.number, tuple(one.cells), None, None, "", "")
        for one in islice(table.rows, limits.STATEMENT_PREVIEW_ROWS)
    )
    return Preview("table", None, rows)


class _Bytes:
    """Bytes that are here, as something that is read by ranges."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.size = len(data)

    def read(self, start: int, length: int) -> bytes:
        return self._data[start : start + length]


def _table(source: Ranged, mapping: Mapping | None) -> sheets.Table:
    delimiter = mapping.delimiter if mapping else ""
    sheet = mapping.sheet if mapping else ""
    if not delimiter and source.size:
        head = source.read(0, min(source.size, _HEAD_BYTES))
        delimiter = statements.delimiter_of(head.decode("latin-1").splitlines())
    return sheets.read(source, sheet=sheet, delimiter=delimiter)


# ------------------------------------------------------------------ handed over
def hand_in(
    tenant: str, file_name: str, columns: str, data: bytes, now: datetime, wakes: Wakes,
    also: Sequence[Op] = (),
) -> Statement:  # fmt: skip
    """A statement by the API; the same bytes by the same columns are the same statement.

    Rejected `statement_empty`; NotFound for columns that nobody remembers.
    """
    body = bodies.get(tenant)
    if not data.strip():
        raise Rejected("statement_empty", "There is nothing in the file.")
    if columns and bank_store.get_columns(tenant, columns) is None:
        raise NotFound("columns")
    name = ids.derive("statement", columns, ids.sha256(data))
    place = Place(config.get("DOCUMENTS_BUCKET"), f"{tenant}/statements/{name}/raw")
    s3.put(place, data, "application/octet-stream")
    return _begin(tenant, name, file_name, columns, body.accounts[0].iban, place, now, wakes, also)


def dropped(tenant: str, place: Place, now: datetime, wakes: Wakes) -> Statement:
    """An object that somebody put under statements/<tenant>/[<columns>/]; it stays there."""
    parts = place.key.split("/")
    named = parts[2] if len(parts) > 3 and ids.is_safe(parts[2]) else ""
    known = {one.name for one in bank_store.list_columns(tenant)}
    columns = named if named in known else next(iter(known)) if len(known) == 1 else ""
    name = ids.derive("statement", place.bucket, place.key, place.version)
    account = bodies.get(tenant).accounts[0].iban
    return _begin(tenant, name, parts[-1], columns, account, place, now, wakes, ())


def _begin(
    tenant: str, name: str, file_name: str, columns: str, account: str, place: Place,
    now: datetime, wakes: Wakes, also: Sequence[Op],
) -> Statement:  # fmt: skip
    remembered = bank_store.get_columns(tenant, columns) if columns else None
    one = Statement(
        id=name, state="reading", file_name=file_name[: limits.FILE_NAME_CHARS],
        account=remembered.account if remembered else account, created_at=clock.stamp(now),
        bucket=place.bucket, key=place.key, object_version=place.version, columns=columns,
    )  # fmt: skip
    try:
        wakes.commit([bank_store.put_statement(tenant, one), _row(tenant, name, now), *also])
    except ConditionFailed:
        return get(tenant, name)
    return replace(one, version=1)


def _row(tenant: str, name: str, now: datetime) -> dynamo.Put:
    return work.row(
        QUEUE, bank_store.statement_partition(tenant, name), "read", now, when=dynamo.ANY,
        task="statement", statement=name,
    )  # fmt: skip


def get(tenant: str, name: str) -> Statement:
    """NotFound."""
    found = bank_store.get_statement(tenant, name)
    if found is None:
        raise NotFound("statement")
    return found


def read_again(
    tenant: str, name: str, columns: str, now: datetime, wakes: Wakes, also: Sequence[Op] = ()
) -> Statement:
    """Read a statement that waits for its columns, or failed, by these. Rejected
    `statement_state`; NotFound."""
    one, remembered = get(tenant, name), bank_store.get_columns(tenant, columns)
    if remembered is None:
        raise NotFound("columns")
    if one.state not in ("awaited", "failed"):
        raise Rejected("statement_state", "It is read already.", status=409)
    new = replace(one, state="reading", columns=columns, account=remembered.account, code="")
    try:
        wakes.commit([bank_store.put_statement(tenant, new), _row(tenant, name, now), *also])
    except ConditionFailed as failed:
        raise Conflict() from failed
    return replace(new, version=one.version + 1)


# ------------------------------------------------------------------ read
def read(job: Work, wakes: Wakes, now: datetime, remaining_ms: Remaining) -> None:
    """Store the movements of a statement that speak of pagoPA, and look for their flows.

    Begun anew by each run: what is stored is known, so only counting is done twice.
    """
    tenant = job.tenant
    one = get(tenant, str(job.item["statement"]))
    if one.state != "reading":
        dynamo.commit([job.done()])
        return
    try:
        found, mine = _movements(tenant, one)
    except (Rejected, NotFound) as refused:
        state = "awaited" if refused.code == "columns_missing" else "failed"
        _end(tenant, job, replace(one, state=state, code=refused.code))  # type: ignore[arg-type]
        return
    codes = codes_of(bodies.get(tenant))
    fresh = one.fresh
    # A run that died may have stored these and not looked for their flows.
    last = mine[max(one.done - _AT_ONCE, 0) : one.done]
    identifying.again(tenant, [each.identity for each in last], codes, now, wakes)
    for start in range(one.done, len(mine), _AT_ONCE):
        if remaining_ms() < limits.REMAINING_MS:
            dynamo.commit([work.again(job, now)])
            wakes.add(job.queue, job.key)
            return
        part = mine[start : start + _AT_ONCE]
        new = replace(one, done=start + len(part), fresh=fresh + _new_of(tenant, part))
        _store(tenant, one, new, part, wakes)
        # Written before it is looked for, as flows are: whichever comes second finds the other.
        identifying.again(tenant, [each.identity for each in part], codes, now, wakes)
        one, fresh = replace(new, version=one.version + 1), new.fresh
    _end(tenant, job, replace(found, done=one.done, fresh=fresh, version=one.version))


def _end(tenant: str, job: Work, one: Statement) -> None:
    dynamo.commit([bank_store.put_statement(tenant, one), job.done()])


def _movements(tenant: str, one: Statement) -> tuple[Statement, list[Movement]]:
    """The statement with its counts, and what in it speaks of pagoPA."""
    place = Place(one.bucket, one.key, one.object_version)
    there = s3.find(place)
    if there is None:
        raise NotFound("object")
    source = s3.Ranged(place, there[1])
    counts: dict[str, int] = {}
    problems: tuple[tuple[int, str], ...] = ()
    mine: list[Movement] = []
    ignored = 0
    reading: Reading | None = None
    if source.size and layouts.is_cash_journal(source.read(0, min(source.size, _HEAD_BYTES))):
        moves: Iterator[Movement] = layouts.cash_journal(s3.get(place), account=one.account)
    else:
        mapping = _mapping(tenant, one, source)
        reading = Reading(mapping, account=one.account)
        moves = reading.movements(_table(source, mapping))
    read_rows = 0
    for move in moves:
        read_rows += 1
        if identify(move.text).kind == "none":
            ignored += 1
        else:
            mine.append(move)
    if reading is not None:
        counts = dict(reading.counts)
        problems = tuple((each.row, each.code) for each in reading.problems)
    counts["read"] = read_rows
    done = replace(
        one, state="read", counts=counts, problems=problems, movements=len(mine), ignored=ignored,
        cents=sum(each.cents for each in mine), code="",
    )  # fmt: skip
    return done, mine


def _mapping(tenant: str, one: Statement, source: Ranged) -> Mapping:
    """The columns that were said, else those of a layout that is known for sure (Poste).

    Rejected `columns_missing`: somebody has to look at the preview first.
    """
    if one.columns:
        found = bank_store.get_columns(tenant, one.columns)
        if found is not None:
            return statements.of_stored(dict(found.mapping))
    head = list(islice(_table(source, None).rows, limits.STATEMENT_PREVIEW_ROWS))
    if layouts.suggest(head) == layouts.POSTE:
        return layouts.POSTE
    raise Rejected("columns_missing", "Nobody has said where its columns are.")


def _new_of(tenant: str, part: Sequence[Movement]) -> int:
    keys = [bank_store.key_of(tenant, each.identity) for each in part]
    return len(keys) - len(dynamo.batch_get(keys))


def _store(
    tenant: str, old: Statement, new: Statement, part: Sequence[Movement], wakes: Wakes
) -> None:
    there = dynamo.batch_get(bank_store.key_of(tenant, each.identity) for each in part)
    ops: list[Op] = [bank_store.put_statement(tenant, new)]
    for move in part:
        if bank_store.key_of(tenant, move.identity) in there:
            continue
        one = bank_store.of_movement(move, old.account, old.id)
        ops += [bank_store.put(tenant, one), *bank_store.sought(tenant, one)]
    wakes.commit(ops)
