"""Opens the world, on a moto that is closer to AWS, quicker, and the same every time."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterator
from functools import cache
from random import Random
from types import SimpleNamespace
from typing import Any
from unittest import mock

import botocore.endpoint
import moto.s3.models as moto_s3
import moto.s3.notifications as moto_notifications
import moto.sqs.models as moto_sqs
from moto import mock_aws
from moto.kms.models import KmsBackend
from moto.kms.responses import KmsResponse
from moto.kms.utils import RSAPrivateKey

from chalicelib.base import aws, clock, dynamo
from chalicelib.invoicing.channels import sdicoop
from chalicelib.invoicing.signing import pkcs12
from chalicelib.messages import webhook
from infra.local import moto_server
from infra.local.authority import Authority
from infra.local.engines import REGION, environment_set
from tests.tables import in_memory
from tests.world import START, World, new_process


class _Versions(Random):
    """Version ids that say what they are of: the same story makes the same documents."""

    name = b""

    def uuid4(self) -> str:
        return hashlib.sha256(self.name).hexdigest()[:32]


def _named_versions(put: Callable[..., Any], versions: _Versions) -> Callable[..., Any]:
    def put_object(self: Any, bucket_name: str, key_name: str, value: bytes, **more: Any) -> Any:
        count = len(self.get_bucket(bucket_name).keys.getlist(key_name, []))
        versions.name = f"{key_name}|{count}|".encode() + value
        return put(self, bucket_name, key_name, value, **more)

    return put_object


def patch_moto(opened: contextlib.ExitStack) -> None:
    """All of it, until `opened` is closed."""

    def patch(owner: Any, name: str, new: Any = None) -> None:
        found = getattr(owner, name) if new is None else new
        opened.enter_context(mock.patch.object(owner, name, found))

    for name in ("unix_time", "unix_time_millis", "camelcase_to_underscores"):
        patch(moto_sqs, name)
    patch(moto_sqs.Message, "visible")
    patch(moto_sqs.SQSBackend, "receive_message")
    patch(moto_notifications, "_get_s3_event")
    for owner, name in (
        (KmsResponse, "_get_param"),
        (KmsBackend, "sign"),
        (RSAPrivateKey, "sign"),
        (RSAPrivateKey, "verify"),
    ):
        patch(owner, name)
    moto_server.sign_as_kms_does()
    moto_server.use_movable_time()
    moto_server.remember_names()
    moto_server.complete_s3_notifications()
    versions = _Versions(0)
    patch(moto_s3, "random", versions)
    patch(moto_s3.S3Backend, "put_object", _named_versions(moto_s3.S3Backend.put_object, versions))


# Credentials are mock_aws's; the person's own settings must not be looked at.
AWS = {
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    **dict.fromkeys(("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"), ""),
    **{f"AWS_ENDPOINT_URL_{name}": "" for name in ("DYNAMODB", "S3", "SQS")},
}


@contextlib.contextmanager
def open_world(authority: Authority) -> Iterator[World]:
    """The one world of this process; everything that it replaces is put back at the end."""
    with contextlib.ExitStack() as opened:
        # Nobody waits in a world whose clock stands still.
        stopped = SimpleNamespace(sleep=lambda _: None)
        opened.enter_context(mock.patch.object(botocore.endpoint, "time", stopped))
        opened.enter_context(mock.patch.object(dynamo, "time", stopped))
        opened.enter_context(environment_set(AWS))
        opened.enter_context(mock_aws())
        patch_moto(opened)
        tables = opened.enter_context(in_memory())
        aws.forget()
        opened.callback(aws.forget)
        opened.callback(moto_server.NOW.set, None, 0.0)
        moto_server.NOW.set(START.timestamp(), 0.0)
        world = World(authority, tables)
        opened.enter_context(environment_set(world.environment))
        clock.use(world.clock.now)
        opened.callback(clock.use, None)
        opened.callback(new_process)
        world.watch()

        def send(_endpoint: Any, name: str, content: bytes, mtom: bool = True) -> Any:
            return world.faults.outside("sdi.send", lambda: world.sdi.take(name, content))

        def post(url: str, _secret: str, message: dict[str, Any], _timestamp: str) -> None:
            world.faults.outside("webhook.post", lambda: world.posts.append(message))

        # Each process that is born opens its key, and proving it takes longer than what it does.
        opened.enter_context(mock.patch.object(pkcs12, "load", cache(pkcs12.load)))
        opened.enter_context(mock.patch.object(sdicoop, "send", send))
        opened.enter_context(mock.patch.object(webhook, "post", post))
        yield world
