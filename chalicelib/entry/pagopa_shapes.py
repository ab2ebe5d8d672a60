"""What the API takes and answers about a body's connection to pagoPA."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from chalicelib.base import limits
from chalicelib.entry.dues_shapes import Cursor
from chalicelib.entry.shapes import Given, Taken
from chalicelib.payments.pagopa.connection import Environment, Mode, Product

Key = Annotated[str, StringConstraints(max_length=limits.PAGOPA_KEY_CHARS)]


class NewKeys(Taken):
    """Subscription keys, one for each of pagoPA's products. Null stays as it is, "" goes."""

    positions: Key | None = None
    receipts: Key | None = None
    biz: Key | None = None


class NewConnection(Taken):
    """`mode`: who answers the node. "node": the body's station, and nothing is told; "aca": the
    station too, and positions are told to the archive of notices; "gpd": pagoPA, which is told all
    positions. `broker`: the fiscal code under which files are sent, "" for the body's own.
    `version`: the one that was read, 0 the first time."""

    mode: Mode
    environment: Environment = "production"
    broker: Annotated[str, StringConstraints(pattern=r"^([0-9]{11})?$")] = ""
    keys: NewKeys = Field(default_factory=NewKeys)
    version: int = Field(0, ge=0)


class Keys(Given):
    """Whether there is one. What it is, is never shown."""

    positions: bool
    receipts: bool
    biz: bool


class Look(Given):
    """The last look for new receipts: `at` "" for never, `code` why it found nothing out."""

    at: str
    code: str


class Connection(Given):
    """`paused_until`: pagoPA asked not to be called before this instant."""

    creditor: str
    mode: Mode
    environment: Environment
    broker: str
    keys: Keys
    paused_until: str
    look: Look
    version: int


class NewTrial(Taken):
    """Which of pagoPA's products is tried."""

    product: Product = "positions"


class Trial(Given):
    """Whether pagoPA lets us in. `code` says at what it failed, `words` are pagoPA's own."""

    works: bool
    code: str
    words: str


class Telling(Given):
    """How a position stands with pagoPA. "none": nobody is to be told; "waiting": it is on its way,
    tried `attempts` times, the last time in vain by `code`; "told"; "refused": by `code`, with the
    HTTP status `answered` and what pagoPA `said`.

    `status`: pagoPA's own word for the position, `version`: which of ours it was told, `at` when.
    """

    state: Literal["none", "waiting", "told", "refused"]
    status: str
    version: int
    at: str
    code: str
    answered: int
    said: str
    attempts: int


class Refusal(Telling):
    """Of which `position`: who owes it (`name`), for what."""

    position: str
    name: str
    subject: str
    cents: int


class Refusals(Given):
    """Newest first."""

    refusals: list[Refusal]
    cursor: str | None


class RefusalsQuery(Taken):
    cursor: Cursor = ""
    limit: int = Field(limits.PAGE_ITEMS, ge=1, le=limits.PAGE_ITEMS_MAX)


class Planned(Given):
    """It is done in the background."""

    planned: bool
