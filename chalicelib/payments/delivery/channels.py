"""What a channel is. A new one is a module with one `Channel`, named in registry.py; nothing else.

    CHANNEL = Channel(name="sftp", check=check, legs=legs, open=open_folder, repeatable=True)

The framework does the rest: it plans one attempt for each position and leg (a row that a person can
read), waits for the undo window, keeps the pace, renders the notice, tells sent from failed, sends
failures again when asked, and goes on where a run of Lambda ended. A channel only says:

`check(tenant, profile, options)`  whether a run could go: the profile (an account, a server, a
    folder, by the code under which the channel keeps it; "" where it needs none) and the options.
    Gives the options with everything filled in, which is what the run keeps (JSON-like, no secret).
    Raises Rejected with a code. Asked at the beginning and again before a resend.

`legs(person, options)`  where a position goes: mostly one leg, ("",). Mail answers ("mail", "pec").
    A leg that has no address is still given: `deliver` is then never asked and the row is skipped,
    for the reason that `missing(person, leg)` gives ("" when nothing is missing). `to(person, leg)`
    is what the row says of where it went, such as the address; it is kept sealed.

`open(tenant, profile, options)`  a context manager that connects and gives the `Carrier` of a
    stretch of work: `deliver(parcel) -> str` brings one parcel and gives what the other side said
    (at most WORDS_CHARS are kept, sealed). It is opened when first needed, kept for many parcels,
    and opened again after any failure but Refused.

What `open` and `deliver` raise decides what becomes of it:

    Refused(code, words)    the other side said no to this one: failed, with its words.
                            Out of `open` (wrong password, no such folder): the run halts and says
                            why; it goes on when somebody resumes it.
    Uncertain(code, words)  nobody knows whether it arrived: the row says so, and it is never sent
                            again unless a person asks for that. Only where `repeatable` is False.
    Transient               surely not done: tried again later, DELIVERY_TRIES times, then failed.
                            Details `words` are what the other side said.
    Rejected                as Refused, with the failure's code and message.
    Skipped(code)           this one is not to go this way (somebody without the app): skipped.

`repeatable`  doing it again under the same name leaves the same (a file that is put under its name,
    a call with an idempotency key): then no parcel is claimed before it goes, many are recorded
    together, and what a dead process left is simply done again. False (a mail, a letter): each is
    claimed before, and one whose process died before it could say how it ended is `uncertain`.

`unfit(position, options, today)`  why a notice would not go this way today whoever owes it, "" when
    it would: what `deliver` refuses by the position alone, said before anything is begun.

`profile_of(profile, options, leg)`  by which profile a leg goes, where legs differ (mail by one
    account, PEC by another); `open` and `pace` are then asked with that one.

`pace(tenant, profile, options)`  None, or how many may go in a minute and in an hour, with the key
    of the account whose pace it is (two runs by one account share it).

`finish(job)`  what is left to do when every parcel has been decided (an index file, a ZIP, a list
    of recipients): False while it needs another stretch of time. It may run twice and from the
    beginning. What it wants to remember it keeps by `job.keep(...)`; `job.sent()` gives the parcels
    that arrived.

`on_request`  off until it is switched on for a body (F001-075): settings.enable.

A parcel's `name` was made before and is the same at each repetition of this attempt; another
attempt (a resend by a person) has another. `file_name` is `CodiceFiscale_Anno_IUV.pdf`.
`parcel.pdf()` renders the notice, some 3 ms; the same bytes again while the position is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

from chalicelib.base.errors import Failure, Rejected
from chalicelib.payments.body import Body
from chalicelib.payments.dues.model import Person
from chalicelib.payments.positions.model import Position

Options = Mapping[str, Any]


class Refused(Rejected):
    """The other side said no; `words` are its own, as they came (maybe with an address in them)."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(code, "The other side refused it.")
        self.words = words


class Uncertain(Failure):
    """It may have arrived: the other side did not say."""

    retry = False

    def __init__(self, code: str, words: str) -> None:
        super().__init__(code, "Nobody knows whether it arrived.")
        self.words = words


class Skipped(Rejected):
    """It is not for this one, and nothing went wrong: what only the other side could say."""

    def __init__(self, code: str) -> None:
        super().__init__(code, "It does not go this way.")


@dataclass(frozen=True)
class Parcel:
    """One notice for one person, to one place."""

    tenant: str
    run: str
    name: str
    leg: str
    position: Position
    person: Person
    body: Body
    file_name: str
    options: Options
    at: datetime
    pdf: Callable[[], bytes] = field(repr=False)


class Carrier(Protocol):
    """A connection that brings parcels."""

    def deliver(self, parcel: Parcel) -> str:
        """Bring it; gives what the other side said. Raises as the module says."""


@dataclass(frozen=True)
class Pace:
    """How many may go by the account of this key; 0: as many as come."""

    key: str
    per_minute: int
    per_hour: int


@dataclass(frozen=True)
class Arrived:
    """A parcel that arrived: `place` in the list of its run, and what was in it."""

    place: str
    leg: str
    position: Position
    person: Person
    file_name: str


class Finishing(Protocol):
    """What is left of a run, as `finish` sees it."""

    tenant: str
    run: str
    profile: str
    options: Options
    begun: datetime
    kept: Mapping[str, Any]

    def keep(self, **values: Any) -> None:
        """Remember this (JSON-like, a few KiB) beside what is kept already."""

    def sent(self, after: str = "") -> Iterator[Arrived]:
        """The parcels that arrived, in a fixed order, behind the place `after`."""

    def has_time(self) -> bool:
        """Whether another piece may be begun."""


def _one_leg(person: Person, options: Options) -> Sequence[str]:
    return ("",)


def _nothing_missing(person: Person, leg: str) -> str:
    return ""


def _nowhere(person: Person, leg: str) -> str:
    return ""


def _fits(position: Position, options: Options, today: date) -> str:
    return ""


def _the_same(profile: str, options: Options, leg: str) -> str:
    return profile


def _as_it_comes(tenant: str, profile: str, options: Options) -> Pace | None:
    return None


@dataclass(frozen=True)
class Channel:
    """See the module."""

    name: str
    check: Callable[[str, str, Options], dict[str, Any]]
    open: Callable[[str, str, Options], AbstractContextManager[Carrier]]
    repeatable: bool
    legs: Callable[[Person, Options], Sequence[str]] = _one_leg
    missing: Callable[[Person, str], str] = _nothing_missing
    to: Callable[[Person, str], str] = _nowhere
    unfit: Callable[[Position, Options, date], str] = _fits
    profile_of: Callable[[str, Options, str], str] = _the_same
    pace: Callable[[str, str, Options], Pace | None] = _as_it_comes
    finish: Callable[[Finishing], bool] | None = None
    on_request: bool = False
