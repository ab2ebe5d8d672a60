"""The local cloud in one piece: engines, resources, clock, pump and mailbox.

    with Cloud(handlers={"on_intake": handler}) as cloud:
        ...
        cloud.pump.drain()
        cloud.clock.advance(60)

While it is open, os.environ is what the functions would find on AWS, so that handlers may be
called in this process, and `chalicelib.base.clock` follows the cloud's clock. Both are put back
afterwards. Clouds side by side have resources of their own; handlers see the one opened last.
"""

from __future__ import annotations

import contextlib
import json
import urllib.request
import uuid
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import boto3
import requests
from chalice.app import Chalice

from chalicelib.base import aws
from chalicelib.base import clock as system_clock
from infra.local.clock import Clock
from infra.local.engines import (
    ROOT,
    RUN_FOLDER,
    Engines,
    environment_set,
    running_engines,
    session,
)
from infra.local.functions import Handler, handlers_of, settings_of
from infra.local.mailbox import Mailbox
from infra.local.pump import Pump
from infra.local.resources import TEMPLATE, Stack, create_stack

LAYERS = ROOT / ".local" / "layers"
# Where Lambda unpacks layers.
LAYERS_ON_LAMBDA = "/opt/"
CLOCK_TIMEOUT_S = 10

# What the operator chooses when deploying; on one machine nobody is asked.
PARAMETERS = {
    "Stage": "local",
    "PublicUrl": "http://127.0.0.1:8000",
    "PublicOrigin": "http://127.0.0.1:8000",
    "MailFrom": "sportello@example.org",
    "Transmitter": "IT01234567897",
}


class Cloud:
    """See the module.

    Args:
        folder: for the engines' logs.
        handlers: the functions by name; without them, those of `app`.
        app: tells handlers, batch sizes and timeouts.
        template: the resources; the one that ships unless a test brings its own.
        parameters: of the template, over PARAMETERS (of which only those it declares are used).
        variables: environment variables over what the template says.
        real_time: whether the clock runs; otherwise it stands still and starts at `start`.
        engines: already running ones, to share them between tests; they stay.
    """

    def __init__(
        self,
        folder: Path = RUN_FOLDER,
        *,
        handlers: Mapping[str, Handler] | None = None,
        app: Chalice | None = None,
        template: Path = TEMPLATE,
        parameters: Mapping[str, Any] | None = None,
        variables: Mapping[str, str] | None = None,
        real_time: bool = False,
        start: datetime | None = None,
        engines: Engines | None = None,
        name: str = "",
    ) -> None:
        self._folder = folder
        self._handlers = dict(handlers) if handlers is not None else None
        self._app = app
        self._template = template
        self._parameters = dict(parameters or {})
        self._variables = dict(variables or {})
        self._engines = engines
        self._exit = contextlib.ExitStack()
        self.name = name or f"sportello-{uuid.uuid4().hex[:8]}"
        self.clock = Clock(start, real_time=real_time)
        self.engines: Engines
        self.stack: Stack
        self.pump: Pump
        self.mailbox: Mailbox
        self.environment: dict[str, str]

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as opened:
            self._open(opened)
            self._exit = opened.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._exit.close()

    def set_variables(self, variables: Mapping[str, str]) -> None:
        """More environment variables, known only just before opening (addresses of neighbours)."""
        self._variables.update(variables)

    def set_parameters(self, parameters: Mapping[str, Any]) -> None:
        """Parameters of the template that are known only just before opening."""
        self._parameters.update(parameters)

    def client(self, service: str) -> Any:
        """A boto3 client of this cloud."""
        return self.engines.client(service)

    def _open(self, opened: contextlib.ExitStack) -> None:
        self.engines = self._engines or opened.enter_context(running_engines(self._folder))
        opened.enter_context(environment_set(self.engines.environment()))
        self.clock.tell(self._tell_time)
        functions = settings_of(self._app) if self._app is not None else {}
        self.stack = create_stack(
            self.name,
            self.engines,
            template=self._template,
            parameters=self._chosen_parameters(),
            functions=functions,
        )
        opened.callback(self.stack.delete, self.engines)
        self.environment = self._environment()
        opened.enter_context(environment_set(self.environment))
        self._lead_the_code(opened)
        self.mailbox = Mailbox(
            self.engines.aws_url,
            self.client("ses"),
            self.client("sns"),
            self.stack.mail_destinations,
            self.clock.now,
        )
        if "MAIL_FROM" in self.environment:
            self.mailbox.verify(self.environment["MAIL_FROM"])
        self.pump = Pump(
            self.stack,
            self._chosen_handlers(),
            self.clock,
            sqs=self.client("sqs"),
            functions=functions,
            visible=self._visible_messages,
        )

    def _visible_messages(self) -> dict[str, int]:
        with urllib.request.urlopen(f"{self.engines.aws_url}/_local/queues", timeout=10) as answer:
            found: dict[str, int] = json.load(answer)
        return found

    def _chosen_handlers(self) -> Mapping[str, Handler]:
        if self._handlers is not None:
            return self._handlers
        return handlers_of(self._app) if self._app is not None else {}

    def _chosen_parameters(self) -> dict[str, Any]:
        # A test's own small template need not declare what the one that ships does.
        shipped = PARAMETERS if self._template == TEMPLATE else {}
        return {**shipped, **self._parameters}

    def _environment(self) -> dict[str, str]:
        values = {
            name: value.replace(LAYERS_ON_LAMBDA, f"{LAYERS}/", 1)
            if value.startswith(LAYERS_ON_LAMBDA)
            else value
            for name, value in self.stack.environment.items()
        }
        return {**values, **self._variables}

    def _lead_the_code(self, opened: contextlib.ExitStack) -> None:
        """The code in this process reads our clock and makes clients of this cloud."""
        system_clock.use(self.clock.now)
        opened.callback(system_clock.use, None)
        self._forget_clients(session())
        opened.callback(self._forget_clients, None)

    @staticmethod
    def _forget_clients(instead: boto3.Session | None) -> None:
        aws.forget()
        # boto3 keeps a session with the credentials and region that it found when first asked. A
        # new one for each cloud would read the descriptions of the services anew.
        boto3.DEFAULT_SESSION = instead

    def _tell_time(self, clock: Clock) -> None:
        """SQS's time-outs and delays go by the same clock."""
        frozen = None if clock.real_time else clock.timestamp_s()
        body = {"frozen_at_s": frozen, "offset_s": clock.offset_s}
        url = f"{self.engines.aws_url}/_local/clock"
        requests.post(url, json=body, timeout=CLOCK_TIMEOUT_S).raise_for_status()
