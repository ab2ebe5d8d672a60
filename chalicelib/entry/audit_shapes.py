"""What the API takes and answers about the audit trail."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, WithJsonSchema

from chalicelib.accounts.audit import Action
from chalicelib.base import limits
from chalicelib.entry.shapes import Given, Taken

Moment = Annotated[
    str, StringConstraints(pattern=r"^2\d{3}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d{3})?Z)?$")
]
# Written out where it stands: a query parameter has no place for definitions.
Known = Annotated[Action, WithJsonSchema({"type": "string", "enum": [one.value for one in Action]})]


class AuditQuery(Taken):
    """Combined filters. `since` and `until` are days in Italy, both included, or instants (UTC),
    the second not included; `what` is `<entity>:<id>` or an entity."""

    since: Moment | None = None
    until: Moment | None = None
    actor: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,64}$")] | None = None
    action: Known | None = None
    what: Annotated[str, StringConstraints(pattern=r"^[a-z_]+(:[A-Za-z0-9_.-]{1,64})?$")] | None = (
        None
    )
    cursor: Annotated[str, StringConstraints(max_length=1000)] = ""
    limit: int = Field(limits.PAGE_ITEMS, ge=1, le=limits.PAGE_ITEMS_MAX)


class AuditActor(Given):
    """`id`: of the user or the key; `source`: the address he came from; `agent`: a short hash of
    his program."""

    kind: Literal["user", "key", "system", "support"]
    id: str
    role: str | None
    grant: str | None
    source: str | None
    agent: str | None


class AuditAct(Given):
    at: str
    actor: AuditActor
    action: str
    what: str
    result: Literal["done", "refused"]
    facts: dict[str, Any]


class AuditEntry(AuditAct):
    """A link of the chain: `previous` is the hash of the entry before it."""

    n: int
    hash: str
    previous: str


class AuditHead(Given):
    """Number and hash of the last entry. Kept elsewhere, it shows later whether the trail was
    rewritten."""

    n: int
    hash: str


class AuditTrail(Given):
    """Newest first. `waiting`: acts of the last minutes that are not in the chain yet, on the
    first page only."""

    entries: list[AuditEntry]
    waiting: list[AuditAct]
    head: AuditHead
    cursor: str | None
