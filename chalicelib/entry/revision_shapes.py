"""What the API takes and answers about flows that came anew after they were posted."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from chalicelib.accounting.revisions import Kind
from chalicelib.base import limits
from chalicelib.entry.dues_shapes import Cursor
from chalicelib.entry.reconciliation_shapes import Note
from chalicelib.entry.shapes import Given, Id, Taken


class RevisionVersion(Given):
    id: str
    created: str
    revision: int
    settled: date
    cents: int
    lines: int
    good: bool


class RevisionChange(Given):
    """A payment that the two versions tell otherwise. `before_cents` null: it is new; `after_cents`
    null: it is gone. `orders`: by which it is posted; they would be taken back."""

    kind: Kind
    iuv: str
    iur: str
    transfer: int
    before_cents: int | None
    after_cents: int | None
    before_outcome: str
    after_outcome: str
    orders: list[str]


class RevisionDecision(Given):
    version: str
    accepted: bool
    post: bool
    note: str
    by: str
    at: str


class FlowRevision(Given):
    """`counts`: the version that is posted; `waits`: the one to decide on, null for none;
    `running`: it was accepted, and orders are being taken back. `differing`: how many IUVs it
    changes."""

    flow: str
    flow_id: str
    counts: RevisionVersion
    waits: RevisionVersion | None
    running: bool
    differing: int
    changes: list[RevisionChange]
    decisions: list[RevisionDecision]
    cursor: str | None


class RevisionQuery(Taken):
    cursor: Cursor = ""
    limit: int = Field(limits.PAGE_ITEMS, ge=1, le=limits.PAGE_ITEMS_MAX)


class NewRevisionDecision(Taken):
    """Of the `version` that was looked at. `accept`: orders that it does not bear out are taken
    back by an entry of today, and with `post` what may be posted of the flow is posted anew."""

    version: Id
    accept: bool
    post: bool = True
    note: Note
