"""What the API takes and answers about coming in and about one's own account."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from chalicelib.base import limits
from chalicelib.entry.shapes import Given, Id, Taken

Address = Annotated[str, StringConstraints(min_length=1, max_length=limits.ADDRESS_CHARS)]
Password = Annotated[str, StringConstraints(min_length=1, max_length=limits.PASSWORD_SENT_CHARS)]
Token = Annotated[str, StringConstraints(min_length=1, max_length=200)]
# Six digits, or a recovery code of sixteen letters, as people write them: with spaces and dashes.
Code = Annotated[str, StringConstraints(min_length=1, max_length=40)]


class Login(Taken):
    mail: Address
    password: Password


class SecondStep(Taken):
    """`code`: six digits of the app, or a recovery code."""

    token: Token
    code: Code


class ByToken(Taken):
    token: Token


class OpenedSession(Given):
    """The cookie comes beside it. `csrf` goes into the header X-Sportello-CSRF of every request
    that changes something; `tenant` and `grant` are what the session works by, null for none."""

    csrf: str
    expires_at: str
    user: str
    tenant: str | None
    grant: str | None


class LoginBegun(Given):
    """`next` code: send `token` with a code; enrolment: set up a second factor with `token`;
    session: this is it."""

    next: Literal["code", "enrolment", "session"]
    token: str | None
    expires_at: str
    session: OpenedSession | None


class TotpEnrolment(Given):
    """The same secret three times: for an app's link, to be typed, and as a picture (SVG)."""

    uri: str
    secret: str
    qr_svg: str
    expires_at: str


class SessionWithCodes(OpenedSession):
    """`recovery_codes` are shown this once."""

    recovery_codes: list[str]


class RecoveryCodes(Given):
    """Shown this once."""

    recovery_codes: list[str]


class HeldGrant(Given):
    """One's own access in one tenant."""

    tenant: str
    grant: str
    kind: str
    role: str
    cabinets: list[str] | None
    ends_at: str | None
    requires_otp: bool


class CurrentSession(OpenedSession):
    """`stepped_up_until`: until when dangerous acts are open; null when they are not."""

    name: str
    mail: str
    language: str
    second_factor: bool
    stepped_up_until: str | None
    scopes: list[str]
    current: HeldGrant | None
    grants: list[HeldGrant]


class StepUp(Taken):
    code: Code


class Switch(Taken):
    tenant: Annotated[str, StringConstraints(min_length=1, max_length=41)]
    grant: Id


class Ended(Given):
    ended: Literal[True]


class ResetWanted(Taken):
    mail: Address


class Accepted(Given):
    """Says nothing of whether there is such an account."""

    accepted: Literal[True]


class PasswordByLink(Taken):
    token: Token
    password: Password


class PasswordSet(Given):
    set: Literal[True]


class PasswordChange(Taken):
    present: Password
    new: Password


class TotpWanted(Taken):
    """`password`: the present one."""

    password: Password


class TotpCode(Taken):
    code: Annotated[str, Field(min_length=1, max_length=40)]
