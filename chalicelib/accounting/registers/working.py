"""Fetching dues, publishing notices and reporting payments, in the background.

Whatever may be repeated is: a file is written under its name, a call has its key, a fetch hands its
rows to the same import. Failures that may pass are tried again with growing pauses; what is refused
waits for a person, with the register's own words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Final, Literal

from chalicelib.accounting.posting import store as books
from chalicelib.accounting.registers import (
    carrying,
    registry,
    reporting,
    store,
    tables,
)
from chalicelib.accounting.registers.contract import Message, Paid, Published, Setting
from chalicelib.accounting.registers.store import Fetch, Line, Register, Report
from chalicelib.base import clock, dynamo, ids, limits, work
from chalicelib.base.dynamo import ConditionFailed
from chalicelib.base.errors import Failure, Rejected, Transient
from chalicelib.base.work import Wakes, Work
from chalicelib.payments.delivery import areas
from chalicelib.payments.dues import imports
from chalicelib.payments.dues import mapping as mappings
from chalicelib.payments.dues import store as due_store
from chalicelib.payments.dues.model import Due, Person
from chalicelib.payments.positions import store as position_store

Remaining = Callable[[], int]
_SHOWN_CHARS: Final = limits.DELIVERY_WORDS_CHARS


def _end(job: Work) -> dynamo.Delete:
    return dynamo.Delete(job.key, when=dynamo.ANY, label="work")


def _words(failure: Failure) -> str:
    said = str(getattr(failure, "words", "") or failure.details.get("words", ""))
    return areas.words(said or failure.message)[:_SHOWN_CHARS]


def _pause(tries: int) -> timedelta:
    return timedelta(seconds=min(limits.WORK_RETRY_S * 2**tries, limits.WORK_RETRY_MAX_S))


# ------------------------------------------------------------------ dues in
def fetch(job: Work, wakes: Wakes, now: datetime, remaining_ms: Remaining) -> None:
    """Fetch the dues of a register and hand them to their import."""
    tenant = job.tenant
    old = store.get_fetch(tenant, job.item["fetch"])
    register = store.get_register(tenant, old.register) if old else None
    if old is None or old.state != "fetching" or register is None:
        wakes.commit([_end(job)])
        return
    new = replace(old, tries=old.tries + 1, version=old.version + 1)
    try:
        data = carrying.fetch(tenant, register, old.year)
        new = replace(new, release=registry.release(register.setting, data))
        batch, count = _handed(tenant, register.setting, data, old, now, wakes)
        new = replace(new, state="handed", batch=batch, count=count, code="", words="")
    except Transient as failure:
        new = replace(new, code=failure.code, words=_words(failure))
        if new.tries < limits.REGISTER_TRIES:
            again = work.again(job, now, now + _pause(new.tries))
            wakes.commit([store.put_fetch(tenant, new, old.version), again])
            return
        new = replace(new, state="failed")
    except Rejected as failure:
        new = replace(new, state="failed", code=failure.code, words=_words(failure))
    wakes.commit([store.put_fetch(tenant, new, old.version), _end(job)])


def _handed(
    tenant: str, setting: Setting, data: bytes, fetch: Fetch, now: datetime, wakes: Wakes
) -> tuple[str, int]:
    """The import that the dues went to and how many they are. Rejected `register_empty`."""
    rows = registry.get(setting.kind).read(setting, data)
    file, count = tables.standard(islice(rows, limits.DUES_ROWS + 1))
    if not count:
        raise Rejected(
            "register_empty", "No dues were generated in the register: generate them there first."
        )
    name = f"{setting.code}-{fetch.year}.csv"
    key = f"register:{fetch.id}"
    if fetch.planned:
        # A register that says every day the same makes one dry run for somebody to look at.
        key = f"register:{name}:{ids.sha256(file)}"
    batch = imports.hand_in(tenant, name, mappings.STANDARD, file, now, key, wakes)
    return batch.id, count


# ------------------------------------------------------------------ reports out
def report(job: Work, wakes: Wakes, now: datetime, remaining_ms: Remaining) -> None:
    """Tell a register what waits in a report."""
    tenant = job.tenant
    found = store.get_report(tenant, job.item["report"])
    if found is None or found.state != "waiting":
        wakes.commit([_end(job)])
        return
    register = store.get_register(tenant, found.register)
    if register is None:
        gone = replace(found, code="register_gone", words="", version=found.version + 1)
        _finish(tenant, found, _failed_rest(gone), job, wakes)
        return
    found = _without_reversed(tenant, found)
    messages = _messages(tenant, register, found)
    for message in messages:
        if remaining_ms() < limits.REMAINING_MS:
            wakes.add(job.queue, job.key)
            return
        try:
            said = carrying.bring(tenant, register, message, _name(found, message))
        except Transient as failure:
            _later(tenant, found, failure, job, wakes, now)
            return
        except Rejected as failure:
            told = found.told(message.rows, "failed", _words(failure))
            told = replace(told, code=failure.code, words=_words(failure))
        else:
            told = found.told(message.rows, "done", said)
        told = replace(told, tried_at=clock.stamp(now), version=found.version + 1)
        wakes.commit([store.put_report(tenant, told, found.version)])
        found = told
    _finish(tenant, found, replace(found, version=found.version + 1), job, wakes)


def _failed_rest(report: Report) -> Report:
    places = tuple(at for at, line in enumerate(report.lines) if line.state == "waiting")
    return report.told(places, "failed", report.words)


def _finish(tenant: str, old: Report, new: Report, job: Work, wakes: Wakes) -> None:
    good = all(line.state == "done" for line in new.lines)
    new = replace(new, state="done" if good else "failed")
    wakes.commit([store.put_report(tenant, new, old.version), _end(job)])


def _later(
    tenant: str, old: Report, failure: Failure, job: Work, wakes: Wakes, now: datetime
) -> None:
    new = replace(
        old, tries=old.tries + 1, code=failure.code, words=_words(failure),
        tried_at=clock.stamp(now), version=old.version + 1,
    )  # fmt: skip
    if new.tries >= limits.REGISTER_TRIES:
        _finish(tenant, old, _failed_rest(new), job, wakes)
        return
    again = work.again(job, now, now + _pause(new.tries))
    wakes.commit([store.put_report(tenant, new, old.version), again])


def _name(report: Report, message: Message) -> str:
    """The same for the same dues of the same report, whatever was told before."""
    dues = (report.lines[place].due for place in message.rows)
    return ids.derive("register", report.id, report.kind, *dues)


def _messages(tenant: str, register: Register, report: Report) -> list[Message]:
    """What is still to be told; places are those of the report's lines."""
    setting = register.setting
    connector = registry.get(setting.kind)
    places = [at for at, line in enumerate(report.lines) if line.state == "waiting"]
    dues = due_store.get_dues(tenant, (report.lines[at].due for at in places))
    places = [at for at in places if report.lines[at].due in dues]
    lines = [report.lines[at] for at in places]
    persons = due_store.get_persons(tenant, {dues[line.due].person for line in lines})
    if report.kind != "notices":
        back = report.kind == "reversed"
        told: list[Message] = connector.paid(
            setting, [_paid(tenant, line, dues[line.due], persons, back) for line in lines]
        )
    else:
        told = connector.notices(
            setting, [_published(line, dues[line.due], persons) for line in lines]
        )
    return [replace(one, rows=tuple(places[at] for at in one.rows)) for one in told]


def _paid(tenant: str, line: Line, due: Due, persons: dict[str, Person], back: bool) -> Paid:
    come = sum(one.cents for one in books.list_collected(tenant, line.due))
    whole: Literal["PAID", "PARTIAL"] = "PAID" if come >= due.cents else "PARTIAL"
    return Paid(
        id=line.source, tax_code=persons[due.person].tax_code, year=due.year, iuv=line.iuv,
        receipt=line.receipt, cents=line.cents, day=date.fromisoformat(line.day),
        order=line.number, status="REVERSED" if back else whole,
    )  # fmt: skip


def _without_reversed(tenant: str, report: Report) -> Report:
    """What was taken back before the register was told of it is told as that only: a report that
    waited for the register must not come after the one that takes it back."""
    if report.kind != "paid":
        return report
    waiting = [(at, line) for at, line in enumerate(report.lines) if line.state == "waiting"]
    orders = books.get_orders(tenant, {line.number for _, line in waiting})
    gone = tuple(
        at for at, line in waiting
        if line.number in orders and orders[line.number].order.state == "reversed"
    )  # fmt: skip
    return report.told(gone, "done", "taken back before") if gone else report


def _published(line: Line, due: Due, persons: dict[str, Person]) -> Published:
    return Published(
        line.source, persons[due.person].tax_code, due.year, line.iuv, line.number, line.cents,
        date.fromisoformat(line.day) if line.day else None,
    )  # fmt: skip


# ------------------------------------------------------------------ notices
def publish(job: Work, wakes: Wakes, now: datetime, remaining_ms: Remaining) -> None:
    """Plan reports of the notices of a flow; a piece that is planned already stays as it is."""
    tenant, register, flow = job.tenant, job.item["register"], job.item["flow"]
    lines = _noticed(tenant, register, flow)
    for number in range(1_000_000):
        piece = tuple(islice(lines, limits.REGISTER_REPORTED_AT_ONCE))
        if not piece:
            break
        name = ids.derive("report", tenant, register, "notices", flow, str(number))
        made = Report(name, register, "notices", clock.stamp(now), piece)
        try:
            wakes.commit(reporting.planned(tenant, made, now))
        except ConditionFailed:
            continue
    wakes.commit([_end(job)])


def _noticed(tenant: str, register: str, flow: str) -> Iterator[Line]:
    positions = position_store.list_positions(tenant, flow=flow, page=limits.PAGE_ITEMS_MAX)
    while batch := list(islice(positions, limits.PAGE_ITEMS_MAX)):
        wanted = {line.due for _, one in batch for line in one.lines if line.due}
        dues = due_store.get_dues(tenant, wanted)
        for _, one in batch:
            payment = one.whole or one.payments[0]
            for line in one.lines:
                due = dues.get(line.due)
                code, _, source = due.source.partition("/") if due else ("", "", "")
                if code == register and source:
                    day = payment.due.isoformat() if payment.due else ""
                    yield Line(line.due, source, payment.notice, payment.iuv, "", line.cents, day)
