"""The real database engine, its table, and the product's code in threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier
from typing import Any, TypeVar

import pytest

import app as application
from infra.local.cloud import Cloud
from infra.local.engines import Engines
from tests.invoicing.official import schemas

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
T = TypeVar("T")


@pytest.fixture
def cloud(engines: Engines, tmp_path: Path) -> Iterator[Cloud]:
    variables = {"SCHEMAS": str(schemas())}
    with Cloud(
        tmp_path, app=application.app, start=START, engines=engines, variables=variables
    ) as opened:
        yield opened


def at_once(jobs: Sequence[Callable[[], T]]) -> list[T | BaseException]:
    """Run all in threads of their own that begin together; what each gave or raised."""
    barrier = Barrier(len(jobs))

    def run(job: Callable[[], T]) -> T:
        barrier.wait()
        return job()

    with ThreadPoolExecutor(len(jobs)) as pool:
        futures = [pool.submit(run, job) for job in jobs]
    answers: list[T | BaseException] = []
    for future in futures:
        error = future.exception()
        answers.append(error if error is not None else future.result())
    return answers


def good(answers: Sequence[T | BaseException]) -> list[T]:
    return [answer for answer in answers if not isinstance(answer, BaseException)]


def bad(answers: Sequence[Any]) -> list[BaseException]:
    return [answer for answer in answers if isinstance(answer, BaseException)]
