"""What the API takes and answers about mail accounts and deliveries."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from chalicelib.base import limits
from chalicelib.entry.body_shapes import Code
from chalicelib.entry.dues_shapes import Cursor
from chalicelib.entry.shapes import Given, Id, Taken
from chalicelib.payments.delivery.mail.accounts import Kind, Security
from chalicelib.payments.delivery.model import AttemptState, RunState

_PLAIN = r"^[^\x00-\x1f\x7f]*$"
Address = Annotated[str, StringConstraints(min_length=3, max_length=limits.ADDRESS_CHARS)]
Secret = Annotated[str, StringConstraints(max_length=256, pattern=_PLAIN)]
Profile = Annotated[str, StringConstraints(max_length=40, pattern=r"^[a-z0-9_-]*$")]


# ------------------------------------------------------------------ accounts
class NewMailAccount(Taken):
    """`security`: "tls" from the first byte (465), "starttls" (587, 25); "none" only on loopback.
    `password` can be written and is never answered: left out it stays, "" removes it; with another
    host, port, security or user it is needed again. `per_minute`, `per_hour`: 0 is no limit of
    ours. `version`: the one that was read, 0 for a new account."""

    kind: Kind = "mail"
    address: Address
    from_name: Annotated[str, StringConstraints(max_length=100, pattern=_PLAIN)] = ""
    host: Annotated[str, StringConstraints(min_length=1, max_length=253)]
    port: int = Field(465, ge=1, le=65_535)
    security: Security = "tls"
    user: Annotated[str, StringConstraints(max_length=254, pattern=_PLAIN)] = ""
    password: Secret | None = None
    per_minute: int = Field(0, ge=0, le=6_000)
    per_hour: int = Field(0, ge=0, le=100_000)
    version: int = Field(0, ge=0)


class Warning(Given):
    """`code` for programs, `text` for people, in Italian."""

    code: str
    text: str


class MailAccount(Given):
    """`password_set` is all that is ever said of the password."""

    code: str
    kind: Kind
    address: str
    from_name: str
    host: str
    port: int
    security: Security
    user: str
    password_set: bool
    per_minute: int
    per_hour: int
    warnings: list[Warning]
    version: int


class MailAccounts(Given):
    accounts: list[MailAccount]


class NewTrial(Taken):
    """Where the test mail goes."""

    to: Address


class Trial(Given):
    """Whether the server took the mail. `code` says at what it failed, `words` are the server's
    own."""

    taken: bool
    code: str
    words: str


class NewWishes(Taken):
    """The accounts by which citizens get their receipts; "" for none. `version`: the one read."""

    receipts_mail: Profile = ""
    receipts_pec: Profile = ""
    version: int = Field(0, ge=0)


class Wishes(Given):
    receipts_mail: str
    receipts_pec: str
    version: int


class ChannelMode(Given):
    """A way of delivery. `on_request`: it is switched on when a body asks for it."""

    name: str
    title: str
    on_request: bool
    enabled: bool


class ChannelModes(Given):
    channels: list[ChannelMode]


# ------------------------------------------------------------------ runs
class NewDelivery(Taken):
    """Notices of a `flow`, or of `positions`, by a channel. `profile` is the account, server or
    folder; `options` are the channel's own: mail takes `to` ("mail", "pec", "both"),
    `pec_profile`, `language` ("" for each debtor's own), `second` (language beside Italian on the
    notice, "person" for each debtor's own) and `slip` (Poste); zip takes the last two. Nothing
    goes before `undo_s` are over."""

    channel: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,20}$")]
    profile: Profile = ""
    options: Annotated[dict[Code, Any], Field(max_length=20)] = Field(default_factory=dict)
    flow: Id | None = None
    positions: Annotated[list[Id], Field(max_length=limits.DELIVERY_POSITIONS)] = Field(
        default_factory=list
    )
    undo_s: int = Field(0, ge=0, le=limits.DELIVERY_UNDO_S)


class PreviewQuery(Taken):
    cursor: Cursor = ""


class Reason(Given):
    """Notices that would not go for one reason."""

    code: str
    count: int


class Lacking(Given):
    """A notice that would not go to one of its places (`leg`), and why."""

    position: str
    name: str
    leg: str
    code: str


class DeliveryPreview(Given):
    """What a delivery of these positions would come to: `going` notices, and those that would not
    go. `lacking` names the first of them. `cursor` asks for the next positions, null at the end:
    whoever wants the whole adds up."""

    positions: int
    going: int
    reasons: list[Reason]
    lacking: list[Lacking]
    cursor: str | None


class Delivery(Given):
    """The counts are of the last attempt for each position and place; `queued` are those still to
    be decided. `code` and `words`: why it waits or halted, in the other side's words. `archives`:
    how many ZIPs there are to download."""

    id: str
    channel: str
    profile: str
    options: dict[str, Any]
    flow: str
    state: RunState
    created_at: str
    starts_at: str
    ended_at: str
    by: str
    queued: int
    sent: int
    failed: int
    uncertain: int
    skipped: int
    called_off: int
    code: str
    words: str
    archives: int


class Deliveries(Given):
    """Newest first."""

    deliveries: list[Delivery]


class DeliveriesQuery(Taken):
    flow: Id | None = None


class AttemptsQuery(Taken):
    state: AttemptState | None = None
    cursor: Cursor = ""
    limit: int = Field(limits.PAGE_ITEMS, ge=1, le=limits.PAGE_ITEMS_MAX)


class Attempt(Given):
    """One notice to one place, for the `number`-th time. `to`: where it went; `words`: what the
    other side said; `code`: why it was not sent. `uncertain`: nobody knows whether it arrived."""

    position: str
    notice: str
    name: str
    tax_code: str
    delivery: str
    channel: str
    leg: str
    number: int
    state: AttemptState
    planned_at: str
    due: str
    claimed_at: str
    ended_at: str
    tries: int
    to: str
    code: str
    words: str
    message: str


class Attempts(Given):
    attempts: list[Attempt]
    cursor: str | None = None


class Resend(Taken):
    """Only those that ended so are sent again; `uncertain` ones may then arrive twice."""

    states: Annotated[list[AttemptState], Field(min_length=1, max_length=3)] = Field(
        default_factory=lambda: list[AttemptState](["failed"])
    )


class ArchiveQuery(Taken):
    number: int = Field(1, ge=1, le=1_000)
