"""Runs, their attempts, paces and a body's wishes in the table.

T#<tenant>#DELIVERY#<run>      RUN                         a run; in the list of all
T#<tenant>#DELIVERY#<run>      A#<position>#<leg>#<nn>     an attempt; in the lists of its position
                                                           and of its run by state
T#<tenant>#DELIVERY#PACE       <account>                   how many went by an account lately
T#<tenant>#BODY                DELIVERY                    what the body wants
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from chalicelib.base import clock, dynamo, fields, ids, keys
from chalicelib.base.dynamo import Check, Item, Key, Put, Update
from chalicelib.payments.delivery import model
from chalicelib.payments.delivery.model import OPEN, Attempt, AttemptState, Run

_KEYS = ("pk", "sk", "list_pk", "list_sk", "state_pk")
_COUNTS = ("queued", "sent", "failed", "uncertain", "skipped", "called_off")


def _fields(item: Item) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name not in _KEYS}


# ------------------------------------------------------------------ runs
def run_partition(tenant: str, run_id: str) -> str:
    return keys.pk(tenant, "DELIVERY", run_id)


def _run_key(tenant: str, run_id: str) -> Key:
    return run_partition(tenant, run_id), keys.sk("RUN")


def put_run(tenant: str, run: Run) -> Put:
    """A new run."""
    pk, sk = _run_key(tenant, run.id)
    item = asdict(run) | {
        "pk": pk,
        "sk": sk,
        "positions": list(run.positions),
        "again": list(run.again),
        "list_pk": keys.pk(tenant, "DELIVERIES"),
        "list_sk": keys.sk(run.created_at, run.id),
    }
    return Put(item, label="run")


def change_run(
    tenant: str, run: Run, counts: Mapping[str, int] | None = None, **values: Any
) -> Update:
    """Change a run on the version that was read; `counts` are added to what is there by then."""
    return Update(
        _run_key(tenant, run.id),
        put=values,
        add={"version": 1, **_nonzero(counts or {})},
        when=({"version": run.version},),
        label="run",
    )


def count(tenant: str, run_id: str, counts: Mapping[str, int]) -> Update:
    """Add to the counts of a run, whatever else happens to it."""
    return Update(_run_key(tenant, run_id), add=_nonzero(counts), label="run")


def _nonzero(counts: Mapping[str, int]) -> dict[str, int]:
    assert set(counts) <= set(_COUNTS)
    return {name: value for name, value in counts.items() if value}


def is_running(tenant: str, run_id: str) -> Check:
    """Part of every claim: a run that was called off begins nothing more."""
    return Check(_run_key(tenant, run_id), ({"state": "running"},), label="run")


def _read_run(item: Item) -> Run:
    return Run(
        **_fields(item) | {"positions": tuple(item["positions"]), "again": tuple(item["again"])}
    )


def get_run(tenant: str, run_id: str) -> Run | None:
    item = dynamo.get(_run_key(tenant, run_id))
    return None if item is None else _read_run(item)


def list_runs(tenant: str, limit: int) -> list[Run]:
    """The newest first."""
    found = dynamo.query(keys.pk(tenant, "DELIVERIES"), index="list", descending=True, limit=limit)
    return [_read_run(item) for item in found]


# ------------------------------------------------------------------ attempts
def name_of(tenant: str, run_id: str, position: str, leg: str, number: int) -> str:
    """The name under which an attempt goes out, before it goes."""
    return ids.derive("delivery", tenant, run_id, position, leg, str(number))


def _attempt_item(tenant: str, attempt: Attempt) -> Item:
    return asdict(attempt) | {
        "pk": run_partition(tenant, attempt.run),
        "sk": model.place(attempt),
        "list_pk": keys.pk(tenant, "DELIVERIES", "OF", attempt.position),
        "list_sk": keys.sk(attempt.due, attempt.name),
        "state_pk": _state_partition(tenant, attempt.run, attempt.state),
    }


def _state_partition(tenant: str, run_id: str, state: str) -> str:
    return keys.pk(tenant, "DELIVERY", run_id, state)


def put_attempt(tenant: str, attempt: Attempt, old_version: int) -> Put:
    """Write `attempt`, whose version is the new one, on the one that was read (0: it is new)."""
    when: dynamo.Condition = ({"version": old_version},) if old_version else dynamo.NEW
    return Put(_attempt_item(tenant, attempt), when=when, label=f"attempt:{attempt.name}")


def moved(
    tenant: str, old: Attempt, state: AttemptState, **values: Any
) -> tuple[Put, Attempt, dict[str, int]]:
    """The attempt in another state: the operation, itself, and what that changes of the counts."""
    new = replace(old, state=state, version=old.version + 1, **values)
    counts: dict[str, int] = {}
    before, after = _counted(old.state), _counted(state)
    if before != after:
        counts = {before: -1, after: 1}
    return put_attempt(tenant, new, old.version), new, counts


def _counted(state: AttemptState) -> str:
    """The count that a state is part of: what is on its way is still to be decided."""
    return "queued" if state in OPEN else state


def _read_attempt(item: Item) -> Attempt:
    return Attempt(**_fields(item))


def get_attempt(tenant: str, run_id: str, where: str) -> Attempt | None:
    """By its `place`."""
    item = dynamo.get((run_partition(tenant, run_id), where))
    return None if item is None else _read_attempt(item)


def list_attempts(tenant: str, run_id: str, after: str = "", page: int = 0) -> Iterator[Attempt]:
    """All of a run by place, read consistently, behind the place `after`."""
    between = (after + "\x00", "A#~") if after else ("A#", "A#~")
    found = dynamo.query(run_partition(tenant, run_id), between=between, page=page)
    return map(_read_attempt, found)


def list_in_state(
    tenant: str, run_id: str, state: str, until: datetime | None = None, limit: int = 0
) -> Iterator[Attempt]:
    """Those of a run in a state, by when they may go, until an instant. An index: it may lag."""
    between = ("0", clock.stamp(until) + "~") if until else None
    partition = _state_partition(tenant, run_id, state)
    return map(_read_attempt, dynamo.query(partition, between=between, index="state", limit=limit))


def list_of_position(tenant: str, position: str, limit: int) -> list[Attempt]:
    """What was tried for a position, by whatever run, the newest first."""
    partition = keys.pk(tenant, "DELIVERIES", "OF", position)
    found = dynamo.query(partition, index="list", descending=True, limit=limit)
    return [_read_attempt(item) for item in found]


def seal(tenant: str, name: str, what: str, text: str) -> bytes:
    """An address or what another side said, for the table; b"" for nothing."""
    return fields.seal(tenant, "delivery", name, what, text) if text else b""


def unseal(tenant: str, name: str, what: str, sealed: bytes) -> str:
    return fields.unseal(tenant, "delivery", name, what, sealed) if sealed else ""


# ------------------------------------------------------------------ paces
def _pace_key(tenant: str, account: str) -> Key:
    return keys.pk(tenant, "DELIVERY", "PACE"), keys.sk(account)


def get_pace(tenant: str, account: str) -> tuple[dict[str, int], int]:
    """What `throttle.take` stored, and its version (0: nothing yet)."""
    item = dynamo.get(_pace_key(tenant, account))
    return (item["used"], item["version"]) if item else ({}, 0)


def put_pace(tenant: str, account: str, used: Mapping[str, int], old_version: int) -> Put:
    pk, sk = _pace_key(tenant, account)
    when: dynamo.Condition = ({"version": old_version},) if old_version else dynamo.NEW
    item = {"pk": pk, "sk": sk, "used": dict(used), "version": old_version + 1}
    return Put(item, when=when, label="pace")


# ------------------------------------------------------------------ what a body wants
def wishes_key(tenant: str) -> Key:
    return keys.pk(tenant, "BODY"), keys.sk("DELIVERY")
