"""Hundreds of stories in memory, some on moto: the ledger never loses or makes a credit.

CREDIT_EXAMPLES says how many, and `make sweep` tells a thousand.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from chalicelib.base import fields
from tests.credits import memory
from tests.credits.stories import Story
from tests.world import World

pytestmark = pytest.mark.feature(
    "F004-009", "F004-016", "F004-031", "F004-033", "F004-034", "F004-036", "F004-041", "F004-042"
)

EXAMPLES = int(os.environ.get("CREDIT_EXAMPLES", "400"))


@pytest.fixture
def _sealing() -> Iterator[None]:
    """Letters are sealed by KMS, which has no place in memory."""
    with mock.patch.object(fields, "seal", return_value=b"sealed"):
        yield


class InMemory(Story):
    """Each story has a table of its own."""

    def __init__(self) -> None:
        self._opened = memory.table()
        self._table = self._opened.__enter__()
        super().__init__()

    def fingerprint(self) -> Any:
        """Here everything can be looked at."""
        return {key: dict(item) for key, item in self._table.items.items()}

    def teardown(self) -> None:
        try:
            super().teardown()
        finally:
            self._opened.__exit__(None, None, None)


@pytest.mark.usefixtures("_sealing")
def test_stories_in_memory() -> None:
    run_state_machine_as_test(
        InMemory,
        settings=settings(max_examples=EXAMPLES, stateful_step_count=20, deadline=None),
    )


@pytest.mark.usefixtures("_sealing")
def test_stories_on_moto(world: World) -> None:
    class OnMoto(Story):
        def __init__(self) -> None:
            world.reset()
            super().__init__()

    run_state_machine_as_test(
        OnMoto,
        settings=settings(max_examples=EXAMPLES * 6 // 100, stateful_step_count=15, deadline=None),
    )
