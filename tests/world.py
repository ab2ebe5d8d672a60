"""The house in one process, on moto, with a clock that is moved and an SdI that is played.

    with open_world(authority) as world:
        world.reset()
        world.drop("alfa/one.xml", data)
        world.rest()

Resources are those of infra/resources.yaml. A `step` is the smallest thing that happens by
itself: one batch delivered, one event of SES, the sweeper after the time that had to pass. Between
two steps the whole world can be kept (`checkpoint`) and put back (`restore`), which is what makes
it cheap to let each single call of a long story fail.
"""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import boto3
from chalice.test import Client
from moto.s3.models import s3_backends
from moto.ses.models import ses_backends
from moto.sqs.models import sqs_backends

import app as application
from chalicelib.accounts import service as accounts
from chalicelib.accounts.model import SCOPES, Customer
from chalicelib.base import aws, clock, dynamo, fields
from chalicelib.invoicing import dispatch
from infra.local import moto_server
from infra.local.authority import Authority
from infra.local.cloud import LAYERS, PARAMETERS
from infra.local.engines import ACCOUNT, REGION
from infra.local.functions import handlers_of, settings_of
from infra.local.pump import Pump
from infra.local.resources import QueueMapping, create_stack
from infra.local.seeds import QUANTITY, give_credits
from infra.local.subjects import Subject
from tests.expressions import unpacked
from tests.faults import Crash, Faults
from tests.invoicing.official import schemas
from tests.sweep.mails import Mail, read, sent_event
from tests.sweep.sdi import Sdi
from tests.tables import Table, Tables

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
FOR_EVER = date(2016, 12, 31)  # a lot ordered then never expires
SERVICES = ("dynamodb", "s3", "sqs", "ses", "kms", "secretsmanager")
STEPS_MAX = 2_000


class WorldClock:
    """A clock that only the world moves; SQS in moto goes by it."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> datetime:
        return self.at

    def set(self, at: datetime) -> None:
        self.at = at
        moto_server.NOW.set(at.timestamp(), 0.0)


@dataclass(frozen=True)
class Kept:
    """A world as it was at some moment."""

    at: datetime
    items: Any
    objects: dict[str, dict[str, list[Any]]]
    queues: dict[str, Any]
    mails: list[Any]
    told: int
    sdi: Sdi
    posts: list[dict[str, Any]]
    calls: list[Callable[[], bool]]


class World:
    """See the module. `faults` strike in the product's calls, never in the world's own."""

    def __init__(self, authority: Authority, tables: Tables) -> None:
        self._tables = tables
        self.clock = WorldClock()
        self.faults = Faults()
        self.sdi = Sdi()
        self.posts: list[dict[str, Any]] = []
        self.requests: list[Callable[[], bool]] = []
        self.lossy_mail = False
        # Functions that are kept from running, so that a part of a story can be looked at alone.
        self.held: frozenset[str] = frozenset()
        # SQS as it may be: every batch twice, and in any order.
        self.twice = False
        self.order: Random | None = None
        self._told = 0
        self._clients: dict[str, Any] = {}
        functions = settings_of(application.app)
        self.stack = create_stack(
            "world",
            self,  # type: ignore[arg-type]
            parameters=PARAMETERS,
            functions=functions,
        )
        self.environment = {
            name: value.replace("/opt/schemas", str(schemas()))
            for name, value in self.stack.environment.items()
        } | {
            "SDI_URL": "https://sdi.example/",
            "SCHEMAS": str(schemas()),
            "WORDS": str(LAYERS / "words"),
        }
        self.client("ses").verify_email_identity(EmailAddress=PARAMETERS["MailFrom"])
        certificate = authority.client_paths["sportello"].read_text()
        secret = {
            "signer_p12": base64.b64encode(authority.signer_p12).decode(),
            "signer_password": authority.password,
            "sdi_ca": authority.ca_pem.decode(),
            "sdi_certificate": certificate,
            "sdi_key": certificate,
        }
        self.client("secretsmanager").put_secret_value(
            SecretId=self.environment["CHANNEL_SECRET"], SecretString=json.dumps(secret)
        )
        self.pump = Pump(
            self.stack,
            {name: self._process(found) for name, found in handlers_of(application.app).items()},
            self.clock,  # type: ignore[arg-type]
            sqs=self.client("sqs"),
            functions=functions,
        )
        self._forget_test_messages()
        self._empty = self.checkpoint()

    def client(self, service: str) -> Any:
        """The world's own clients: their calls are not the product's."""
        if service not in self._clients:
            self._clients[service] = boto3.client(service, region_name=REGION)
        return self._clients[service]

    def watch(self) -> None:
        for service in SERVICES:
            self.faults.attach(aws.client(service))

    def _process(self, handler: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        def run(event: Any, context: Any) -> Any:
            with self.faults.invocation():
                return handler(event, context)

        return run

    # --- what is kept and put back ------------------------------------------------------------

    @property
    def _table(self) -> Table:
        return self._tables[self.environment["TABLE"]]

    @property
    def _queues(self) -> dict[str, Any]:
        return dict(sqs_backends[ACCOUNT][REGION].queues)

    @property
    def _outbox(self) -> list[Any]:
        found: list[Any] = ses_backends[ACCOUNT][REGION].sent_messages
        return found

    def _queue(self, mapping: QueueMapping) -> Any:
        return self._queues[mapping.queue_url.rsplit("/", 1)[-1]]

    def _running(self) -> list[QueueMapping]:
        return [one for one in self.stack.mappings if one.function not in self.held]

    def _buckets(self) -> dict[str, Any]:
        return dict(s3_backends[ACCOUNT]["aws"].buckets)

    def _forget_test_messages(self) -> None:
        for queue in self._queues.values():
            queue._messages.clear()

    def checkpoint(self) -> Kept:
        return Kept(
            at=self.clock.at,
            items=self._table.keep(),
            objects={
                name: {key: list(bucket.keys.getlist(key)) for key in dict.keys(bucket.keys)}
                for name, bucket in self._buckets().items()
            },
            queues={
                name: copy.deepcopy((queue._messages, queue._pending_messages))
                for name, queue in self._queues.items()
            },
            mails=list(self._outbox),
            told=self._told,
            sdi=copy.deepcopy(self.sdi),
            posts=list(self.posts),
            calls=list(self.requests),
        )

    def restore(self, kept: Kept) -> None:
        self.clock.set(kept.at)
        self._table.put_back(kept.items)
        for name, bucket in self._buckets().items():
            dict.clear(bucket.keys)
            for key, versions in kept.objects[name].items():
                bucket.keys.setlist(key, list(versions))
        for name, queue in self._queues.items():
            queue._messages, queue._pending_messages = copy.deepcopy(kept.queues[name])
        self._outbox[:] = kept.mails
        self._told = kept.told
        self.sdi = copy.deepcopy(kept.sdi)
        self.posts = list(kept.posts)
        self.requests = list(kept.calls)
        self.lossy_mail = False
        self.pump.errors.clear()
        new_process()

    def reset(self) -> None:
        """As it was when it was opened: no tenant, no file."""
        self.held, self.twice, self.order = frozenset(), False, None
        self.restore(self._empty)

    # --- people and what they do --------------------------------------------------------------

    def add_reseller(
        self, tenant: str, random: str = "ab" * 38, credits: int = QUANTITY, **settings: Any
    ) -> str:
        """A reseller with credits; gives the token of a key that may do everything."""
        accounts.create_reseller(tenant, tenant.title(), f"hub@{tenant}.example", **settings)
        if credits:
            give_credits(tenant, self.clock.at, credits, FOR_EVER)
        return accounts.issue_key(tenant, "all", SCOPES, self.clock.at, random)[1]

    def add_customer(self, tenant: str, code: str, subject: Subject, **more: Any) -> None:
        customer = Customer(code, subject.label, (f"IT{subject.vat}",), **more)
        accounts.save_customer(tenant, customer, self.clock.at, new=True)

    def set_webhook(self, tenant: str, settings: dict[str, str]) -> None:
        accounts.change_settings(tenant, {}, settings)

    def signer(self) -> Any:
        """The key that signs what arrives unsigned."""
        return dispatch.signer()

    def drop(self, path: str, data: bytes) -> None:
        self.put("INTAKE_BUCKET", f"drop/{path}", data)

    def put(self, bucket: str, key: str, data: bytes) -> None:
        self.client("s3").put_object(Bucket=self.environment[bucket], Key=key, Body=data)

    def request(self, method: str, path: str, token: str, **more: Any) -> None:
        """A request of the API, to be made in a step of its own; repeated until it is answered."""
        headers = {"Authorization": f"Bearer {token}", **more.pop("headers", {})}

        def call() -> bool:
            with self.faults.invocation(), Client(application.app) as client:
                answer = client.http.request(method, path, headers=headers, **more)
            return bool(answer.status_code < 500)

        self.requests.append(call)

    # --- time ---------------------------------------------------------------------------------

    def step(self) -> str:
        """The next thing that happens by itself, by name; "" when nothing is left to happen.

        What Crash ends comes out of here, and is not done: its message comes again.
        """
        if self.requests:
            answered = [self.requests[0]() for _ in range(1 + self.twice)]
            if any(answered):
                self.requests.pop(0)
            return "request"
        running = self._running()
        if self.order is not None:
            self.order.shuffle(running)
        for mapping in running:
            # Asking an empty queue costs as much as asking a full one.
            if any(message.visible for message in self._queue(mapping)._messages):
                self._deliver(mapping)
                return mapping.function
        if self._mail_events():
            return "mail events"
        return self._pass_time()

    def _deliver(self, mapping: QueueMapping) -> None:
        if self.order is not None:
            self.order.shuffle(self._queue(mapping)._messages)
        batch = self.pump.receive(mapping, mapping.batch_size)
        for again in range(1 + self.twice):
            self.pump.deliver(mapping, [one.once_more() if again else one for one in batch])

    def rest(self) -> None:
        """Steps until nothing is left; a process that dies is followed by another one."""
        for _ in range(STEPS_MAX):
            try:
                if not self.step():
                    return
            except Crash:
                new_process()
        raise AssertionError(f"the world does not come to rest: {self.waiting()}")

    def _mail_events(self) -> bool:
        """SES's own event about each mail that it has not told of yet."""
        found = [] if self.lossy_mail else self._outbox[self._told :]
        for start in range(0, len(found), 10):
            self.emit_mail_events(found[start : start + 10])
        self._told += len(found)
        return bool(found)

    def emit_mail_events(self, mails: Sequence[Any]) -> None:
        """SES says that it has sent these mails (ten at most)."""
        entries = [
            {"Id": str(number), "MessageBody": sent_event(mail)}
            for number, mail in enumerate(mails)
        ]
        url = self.environment["MAIL_EVENT_QUEUE_URL"]
        self.client("sqs").send_message_batch(QueueUrl=url, Entries=entries)

    def _pass_time(self) -> str:
        """Until the first message is visible again or the first row is due, digests left out."""
        moments = [
            datetime.fromtimestamp(message.visible_at / 1000, UTC)
            for mapping in self._running()
            for message in self._queue(mapping)._messages
        ]
        visible = len(moments)
        moments += [
            clock.parse(row["due"])
            for row in self.work()
            if row["wk"] != "parked"
            and not _is_next_digest(row)
            and f"On{row['queue'].title()}" not in self.held
        ]
        if not moments:
            return ""
        self.clock.set(max(self.clock.at, min(moments)))
        if any(moment <= self.clock.at for moment in moments[visible:]):
            self.sweep()
            return "sweep"
        return "time"

    def sweep(self) -> None:
        self.pump.invoke("sweep", {})

    def pass_time(self, seconds: float) -> None:
        self.clock.set(self.clock.at + timedelta(seconds=seconds))

    def sdi_answers(self) -> None:
        """SdI says what it has to say by now about the files that it took."""
        for key, data in self.sdi.answer(self.clock.at):
            self.put("SDI_BUCKET", key, data)

    # --- looking ------------------------------------------------------------------------------

    def items(self) -> list[dict[str, Any]]:
        return [_read(item) for item in self._table.all()]

    def work(self) -> list[dict[str, Any]]:
        return [_read(one) for one in self._table.all() if "queue" in one and "wk" in one]

    def objects(self) -> dict[str, bytes]:
        """The newest version of every object, by `bucket/key`."""
        return {
            f"{name}/{key}": bucket.keys[key].value
            for name, bucket in self._buckets().items()
            for key in dict.keys(bucket.keys)
        }

    def mails(self) -> list[Mail]:
        """What SES took, in order."""
        return [read(mail) for mail in self._outbox]

    def waiting(self) -> dict[str, int]:
        """How many messages each queue holds, dead letters too; empty and held ones left out."""
        held = {one.queue_url.rsplit("/", 1)[-1] for one in self.stack.mappings} - {
            one.queue_url.rsplit("/", 1)[-1] for one in self._running()
        }
        return {
            name: len(queue._messages)
            for name, queue in self._queues.items()
            if queue._messages and name not in held
        }

    def lose_messages(self) -> None:
        """SQS forgets everything that it holds."""
        self._forget_test_messages()

    def mapping(self, function: str) -> QueueMapping:
        return next(one for one in self.stack.mappings if one.function == function)


def new_process() -> None:
    """What a process keeps in its memory is gone, as when another one takes over."""
    dispatch.forget()
    fields.forget()


def _read(item: dict[str, Any]) -> dict[str, Any]:
    return {name: dynamo.from_wire(one) for name, one in unpacked(item).items()}


def _is_next_digest(row: dict[str, Any]) -> bool:
    return "#DIGEST#" in row["pk"] and row["waits"] and not row["attempts"]
