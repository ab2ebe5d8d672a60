"""One pair of engines for all tests of the local cloud; each test has a stack of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from infra.local.cloud import Cloud
from infra.local.engines import Engines

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def open_cloud(engines: Engines) -> Iterator[Callable[..., Cloud]]:
    """Opens clouds on the shared engines, and closes them after the test."""
    with ExitStack() as opened:

        def open_one(template: Path | None = None, **more: Any) -> Cloud:
            if template is not None:
                more["template"] = template
            if not more.get("real_time"):
                more.setdefault("start", START)
            return opened.enter_context(Cloud(engines=engines, **more))

        yield open_one
