"""The engines start, answer, and do not outlive the process that started them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import boto3
import pytest

from infra.local import engines as module
from infra.local.clock import Clock
from infra.local.engines import ROOT, EngineError, Engines, environment_set, running_engines

# Starts a child on a leash, says the child's pid, and waits to be killed.
PARENT = """
import subprocess, sys
held = subprocess.Popen(
    [sys.executable, "-m", "infra.local.leash", sys.executable, "-c",
     "import os, sys; print(os.getpid(), flush=True); sys.stdin.read(); import signal;"
     "signal.pause()"],
    stdin=subprocess.PIPE,
)
held.wait()
"""


def test_both_answer(engines: Engines) -> None:
    with environment_set(engines.environment()):
        assert isinstance(boto3.client("dynamodb").list_tables()["TableNames"], list)
        assert boto3.client("sts").get_caller_identity()["Account"] == module.ACCOUNT


def test_dynamodb_is_the_real_engine_and_checks_what_moto_lets_pass(engines: Engines) -> None:
    with environment_set(engines.environment()):
        client = boto3.client("dynamodb")
        with pytest.raises(client.exceptions.ClientError) as refused:
            client.create_table(
                TableName="a name with spaces",
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
                KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            )
    assert refused.value.response["Error"]["Code"] == "ValidationException"


def test_they_end_with_the_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Two of the light engine: what is tested is the starting and stopping.
    monkeypatch.setattr(module, "dynamodb_command", module.moto_command)
    with running_engines(tmp_path) as running:
        port = int(running.aws_url.rsplit(":", 1)[1])
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=1)


def test_a_child_on_a_leash_ends_when_its_parent_is_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        os.kill(child, 0)
        parent.kill()
        # The child holds the other end of this pipe: it is at its end when the child is gone.
        assert parent.stdout.read() == ""


def test_a_missing_dynamodb_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "DYNAMODB_FOLDER", tmp_path / "nothing")
    with pytest.raises(EngineError, match="make setup"), running_engines(tmp_path):
        pass


def test_an_engine_that_dies_at_start_shows_the_end_of_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(port: int) -> tuple[list[str], Path]:
        return [sys.executable, "-c", "raise SystemExit('no such engine')"], tmp_path

    monkeypatch.setattr(module, "moto_command", broken)
    monkeypatch.setattr(module, "dynamodb_command", broken)
    with pytest.raises(EngineError, match="no such engine"), running_engines(tmp_path):
        pass


def test_environment_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "mine")
    monkeypatch.delenv("NEW", raising=False)
    with environment_set({"AWS_PROFILE": "", "NEW": "1"}):
        assert "AWS_PROFILE" not in os.environ
        assert os.environ["NEW"] == "1"
    assert os.environ["AWS_PROFILE"] == "mine"
    assert "NEW" not in os.environ


def test_clock_stands_still_until_it_is_pushed() -> None:
    clock = Clock()
    told = []
    clock.tell(lambda each: told.append(each.now()))
    before = clock.now()
    assert clock.now() == before
    assert (clock.advance(90) - before).total_seconds() == 90
    assert told == [before, clock.now()]
    with pytest.raises(ValueError, match="back"):
        clock.advance(-1)


def test_clock_in_real_time_runs_and_can_be_pushed() -> None:
    clock = Clock(real_time=True)
    before = clock.now()
    assert (clock.advance(3600) - before).total_seconds() >= 3600
    assert clock.offset_s == 3600
