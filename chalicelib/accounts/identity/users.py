"""Users and their logins: two items, because one is found by the address and one by the person.

pk T#_users#L#<blind>   sk LOGIN            password, second factor, failures, login under way
pk T#_users#U#<user>    sk USER             who it is; `generation` ends every session when it grows
                        sk SESSION#<hash>   a session
                        sk GRANT#…          copies of his grants (accounts/grant_store.py)

Name and mail address are sealed; the password is a hash, the second factor's seed is sealed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from chalicelib.accounts import grant_store
from chalicelib.accounts.identity import attempts, blinds
from chalicelib.base import clock, dynamo, fields
from chalicelib.base.dynamo import ABSENT, Item, Key, Op, Put, Update
from chalicelib.base.errors import NotFound

USERS: Final = blinds.USERS
# Seconds since 1970, in the year 9999: what is not to expire must have a later time, because a
# try at an address sets the attribute where it is missing.
NEVER: Final = 253_370_764_800
# What a login under way keeps in the item, and what ends with it.
UNDER_WAY: Final = ("token", "token_until", "pending", "pending_until")


@dataclass(frozen=True)
class User:
    """A person. `login` is the blind index of his address; `person` is sealed."""

    id: str
    login: str
    language: str
    generation: int
    created_at: str
    person: bytes = field(repr=False)


@dataclass(frozen=True)
class Person:
    """What is sealed of him."""

    mail: str = field(repr=False)
    name: str = field(repr=False)


@dataclass(frozen=True)
class Login:
    """What is kept about coming in. `home`: (tenant, grant) where he worked last."""

    blind: str
    user: str
    generation: int
    password: str = field(repr=False)
    password_at: str
    totp: bytes = field(repr=False)
    last_step: int
    recovery: tuple[str, ...] = field(repr=False)
    home: tuple[str, str]
    pending: bytes = field(repr=False)
    pending_until: str
    fails: int

    @property
    def enrolled(self) -> bool:
        """Whether there is a second factor."""
        return bool(self.totp)


def user_key(user: str) -> Key:
    return grant_store.user_partition(user), "USER"


login_key = attempts.login_key


def read(item: Item) -> User:
    return User(
        id=item["user"],
        login=item["login"],
        language=item["language"],
        generation=item["generation"],
        created_at=item["created_at"],
        person=item["person"],
    )


def read_login(blind: str, item: Item) -> Login | None:
    """None for the item of an address that nobody has."""
    if "user" not in item:
        return None
    return Login(
        blind=blind,
        user=item["user"],
        generation=item["generation"],
        password=item.get("password", ""),
        password_at=item.get("password_at", ""),
        totp=item.get("totp", b""),
        last_step=item.get("last_step", 0),
        recovery=tuple(item.get("recovery", ())),
        home=(item["home"][0], item["home"][1]) if "home" in item else ("", ""),
        pending=item.get("pending", b""),
        pending_until=item.get("pending_until", ""),
        fails=item.get("fails", 0),
    )


def get(user: str) -> User:
    """NotFound when there is none."""
    found = find_by_id(user)
    if found is None:
        raise NotFound("user")
    return found


def find_by_id(user: str) -> User | None:
    """None when there is none."""
    item = dynamo.get(user_key(user)) if user else None
    return read(item) if item else None


def get_login(blind: str) -> Login | None:
    item = dynamo.get(login_key(blind))
    return read_login(blind, item) if item else None


def find(mail: str) -> str:
    """The user who has this mail address; "" when nobody has. Not for answering a stranger."""
    found = get_login(blinds.blind(mail))
    return found.user if found else ""


def born(user: str, mail: str, name: str, language: str, now: datetime) -> list[Op]:
    """A new user without a password, to be part of the decision that makes him.

    Labels `login` (ConditionFailed: the address has an account) and `user`. `user` is a new id of
    a-z and 0-9. He gets a password by a link (`links.make`), a second factor at his first login.
    """
    blind = blinds.blind(mail)
    pk, sk = login_key(blind)
    login: Item = {
        "pk": pk,
        "sk": sk,
        "user": user,
        "generation": 1,
        "created_at": clock.stamp(now),
        "expires": NEVER,
    }
    pk, sk = user_key(user)
    item: Item = {
        "pk": pk,
        "sk": sk,
        "user": user,
        "login": blind,
        "language": language,
        "generation": 1,
        "created_at": clock.stamp(now),
        "person": seal_person(user, Person(mail, name)),
    }
    return [
        # There may be one that only counts tries of strangers.
        Put(login, when=({"pk": ABSENT}, {"user": ABSENT}), label="login"),
        Put(item, label="user"),
    ]


def change(
    login: Login,
    put: Mapping[str, Any],
    remove: tuple[str, ...] = (),
    add: Mapping[str, int] | None = None,
    when: Mapping[str, Any] | None = None,
    default: Mapping[str, Any] | None = None,
) -> Update:
    """A change of the login as it was read: of this user and generation."""
    same = {"user": login.user, "generation": login.generation}
    return Update(
        login_key(login.blind),
        put=put,
        remove=remove,
        add=add or {},
        default=default or {},
        when=({**same, **(when or {})},),
        label="login",
    )


def next_generation(login: Login, user: str) -> Update:
    """Ends every session of the user; goes with a change of the login that does the same."""
    return Update(
        user_key(user),
        put={"generation": login.generation + 1},
        when=({"generation": login.generation},),
        label="user",
    )


# ------------------------------------------------------------------ sealed
def seal_person(user: str, person: Person) -> bytes:
    text = json.dumps([person.mail, person.name])
    return fields.seal(USERS, "user", user, "person", text)


def person(user: User) -> Person:
    """Raises as `fields.unseal`."""
    mail, name = json.loads(fields.unseal(USERS, "user", user.id, "person", user.person))
    return Person(mail, name)


def seal_seed(user: str, seed: str) -> bytes:
    return fields.seal(USERS, "user", user, "totp", seed)


def seed(user: str, sealed: bytes) -> str:
    return fields.unseal(USERS, "user", user, "totp", sealed)
