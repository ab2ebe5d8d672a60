"""A house for each test, on engines shared by the session."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from infra.local.engines import Engines
from infra.local.house import House, Reseller


@pytest.fixture
def open_house(engines: Engines, tmp_path: Path) -> Iterator[Callable[..., House]]:
    with ExitStack() as opened:

        def open_one(**more: Any) -> House:
            return opened.enter_context(House(tmp_path, engines=engines, **more))

        yield open_one


@pytest.fixture
def house(open_house: Callable[..., House]) -> House:
    return open_house()


@pytest.fixture
def reseller(house: House) -> Reseller:
    """`demo`, with the demo's three customers."""
    from infra.local import demo

    known = house.add_reseller("demo")
    for customer in demo.customers():
        house.add_customer("demo", customer.code, customer.subject)
    return known
