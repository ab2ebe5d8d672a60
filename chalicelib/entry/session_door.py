"""Sessions at the door: the cookie, who comes by it, and that a page of ours has sent it.

The cookie is out of reach of scripts and of other hosts (`__Host-`), and no request that another
site begins carries it (SameSite=Strict: the pages are static and ask by `fetch`, which is the same
site). What changes something must also bring the token that only our pages can read, and where a
browser says from which origin it comes, that must be ours.
"""

from __future__ import annotations

import hmac
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from chalicelib.accounts.identity import own, sessions
from chalicelib.accounts.identity.sessions import Session
from chalicelib.accounts.model import PERSONAL_SCOPES, Caller
from chalicelib.base import config, limits
from chalicelib.base.errors import Rejected

COOKIE: Final = "__Host-sportello"
CSRF_HEADER: Final = "X-Sportello-CSRF"
_READS: Final = frozenset({"GET", "HEAD"})
_ATTRIBUTES: Final = "Path=/; Secure; HttpOnly; SameSite=Strict"


def cookie(value: str) -> str:
    """The Set-Cookie of an opened session; the browser forgets it when the session is over."""
    return f"{COOKIE}={value}; Max-Age={limits.SESSION_S}; {_ATTRIBUTES}"


def no_cookie() -> str:
    """The Set-Cookie that takes it away."""
    return f"{COOKIE}=; Max-Age=0; {_ATTRIBUTES}"


def given(headers: Any) -> str:
    """The session's cookie of a request; "" without one."""
    found = ""
    for part in str(headers.get("cookie", "")).split(";"):
        name, _, value = part.strip().partition("=")
        if name == COOKIE:
            if found:
                return ""  # two of one name: somebody planted one
            found = value
    return found


def require_origin(method: str, headers: Any) -> None:
    """Rejected `origin` (403) when a browser sends a change from a page that is not ours."""
    origin = headers.get("origin")
    if method in _READS or origin is None:
        return
    ours = urlsplit(config.get("PUBLIC_URL"))
    if origin != f"{ours.scheme}://{ours.netloc}":
        raise Rejected("origin", "This may only be sent by the pages of this house.", status=403)


def require_page(method: str, headers: Any, session: Session) -> None:
    """Rejected `origin` or `csrf` (403) unless a page of ours sends it."""
    require_origin(method, headers)
    token = str(headers.get(CSRF_HEADER.lower(), ""))
    if method not in _READS and not hmac.compare_digest(token.encode(), session.csrf.encode()):
        raise Rejected("csrf", f"Send the session's token as {CSRF_HEADER}.", status=403)


def caller(session: Session) -> Caller:
    """The person, by the grant of his session."""
    user, grant = session.user.id, session.grant
    if grant is None:
        return Caller("", user, frozenset(), user=user, session=session)
    scopes = grant.scopes if session.otp else grant.scopes - PERSONAL_SCOPES.keys()
    return Caller(
        tenant=grant.tenant,
        key_id=user,
        scopes=scopes,
        customer=grant.customer,
        kind=grant.kind,
        user=user,
        grant=grant.id,
        role=grant.role,
        cabinets=grant.cabinets,
        session=session,
    )


def enter(method: str, headers: Any, now: datetime) -> Caller | None:
    """Who comes by a cookie; None when it opens nothing. Rejected as `require_page`."""
    value = given(headers)
    session = sessions.check(value, now) if value else None
    if session is None:
        return None
    require_page(method, headers, session)
    return caller(session)


# Routes that want a code given lately, by name. A key does not open them to a person's place: what
# a key may is its scopes.
DANGEROUS: Final = frozenset(
    {
        "assign_credits",
        "change_credits_policy",
        "change_grant",
        "change_settings",
        "choose_plan",
        "enter_as_support",
        "give_grant",
        "issue_key",
        "renew_recovery_codes",
        "reset_second_factor",
        "revoke_grant",
        "revoke_key",
        "save_body",  # it says where the money goes
    }
)


def require_step_up(name: str, found: Caller, now: datetime) -> None:
    """Rejected `step_up_required` (403) when the route wants a fresh code and there is none."""
    if name in DANGEROUS and found.session is not None:
        own.require_step_up(found.session, now)
