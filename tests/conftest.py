"""What many tests stand on: the two engines of the local cloud, one pair for all, where each test
has a stack of its own; and the world on moto, opened once for each module that asks for it, and
empty for each test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings

from infra.local.authority import Authority
from infra.local.engines import Engines, running_engines
from tests.sweep.patches import open_world
from tests.together import Together
from tests.world import START, World

# The same examples in every run, however busy the machine is.
settings.register_profile("house", derandomize=True, deadline=None)
settings.load_profile("house")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    return Together(config, log)


@pytest.fixture(scope="session")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engines]:
    with running_engines(tmp_path_factory.mktemp("engines")) as running:
        yield running


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
