"""Registers as a body sets them, fetches dues from them, and sees what they were told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from chalicelib.accounting.registers import registry, reporting, store
from chalicelib.accounting.registers.contract import Setting
from chalicelib.accounting.registers.store import Fetch, Register, Report
from chalicelib.base import clock, dynamo, ids, limits, work
from chalicelib.base.dynamo import ConditionFailed, Op
from chalicelib.base.errors import Conflict, NotFound, Rejected
from chalicelib.base.work import Wakes
from chalicelib.payments import bodies
from chalicelib.payments.delivery import folders
from chalicelib.payments.positions import flows

QUEUE: Final = reporting.QUEUE
FETCH: Final = "register_fetch"
PUBLISH: Final = "register_publish"


# ------------------------------------------------------------------ settings
def get(tenant: str, code: str) -> Register:
    found = store.get_register(tenant, code)
    if found is None:
        raise NotFound("register")
    return found


def list_registers(tenant: str) -> list[Setting]:
    return [one.setting for one in store.list_registers(tenant)]


def save(tenant: str, setting: Setting, secret: str | None, also: Sequence[Op] = ()) -> Setting:
    """Say a register, on the version that was read (0: a new one). `secret` None leaves the one
    that is kept, "" removes it.

    Rejected `register_kind`, `register_format`, `registers` (too many), `register_secret_needed`
    when the kept one would go to other addresses, and as `delivery.profiles.require`; Conflict.
    """
    bodies.get(tenant)
    connector = registry.get(setting.kind)
    if setting.format not in connector.formats:
        raise Rejected("register_format", "That register writes something else.",
                       known=list(connector.formats))  # fmt: skip
    if setting.carrier:
        folders.area_of(tenant, setting.carrier, "sftp")
    old = store.get_register(tenant, setting.code)
    if old is None and len(store.list_registers(tenant)) >= limits.REGISTERS_OF_BODY:
        raise Rejected("registers", "So many are not kept.", most=limits.REGISTERS_OF_BODY)
    if setting.version != (old.setting.version if old else 0):
        raise Conflict()
    sealed = old.sealed if old else b""
    if secret is not None:
        sealed = store.seal(tenant, setting.code, secret)
    elif sealed and old is not None and _places(old.setting) != _places(setting):
        # Else it could be told to somebody else's server.
        raise Rejected("register_secret_needed", "Give the secret again: it goes elsewhere.")
    try:
        dynamo.commit([store.put_register(tenant, Register(setting, sealed)), *also])
    except ConditionFailed as failed:
        raise Conflict() from failed
    return replace(setting, version=setting.version + 1, secret=bool(sealed))


def _places(setting: Setting) -> tuple[str, str]:
    return setting.url, setting.report_url


def remove(tenant: str, code: str, also: Sequence[Op] = ()) -> None:
    """Forget a register; its dues stay. NotFound."""
    get(tenant, code)
    dynamo.commit([store.delete_register(tenant, code), *also])


# ------------------------------------------------------------------ dues in
def begin(
    tenant: str, code: str, year: int, now: datetime, key: str, wakes: Wakes,
    also: Sequence[Op] = (), *, planned: bool = False,
) -> Fetch:  # fmt: skip
    """Fetch the dues of a year; they are handed to the import of dues, whose dry run is the
    preview. The same `key` is the same fetch. Rejected `mode_off`."""
    register = get(tenant, code)
    own = register.setting.kind == "isi"
    bodies.require_mode(tenant, "register_isi" if own else "register_external")
    fetch = Fetch(
        fetch_id(tenant, code, key), register.setting.code, year, clock.stamp(now),
        planned=planned,
    )  # fmt: skip
    row = work.row(
        QUEUE, store.fetch_partition(tenant, fetch.id), "fetch", now, task=FETCH, fetch=fetch.id
    )
    try:
        wakes.commit([store.put_fetch(tenant, fetch, 0), row, *also])
    except ConditionFailed:
        return get_fetch(tenant, fetch.id)
    return fetch


def fetch_id(tenant: str, code: str, key: str) -> str:
    """The id of the fetch of a register that somebody asks for under `key`."""
    return ids.derive("fetch", tenant, code, key)


def get_fetch(tenant: str, fetch: str) -> Fetch:
    found = store.get_fetch(tenant, fetch)
    if found is None:
        raise NotFound("fetch")
    return found


def list_fetches(tenant: str) -> list[Fetch]:
    return store.list_fetches(tenant, limits.PAGE_ITEMS)


# ------------------------------------------------------------------ notices and reports out
def publish(
    tenant: str, code: str, flow: str, now: datetime, wakes: Wakes, also: Sequence[Op] = ()
) -> None:
    """Tell a register of the notices of a flow; repeating it is the same."""
    get(tenant, code)
    flows.get(tenant, flow)
    row = work.row(
        QUEUE, store.report_partition(tenant, ids.derive("publish", tenant, code, flow)), "publish",
        now, when=dynamo.ANY, task=PUBLISH, register=code, flow=flow,
    )  # fmt: skip
    wakes.commit([row, *also])


def get_report(tenant: str, report: str) -> Report:
    found = store.get_report(tenant, report)
    if found is None:
        raise NotFound("report")
    return found


def list_reports(tenant: str, state: str = "") -> list[Report]:
    """The newest first; "failed" is what waits for a person."""
    return list(store.list_reports(tenant, state, limits.PAGE_ITEMS))


def retry(tenant: str, report: str, now: datetime, wakes: Wakes, also: Sequence[Op] = ()) -> Report:
    """Tell a register again what it refused or never took; what it took is not told twice.

    Rejected `report_state` for one that has not failed.
    """
    old = get_report(tenant, report)
    if old.state != "failed":
        raise Rejected("report_state", "It has not failed.", status=409, state=old.state)
    lines = tuple(
        replace(line, state="waiting") if line.state == "failed" else line for line in old.lines
    )
    new = replace(old, state="waiting", lines=lines, tries=0, version=old.version + 1)
    try:
        wakes.commit(
            [store.put_report(tenant, new, old.version), reporting.row(tenant, new, now), *also]
        )
    except ConditionFailed as failed:
        raise Conflict() from failed
    return new
