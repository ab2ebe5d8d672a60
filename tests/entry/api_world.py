"""A small world for tests of the doors: moto in this process, the API, its intake.

`Api` sends requests as API Gateway would and pumps what lands in the intake bucket; a resource is
only there when the template says so.
"""

from __future__ import annotations

import base64
import itertools
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import Any
from unittest import mock
from urllib.parse import parse_qs, quote_plus, urlencode, urlsplit

import boto3
import pytest
import requests
from chalice.app import Chalice
from chalice.local import RouteMatcher
from moto import mock_aws
from moto.sqs.models import Queue

import app as application
from chalicelib.accounts import service as accounts
from chalicelib.accounts.model import SCOPES, Customer
from chalicelib.base import aws, clock, dynamo, fields, s3
from chalicelib.base.s3 import Place
from chalicelib.entry import on_intake, on_receive, on_tell
from chalicelib.invoicing import dispatch, store
from chalicelib.invoicing.document import Document
from infra.local.api_event import is_binary
from infra.local.cloud import LAYERS, PARAMETERS
from infra.local.engines import REGION
from infra.local.resources import create_stack
from infra.local.seeds import QUANTITY, give_credits
from infra.local.subjects import SELLER, Subject
from tests.tables import due_rows, in_memory

START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
CERTIFICATE = {"clientCertPem": "-----BEGIN CERTIFICATE-----", "subjectDN": "CN=SdI"}
_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
    # moto answers inside this process; nobody may ask a real instance for credentials.
    "AWS_EC2_METADATA_DISABLED": "true",
}


@dataclass(frozen=True)
class Answer:
    """What came back over the wire."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The stable code of an error."""
        return str(self.json["error"]["code"])


class Context:
    """What Lambda hands to a function beside the event."""

    aws_request_id = "test"

    def get_remaining_time_in_millis(self) -> int:
        return 300_000


class Engines:
    """What `create_stack` wants: clients. moto's own, in this process."""

    def __init__(self) -> None:
        self.client = cache(partial(boto3.client, region_name=REGION))


@dataclass
class Person:
    """A reseller with a key that may do everything."""

    tenant: str
    token: str


class Api:
    """Requests in, answers out. Time stands still unless `tick`ed; every request ticks once."""

    def __init__(self, app: Chalice) -> None:
        self.app = app
        self.now = START
        self.requests = 0
        self.gateway_responses: dict[str, dict[str, Any]] = {}
        self._seen: set[tuple[str, str]] = set()

    # --- people -----------------------------------------------------------------------------
    def add_reseller(self, tenant: str, credits: int = QUANTITY, **settings: Any) -> Person:
        name = f"{tenant.title()} Servizi S.r.l."
        accounts.create_reseller(tenant, name, f"hub@{tenant}.example", **settings)
        if credits:
            give_credits(tenant, self.now, credits)
        return Person(tenant, self.key(tenant, *SCOPES))

    def key(self, tenant: str, *scopes: str, customer: str = "") -> str:
        return accounts.issue_key(
            tenant, "test", scopes, self.now, secrets.token_hex(38), customer
        )[1]

    def add_customer(
        self, tenant: str, code: str = "c1", subject: Subject = SELLER, **more: Any
    ) -> Customer:
        fiscal = (subject.country + subject.vat,)
        customer = Customer(code, subject.label, fiscal, **more)
        return accounts.save_customer(tenant, customer, self.now, new=True)

    # --- requests ---------------------------------------------------------------------------
    def tick(self, seconds: float = 1) -> datetime:
        self.now += timedelta(seconds=seconds)
        return self.now

    def call(
        self,
        method: str,
        target: str,
        token: str = "",
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
        identity: Mapping[str, Any] | None = None,
    ) -> Answer:
        """`body` bytes go as they are, anything else as JSON."""
        self.tick()
        self.requests += 1
        sent = {"Accept": "*/*"}
        if token:
            sent["Authorization"] = f"Bearer {token}"
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            sent["Content-Type"] = "application/json"
        elif body is not None:
            sent["Content-Type"] = "application/octet-stream"
        sent |= headers or {}
        if query:
            target += "?" + urlencode(query)
        event = self.event(method, target, sent, body or b"", identity or {})
        return self.answer(event)

    def event(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: bytes,
        identity: Mapping[str, Any],
    ) -> dict[str, Any]:
        """What API Gateway (REST, proxy integration) hands to the function."""
        split = urlsplit(target)
        try:
            match = RouteMatcher(list(self.app.routes)).match_route(target)
            resource, captured = match.route, match.captured
        except ValueError:
            resource, captured = "/{proxy+}", {}
        query = parse_qs(split.query, keep_blank_values=True)
        kind = next((v for k, v in headers.items() if k.lower() == "content-type"), "")
        binary = is_binary(kind.split(";")[0], self.app.api.binary_types)
        text = base64.b64encode(body).decode() if binary else body.decode("utf-8", "replace")
        return {
            "resource": resource,
            "path": split.path,
            "httpMethod": method,
            "headers": dict(headers),
            "multiValueHeaders": {name: [value] for name, value in headers.items()},
            "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
            "multiValueQueryStringParameters": query or None,
            "pathParameters": captured or None,
            "stageVariables": None,
            "requestContext": {
                "resourcePath": resource,
                "httpMethod": method,
                "requestId": f"request-{self.requests}",
                "identity": {"sourceIp": "192.0.2.7", **identity},
            },
            "body": text if body else None,
            "isBase64Encoded": binary and bool(body),
        }

    def answer(self, event: dict[str, Any]) -> Answer:
        found = self.app(event, Context())
        body = found.get("body") or ""
        raw = body if isinstance(body, bytes) else body.encode()
        if found.get("isBase64Encoded"):
            raw = base64.b64decode(raw)
        # What API Gateway says when the function does not.
        headers = {"content-type": "application/json"}
        headers |= {name.lower(): str(value) for name, value in (found["headers"] or {}).items()}
        return Answer(found["statusCode"], headers, raw)

    # --- files ------------------------------------------------------------------------------
    def hand_in(
        self, token: str, name: str, data: bytes, *, key: str = "", customer: str = ""
    ) -> str:
        """One document by API, taken in; gives its id."""
        query = {"name": name} | ({"customer": customer} if customer else {})
        answer = self.call(
            "POST", "/v1/documents", token, data, query=query,
            headers={"Idempotency-Key": key or secrets.token_hex(8)},
        )  # fmt: skip
        assert answer.status == 202, answer.body
        self.take_in()
        return str(answer.json["id"])

    def upload(self, place: Mapping[str, Any], data: bytes) -> None:
        """What a browser does with a form of POST /v1/uploads."""
        answer = requests.post(
            place["url"], data=place["fields"], files={"file": ("f", data)}, timeout=10
        )
        assert answer.status_code in (200, 201, 204), answer.text

    def drop(self, path: str, data: bytes) -> None:
        """What a reseller does with his S3 client."""
        bucket = os.environ["INTAKE_BUCKET"]
        aws.client("s3").put_object(Bucket=bucket, Key=f"drop/{path}", Body=data)

    def take_in(self) -> None:
        """The notifications of every object that is new in the intake bucket, then archives."""
        records = []
        bucket = os.environ["INTAKE_BUCKET"]
        found = aws.client("s3").list_object_versions(Bucket=bucket).get("Versions", [])
        for one in sorted(found, key=lambda each: (each["LastModified"], not each["IsLatest"])):
            seen = one["Key"], one["VersionId"]
            if seen in self._seen:
                continue
            self._seen.add(seen)
            records.append(_notification(bucket, one, self.tick()))
        for record in records:
            message = {"messageId": "m", "body": json.dumps({"Records": [record]})}
            failed = on_intake.handle({"Records": [message]}, Context())
            assert failed == {"batchItemFailures": []}
        while self.run("receive", on_receive.handle):
            pass

    def run(self, queue: str, handle: Any) -> int:
        """Every open row of a queue once; gives how many there were."""
        rows = due_rows(queue)
        for row in rows:
            body = json.dumps({"pk": row["pk"], "sk": row["sk"]})
            done = handle({"Records": [{"messageId": "m", "body": body}]}, Context())
            # What fails here would come again for ever.
            assert done == {"batchItemFailures": []}, row["sk"]
        return len(rows)

    def tell(self) -> int:
        return self.run("tell", on_tell.handle)

    def objects(self, name: str) -> list[str]:
        """Keys in a bucket of the house: "INTAKE", "DOCUMENTS" or "SDI"."""
        bucket = os.environ[f"{name}_BUCKET"]
        found = aws.client("s3").list_objects_v2(Bucket=bucket).get("Contents", [])
        return [one["Key"] for one in found]

    def read(self, name: str, key: str) -> bytes:
        """One of them."""
        return s3.get(Place(os.environ[f"{name}_BUCKET"], key))

    def write(self, place: Place, data: bytes) -> None:
        """An object of the house, as a worker would have left it."""
        s3.put(place, data, "application/octet-stream")

    # --- documents --------------------------------------------------------------------------
    def change(self, tenant: str, document_id: str, **changes: Any) -> Document:
        """A change of state as a worker would have stored it."""
        old = store.get(tenant, document_id)
        assert old is not None
        new, ops = store.changed(tenant, old, self.tick(), "test", **changes)
        dynamo.commit(ops)
        return new

    def put(self, tenant: str, **fields: Any) -> Document:
        """A document straight into the table."""
        known: dict[str, Any] = {
            "state": "ready",
            "version": 1,
            "file_name": "f.xml",
            "channel": "api",
            "sender": "key",
            "received_at": clock.stamp(self.tick()),
            "size": 1,
            "sha256": "0" * 64,
            "raw": Place(os.environ["INTAKE_BUCKET"], "drop/none"),
        }
        document = Document(**(known | fields))
        dynamo.commit(store.born(tenant, document, self.now, "test"))
        return document


def _notification(bucket: str, version: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    return {
        "eventTime": clock.stamp(at),
        "s3": {
            "bucket": {"name": bucket},
            "object": {
                "key": quote_plus(version["Key"], safe="/"),
                "size": version["Size"],
                "versionId": version["VersionId"],
            },
        },
    }


@contextmanager
def opened(**variables: str) -> Iterator[Api]:
    """The world, from an empty cloud to nothing left of it."""
    with ExitStack() as stack:
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "WEBHOOK"))}
        stack.enter_context(mock.patch.dict(os.environ, clean | _ENVIRONMENT, clear=True))
        stack.enter_context(mock_aws())
        stack.enter_context(in_memory())
        # Nobody listens to what wakes workers, and moto goes through all of it at each call.
        stack.enter_context(mock.patch.object(Queue, "add_message"))
        forget()
        stack.callback(forget)
        made = create_stack("doors", Engines(), parameters=PARAMETERS)  # type: ignore[arg-type]
        folders = {
            "SCHEMAS": str(LAYERS / "schemas"),
            "FONTS": str(LAYERS / "fonts"),
            "WORDS": str(LAYERS / "words"),
        }
        settings = made.environment | folders | variables
        os.environ.update(settings)
        api = Api(application.app)
        api.gateway_responses = made.gateway_responses
        clock.use(lambda: api.now)
        aws.client("ses").verify_email_identity(EmailAddress=os.environ["MAIL_FROM"])
        stack.callback(clock.use, None)
        yield api


def forget() -> None:
    """Nothing of another world stays in this process."""
    aws.forget()
    dispatch.forget()
    fields.forget()
    boto3.DEFAULT_SESSION = None


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    """One world for a module; each test makes resellers of its own in it."""
    with opened() as found:
        yield found


_names = itertools.count(1)


@pytest.fixture
def alfa(api: Api) -> Person:
    """A new reseller with one customer, `c1`, who is the usual seller."""
    person = api.add_reseller(f"alfa{next(_names)}")
    api.add_customer(person.tenant)
    return person


@pytest.fixture
def beta(api: Api) -> Person:
    """Another one, with a customer of the same fiscal id."""
    person = api.add_reseller(f"beta{next(_names)}")
    api.add_customer(person.tenant)
    return person
