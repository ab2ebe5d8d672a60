"""The fixtures of `api_world`, for every test of the doors."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.entry import api_world

api = api_world.api
alfa = api_world.alfa
beta = api_world.beta


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A module's world is opened by one worker only: opening costs as much as ten tests."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(item.path.stem))
