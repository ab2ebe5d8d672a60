"""The embedded AWS: moto's server, with what the local cloud needs beside it.

    python -m infra.local.moto_server PORT

Five things are added to moto, all of them where it is further from AWS than our code can bear:

* a movable clock for SQS (visibility, delays, retention), set by `POST /_local/clock`;
* S3's notifications as AWS writes them: `versionId`, `sequencer`, `/` left as it is, and the
  time of the movable clock;
* what SES was asked to send, with its configuration set and tags: `GET /_local/mail`;
* which queues hold something that may be received now: `GET /_local/queues`;
* KMS signs a digest as it is (MessageType DIGEST), and not by a key that is disabled.

`_local` cannot be the name of a bucket, so these addresses hide nothing.
"""

from __future__ import annotations

import itertools
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qs, quote_plus

import moto.s3.notifications as s3_notifications
import moto.sqs.models as sqs_models
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from moto.core.exceptions import JsonRESTError
from moto.kms.exceptions import ValidationException
from moto.kms.models import KmsBackend
from moto.kms.responses import KmsResponse
from moto.kms.utils import RSAPrivateKey
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from moto.ses.models import ses_backends
from moto.ses.responses import EmailResponse
from moto.sesv2.responses import SESV2Response
from werkzeug.serving import make_server

from infra.local.leash import when_parent_ends

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class MovableTime:
    """Real time plus an offset, or a time that stands still until it is set again."""

    def __init__(self) -> None:
        self.frozen_at_s: float | None = None
        self.offset_s = 0.0

    def set(self, frozen_at_s: float | None, offset_s: float) -> None:
        self.frozen_at_s = frozen_at_s
        self.offset_s = offset_s

    def seconds(self, _when: Any = None) -> float:
        return time.time() + self.offset_s if self.frozen_at_s is None else self.frozen_at_s


NOW = MovableTime()


def use_movable_time() -> None:
    def milliseconds(_when: Any = None) -> float:
        return NOW.seconds() * 1000.0

    sqs: Any = sqs_models  # what follows replaces what moto means to be fixed
    sqs.unix_time = NOW.seconds
    sqs.unix_time_millis = milliseconds
    # moto wants the moment to have passed; while time stands still it never would.
    sqs.Message.visible = property(lambda self: milliseconds() >= self.visible_at)
    received = sqs.SQSBackend.receive_message

    def receive(self: Any, queue: str, count: int, wait_s: int, *rest: Any, **more: Any) -> Any:
        # Nothing can arrive by waiting while time stands still, and moto would wait for ever.
        return received(self, queue, count, 0 if NOW.frozen_at_s else wait_s, *rest, **more)

    sqs.SQSBackend.receive_message = receive


def remember_names() -> None:
    """moto makes the same few attribute names into its own a hundred times for each message."""
    sqs: Any = sqs_models
    sqs.camelcase_to_underscores = cache(sqs.camelcase_to_underscores)


def complete_s3_notifications() -> None:
    notifications: Any = s3_notifications
    made_by_moto = notifications._get_s3_event
    counter = itertools.count(1)

    def event(name: Any, bucket: Any, key: Any, notification_id: str) -> dict[str, Any]:
        body: dict[str, Any] = made_by_moto(name, bucket, key, notification_id)
        for record in body["Records"]:
            moment = datetime.fromtimestamp(NOW.seconds(), UTC)
            record["eventTime"] = f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
            record["userIdentity"] = {"principalId": "AWS:local"}
            record["requestParameters"] = {"sourceIPAddress": "127.0.0.1"}
            record["s3"]["bucket"]["ownerIdentity"] = {"principalId": "local"}
            thing = record["s3"]["object"]
            # AWS encodes as a form does, but leaves the slashes.
            thing["key"] = quote_plus(key.name, safe="/")
            if bucket.is_versioned:
                thing["versionId"] = key.version_id
            # Of one key, the later event has the greater sequencer; as hexadecimal text.
            thing["sequencer"] = f"{time.time_ns() + next(counter):018X}"
        return body

    notifications._get_s3_event = event


def remember_mail_options() -> None:
    """moto keeps a mail's text only; its configuration set and tags decide about its events."""
    guard = threading.Lock()

    def wrap(owner: Any, name: str, options: Callable[[Any], tuple[str, dict[str, str]]]) -> None:
        sending = getattr(owner, name)

        def send(self: Any) -> Any:
            with guard:  # so that the last one in the list is the one just sent
                answer = sending(self)
                sent = outbox_of(self.current_account)[-1]
                sent.configuration_set, sent.tags = options(self)
            return answer

        setattr(owner, name, send)

    def of_query(response: Any) -> tuple[str, dict[str, str]]:
        tags = response._get_param("Tags", []) or []
        named = {tag["Name"]: tag["Value"] for tag in tags}
        return response._get_param("ConfigurationSetName") or "", named

    def of_json(response: Any) -> tuple[str, dict[str, str]]:
        body = json.loads(response.body)
        named = {tag["Name"]: tag["Value"] for tag in body.get("EmailTags", [])}
        return body.get("ConfigurationSetName", ""), named

    wrap(EmailResponse, "send_email", of_query)
    wrap(EmailResponse, "send_raw_email", of_query)
    wrap(SESV2Response, "send_email", of_json)


class Digest(bytes):
    """The message of a call to KMS that is not to be hashed any more."""


def sign_as_kms_does() -> None:
    """moto reads MessageType and then hashes every message, so a digest is hashed twice: that is
    a signature of nothing that exists, and our signer, who proves what he gets, refuses it. AWS
    signs a digest as it is (API reference of Sign), so the local KMS has to do it too."""
    kms: Any = KmsResponse  # what follows replaces what moto means to be fixed
    keys: Any = RSAPrivateKey
    backend: Any = KmsBackend
    asked, signing, verifying = kms._get_param, keys.sign, keys.verify
    signing_by_name = backend.sign

    def scheme(key: Any, digest: bytes, algorithm: str) -> tuple[Any, Prehashed]:
        # Name-mangled by moto, and the one place that knows all of KMS's algorithms.
        padding, hashed = key._RSAPrivateKey__padding_and_hash_algorithm(algorithm)
        if len(digest) != hashed.digest_size:
            raise ValidationException(f"Digest is invalid length for algorithm {algorithm}.")
        return padding, Prehashed(hashed)

    def get_param(self: Any, name: str, *more: Any) -> Any:
        value = asked(self, name, *more)
        is_digest = name == "Message" and asked(self, "MessageType") == "DIGEST"
        return Digest(value) if is_digest else value

    def sign(self: Any, message: bytes, signing_algorithm: str) -> bytes:
        if not isinstance(message, Digest):
            return signing(self, message, signing_algorithm)
        padding, prehashed = scheme(self, message, signing_algorithm)
        made: bytes = self.private_key.sign(message, padding, prehashed)
        return made

    def verify(self: Any, message: bytes, signature: bytes, signing_algorithm: str) -> bool:
        if not isinstance(message, Digest):
            return verifying(self, message, signature, signing_algorithm)
        padding, prehashed = scheme(self, message, signing_algorithm)
        try:
            self.private_key.public_key().verify(signature, message, padding, prehashed)
        except InvalidSignature:
            return False
        return True

    def sign_by_enabled(self: Any, key_id: str, *more: Any, **named: Any) -> Any:
        key = self.describe_key(key_id)
        if not key.enabled:
            raise JsonRESTError("DisabledException", f"{key.arn} is disabled.")
        return signing_by_name(self, key_id, *more, **named)

    kms._get_param = get_param
    backend.sign = sign_by_enabled
    keys.sign, keys.verify = sign, verify


def outbox_of(account: str) -> list[Any]:
    """All regions' mails in the order of sending; one region is used in practice."""
    return [
        mail for backend in list(ses_backends[account].values()) for mail in backend.sent_messages
    ]


def visible_messages(account: str) -> dict[str, int]:
    """How many messages a consumer would get of each queue, by its name."""
    return {
        queue.name: sum(message.visible for message in list(queue._messages))
        for backend in list(sqs_models.sqs_backends[account].values())
        for queue in list(backend.queues.values())
    }


def mail_as_json(mail: Any) -> dict[str, Any]:
    destinations = getattr(mail, "destinations", [])
    if isinstance(destinations, dict):
        destinations = [each for some in destinations.values() for each in some]
    return {
        "id": getattr(mail, "id", ""),
        "source": mail.source,
        "destinations": list(dict.fromkeys(destinations)),
        "raw": getattr(mail, "raw_data", None),
        "subject": getattr(mail, "subject", None),
        "body": getattr(mail, "body", None),
        "configuration_set": getattr(mail, "configuration_set", ""),
        "tags": getattr(mail, "tags", {}),
    }


def with_local_routes(inner: Wsgi) -> Wsgi:
    def application(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if not path.startswith("/_local/"):
            return inner(environ, start)
        if path == "/_local/clock":
            body = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
            NOW.set(body["frozen_at_s"], body["offset_s"])
            answer: Any = {}
        elif path == "/_local/mail":
            skip = int(parse_qs(environ.get("QUERY_STRING", "")).get("skip", ["0"])[0])
            answer = [mail_as_json(mail) for mail in outbox_of("123456789012")[skip:]]
        elif path == "/_local/queues":
            answer = visible_messages("123456789012")
        else:
            start("404 Not Found", [("Content-Length", "0")])
            return [b""]
        content = json.dumps(answer).encode()
        start(
            "200 OK",
            [("Content-Type", "application/json"), ("Content-Length", str(len(content)))],
        )
        return [content]

    return application


class Dispatcher(DomainDispatcherApplication):
    """moto's, which looks through its own folder and four hundred patterns for each request to know
    whose host it is asked by; the answer is always the same."""

    def __init__(self, create_app: Callable[..., Any]) -> None:
        super().__init__(create_app)
        self.get_backend_for_host = cache(super().get_backend_for_host)


class QuietRequestHandler(MotoRequestHandler):
    # Connections stay: a new one, with a thread of its own, costs as much as a small call. Answers
    # are written in two parts, of which the second would wait for the first to be acknowledged.
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    # Each request would be a line: polling alone makes several a second.
    def log_request(self, code: Any = "-", size: Any = "-") -> None:
        if not str(code).startswith(("2", "3")):
            super().log_request(code, size)


def main(port: int) -> None:
    use_movable_time()
    remember_names()
    complete_s3_notifications()
    remember_mail_options()
    sign_as_kms_does()
    when_parent_ends(lambda: os._exit(0))
    application = with_local_routes(Dispatcher(create_backend_app))
    server = make_server(
        "127.0.0.1", port, application, threaded=True, request_handler=QuietRequestHandler
    )
    server.serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]))
