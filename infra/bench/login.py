"""What a login and the check of a session ask of the table, and their CPU over what none can do
without: one argon2 evaluation, and one call.

Requests go through the door as API Gateway would hand them in, against DynamoDB Local. CPU is that
of this thread: what the engine takes is not ours.
"""

from __future__ import annotations

import json
import os
import secrets
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import Message
from pathlib import Path
from typing import Any
from unittest import mock

import pyotp
from argon2 import low_level

import app as application
from chalicelib.accounts import grant_store
from chalicelib.accounts.grants import Grant
from chalicelib.accounts.identity import blinds, otp, passwords, sessions, users
from chalicelib.base import aws, clock, dynamo, limits, log
from infra.bench.figures import Figure, Measured
from infra.bench.lambda_process import Context
from infra.local.api_event import HttpRequest, event_of
from infra.local.cloud import Cloud

CALLS_TARGET = 5
CHECK_CALLS_TARGET = 1
EVALUATIONS_TARGET = 1
# The rest of a login is two requests through chalice and pydantic, and five calls that botocore
# writes and reads; the ratio says how much of it is the password.
LOGIN_OVER_ARGON2_TARGET = 2.0
# Reading three items apart, and judging them, over the call that brings them.
CHECK_OVER_CALL_TARGET = 1.5
MAIL, USER, PASSWORD = "bench@studio.example", "bench1", "cavallo batteria graffetta"
SOURCE = "192.0.2.7"
WARM_UP = 5


class _Silent:
    def write(self, text: str) -> int:
        return len(text)


class Door:
    """The API as API Gateway calls it."""

    def post(self, path: str, body: dict[str, str]) -> dict[str, Any]:
        headers = Message()
        headers["Content-Type"] = "application/json"
        data = json.dumps(body).encode()
        request = HttpRequest("POST", path, headers, data, SOURCE)
        answer = application.app(event_of(request, application.app), Context(60_000))
        assert answer["statusCode"] == 200, answer
        found: dict[str, Any] = json.loads(answer["body"])
        found["cookie"] = answer["headers"].get("Set-Cookie", "").split(";")[0].partition("=")[2]
        return found


def measure(folder: Path, *, quick: bool, say: Callable[[str], None]) -> Measured:
    rounds = 15 if quick else 100
    with Cloud(folder, app=application.app) as cloud:
        log.use(_Silent())  # type: ignore[arg-type]
        try:
            figures = _figures(cloud, rounds)
        finally:
            log.use(None)
    say(f"{rounds} logins and as many checks of a session, in turns with their floors")
    return Measured(figures)


def _make_user(now: Any) -> str:
    seed = otp.secret(secrets.token_bytes(limits.TOTP_SECRET_BYTES))
    dynamo.commit(users.born(USER, MAIL, "Bench", "it", now))
    login = users.get_login(blinds.blind(MAIL))
    assert login is not None
    put = {
        "password": passwords.make(PASSWORD, secrets.token_bytes(limits.ARGON2_SALT_BYTES)),
        "totp": users.seal_seed(USER, seed),
        "last_step": 0,
        "recovery": [],
    }
    dynamo.commit([users.change(login, put)])
    grant = Grant("g1", "studio", "practice", USER, "principal", "bench", clock.stamp(now))
    dynamo.commit(grant_store.write("studio", grant, None))
    return seed


def _figures(cloud: Cloud, rounds: int) -> list[Figure]:
    seed, door = _make_user(clock.now()), Door()

    def log_in() -> str:
        token = door.post("/v1/login", {"mail": MAIL, "password": PASSWORD})["token"]
        code = pyotp.TOTP(seed).at(int(clock.now().timestamp()))
        cookie: str = door.post("/v1/login/code", {"token": token, "code": code})["cookie"]
        return cookie

    log_in()  # the first one of a process opens keys and imports
    cloud.clock.advance(limits.TOTP_STEP_S)
    with _counted() as (calls, evaluations):
        log_in()
    login_calls, login_evaluations = calls.copy(), evaluations["argon2"]
    encoded = passwords.make(PASSWORD, bytes(limits.ARGON2_SALT_BYTES))

    def later() -> None:
        cloud.clock.advance(limits.TOTP_STEP_S)

    login_s, bare_s = _in_turns(log_in, lambda: passwords.matches(encoded, PASSWORD), rounds, later)
    later()
    cookie = log_in()
    with _counted() as (check_calls, _):
        assert sessions.check(cookie, clock.now()) is not None
    bare = _bare_call(cookie)
    check_s, call_s = _in_turns(lambda: sessions.check(cookie, clock.now()), bare, rounds * 5)
    return [
        Figure(
            "login_table_calls", login_calls.total(), "calls", CALLS_TARGET,
            note=", ".join(f"{name} {count}" for name, count in sorted(login_calls.items())),
        ),
        Figure("login_argon2_evaluations", login_evaluations, "hashes", EVALUATIONS_TARGET),
        Figure(
            "login_over_argon2", round(login_s / bare_s, 2), "ratio", LOGIN_OVER_ARGON2_TARGET,
            note=f"CPU {login_s * 1000:.1f} ms over {bare_s * 1000:.1f} ms, both requests",
        ),
        Figure("session_check_calls", check_calls.total(), "calls", CHECK_CALLS_TARGET),
        Figure(
            "session_check_over_call", round(check_s / call_s, 2), "ratio",
            CHECK_OVER_CALL_TARGET,
            note=f"CPU {check_s * 1000:.2f} ms over {call_s * 1000:.2f} ms of BatchGetItem",
        ),
    ]  # fmt: skip


def _bare_call(cookie: str) -> Callable[[], object]:
    """The same three items by boto3 alone."""
    user, tenant, grant, secret = cookie.split(".")
    partition = grant_store.user_partition(user)
    names = ["USER", f"SESSION#{sessions.digest(secret)}", f"GRANT#{tenant}#{grant}"]
    wanted = [{"pk": {"S": partition}, "sk": {"S": name}} for name in names]
    client = aws.client("dynamodb")
    request = {os.environ["TABLE"]: {"Keys": wanted, "ConsistentRead": True}}
    return lambda: client.batch_get_item(RequestItems=request)


@contextmanager
def _counted() -> Iterator[tuple[Counter[str], Counter[str]]]:
    """Calls of the table by name, and argon2 evaluations."""
    calls: Counter[str] = Counter()
    evaluations: Counter[str] = Counter()
    events = aws.client("dynamodb").meta.events

    def count(model: Any, **_: Any) -> None:
        calls[model.name] += 1

    def counting(run: Any) -> Any:
        def evaluate(*given: Any, **named: Any) -> Any:
            evaluations["argon2"] += 1
            return run(*given, **named)

        return evaluate

    events.register_first("before-call", count)
    try:
        with (
            mock.patch.object(low_level, "verify_secret", counting(low_level.verify_secret)),
            mock.patch.object(low_level, "hash_secret", counting(low_level.hash_secret)),
        ):
            yield calls, evaluations
    finally:
        events.unregister("before-call", count)


def _in_turns(
    first: Callable[[], object],
    second: Callable[[], object],
    rounds: int,
    between: Callable[[], None] = lambda: None,
) -> tuple[float, float]:
    """Median CPU seconds of each in this thread; what disturbs the machine disturbs both."""
    taken: tuple[list[float], list[float]] = ([], [])
    for number in range(WARM_UP + rounds):
        between()
        for run, times in zip((first, second), taken, strict=True):
            begun = time.thread_time()
            run()
            if number >= WARM_UP:
                times.append(time.thread_time() - begun)
    return statistics.median(taken[0]), statistics.median(taken[1])
