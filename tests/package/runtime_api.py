"""A small Lambda Runtime API, and one process of AWS's own runtime client talking to it."""

from __future__ import annotations

import importlib.util
import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

API = "/2018-06-01/runtime"
REQUEST_ID = "8476a536-e9f4-11e8-9739-2dfe598c3fcd"
DEADLINE_MS = 60_000
ANSWER_S = 40
# What `python -m awslambdaric` needs; linked apart from everything else that the test run has
# installed, so that a module missing in the package is missing here as well.
RUNTIME_MODULES = ("awslambdaric", "runtime_client", "simplejson", "snapshot_restore_py")


@dataclass(frozen=True)
class Answer:
    """`kind` is "response" (the handler returned) or what went wrong."""

    kind: str
    body: Any


class _Api(ThreadingHTTPServer):
    """Hands out one event, collects one answer."""

    daemon_threads = True

    def __init__(self, event: Any) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.events: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self.events.put(json.dumps(event).encode())
        self.answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()
        self.closing = threading.Event()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # the client keeps its connection
    server: _Api

    def do_GET(self) -> None:
        assert self.path == f"{API}/invocation/next"
        try:
            event = self.server.events.get_nowait()
        except queue.Empty:
            self.server.closing.wait()  # as AWS does: no event, no answer
            return
        self.send_response(200)
        self.send_header("Lambda-Runtime-Aws-Request-Id", REQUEST_ID)
        deadline_ms = int(time.time() * 1000) + DEADLINE_MS
        self.send_header("Lambda-Runtime-Deadline-Ms", str(deadline_ms))
        self.send_header(
            "Lambda-Runtime-Invoked-Function-Arn",
            "arn:aws:lambda:eu-south-1:000000000001:function:packaged",
        )
        self.send_header("Lambda-Runtime-Trace-Id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(event)))
        self.end_headers()
        self.wfile.write(event)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"null")
        kind = "response" if self.path.endswith("/response") else self.path.removeprefix(API)
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()
        self.server.answers.put(Answer(kind, body))

    def log_message(self, format: str, *args: object) -> None:
        """The test's own failure message is enough."""


@contextmanager
def _serving(event: Any) -> Iterator[_Api]:
    with _Api(event) as api:
        thread = threading.Thread(target=api.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield api
        finally:
            api.closing.set()
            api.shutdown()
            thread.join()


def link_runtime(folder: Path) -> None:
    """Put AWS's runtime client, and nothing else, on a path of its own."""
    folder.mkdir()
    for name in RUNTIME_MODULES:
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert spec.origin is not None, f"{name} is not installed"
        source = Path(spec.origin)
        source = source.parent if source.name == "__init__.py" else source
        (folder / source.name).symlink_to(source)


def _wait(api: _Api, process: subprocess.Popen[str]) -> Answer | None:
    """The answer; None when the process ended without one."""
    end = time.monotonic() + ANSWER_S
    while time.monotonic() < end:
        try:
            return api.answers.get(timeout=0.2)
        except queue.Empty:
            if process.poll() is not None:
                return None
    return None


def invoke(
    handler: str, event: Any, path: list[Path], task: Path, environment: dict[str, str]
) -> tuple[Answer, str]:
    """Start the handler as Lambda does, give it one event; its answer and all it printed."""
    with _serving(event) as api:
        process = subprocess.Popen(
            # -S: no site-packages but the ones named here
            [sys.executable, "-S", "-m", "awslambdaric", handler],
            cwd=task,
            env={
                **environment,
                "AWS_LAMBDA_RUNTIME_API": api.address,
                "AWS_LAMBDA_FUNCTION_NAME": "packaged",
                "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
                "LAMBDA_TASK_ROOT": str(task),
                "PYTHONPATH": ":".join(map(str, path)),
                "PYTHONDONTWRITEBYTECODE": "1",
                "PATH": "/usr/bin:/bin",
                "TZ": ":UTC",
                "LANG": "en_US.UTF-8",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            answer = _wait(api, process)
        finally:
            process.kill()
            output, _ = process.communicate()
    assert answer is not None, f"{handler} ended without an answer:\n{output}"
    return answer, output
