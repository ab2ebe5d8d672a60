"""The world on moto, opened once for each module that asks for it, and empty for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings

from infra.local.authority import Authority
from tests.sweep.patches import open_world
from tests.world import START, World

# The same examples in every run, however busy the machine is.
settings.register_profile("house", derandomize=True, deadline=None)
settings.load_profile("house")


@pytest.fixture(scope="session")
def signing_authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.load_or_create(tmp_path_factory.mktemp("authority"), START)


@pytest.fixture(scope="module")
def opened_world(signing_authority: Authority) -> Iterator[World]:
    with open_world(signing_authority) as opened:
        yield opened


@pytest.fixture
def world(opened_world: World) -> World:
    opened_world.reset()
    return opened_world
