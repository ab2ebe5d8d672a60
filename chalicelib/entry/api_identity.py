"""Coming in and going out under /v1, and everybody's own account."""

from __future__ import annotations

import secrets

from chalice.app import Blueprint

from chalicelib.accounts.grants import Grant
from chalicelib.accounts.identity import enrolment, login, own, recovery, resets, sessions, users
from chalicelib.accounts.identity.enrolment import Enrolled
from chalicelib.accounts.identity.otp import Enrolment
from chalicelib.accounts.identity.own import Acting
from chalicelib.accounts.identity.sessions import Opened, Session
from chalicelib.base import clock, limits, work
from chalicelib.entry import identity_shapes as shapes
from chalicelib.entry import session_door
from chalicelib.entry.web import PUBLIC, SESSION, Answer, Request, route

bp = Blueprint(__name__)


def _secret() -> str:
    """256 random bits, for a session or a token."""
    return secrets.token_urlsafe(32)


def _salt() -> bytes:
    return secrets.token_bytes(limits.ARGON2_SALT_BYTES)


def _opened(found: Opened) -> shapes.OpenedSession:
    return shapes.OpenedSession(
        csrf=found.csrf,
        expires_at=found.expires_at,
        user=found.user,
        tenant=found.tenant or None,
        grant=found.grant or None,
    )


def _answer(found: Opened) -> Answer:
    return Answer(_opened(found), session_door.cookie(found.cookie))


def _with_codes(found: Enrolled) -> Answer:
    body = shapes.SessionWithCodes(
        **_opened(found.session).model_dump(), recovery_codes=list(found.recovery_codes)
    )
    return Answer(body, session_door.cookie(found.session.cookie))


def _enrolment(found: Enrolment, until: str) -> shapes.TotpEnrolment:
    return shapes.TotpEnrolment(
        uri=found.uri, secret=found.secret, qr_svg=found.qr_svg, expires_at=until
    )


# ------------------------------------------------------------------ login
@route(
    bp, "POST", "/v1/login", PUBLIC, "Log in: address and password", shapes.LoginBegun,
    body=shapes.Login,
)  # fmt: skip
def log_in(request: Request) -> shapes.LoginBegun | Answer:
    wanted: shapes.Login = request.body
    begun = login.begin(
        wanted.mail, wanted.password, request.actor, clock.now(), _secret(), _salt()
    )
    body = shapes.LoginBegun(
        next=begun.next,
        token=begun.token or None,
        expires_at=begun.expires_at,
        session=_opened(begun.session) if begun.session else None,
    )
    return Answer(body, session_door.cookie(begun.session.cookie)) if begun.session else body


@route(
    bp, "POST", "/v1/login/code", PUBLIC, "Log in: the code", shapes.OpenedSession,
    body=shapes.SecondStep,
)  # fmt: skip
def log_in_by_code(request: Request) -> Answer:
    wanted: shapes.SecondStep = request.body
    with work.waking() as wakes:
        found = login.finish(
            wanted.token, wanted.code, request.actor, clock.now(), _secret(), wakes
        )
    return _answer(found)


@route(
    bp, "POST", "/v1/login/enrol", PUBLIC, "Log in: begin to set up the second factor",
    shapes.TotpEnrolment, body=shapes.ByToken,
)  # fmt: skip
def enrol(request: Request) -> shapes.TotpEnrolment:
    random = secrets.token_bytes(limits.TOTP_SECRET_BYTES)
    return _enrolment(*enrolment.enrol(request.body.token, clock.now(), random))


@route(
    bp, "POST", "/v1/login/enrol/confirm", PUBLIC, "Log in: the first code of the second factor",
    shapes.SessionWithCodes, body=shapes.SecondStep,
)  # fmt: skip
def confirm_enrolment(request: Request) -> Answer:
    wanted: shapes.SecondStep = request.body
    random = secrets.token_bytes(recovery.RANDOM_BYTES)
    found = enrolment.confirm(
        wanted.token, wanted.code, request.actor, clock.now(), _secret(), random
    )
    return _with_codes(found)


# ------------------------------------------------------------------ the session
def _acting(request: Request) -> Acting:
    assert request.caller.session is not None
    return Acting(request.caller.session, request.actor, clock.now())


def _held(grant: Grant) -> shapes.HeldGrant:
    return shapes.HeldGrant(
        tenant=grant.tenant,
        grant=grant.id,
        kind=grant.kind,
        role=grant.role,
        cabinets=list(grant.cabinets) if grant.cabinets is not None else None,
        ends_at=grant.ends_at or None,
        requires_otp=grant.requires_otp,
    )


def _stepped_up_until(session: Session) -> str | None:
    if not session.stepped_up(clock.now()):
        return None
    return session.stepped_up_until


@route(bp, "GET", "/v1/session", SESSION, "Who is logged in, and by what", shapes.CurrentSession)
def get_session(request: Request) -> shapes.CurrentSession:
    caller, session = request.caller, request.caller.session
    assert session is not None
    person = users.person(session.user)
    return shapes.CurrentSession(
        csrf=session.csrf,
        expires_at=session.expires_at,
        user=session.user.id,
        tenant=caller.tenant or None,
        grant=caller.grant or None,
        name=person.name,
        mail=person.mail,
        language=session.user.language,
        second_factor=session.otp,
        stepped_up_until=_stepped_up_until(session),
        scopes=sorted(caller.scopes),
        current=_held(session.grant) if session.grant else None,
        grants=[_held(grant) for grant in sessions.held(session.user.id, clock.now())],
    )


@route(bp, "DELETE", "/v1/session", SESSION, "Log out", shapes.Ended)
def log_out(request: Request) -> Answer:
    own.log_out(_acting(request))
    return Answer(shapes.Ended(ended=True), session_door.no_cookie())


@route(
    bp, "POST", "/v1/session/step-up", SESSION, "A code for what is dangerous",
    shapes.OpenedSession, body=shapes.StepUp,
)  # fmt: skip
def step_up(request: Request) -> Answer:
    with work.waking() as wakes:
        found = own.step_up(_acting(request), request.body.code, _secret(), wakes)
    return _answer(found)


@route(
    bp, "POST", "/v1/session/switch", SESSION, "Work by another of one's grants",
    shapes.OpenedSession, body=shapes.Switch,
)  # fmt: skip
def switch_grant(request: Request) -> Answer:
    wanted: shapes.Switch = request.body
    return _answer(own.switch(_acting(request), (wanted.tenant, wanted.grant), _secret()))


# ------------------------------------------------------------------ password
@route(
    bp, "POST", "/v1/password/reset", PUBLIC, "Ask for a link that sets a new password",
    shapes.Accepted, body=shapes.ResetWanted, status=202,
)  # fmt: skip
def ask_for_reset(request: Request) -> shapes.Accepted:
    with work.waking() as wakes:
        resets.ask(request.body.mail, request.actor, clock.now(), _secret(), wakes)
    return shapes.Accepted(accepted=True)


@route(
    bp, "POST", "/v1/password", PUBLIC, "Set a password by a mailed link", shapes.PasswordSet,
    body=shapes.PasswordByLink,
)  # fmt: skip
def set_password(request: Request) -> shapes.PasswordSet:
    wanted: shapes.PasswordByLink = request.body
    with work.waking() as wakes:
        resets.set_password(
            wanted.token, wanted.password, request.actor, clock.now(), _salt(), wakes
        )
    return shapes.PasswordSet(set=True)


@route(
    bp, "POST", "/v1/session/password", SESSION, "Change one's password", shapes.OpenedSession,
    body=shapes.PasswordChange,
)  # fmt: skip
def change_password(request: Request) -> Answer:
    wanted: shapes.PasswordChange = request.body
    with work.waking() as wakes:
        found = own.change_password(
            _acting(request), wanted.present, wanted.new, _secret(), _salt(), wakes
        )
    return _answer(found)


# ------------------------------------------------------------------ second factor
@route(
    bp, "POST", "/v1/session/totp", SESSION, "Begin to set up a second factor, or another one",
    shapes.TotpEnrolment, body=shapes.TotpWanted,
)  # fmt: skip
def begin_totp(request: Request) -> shapes.TotpEnrolment:
    random = secrets.token_bytes(limits.TOTP_SECRET_BYTES)
    return _enrolment(*own.begin_totp(_acting(request), request.body.password, random))


@route(
    bp, "POST", "/v1/session/totp/confirm", SESSION, "The first code of the second factor",
    shapes.SessionWithCodes, body=shapes.TotpCode,
)  # fmt: skip
def confirm_totp(request: Request) -> Answer:
    random = secrets.token_bytes(recovery.RANDOM_BYTES)
    with work.waking() as wakes:
        found = own.confirm_totp(_acting(request), request.body.code, _secret(), random, wakes)
    return _with_codes(found)


@route(
    bp, "POST", "/v1/session/recovery-codes", SESSION, "Ten new recovery codes",
    shapes.RecoveryCodes,
)  # fmt: skip
def renew_recovery_codes(request: Request) -> shapes.RecoveryCodes:
    random = secrets.token_bytes(recovery.RANDOM_BYTES)
    return shapes.RecoveryCodes(recovery_codes=list(own.renew_codes(_acting(request), random)))
