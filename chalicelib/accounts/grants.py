"""Who may do what in a tenant: grants, their roles and what each role may.

A grant is an object of its own, never a word on the user: one person may hold several, in several
tenants, each with its scope, giver, start and end. Sources: FEATURES F003-001…011, 043, U-01.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from chalicelib.base import clock, ids
from chalicelib.base.errors import Rejected

Kind = Literal["practice", "body", "reseller", "house"]
Role = Literal[
    "principal",
    "secretary",
    "substitute",
    "accountant",
    "colleague",
    "administrator",
    "operator",
    "customer",
    "support",
]
KINDS: Final[tuple[Kind, ...]] = Kind.__args__  # type: ignore[attr-defined]
ROLES: Final[tuple[Role, ...]] = Role.__args__  # type: ignore[attr-defined]

# What concerns money or persons is written one by one: a new scope is nobody's until it is here.
_DOCUMENTS: Final = frozenset({"flows:read", "documents:read", "documents:write"})
_SETTINGS: Final = frozenset({"settings:read", "settings:write"})
_RESELLER_OPERATOR: Final = _DOCUMENTS | {
    "customers:read",
    "customers:write",
    "credits:read",
    "settings:read",
}
_PRINCIPAL: Final = (
    _DOCUMENTS
    | _SETTINGS
    | {"grants:read", "grants:write", "audit:read", "plan:read", "plan:write"}
    | {"customers:read", "customers:write"}
)

SCOPES_OF: Final[dict[tuple[Kind, Role], frozenset[str]]] = {
    ("practice", "principal"): _PRINCIPAL,
    # Planning only (F003-013), records and his own ledger (F003-023), the ledger to read
    # (F003-037), the records of one cabinet (F003-046): none of these is open yet.
    ("practice", "secretary"): frozenset(),
    ("practice", "substitute"): frozenset(),
    ("practice", "accountant"): frozenset(),
    ("practice", "colleague"): frozenset(),
    # A body issues invoices too, for what it sells (U-04); they are counted by no credits.
    ("body", "administrator"): _SETTINGS
    | _DOCUMENTS
    | {"grants:read", "grants:write", "audit:read", "body:read", "body:write"},
    ("body", "operator"): frozenset({"settings:read", "body:read", "flows:read", "documents:read"}),
    ("reseller", "administrator"): _RESELLER_OPERATOR
    | _SETTINGS
    | {"grants:read", "grants:write", "audit:read", "credits:write", "keys:write"},
    ("reseller", "operator"): _RESELLER_OPERATOR,
    # A reseller's customer who was given the white-label portal: his own documents.
    ("reseller", "customer"): _DOCUMENTS,
    # Support sees how things are set, never what they say; more only by break-glass, which is a
    # grant of its own with an end, a reason and an entry in the tenant's audit trail.
    ("house", "support"): frozenset({"support:enter"}),
    ("practice", "support"): frozenset({"settings:read", "grants:read", "plan:read"}),
    ("body", "support"): frozenset({"settings:read", "grants:read"}),
    ("reseller", "support"): frozenset(
        {"settings:read", "grants:read", "flows:read", "customers:read", "credits:read"}
    ),
}

# Who manages the accounts of a tenant (F003-043): the first of each kind, and nobody else.
HEAD: Final[dict[Kind, Role]] = {
    "practice": "principal",
    "body": "administrator",
    "reseller": "administrator",
    "house": "support",
}
# What a head may give to others. Support comes by break-glass only, the first head by sign-up.
GIVEN: Final[dict[Kind, frozenset[Role]]] = {
    "practice": frozenset({"principal", "secretary", "substitute", "accountant", "colleague"}),
    "body": frozenset({"administrator", "operator"}),
    "reseller": frozenset({"administrator", "operator", "customer"}),
    "house": frozenset({"support"}),
}
# Roles that see only the cabinets named in their grant; the others see the whole practice.
BY_CABINET: Final[frozenset[Role]] = frozenset(
    {"secretary", "substitute", "accountant", "colleague"}
)
# These hold other people's money or everybody's data: a password alone never opens them.
ALWAYS_OTP: Final[frozenset[tuple[Kind, Role]]] = frozenset(
    {
        ("reseller", "administrator"),
        ("house", "support"),
        ("practice", "support"),
        ("body", "support"),
        ("reseller", "support"),
    }
)


@dataclass(frozen=True)
class Grant:
    """One person's right in one tenant. `cabinets` None: all; `customer` "": all; instants as
    `clock.stamp`, `ends_at` "" without end (F003-006). `reason`: why support broke the glass.
    `level`: of a reseller's customer, what his portal shows (F004-027, 028). `pos`: of a body's
    person, whether he may take payments at its terminals (F001-162)."""

    id: str
    tenant: str
    kind: Kind
    user: str
    role: Role
    given_by: str
    starts_at: str
    cabinets: tuple[str, ...] | None = None
    customer: str = ""
    ends_at: str = ""
    revoked_at: str = ""
    requires_otp: bool = True
    reason: str = ""
    level: str = ""
    pos: bool = False
    version: int = 1

    def holds(self, now: datetime) -> bool:
        """Whether it opens anything at that instant; from `ends_at` on it does not."""
        at = clock.stamp(now)
        ended = bool(self.ends_at) and self.ends_at <= at
        return not self.revoked_at and self.starts_at <= at and not ended

    @property
    def scopes(self) -> frozenset[str]:
        """What its role may, and of a customer no more than his portal."""
        found = scopes_of(self.kind, self.role)
        if self.role == "customer" and self.level != "white_label_plus":
            return found - {"documents:write"}
        return found | {"pos:use"} if self.pos else found


def scopes_of(kind: Kind, role: Role) -> frozenset[str]:
    """What a role may in a tenant of that kind; nothing when the pair is not in the table."""
    return SCOPES_OF.get((kind, role), frozenset())


def grant_id(tenant: str, user: str, role: Role, turn: int = 0) -> str:
    """One grant for each person and role in a tenant, so that giving twice gives once. `turn`:
    which name of this role; a grant that was given another role keeps the one it was made under."""
    return ids.derive("grant", tenant, user, role, *([str(turn)] if turn else []))


def checked(grant: Grant) -> Grant:
    """The grant, when its role and scope make sense together.

    Rejected: `grant_role` (not a role of such a tenant), `grant_cabinets` (cabinets for a role
    that sees all, or none for one that sees some), `grant_customer`, `grant_pos`, `grant_end`.
    """
    known = GIVEN[grant.kind]
    if grant.role not in known:
        raise Rejected("grant_role", "This role is not given here.", known=sorted(known))
    if grant.role in BY_CABINET:
        if not grant.cabinets:
            raise Rejected("grant_cabinets", "Name the cabinets that this person may see.")
    elif grant.cabinets is not None:
        raise Rejected("grant_cabinets", "This role is not given by cabinet.")
    if (grant.role == "customer") != bool(grant.customer):
        raise Rejected("grant_customer", "A customer's access names the customer, others do not.")
    if grant.pos and grant.kind != "body":
        raise Rejected("grant_pos", "Only a body's people take payments at a terminal.")
    if grant.ends_at and grant.ends_at <= grant.starts_at:
        raise Rejected("grant_end", "The grant would end before it starts.")
    return grant
