"""Flows that pagoPA has and we do not: looked for by schedule and at each access, fetched.

    plan     every hour by schedule: for each body that has said how
    look     whoever opens a page asks for it; every PAGOPA_LOOK_PAUSE_S at most (F001-178)
    search   what was published since the last look, with an overlap: a flow may be listed late;
             what was listed and could not be fetched is asked for until it is here
    fetch    one flow, page by page

Flows are kept by their source (PSP, flow, revision), so an overlap, a repeated run or one left out
for weeks fetches each of them once.

T#<tenant>#BODY   SETTLEMENTS#SETTING      how flows are asked for; password and key sealed
T#<tenant>#BODY   SETTLEMENTS#LOOK         when it was looked last, since when, who looks now;
                                           `since`: all that was published before is here
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from chalicelib.accounting import flow_intake
from chalicelib.accounting.fdr import carriers
from chalicelib.accounting.fdr.carriers import Offered, Station
from chalicelib.accounting.fdr.model import instant_of
from chalicelib.accounting.regrouping import QUEUE
from chalicelib.accounts import addresses
from chalicelib.base import clock, dynamo, fields, ids, keys, limits, work
from chalicelib.base.dynamo import ConditionFailed, Delete, Key, Op, Put, Update
from chalicelib.base.errors import Conflict, Rejected, Transient
from chalicelib.base.work import Wakes, Work
from chalicelib.payments import bodies
from chalicelib.payments import store as body_store
from chalicelib.payments.pagopa import client, connections
from chalicelib.payments.pagopa.client import Access, Throttled
from chalicelib.payments.pagopa.working import Remaining, put_off

Way = Literal["none", "rest", "soap"]
_OVERLAP: Final = timedelta(hours=26)
_ROWS: Final = 40


# ------------------------------------------------------------------ the setting
@dataclass(frozen=True)
class Setting:
    """How a body's flows are asked for. `secrets`: sealed `key` (subscription), `password` (of the
    station) and `recipients`. `letters`: people are written to about what waits too long, those
    whom the body names (`recipients`), else at its own address.
    `stand_in_days`: working days after which a flow stands for a receipt that nobody has; 0 never.
    """

    way: Way = "none"
    broker: str = ""
    station: str = ""
    secrets: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    letters: bool = True
    stand_in_days: int = 0
    version: int = 0


SECRETS: Final = ("key", "password")
_RECIPIENTS: Final = "recipients"


def _setting_key(tenant: str) -> Key:
    return keys.pk(tenant, "BODY"), keys.sk("SETTLEMENTS", "SETTING")


def get_setting(tenant: str) -> Setting:
    """A body that said nothing asks for nothing: its flows are dropped or handed in."""
    item = dynamo.get(_setting_key(tenant))
    names = Setting.__dataclass_fields__
    return Setting(**{name: item[name] for name in names}) if item else Setting()


def save_setting(
    tenant: str, new: Setting, given: Mapping[str, str | None],
    named: Sequence[str] | None = None, also: Sequence[Op] = (),
) -> Setting:  # fmt: skip
    """Say it on the `version` that was read. Of `given` secrets None stays and "" goes; `named`:
    the addresses that late things are told to, None: as before, none: the body's own.

    Rejected `settlement_setting` where something is missing, `mail_address`,
    `recipients_too_many`; Conflict.
    """
    bodies.get(tenant)
    old = get_setting(tenant)
    sealed = dict(old.secrets)
    texts = {name: given.get(name) for name in SECRETS}
    if named is not None:
        if len(named) > limits.LATE_RECIPIENTS:
            raise Rejected("recipients_too_many", "Name fewer.", most=limits.LATE_RECIPIENTS)
        found = list(dict.fromkeys(addresses.mail(one) for one in named))
        texts[_RECIPIENTS] = json.dumps(found) if found else ""
    for name, text in texts.items():
        if text is not None:
            sealed.pop(name, None)
            if text:
                sealed[name] = fields.seal(tenant, "settlements", "setting", name, text)
    needed = {"none": set(), "rest": {"key"}, "soap": {"password"}}[new.way]
    if needed - sealed.keys() or (new.way == "soap" and not (new.broker and new.station)):
        raise Rejected("settlement_setting", "A key or a station's password is missing.")
    new = replace(new, secrets=sealed)
    pk, sk = _setting_key(tenant)
    item = {**vars(new), "pk": pk, "sk": sk, "version": new.version + 1}
    when: dynamo.Condition = ({"version": new.version},) if new.version else dynamo.NEW
    try:
        dynamo.commit([Put(item, when=when, label="setting"), *also])
    except ConditionFailed as failed:
        raise Conflict() from failed
    return replace(new, version=new.version + 1)


def recipients(tenant: str, setting: Setting) -> tuple[str, ...]:
    """Whom the body named to be told of what is late; () where that is its own address."""
    return tuple(json.loads(_secret(tenant, setting, _RECIPIENTS) or "[]"))


def _secret(tenant: str, setting: Setting, name: str) -> str:
    sealed = setting.secrets.get(name)
    return fields.unseal(tenant, "settlements", "setting", name, sealed) if sealed else ""


# ------------------------------------------------------------------ looking
@dataclass(frozen=True)
class Looked:
    """The last look: `at` "" for never; `code`: why it found nothing out, "" when it did."""

    at: str = ""
    code: str = ""
    since: str = ""


def _look_key(tenant: str) -> Key:
    return keys.pk(tenant, "BODY"), keys.sk("SETTLEMENTS", "LOOK")


def looked(tenant: str) -> Looked:
    item = dynamo.get(_look_key(tenant)) or {}
    return Looked(item.get("at", ""), item.get("code", ""), item.get("since", ""))


def look(tenant: str, now: datetime, wakes: Wakes, *, pause_s: int = -1) -> bool:
    """Look for flows in the background, unless that was done a moment ago; whether it was planned.
    For whoever opens a page: cheap, and never fails."""
    pk, sk = _look_key(tenant)
    found = dynamo.batch_get([_setting_key(tenant), (pk, sk)])
    setting, there = found.get(_setting_key(tenant)), found.get((pk, sk))
    if setting is None or setting["way"] == "none":
        return False
    pause = timedelta(seconds=limits.PAGOPA_LOOK_PAUSE_S if pause_s < 0 else pause_s)
    if there is not None and now < clock.parse(there["at"]) + pause:
        return False
    at = clock.stamp(now)
    same: dynamo.Condition = ({"at": there["at"]},) if there else ({"pk": dynamo.ABSENT},)
    row = work.row(QUEUE, pk, "fdr-look", now, when=dynamo.ANY, task="fdr_look")
    seen = Update(
        (pk, sk), put={"at": at}, default={"code": "", "since": ""}, when=same, label="look"
    )
    try:
        wakes.commit([seen, row])
    except ConditionFailed:
        return False  # somebody else opened a page at the same moment
    return True


def plan(now: datetime, wakes: Wakes) -> int:
    """Plan a look for every body; how many. Twice, or by two at once, is the same."""
    pause_s = limits.PAGOPA_LOOK_PAUSE_S
    return sum(look(tenant, now, wakes, pause_s=pause_s) for tenant, _ in body_store.list_bodies())


def search(job: Work, wakes: Wakes, now: datetime, remaining_ms: Remaining) -> None:
    """Plan the fetching of what is new. Only one run at a time: the others go away, because it
    finds what they would have found."""
    tenant = job.tenant
    lease = clock.stamp(now + timedelta(seconds=limits.PAGOPA_LEASE_S))
    free: dynamo.Condition = (
        {"busy_until": dynamo.ABSENT}, {"busy_until": dynamo.at_most(clock.stamp(now))},
    )  # fmt: skip
    try:
        dynamo.commit([Update(_look_key(tenant), put={"busy_until": lease}, when=free)])
    except ConditionFailed:
        raise Conflict("settlements_busy", "Somebody looks at this moment.") from None
    try:
        done = _search(job, wakes, now)
    except Throttled as throttled:
        _free(tenant, lease, {"code": throttled.code})
        put_off(job, now + timedelta(seconds=throttled.seconds), job.key[0])
        return
    except Rejected as refused:
        done = {"code": refused.code}
    except BaseException:
        _free(tenant, lease, {})
        raise
    _free(tenant, lease, done)
    dynamo.commit([Delete(job.key, when=dynamo.ANY, label="work")])


def _free(tenant: str, lease: str, change: Mapping[str, Any]) -> None:
    own = Update(
        _look_key(tenant), put=dict(change), remove=("busy_until",), when=({"busy_until": lease},)
    )
    try:
        dynamo.commit([own])
    except ConditionFailed:
        return  # it took too long, and somebody else looks by now


def _search(job: Work, wakes: Wakes, now: datetime) -> dict[str, Any]:
    """What is to be remembered of a look that went well."""
    tenant = job.tenant
    setting, creditor = get_setting(tenant), bodies.get(tenant).fiscal_code
    access = _access(tenant, setting)
    if setting.way == "soap":
        _plan(tenant, carriers.list_soap(access, _station(tenant, setting), creditor), wakes, now)
        return {"code": ""}
    since = looked(tenant).since
    last = instant_of(since) if since else None
    first = (last or now - timedelta(days=limits.PAGOPA_LOOK_DAYS)) - _OVERLAP
    page, newest, awaited = 1, since, ""
    while True:
        found = carriers.list_rest(access, creditor, first, page)
        for one in _plan(tenant, found.flows, wakes, now):
            if one.published and (not awaited or carriers.is_newer(awaited, one.published)):
                awaited = one.published
        for one in found.flows:
            if carriers.is_newer(one.published, newest):
                newest = one.published
        if page >= found.pages:
            # What is listed and not here is listed again next time, however long it takes: its
            # row may give up long before pagoPA is well again.
            return {"code": "", "since": awaited or newest}
        page += 1


def _access(tenant: str, setting: Setting) -> Access:
    connection = connections.own(tenant)
    return client.access(connection, _secret(tenant, setting, "key"))


def _station(tenant: str, setting: Setting) -> Station:
    return Station(setting.broker, setting.station, _secret(tenant, setting, "password"))


def _source(one: Offered) -> str:
    if one.psp:
        return ids.derive("fdr3", one.psp, one.flow_id, str(one.revision))
    return ids.derive("soap", one.flow_id, one.created)


def _plan(
    tenant: str, flows: Sequence[Offered], wakes: Wakes, now: datetime
) -> list[Offered]:  # fmt: skip
    """Plan the fetching of those that are not here; which they are."""
    by_source = {_source(one): one for one in flows}
    known = flow_intake.known(tenant, list(by_source))
    new = [(name, one) for name, one in by_source.items() if name not in known]
    for start in range(0, len(new), _ROWS):
        rows: list[Op] = [
            work.row(
                QUEUE, flow_intake.key_of(tenant, name)[0], "fetch", now, when=dynamo.ANY,
                label=name, task="fdr_fetch", source=name, flow_id=one.flow_id, psp=one.psp,
                revision=one.revision, pages=0,
            )
            for name, one in new[start : start + _ROWS]
        ]  # fmt: skip
        wakes.commit(rows)
    return [one for _, one in new]


# ------------------------------------------------------------------ fetching
def fetch(job: Work, wakes: Wakes, now: datetime, remaining_ms: Remaining) -> None:
    """One flow: its bytes are kept as they come, then it is read like any other. A page that is
    kept is not asked for again."""
    tenant, said = job.tenant, job.item
    setting, creditor = get_setting(tenant), bodies.get(tenant).fiscal_code
    one = Offered(str(said["flow_id"]), str(said["psp"]), int(said["revision"]), "")
    end = Delete(job.key, when=dynamo.ANY, label="work")
    try:
        access = _access(tenant, setting)
        if one.psp:
            parts = _by_rest(job, access, creditor, one, wakes, remaining_ms)
            if parts is None:
                return
            carrier: flow_intake.Carrier = "rest"
        else:
            # Its answer holds the whole flow: it is decoded while it comes, and never held.
            with tempfile.TemporaryFile() as out:
                station = _station(tenant, setting)
                carriers.fetch_soap(access, station, creditor, one.flow_id, out)
                out.seek(0)
                parts = [flow_intake.keep_xml(tenant, str(said["source"]), "raw", out)]
            carrier = "soap"
    except Throttled as throttled:
        put_off(job, now + timedelta(seconds=throttled.seconds), str(said["source"]))
        return
    except Rejected as refused:
        # It was listed and is not to be had: an alarm, and a person who looks.
        raise Transient(refused.code, refused.message, park=True) from refused
    source = flow_intake.Source(
        str(said["source"]), carrier, one.flow_id[: limits.FILE_NAME_CHARS], clock.stamp(now),
        tuple(parts), psp=one.psp,
    )  # fmt: skip
    flow_intake.take(tenant, source, now, wakes, [end])
    dynamo.commit([end])  # where it was taken already


def _by_rest(
    job: Work, access: Access, creditor: str, one: Offered, wakes: Wakes,
    remaining_ms: Remaining,
) -> list[tuple[str, str, str]] | None:  # fmt: skip
    """Where its head and pages are kept; None where the time was over before the last."""
    tenant, source = job.tenant, str(job.item["source"])
    done = int(job.item["pages"])
    if not done:
        flow_intake.keep(tenant, source, "head", carriers.head(access, creditor, one))
    number, pages = done, done + 1
    while number < pages:
        if remaining_ms() < limits.REMAINING_MS:
            dynamo.commit([Update(job.key, put={"pages": number}, label="work")])
            wakes.add(job.queue, job.key)
            return None
        number += 1
        data, pages = carriers.page(access, creditor, one, number)
        flow_intake.keep(tenant, source, f"page-{number:04d}", data)
    names = ["head", *(f"page-{at:04d}" for at in range(1, pages + 1))]
    return [flow_intake.kept(tenant, source, name, "json") for name in names]
