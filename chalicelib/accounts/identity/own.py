"""What a person does about his own account while logged in, and what others do about it for him."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chalicelib.accounts import letters
from chalicelib.accounts.audit import Action, Actor
from chalicelib.accounts.identity import (
    attempts,
    blinds,
    enrolment,
    otp,
    passwords,
    proofs,
    recovery,
    sessions,
    steps,
    traces,
    users,
)
from chalicelib.accounts.identity.enrolment import Enrolled
from chalicelib.accounts.identity.otp import Enrolment
from chalicelib.accounts.identity.sessions import Opened, Session
from chalicelib.accounts.identity.users import Login
from chalicelib.base import clock, dynamo, limits
from chalicelib.base.dynamo import ConditionFailed, Op
from chalicelib.base.errors import Conflict, NotFound, Rejected
from chalicelib.base.work import Wakes


@dataclass(frozen=True)
class Acting:
    """Who acts on his own account: the session, where the request is from, and when."""

    session: Session
    origin: Actor
    now: datetime

    @property
    def user(self) -> str:
        return self.session.user.id

    @property
    def grant(self) -> tuple[str, str]:
        found = self.session.grant
        return (found.tenant, found.id) if found else ("", "")

    def entries(self, action: Action, name: str, **facts: Any) -> list[Op]:
        """Of the audit trails."""
        who = traces.actor(self.user, self.origin, self.grant[1])
        return traces.entries(action, who, self.now, name, self.grant[0], **facts)

    def letter(self, kind: str, name: str, **values: str) -> Op:
        """To the person himself."""
        return _letter(self.session.user, kind, name, self.now, **values)


def _letter(user: users.User, kind: str, name: str, now: datetime, **values: str) -> Op:
    said = {"at": clock.stamp(now), **values}
    mail = users.person(user).mail
    return letters.row(blinds.USERS, kind, mail, said, now, name, user.language)


def log_out(acting: Acting) -> None:
    """Ends the session; it opens nothing from the next request on."""
    entries = acting.entries(Action.LOGOUT, acting.session.id)
    dynamo.commit([sessions.end(acting.session), *entries])


def switch(acting: Acting, grant: tuple[str, str], secret: str) -> Opened:
    """Work by another grant. Raises as `sessions.switch`, Conflict when things changed."""
    opened, ops = sessions.switch(acting.session, grant, secret, acting.now)
    who = traces.actor(acting.user, acting.origin, opened.grant)
    entries = traces.entries(
        Action.GRANT_SWITCHED, who, acting.now, sessions.digest(secret), opened.tenant
    )
    dynamo.commit([*ops, *entries])
    return opened


# ------------------------------------------------------------------ step-up
def step_up(acting: Acting, code: str, secret: str, wakes: Wakes) -> Opened:
    """A fresh code for what is dangerous: a new session that is good for it for STEP_UP_S.

    Rejected `otp_not_enrolled` (409), `otp_code` (403), `too_many_attempts` (429).
    """
    if not acting.session.otp:
        raise _not_enrolled()
    found = _counted(acting)
    with steps.looking(found.blind):
        proof = proofs.prove(found, code, acting.now)
    if proof is None:
        _refuse_step_up(acting, found)
        raise _wrong_code()
    opened, ops = sessions.start(
        found, acting.grant, secret, acting.now, otp=True, old=acting.session, stepped_up=True
    )
    change = users.change(found, proof.put, add={"fails": -1}, when=proof.when)
    entries = acting.entries(Action.STEP_UP, opened_name(opened), method=proof.method)
    try:
        wakes.commit([change, *ops, *proofs.told(proof, found, acting.now), *entries])
    except ConditionFailed as failed:
        if "login" in failed.found:
            raise _wrong_code() from failed
        raise _gone() from failed
    return opened


def opened_name(opened: Opened) -> str:
    """What is the same for one session in all that is recorded of its making."""
    return sessions.digest(opened.cookie)


def _counted(acting: Acting) -> Login:
    """The person's login, one try of it counted."""
    blind = acting.session.user.login
    found = users.read_login(blind, attempts.reserve(blind, acting.now))
    if found is None or found.generation != acting.session.user.generation:
        raise _gone()
    return found


def _refuse_step_up(acting: Acting, found: Login) -> None:
    name = f"{acting.session.id}:{clock.stamp(acting.now)}"
    dynamo.commit(
        acting.entries(Action.STEP_UP_REFUSED, name, result="refused", attempt=found.fails)
    )


def _wrong_code() -> Rejected:
    return Rejected("otp_code", "The code is not right.", status=403)


def _not_enrolled() -> Rejected:
    return Rejected("otp_not_enrolled", "Set up a second factor first.", status=409)


def _gone() -> Conflict:
    return Conflict("session_changed", "The session changed meanwhile: try again.")


def require_step_up(session: Session, now: datetime) -> None:
    """Rejected `step_up_required` (403) unless a code was given lately."""
    if not session.stepped_up(now):
        raise Rejected("step_up_required", "Confirm with a code of your app first.", status=403)


# ------------------------------------------------------------------ password
def change_password(
    acting: Acting, old: str, new: str, secret: str, salt: bytes, wakes: Wakes
) -> Opened:
    """The new password; every other session is over, this one goes on as a new one.

    Rejected `password_wrong` (403), `too_many_attempts` (429), and as `passwords.require`.
    """
    person = users.person(acting.session.user)
    alone = not (acting.session.otp or _asks_for_otp(acting))
    passwords.require(new, (person.mail, person.name), alone=alone)
    found = _counted(acting)
    _require_password(found, old)
    generation = found.generation + 1
    opened, ops = sessions.start(
        found, acting.grant, secret, acting.now,
        otp=acting.session.otp, old=acting.session, generation=generation,
    )  # fmt: skip
    change = users.change(
        found,
        {
            "password": passwords.make(new, salt),
            "password_at": clock.stamp(acting.now),
            "generation": generation,
        },
        remove=users.UNDER_WAY,
        add={"fails": -1},
    )
    name = f"{acting.user}:{generation}"
    told = acting.letter("password_changed", name)
    entries = acting.entries(Action.PASSWORD_CHANGED, name)
    _commit([change, users.next_generation(found, acting.user), *ops, told, *entries], wakes)
    return opened


def _asks_for_otp(acting: Acting) -> bool:
    return any(grant.requires_otp for grant in sessions.held(acting.user, acting.now))


def _require_password(found: Login, password: str) -> None:
    """One evaluation; the counted try stands when it is wrong."""
    if not found.password or not passwords.matches(found.password, password):
        raise Rejected("password_wrong", "The present password is not right.", status=403)


def _commit(ops: list[Op], wakes: Wakes) -> None:
    try:
        wakes.commit(ops)
    except ConditionFailed as failed:
        raise _gone() from failed


# ------------------------------------------------------------------ second factor
def renew_codes(acting: Acting, random: bytes) -> tuple[str, ...]:
    """Ten new recovery codes, shown this once; the old ones are good for nothing any more.

    `random` as in `recovery.make`. Rejected `step_up_required`, `otp_not_enrolled`.
    """
    require_step_up(acting.session, acting.now)
    found = users.get_login(acting.session.user.login)
    if found is None or not found.enrolled:
        raise _not_enrolled()
    codes = recovery.make(random)
    kept = [recovery.digest(found.user, code) for code in codes]
    change = users.change(found, {"recovery": kept}, when={"totp": found.totp})
    entries = acting.entries(Action.RECOVERY_CODES_MADE, ".".join(kept), count=len(codes))
    try:
        dynamo.commit([change, *entries])
    except ConditionFailed as failed:
        raise _gone() from failed
    return codes


def _require_second_factor(acting: Acting) -> None:
    """Who has one needs it to set up another. A session knows whether its user has: when that
    changes, the session is over."""
    if acting.session.otp:
        require_step_up(acting.session, acting.now)


def begin_totp(acting: Acting, password: str, random: bytes) -> tuple[Enrolment, str]:
    """Begin to set up a second factor, or another one in place of it: what to show, and until when
    it waits for its first code. The one in use stays until then.

    Rejected `step_up_required` when there is one, `password_wrong`, `too_many_attempts`.
    """
    _require_second_factor(acting)
    found = _counted(acting)
    _require_password(found, password)
    seed = otp.secret(random)
    until = clock.stamp(acting.now + timedelta(seconds=limits.ENROLMENT_S))
    change = users.change(
        found,
        {"pending": users.seal_seed(found.user, seed), "pending_until": until},
        add={"fails": -1},
    )
    try:
        dynamo.commit([change])
    except ConditionFailed as failed:
        raise _gone() from failed
    return otp.enrolment(seed, users.person(acting.session.user).mail), until


def confirm_totp(acting: Acting, code: str, secret: str, random: bytes, wakes: Wakes) -> Enrolled:
    """The first code of the new app. Every other session is over, and there are new recovery codes.

    Rejected `otp_code` (403), `step_up_required`, `too_many_attempts`.
    """
    _require_second_factor(acting)
    found = _counted(acting)
    with steps.looking(found.blind):
        step = enrolment.pending_step(found, code, acting.now)
    if step is None:
        _refuse_step_up(acting, found)
        raise _wrong_code()
    codes = recovery.make(random)
    generation = found.generation + 1
    opened, ops = sessions.start(
        found, acting.grant, secret, acting.now,
        otp=True, old=acting.session, stepped_up=True, generation=generation,
    )  # fmt: skip
    change = users.change(
        found,
        {"generation": generation, **enrolment.factor(found, step, codes)},
        remove=users.UNDER_WAY,
        add={"fails": -1},
        when={"pending": found.pending},
    )
    name = f"{acting.user}:{generation}"
    # Of the first one nobody needs to be warned.
    told = [acting.letter("totp_reset", name)] if found.enrolled else []
    entries = acting.entries(Action.TOTP_ENROLLED, name)
    _commit([change, users.next_generation(found, acting.user), *ops, *told, *entries], wakes)
    return Enrolled(opened, codes)


def reset_totp(tenant: str, user: str, by: Actor, now: datetime, wakes: Wakes) -> None:
    """An administrator of the tenant takes a lost second factor off a person's account: all his
    sessions are over, the next login must set up a new one, and he is told by mail.

    Only for a person all of whose grants are of this tenant; who works for others too must use a
    recovery code, because no tenant may weaken what protects another. `house` (support) may for
    everybody. NotFound for who is not of this tenant; Rejected `user_of_others` (409).
    """
    held = {grant.tenant for grant in sessions.held(user, now)}
    if by.kind != "support":
        if tenant not in held:
            raise NotFound("user")
        if held != {tenant}:
            raise Rejected(
                "user_of_others", "This person has access elsewhere too: only he himself, by a "
                "recovery code, or support can reset it.", status=409,
            )  # fmt: skip
    person = users.get(user)
    found = users.get_login(person.login)
    if found is None or not found.enrolled:
        return
    generation = found.generation + 1
    change = users.change(
        found,
        {"generation": generation},
        # The last step stays: no code of the past is good again, whatever is set up next.
        remove=("totp", "recovery", *users.UNDER_WAY),
    )
    name = f"{user}:{generation}"
    ops = [change, users.next_generation(found, user), _letter(person, "totp_reset", name, now)]
    for trail in dict.fromkeys((blinds.USERS, tenant)):
        ops.append(traces.entry_by(trail, by, Action.TOTP_RESET, user, now, name))
    try:
        wakes.commit(ops)
    except ConditionFailed as failed:
        raise Conflict() from failed
