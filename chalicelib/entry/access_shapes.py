"""Bodies and answers of who may enter: sign-up, grants, plan, support."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from chalicelib.entry.shapes import Given, Taken

Language = Literal["it", "en", "fr", "es"]
Role = Literal[
    "principal", "secretary", "substitute", "accountant", "colleague", "administrator", "operator",
    "customer",
]  # fmt: skip
_INSTANT = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"


class SignUp(Taken):
    mail: str = Field(max_length=254)
    kind: Literal["practice", "reseller"]
    language: Language = "it"


class Accepted(Given):
    status: Literal["accepted"] = "accepted"


class Registration(Taken):
    token: str = Field(min_length=43, max_length=43, description="out of the link of the mail")
    name: str = Field(min_length=1, max_length=80, description="of the practice or company")
    person: str = Field(min_length=1, max_length=80, description="who registers")
    password: str = Field(
        max_length=1000, description="not looked at when the address has an account already"
    )


class Registered(Given):
    tenant: str
    kind: str
    known: bool = Field(description="the address had an account: its password stays")


class NewGrant(Taken):
    mail: str = Field(max_length=254)
    role: Role
    cabinets: list[str] | None = Field(default=None, max_length=200)
    customer: str = Field(default="", max_length=64)
    ends_at: str = Field(default="", pattern=rf"^$|{_INSTANT}")
    pos: bool = Field(default=False, description="may take payments at a body's terminals")
    language: Language = "it"


class GrantChange(Taken):
    """The whole scope and end. A `role` other than the one it has must be one that is given here;
    a customer's access neither becomes nor comes of another one."""

    version: int | None = Field(
        default=None, ge=1, description="the one that was read; null: whichever there is"
    )
    role: Role | None = Field(default=None, description="null: as it is")
    cabinets: list[str] | None = Field(default=None, max_length=200)
    ends_at: str = Field(default="", pattern=rf"^$|{_INSTANT}")
    pos: bool | None = Field(default=None, description="null: as it is")


class Grant(Given):
    id: str
    user: str = Field(description="by whom the audit trail knows the person")
    mail: str
    name: str
    role: str
    cabinets: list[str] | None
    customer: str | None
    given_by: str
    starts_at: str
    ends_at: str | None
    revoked_at: str | None
    reason: str | None = Field(description="why support broke the glass")
    pos: bool
    version: int


class Grants(Given):
    grants: list[Grant]
    hint: str = Field(description="what the form says before somebody is invited (F003-011)")


class GrantVersions(Given):
    versions: list[Grant]


class Plan(Given):
    plan: Literal["trial", "standard", "paid"]
    trial_ends_on: str = Field(description="the first day after the trial, in Italy")
    paid_at: str | None
    allowed: list[str]
    missing: list[str]


class PlanChoice(Taken):
    plan: Literal["paid", "standard"]


class SupportEntry(Taken):
    tenant: str = Field(max_length=40)
    reason: str = Field(max_length=200)


class SupportGrant(Given):
    tenant: str
    grant: str
    ends_at: str
