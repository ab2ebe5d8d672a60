"""Coming in from many places at once, on the real engine: what is counted is counted exactly."""

from __future__ import annotations

import secrets
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any
from unittest import mock

import pyotp
import pytest
from argon2 import low_level

from chalicelib.accounts import grant_store
from chalicelib.accounts.audit import Actor
from chalicelib.accounts.grants import Grant
from chalicelib.accounts.identity import (
    attempts,
    blinds,
    links,
    login,
    otp,
    own,
    passwords,
    recovery,
    resets,
    sessions,
    users,
)
from chalicelib.accounts.identity.own import Acting
from chalicelib.base import aws, clock, dynamo, fields, limits
from chalicelib.base.errors import Failure
from chalicelib.base.work import Wakes
from infra.local.cloud import LAYERS, Cloud
from tests.engine.conftest import at_once, bad, good

pytestmark = [pytest.mark.feature("F000-053")]
MAIL, USER, PASSWORD = "anna@studio.example", "anna1", "cavallo batteria graffetta"
SEED = otp.secret(bytes(range(20)))
CODES = recovery.make(bytes(range(256)))
MANY = 100
FEW = 12


class SilentWakes(Wakes):
    """What is asked here is only what stands in the table."""

    def add(self, queue: str, key: dynamo.Key) -> None:
        del queue, key


@pytest.fixture(autouse=True)
def _anna(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORDS", str(LAYERS / "words"))
    fields.forget()
    # Made before the threads are: boto3 sessions are not made for that.
    for service in ("dynamodb", "kms", "sqs"):
        aws.client(service)
    now = clock.now()
    dynamo.commit(users.born(USER, MAIL, "Anna Verdi", "it", now))
    found = users.get_login(blinds.blind(MAIL))
    assert found is not None
    put = {
        "password": passwords.make(PASSWORD, bytes(limits.ARGON2_SALT_BYTES)),
        "totp": users.seal_seed(USER, SEED),
        "last_step": 0,
        "recovery": [recovery.digest(USER, code) for code in CODES],
    }
    dynamo.commit([users.change(found, put)])
    grant = Grant("g1", "studio", "practice", USER, "principal", "test", clock.stamp(now))
    dynamo.commit(grant_store.write("studio", grant, None))


@pytest.fixture
def evaluated() -> Iterator[Callable[[], int]]:
    """How many passwords were really looked at."""
    guard, count = threading.Lock(), 0
    verify = low_level.verify_secret

    def counted(*given: Any) -> bool:
        nonlocal count
        with guard:
            count += 1
        return verify(*given)

    with mock.patch.object(low_level, "verify_secret", counted):
        yield lambda: count


def origin(number: int = 0) -> Actor:
    """Each from an address of his own, so that the account alone is what counts."""
    return Actor("system", "nobody", source=f"198.51.100.{number % 250}")


def begin(number: int = 0, password: str = PASSWORD) -> login.Begun:
    salt = secrets.token_bytes(limits.ARGON2_SALT_BYTES)
    return login.begin(MAIL, password, origin(number), clock.now(), secrets.token_urlsafe(32), salt)


def finish(token: str, code: str) -> sessions.Opened:
    secret = secrets.token_urlsafe(32)
    return login.finish(token, code, origin(), clock.now(), secret, SilentWakes())


def code() -> str:
    return pyotp.TOTP(SEED).at(int(clock.now().timestamp()))


def item() -> dict[str, Any]:
    found = dynamo.get(users.login_key(blinds.blind(MAIL)))
    assert found is not None
    return found


def open_sessions() -> list[dict[str, Any]]:
    return list(dynamo.query(grant_store.user_partition(USER), prefix="SESSION#"))


def refusals(answers: list[Any]) -> Counter[str]:
    errors = bad(answers)
    assert all(isinstance(error, Failure) for error in errors), errors
    return Counter(error.code for error in errors if isinstance(error, Failure))


def test_of_a_hundred_passwords_at_once_five_are_looked_at(
    cloud: Cloud, evaluated: Callable[[], int]
) -> None:
    answers = at_once([partial(begin, n, f"wrong password {n}") for n in range(MANY)])
    assert evaluated() == limits.LOGIN_FREE_TRIES
    assert refusals(answers) == {
        "credentials": limits.LOGIN_FREE_TRIES,
        "too_many_attempts": MANY - limits.LOGIN_FREE_TRIES,
    }
    assert item()["fails"] == limits.LOGIN_FREE_TRIES
    cloud.clock.advance(limits.LOGIN_DELAY_S + 1)
    answers = at_once([partial(begin, n, f"wrong password {n}") for n in range(FEW)])
    assert evaluated() == limits.LOGIN_FREE_TRIES + 1, "then one at a time"


def test_of_a_hundred_at_an_address_that_nobody_has_it_is_the_same(
    cloud: Cloud, evaluated: Callable[[], int]
) -> None:
    with mock.patch(f"{__name__}.MAIL", "nobody@studio.example"):
        answers = at_once([partial(begin, n, f"wrong password {n}") for n in range(MANY)])
    assert evaluated() == limits.LOGIN_FREE_TRIES
    assert refusals(answers)["too_many_attempts"] == MANY - limits.LOGIN_FREE_TRIES


def test_of_a_hundred_from_one_source_no_more_than_its_share(
    cloud: Cloud, evaluated: Callable[[], int]
) -> None:
    def guess(number: int) -> Any:
        salt = bytes(limits.ARGON2_SALT_BYTES)
        mail = f"guess{number}@studio.example"
        return login.begin(mail, "x", origin(), clock.now(), secrets.token_urlsafe(32), salt)

    answers = at_once([partial(guess, n) for n in range(MANY)])
    assert evaluated() == limits.SOURCE_TRIES
    assert refusals(answers)["too_many_attempts"] == MANY - limits.SOURCE_TRIES


def test_of_a_hundred_codes_at_once_five_are_looked_at(cloud: Cloud) -> None:
    token = begin().token
    looked_at = []
    compare = otp.step_of

    def counted(*given: Any) -> int | None:
        looked_at.append(given)
        return compare(*given)

    with mock.patch.object(otp, "step_of", counted):
        answers = at_once([partial(finish, token, f"{n:06d}") for n in range(MANY)])
    assert len(looked_at) == limits.LOGIN_FREE_TRIES
    assert refusals(answers) == {"login_code": MANY}
    assert open_sessions() == []


def test_new_tokens_at_once_bring_no_new_tries(cloud: Cloud) -> None:
    """Whatever is interleaved: passwords that are right and codes that are wrong."""
    looked_at = []
    compare = otp.step_of

    def counted(*given: Any) -> int | None:
        looked_at.append(given)
        return compare(*given)

    def attack(number: int) -> None:
        for _ in range(5):
            token = begin(number).token
            for n in range(3):
                with pytest.raises(Failure, match="login_code"):
                    finish(token, f"{number * 3 + n:06d}")

    with mock.patch.object(otp, "step_of", counted):
        at_once([partial(attack, n) for n in range(FEW)])
    assert len(looked_at) <= limits.LOGIN_FREE_TRIES


@pytest.mark.parametrize("proof", ["code", "recovery code"])
def test_a_code_used_at_once_opens_one_session(cloud: Cloud, proof: str) -> None:
    given = code() if proof == "code" else CODES[0]
    token = begin().token
    answers = at_once([partial(finish, token, given) for _ in range(4)])
    assert len(good(answers)) == 1
    assert refusals(answers) == {"login_code": 3}
    assert len(open_sessions()) == 1
    assert len(item()["recovery"]) == (10 if proof == "code" else 9)


@pytest.mark.parametrize("proof", ["code", "recovery code"])
def test_a_code_is_one_proof_for_login_and_step_up_together(cloud: Cloud, proof: str) -> None:
    """Of a session's step-up and logins by the same code, one goes through."""
    for round in range(4):
        cloud.clock.advance(60)
        opened = finish(begin(round).token, code())
        cloud.clock.advance(60)
        session = sessions.check(opened.cookie, clock.now())
        assert session is not None
        given = code() if proof == "code" else CODES[round]
        token = begin(round).token
        acting = Acting(session, origin(), clock.now())

        def step_up(acting: Acting = acting, given: str = given) -> sessions.Opened:
            return own.step_up(acting, given, secrets.token_urlsafe(32), SilentWakes())

        answers = at_once([partial(finish, token, given), step_up])
        assert len(good(answers)) == 1
        assert len(item()["recovery"]) == 10 - (0 if proof == "code" else round + 1)


def test_a_token_opens_one_session_whatever_codes_come_with_it(cloud: Cloud) -> None:
    for round in range(6):
        cloud.clock.advance(60)
        token, before = begin(round).token, len(open_sessions())
        left = len(item()["recovery"])
        answers = at_once([partial(finish, token, code()), partial(finish, token, CODES[round])])
        assert len(good(answers)) == 1
        assert refusals(answers) == {"login_code": 1}
        assert len(open_sessions()) == before + 1
        assert len(item()["recovery"]) in (left, left - 1)


def test_a_session_is_rotated_once(cloud: Cloud) -> None:
    """Two step-ups by different codes of one session: one takes its place."""
    opened = finish(begin().token, code())
    cloud.clock.advance(60)
    session = sessions.check(opened.cookie, clock.now())
    assert session is not None
    acting = Acting(session, origin(), clock.now())

    def step_up(number: int) -> sessions.Opened:
        return own.step_up(acting, CODES[number], secrets.token_urlsafe(32), SilentWakes())

    answers = at_once([partial(step_up, n) for n in range(4)])
    assert len(good(answers)) == 1
    assert len(open_sessions()) == 1
    assert len(item()["recovery"]) == 9, "a code whose step-up did not come about is still good"


def test_a_link_used_at_once_sets_one_password(cloud: Cloud) -> None:
    token = secrets.token_urlsafe(32)
    dynamo.commit([links.make("reset_password", token, clock.now(), user=USER)[1]])
    cloud.clock.advance(1)

    def use(number: int) -> int:
        new = f"graffetta rossa {number} e blu"
        salt = secrets.token_bytes(limits.ARGON2_SALT_BYTES)
        resets.set_password(token, new, origin(), clock.now(), salt, SilentWakes())
        return number

    answers = at_once([partial(use, n) for n in range(4)])
    (winner,) = good(answers)
    assert refusals(answers) == {"link_invalid": 3}
    assert passwords.matches(item()["password"], f"graffetta rossa {winner} e blu")
    assert item()["generation"] == users.get(USER).generation == 2


def test_a_login_and_a_reset_at_once_leave_no_session_of_the_old_password(cloud: Cloud) -> None:
    for round in range(4):
        cloud.clock.advance(60)
        found = begin(round).token
        token = secrets.token_urlsafe(32)
        dynamo.commit([links.make("reset_password", token, clock.now(), user=USER)[1]])
        cloud.clock.advance(1)
        set_new = partial(
            resets.set_password, token, PASSWORD, origin(), clock.now(), bytes(16), SilentWakes()
        )
        at_once([partial(finish, found, code()), set_new])
        generation = users.get(USER).generation
        assert generation == round + 2
        live = [one for one in open_sessions() if one["generation"] == generation]
        assert live == []


def test_resets_asked_at_once_send_one_mail(cloud: Cloud) -> None:
    def ask(number: int) -> None:
        resets.ask(MAIL, origin(number), clock.now(), secrets.token_urlsafe(32), SilentWakes())

    answers = at_once([partial(ask, n) for n in range(FEW)])
    assert bad(answers) == []
    pages = cloud.client("dynamodb").get_paginator("scan")
    found = [
        one["kind"]["S"]
        for page in pages.paginate(TableName=cloud.environment["TABLE"])
        for one in page["Items"]
        if "kind" in one and "letter" in one
    ]
    assert found == ["reset_password"]


def test_give_backs_never_go_below_nothing(cloud: Cloud) -> None:
    blind = blinds.blind(MAIL)
    attempts.reserve(blind, clock.now())
    at_once([partial(attempts.give_back, blind) for _ in range(FEW)])
    assert item()["fails"] == 0


def test_sessions_checked_at_once_are_touched_and_never_brought_back(cloud: Cloud) -> None:
    opened = finish(begin().token, code())
    cloud.clock.advance(limits.SESSION_TOUCH_S + 1)
    session = sessions.check(opened.cookie, clock.now() - timedelta(seconds=2))
    assert session is not None

    def check() -> bool:
        return sessions.check(opened.cookie, clock.now()) is not None

    def end() -> bool:
        dynamo.commit([sessions.end(session)])
        return True

    answers = at_once([*(check for _ in range(6)), end])
    assert bad(answers) == []
    assert open_sessions() == []
