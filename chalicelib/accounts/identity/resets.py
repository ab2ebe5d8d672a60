"""A password by a mailed link: the first one, or another in place of a forgotten one.

Asking for a reset costs the same and answers the same whether the address has an account or not:
for one that has none, what is kept is a link that nobody has and a row that nobody reads.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from chalicelib.accounts import letters
from chalicelib.accounts.audit import Action, Actor
from chalicelib.accounts.identity import (
    attempts,
    blinds,
    links,
    passwords,
    sessions,
    traces,
    users,
)
from chalicelib.accounts.identity.links import Purpose
from chalicelib.accounts.identity.users import Login, Person, User
from chalicelib.base import clock, dynamo, limits
from chalicelib.base.dynamo import ABSENT, ConditionFailed, Op, Put, Update
from chalicelib.base.work import Wakes

PURPOSES: Final[frozenset[Purpose]] = frozenset({"set_password", "reset_password"})
_NOBODY: Final = "0" * 24


def ask(mail: str, origin: Actor, now: datetime, token: str, wakes: Wakes) -> None:
    """Send a link that sets a new password, if the address has an account. `token` as in
    `links.make`. One mail in RESET_PAUSE_S; what is asked sooner is as if it had been sent.

    Rejected `too_many_attempts` (429), by the source alone.
    """
    attempts.reserve_source(origin.source, "reset", now)
    blind = blinds.blind(mail)
    login = users.get_login(blind)
    user = users.find_by_id(login.user if login else _NOBODY)
    known = user.id if user else ""
    link, keep = links.make("reset_password", token, now, user=known, sent_to=blind)
    values = {"link": links.url("reset_password", token), "expires": link.expires_at}
    to, language = (users.person(user).mail, user.language) if user else (mail, "it")
    letter = letters.row(blinds.USERS, "reset_password", to, values, now, link.id, language)
    who = traces.actor(known or _NOBODY, origin)
    told = [letter, *traces.entries(Action.PASSWORD_RESET_ASKED, who, now, link.id)]
    if user is None:
        told = [_inert(op, now) for op in told]
    try:
        wakes.commit([_asked(blind, now), keep, *told])
    except ConditionFailed:
        return
    if user is None:
        # A message about a row that is not there is done already; its sending takes as long.
        wakes.add("tell", letter.key)


def _asked(blind: str, now: datetime) -> Update:
    """That a mail goes out now, on the condition that none did lately. In the transaction of the
    mail: whoever asks again after a failure of ours gets it."""
    before = clock.stamp(now - timedelta(seconds=limits.RESET_PAUSE_S))
    return Update(
        users.login_key(blind),
        put={"asked_at": clock.stamp(now)},
        default={"expires": attempts.unknown_expires(now)},
        when=({"asked_at": ABSENT}, {"asked_at": dynamo.at_most(before)}),
        label="asked",
    )


def _inert(op: Op, now: datetime) -> Put:
    """The same row as far as its writing goes, but in no queue, and gone in a day."""
    assert isinstance(op, Put)
    dead = {name: value for name, value in op.item.items() if name not in ("wk", "due", "queue")}
    dead["sk"] = f"NOBODY#{op.item['sk']}"
    dead["expires"] = int(now.timestamp()) + 86_400
    return Put(dead, when=dynamo.ANY, label=op.label)


# ------------------------------------------------------------------ by the link
def set_password(
    token: str, password: str, origin: Actor, now: datetime, salt: bytes, wakes: Wakes
) -> None:
    """Use a link up: the password is the new one and every session is over. The second factor
    stays what it is. A password that is refused leaves the link as it was.

    Rejected `link_invalid` (410), and as `passwords.require`.
    """
    link = links.read(token, PURPOSES, now)
    user = users.find_by_id(link.user)
    login = users.get_login(user.login) if user else None
    if user is None or login is None or login.user != user.id:
        raise links.invalid()
    if link.made_at <= login.password_at:
        raise links.invalid()  # another link, or the person himself, has set one since
    person = users.person(user)
    passwords.require(password, (person.mail, person.name), alone=_stands_alone(login, now))
    encoded = passwords.make(password, salt)
    try:
        wakes.commit(_changed(link, user, person, login, encoded, origin, now))
    except ConditionFailed as failed:
        raise links.invalid() from failed


def _stands_alone(login: Login, now: datetime) -> bool:
    if login.enrolled:
        return False
    return not any(grant.requires_otp for grant in sessions.held(login.user, now))


def _changed(
    link: links.Link,
    user: User,
    person: Person,
    login: Login,
    encoded: str,
    origin: Actor,
    now: datetime,
) -> list[Op]:
    first = not login.password
    generation = login.generation + 1
    change: dict[str, Any] = {
        "password": encoded,
        "password_at": clock.stamp(now),
        "generation": generation,
    }
    if login.fails >= limits.LOGIN_FAILURES:
        # Who reads the mailbox may try again, as slowly as before.
        change["fails"] = attempts.LONGEST_FROM
    ops: list[Op] = [
        links.use(link, now),
        users.change(login, change, remove=users.UNDER_WAY),
        users.next_generation(login, user.id),
    ]
    if not first:
        values = {"at": clock.stamp(now)}
        ops.append(
            letters.row(
                blinds.USERS, "password_changed", person.mail, values, now, link.id, user.language
            )
        )
    who = traces.actor(user.id, origin)
    ops += traces.entries(Action.PASSWORD_SET, who, now, link.id, method=link.purpose)
    return ops
