"""How a customer may use his reseller's credits. Pure.

Three modes for each customer and product (F004-033):

    metered    draws from the pool; each credit is counted to him
    assigned   draws from what was assigned to him beforehand
    unlimited  draws from the pool and is never stopped

At zero (F004-034) `stop` holds the document (`no_credit`); `continue` goes on: one who has his own
credits draws from the pool, and when the pool is empty the overdraft is drawn, which the next lot
pays first. `unlimited` always continues.

Enablement (F004-041, 042): `automatic` lets held documents go as soon as credit comes. `manual`
lets nothing go until the reseller enables the customer; when the credits end, the customer is
disabled again, so that new credit alone moves nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

Mode = Literal["metered", "assigned", "unlimited"]
AtZero = Literal["stop", "continue"]
Enablement = Literal["automatic", "manual"]
# Where a credit is drawn from; also what a hold remembers, to be given back there.
Source = Literal["pool", "own", "overdraft", "surplus"]
Reason = Literal["no_credit", "not_enabled"]

MODES: Final[tuple[Mode, ...]] = get_args(Mode)
DEFAULT_MODE: Final[Mode] = "metered"


@dataclass(frozen=True)
class Policy:
    """`modes` has those that differ from `metered`; `enabled` counts where enablement is manual."""

    modes: Mapping[str, Mode] = field(default_factory=dict)
    at_zero: AtZero = "stop"
    enablement: Enablement = "automatic"
    enabled: bool = True
    version: int = 0

    def mode(self, product: str) -> Mode:
        return self.modes.get(product, DEFAULT_MODE)

    @property
    def is_open(self) -> bool:
        """Whether documents may draw at all."""
        return self.enablement == "automatic" or self.enabled

    @property
    def closes_at_zero(self) -> bool:
        """Whether running out of credit disables the customer."""
        return self.enablement == "manual" and self.enabled


DEFAULT: Final = Policy()


def sources(policy: Policy, product: str) -> tuple[Source, ...]:
    """Where to draw from, in this order.

    The surplus is what stands above zero in the overdraft: credits that a lot had paid already when
    their documents gave them back. It has no lot of its own any more, so it does not expire.
    """
    mode = policy.mode(product)
    if mode == "unlimited":
        return ("pool", "overdraft")
    if mode == "metered":
        return ("pool", "surplus") if policy.at_zero == "stop" else ("pool", "overdraft")
    return ("own",) if policy.at_zero == "stop" else ("own", "pool", "overdraft")
