"""What the node's verification and activation ask of AWS, and their CPU over the bare calls.

Requests go through the function's own handler as the HTTP API hands them over, against DynamoDB
Local. CPU is that of this thread: what the engine takes is not ours. Activation differs by the
debtor, whose name is sealed; the tenant's data key is read along and opened once for a process.
"""

from __future__ import annotations

import json
import os
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import app as application
from chalicelib.accounts import service as accounts
from chalicelib.base import aws, clock, dynamo, fields, limits, log
from chalicelib.entry import node_door
from chalicelib.payments import numbers
from chalicelib.payments import store as bodies
from chalicelib.payments.body import Account, Body, Segregation
from chalicelib.payments.dues import store as persons
from chalicelib.payments.dues.model import Person
from chalicelib.payments.node import lookup
from chalicelib.payments.positions import store
from chalicelib.payments.positions.model import Line, Payment, Position
from infra.bench.figures import Figure, Measured
from infra.bench.lambda_process import Context
from infra.local.cloud import Cloud
from infra.local.pagopa.node import Node

# A position, its body and who owes it are behind the number of a notice: two reads.
CALLS_TARGET = 2
# A process that knows nothing also asks whose the code is, and KMS for the tenant's key.
COLD_CALLS_TARGET = 4
# The envelope read and written, the position taken apart, the amount of the day; for an activation
# also AES and a debtor.
VERIFY_OVER_CALLS_TARGET = 2.0
ACTIVATE_OVER_CALLS_TARGET = 2.0
TENANT, CREDITOR, PARTNER = "ordine", "80012000826", "12345670017"
IBAN, SERVICES = "IT60X0542811101000000123456", ("dynamodb", "s3", "sqs", "kms")
CERTIFICATE = {"clientCertPem": "-----BEGIN CERTIFICATE-----"}
WARM_UP = 5


class _Silent:
    def write(self, text: str) -> int:
        return len(text)


def measure(folder: Path, *, quick: bool, say: Callable[[str], None]) -> Measured:
    rounds = 30 if quick else 300
    with Cloud(folder, app=application.app) as cloud:
        log.use(_Silent())  # type: ignore[arg-type]
        try:
            found = _figures(cloud, rounds)
        finally:
            log.use(None)
    say(f"{rounds} verifications and activations, in turns with the bare calls")
    return Measured(found)


def _position() -> Position:
    """A body and one position of a debtor, as generation leaves them."""
    now = clock.now()
    accounts.create_reseller(TENANT, "Ordine", "x@example.org", kind="body")
    segregation = Segregation("01", PARTNER, "Partner", (f"{PARTNER}_01",))
    body = Body(CREDITOR, "Ordine", (segregation,), "01", (Account(IBAN, "Ordine"),))
    dynamo.commit([bodies.put_body(TENANT, body), bodies.claim(TENANT, CREDITOR, "01")])
    number = numbers.take(TENANT, CREDITOR, "01")[0]
    who = persons.person_id(TENANT, "RSSMRA80A41H501Y")
    line = Line("quota", "Quota", 15_000, "9/1201001AP/", IBAN, "1.1", "competenza", 2026, "d1")
    end = date(2026, 12, 31)
    position = Position(
        id="bench", state="valid", origin="dues", person=who, creditor=CREDITOR, subject="Quota",
        cents=15_000, lines=(line,), payments=(Payment(0, number, 15_000, end),),
        created_at=clock.stamp(now), ends=end,
    )  # fmt: skip
    person = Person("RSSMRA80A41H501Y", "Rossi Maria", "Via Roma 1", "35100", "Padova", "PD")
    dynamo.commit([*store.born(TENANT, position, "bench"),
                   persons.put_person(TENANT, who, person, None)])  # fmt: skip
    return position


def _send(body: bytes, headers: Mapping[str, str], timeout_s: float) -> tuple[int, bytes]:
    del timeout_s
    event = {
        "version": "2.0",
        "headers": {name.lower(): value for name, value in headers.items()},
        "requestContext": {
            "http": {"method": "POST"}, "authentication": {"clientCert": CERTIFICATE},
        },
        "body": body.decode(),
        "isBase64Encoded": False,
    }  # fmt: skip
    answer = node_door.node(json.loads(json.dumps(event)), Context(15_000))
    return answer["statusCode"], answer["body"].encode()


def _figures(cloud: Cloud, rounds: int) -> list[Figure]:
    position = _position()
    notice = position.payments[0].notice
    # The node's own part, writing and reading XML, is not ours: its requests are kept.
    kept: list[tuple[bytes, Mapping[str, str]]] = []

    def keep(body: bytes, headers: Mapping[str, str], timeout_s: float) -> tuple[int, bytes]:
        kept.append((body, headers))
        return _send(body, headers, timeout_s)

    node = Node(broker=PARTNER, station=f"{PARTNER}_01", send=keep)
    node.verify(notice, CREDITOR)
    assert node.activate(notice, CREDITOR).debtor.name == "Rossi Maria"
    runs = {name: _run(*one) for name, one in zip(("verify", "activate"), kept, strict=True)}
    figures = []
    for name, target in (
        ("verify", VERIFY_OVER_CALLS_TARGET), ("activate", ACTIVATE_OVER_CALLS_TARGET),
    ):  # fmt: skip
        runs[name]()
        # So long that the tenant's data key is not believed any more without having been read.
        cloud.clock.advance(limits.DATA_KEY_RECHECK_S)
        with _counted() as calls:
            runs[name]()
        lookup.forget()
        fields.forget()
        with _counted() as cold:
            runs[name]()
        bare = _bare(position, debtor=name == "activate")
        own_s, bare_s = _in_turns(runs[name], bare, rounds)
        figures += [
            Figure(f"node_{name}_calls", calls.total(), "calls", CALLS_TARGET, note=_said(calls)),
            Figure(f"node_{name}_cold_calls", cold.total(), "calls", COLD_CALLS_TARGET,
                   note=_said(cold)),
            Figure(f"node_{name}_over_calls", round(own_s / bare_s, 2), "ratio", target,
                   note=f"CPU {own_s * 1000:.2f} ms over {bare_s * 1000:.2f} ms of BatchGetItem"),
        ]  # fmt: skip
    return figures


def _run(body: bytes, headers: Mapping[str, str]) -> Callable[[], object]:
    def run() -> object:
        status, answer = _send(body, headers, 7)
        assert status == 200
        assert b"<outcome>OK" in answer
        return answer

    return run


def _said(calls: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(calls.items()))


def _bare(position: Position, *, debtor: bool) -> Callable[[], object]:
    """The same items by boto3 alone."""
    client, table = aws.client("dynamodb"), os.environ["TABLE"]
    first = [
        bodies.claim_key(CREDITOR, "01"), store.notice_key(TENANT, position.payments[0].iuv),
        bodies.setting_key(TENANT),
    ]  # fmt: skip
    second = [store.position_key(TENANT, position.id)]
    if debtor:
        first.append(fields.key_of(TENANT))
        second.append(persons.person_key(TENANT, position.person))
    requests = [
        {table: {"Keys": [{"pk": {"S": pk}, "sk": {"S": sk}} for pk, sk in wanted],
                 "ConsistentRead": True}}
        for wanted in (first, second)
    ]  # fmt: skip

    def run() -> object:
        return [client.batch_get_item(RequestItems=one) for one in requests]

    return run


@contextmanager
def _counted() -> Iterator[Counter[str]]:
    """Calls of AWS by name."""
    calls: Counter[str] = Counter()

    def count(model: Any, **_: Any) -> None:
        calls[model.name] += 1

    clients = [aws.client(name) for name in SERVICES]
    for client in clients:
        client.meta.events.register_first("before-call", count)
    try:
        yield calls
    finally:
        for client in clients:
            client.meta.events.unregister("before-call", count)


def _in_turns(
    first: Callable[[], object], second: Callable[[], object], rounds: int
) -> tuple[float, float]:
    """Median CPU seconds of each in this thread; what disturbs the machine disturbs both."""
    taken: tuple[list[float], list[float]] = ([], [])
    for number in range(WARM_UP + rounds):
        for run, times in zip((first, second), taken, strict=True):
            begun = time.thread_time()
            run()
            if number >= WARM_UP:
                times.append(time.thread_time() - begun)
    return statistics.median(taken[0]), statistics.median(taken[1])
