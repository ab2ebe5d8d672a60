"""What a request costs: the calls that it makes of AWS and the argon2 evaluations."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from argon2 import low_level

from chalicelib.base import aws
from tests.faults import Faults

SERVICES = ("dynamodb", "kms", "sqs", "secretsmanager")


@dataclass
class Cost:
    """Calls by name, and evaluations."""

    calls: list[str] = field(default_factory=list)
    hashes: int = 0

    @property
    def table(self) -> list[str]:
        return [name for name in self.calls if name.startswith("dynamodb.")]


class WorkDone:
    """Attached once to the clients of a world; `counting` gives the cost of what runs in it."""

    def __init__(self) -> None:
        self._faults = Faults()
        for service in SERVICES:
            self._faults.attach(aws.client(service))

    @contextmanager
    def counting(self) -> Iterator[Cost]:
        cost = Cost()

        def counted(run: Any) -> Any:
            def do(*given: Any, **named: Any) -> Any:
                cost.hashes += 1
                return run(*given, **named)

            return do

        with (
            mock.patch.object(low_level, "verify_secret", counted(low_level.verify_secret)),
            mock.patch.object(low_level, "hash_secret", counted(low_level.hash_secret)),
            self._faults.invocation(),
        ):
            yield cost
            cost.calls = list(self._faults.calls)
