"""Registers of a body, fetches of dues and reports in the table.

T#<tenant>#BODY                    REGISTER#<code>   a register; its secret sealed
T#<tenant>#REGISTER#FETCH#<id>     FETCH             dues on their way in
T#<tenant>#REGISTER#REPORT#<id>    REPORT            what a register is told
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Literal

from chalicelib.accounting.registers.contract import Setting
from chalicelib.base import dynamo, fields, keys
from chalicelib.base.dynamo import Delete, Item, Put

FetchState = Literal["fetching", "handed", "failed"]
ReportState = Literal["waiting", "done", "failed"]
LineState = Literal["waiting", "done", "failed"]
Kind = Literal["paid", "reversed", "notices"]
_KEYS: Final = ("pk", "sk", "list_pk", "list_sk", "state_pk")


def _same(version: int) -> dynamo.Condition:
    return ({"version": version},) if version else dynamo.NEW


def _fields(item: Item) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name not in _KEYS}


# ------------------------------------------------------------------ registers
@dataclass(frozen=True)
class Register:
    """A register with its sealed secret (b"" for none)."""

    setting: Setting
    sealed: bytes = b""

    def __repr__(self) -> str:
        return f"Register({self.setting!r})"


def put_register(tenant: str, register: Register) -> Put:
    """Write the version after the one that was read."""
    setting = register.setting
    item = asdict(setting) | {
        "pk": keys.pk(tenant, "BODY"),
        "sk": keys.sk("REGISTER", setting.code),
        "sealed": register.sealed,
        "secret": bool(register.sealed),
        "version": setting.version + 1,
    }
    return Put(item, when=_same(setting.version), label="register")


def _read_register(item: Item) -> Register:
    found = _fields(item)
    sealed = found.pop("sealed")
    return Register(Setting(**found), sealed)


def get_register(tenant: str, code: str) -> Register | None:
    item = dynamo.get((keys.pk(tenant, "BODY"), keys.sk("REGISTER", code)))
    return None if item is None else _read_register(item)


def list_registers(tenant: str) -> list[Register]:
    """By code; there are REGISTERS_OF_BODY at most."""
    found = dynamo.query(keys.pk(tenant, "BODY"), prefix=keys.sk("REGISTER", ""))
    return [_read_register(item) for item in found]


def delete_register(tenant: str, code: str) -> Delete:
    key = keys.pk(tenant, "BODY"), keys.sk("REGISTER", code)
    return Delete(key, when=dynamo.ANY, label="register")


def seal(tenant: str, code: str, secret: str) -> bytes:
    return fields.seal(tenant, "register", code, "secret", secret) if secret else b""


def secret_of(tenant: str, register: Register) -> str:
    """For the one who calls with it; "" where there is none."""
    if not register.sealed:
        return ""
    return fields.unseal(tenant, "register", register.setting.code, "secret", register.sealed)


# ------------------------------------------------------------------ fetches
@dataclass(frozen=True)
class Fetch:
    """Dues on their way in: `batch` is the import that they were handed to. `code`: why not, and
    `words` what the register itself said. `release`: of the program that wrote the file, where it
    says so. `planned`: by the schedule; nobody asked."""

    id: str
    register: str
    year: int
    created_at: str
    state: FetchState = "fetching"
    count: int = 0
    batch: str = ""
    code: str = ""
    words: str = ""
    tries: int = 0
    version: int = 1
    release: str = ""
    planned: bool = False


def fetch_partition(tenant: str, fetch: str) -> str:
    return keys.pk(tenant, "REGISTER", "FETCH", fetch)


def put_fetch(tenant: str, fetch: Fetch, old_version: int) -> Put:
    item = asdict(fetch) | {
        "pk": fetch_partition(tenant, fetch.id),
        "sk": "FETCH",
        "list_pk": keys.pk(tenant, "REGISTER", "FETCHES"),
        "list_sk": keys.sk(fetch.created_at, fetch.id),
    }
    return Put(item, when=_same(old_version), label="fetch")


def get_fetch(tenant: str, fetch: str) -> Fetch | None:
    item = dynamo.get((fetch_partition(tenant, fetch), "FETCH"))
    return None if item is None else Fetch(**_fields(item))


def list_fetches(tenant: str, limit: int) -> list[Fetch]:
    """The newest first."""
    partition = keys.pk(tenant, "REGISTER", "FETCHES")
    found = dynamo.query(partition, index="list", descending=True, limit=limit)
    return [Fetch(**_fields(item)) for item in found]


# ------------------------------------------------------------------ reports
@dataclass(frozen=True)
class Line:
    """A due of a report: `source` is the register's own id. `number`: of the order, or of the
    notice. `words`: what the register said of it."""

    due: str
    source: str
    number: str
    iuv: str
    receipt: str
    cents: int
    day: str
    state: LineState = "waiting"
    words: str = ""


@dataclass(frozen=True)
class Report:
    """What a register is told. `code` and `words`: of the last failure."""

    id: str
    register: str
    kind: Kind
    created_at: str
    lines: tuple[Line, ...]
    state: ReportState = "waiting"
    tries: int = 0
    code: str = ""
    words: str = ""
    tried_at: str = ""
    version: int = 1

    def told(self, places: tuple[int, ...], state: LineState, words: str) -> Report:
        """The same, some of its dues told or refused."""
        lines = tuple(
            replace(line, state=state, words=words) if place in places else line
            for place, line in enumerate(self.lines)
        )
        return replace(self, lines=lines)


def report_partition(tenant: str, report: str) -> str:
    return keys.pk(tenant, "REGISTER", "REPORT", report)


def put_report(tenant: str, report: Report, old_version: int) -> Put:
    item = asdict(report) | {
        "pk": report_partition(tenant, report.id),
        "sk": "REPORT",
        "lines": [asdict(line) for line in report.lines],
        "list_pk": keys.pk(tenant, "REGISTER", "REPORTS"),
        "list_sk": keys.sk(report.created_at, report.id),
        "state_pk": keys.pk(tenant, "REGISTER", "REPORTS", report.state),
    }
    return Put(item, when=_same(old_version), label="report")


def _read_report(item: Item) -> Report:
    return Report(**_fields(item) | {"lines": tuple(Line(**line) for line in item["lines"])})


def get_report(tenant: str, report: str) -> Report | None:
    item = dynamo.get((report_partition(tenant, report), "REPORT"))
    return None if item is None else _read_report(item)


def list_reports(tenant: str, state: str, limit: int) -> Iterator[Report]:
    """The newest first; of one state where it is named."""
    index = "state" if state else "list"
    parts = ("REGISTER", "REPORTS", state) if state else ("REGISTER", "REPORTS")
    found = dynamo.query(keys.pk(tenant, *parts), index=index, descending=True, limit=limit)
    return (_read_report(item) for item in found)
