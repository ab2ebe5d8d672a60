"""Payments to be posted, and a match that offers them: out of the table, as the real one does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime

import pytest

from chalicelib.accounting.posting import source
from chalicelib.accounting.posting.model import Payment, Share
from chalicelib.base import dynamo, keys
from chalicelib.base.dynamo import Delete, Item, Op, Put

DAY = date(2026, 11, 20)


def share(cents: int, **changed: object) -> Share:
    """What a due of this year asks for."""
    found = Share("d1", "quota", "Quota 2026", "1.1", "competenza", 2026, cents)
    return replace(found, **changed)  # type: ignore[arg-type]


def payment(number: int = 1, cents: int = 10_000, **changed: object) -> Payment:
    """One of a flow that is on the account, for a due of its own."""
    found = Payment(
        key=f"0100000000000{number:04d}#r{number}#1", iuv=f"0100000000000{number:04d}",
        iur=f"r{number}", transfer=1, cents=cents, paid_day=DAY, flow_id="2026-11-20PSP-1",
        psp="PSP", bank="m1", bank_day=DAY, provisional="17", position="",
        lines=(share(cents, due=f"d{number}"),), person="", origin="dues", version=1,
    )  # fmt: skip
    return replace(found, **changed)  # type: ignore[arg-type]


class Match:
    """Offers payments of a tenant and takes note of what is posted, by conditions of the table."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("list_payments", "get_payments", "mark", "release"):
            monkeypatch.setattr(source, name, getattr(self, name))

    @staticmethod
    def _key(tenant: str, key: str, what: str) -> tuple[str, str]:
        return keys.pk(tenant, "OFFERED"), keys.sk(key, what)

    def offer(self, tenant: str, *payments: Payment) -> None:
        for one in payments:
            pk, sk = self._key(tenant, one.key, "IT")
            item: Item = asdict(one) | {
                "pk": pk, "sk": sk, "lines": [asdict(line) for line in one.lines],
                "paid_day": one.paid_day.isoformat(),
                "bank_day": one.bank_day.isoformat() if one.bank_day else None,
            }  # fmt: skip
            dynamo.commit([Put(item, when=dynamo.ANY)])

    def withdraw(self, tenant: str, *names: str) -> None:
        for name in names:
            dynamo.commit([Delete(self._key(tenant, name, "IT"), when=dynamo.ANY)])

    def _read(self, item: Item) -> Payment:
        values = {name: value for name, value in item.items() if name not in ("pk", "sk")}
        day = values["bank_day"]
        return Payment(
            **values
            | {
                "lines": tuple(Share(**line) for line in item["lines"]),
                "sospesi": tuple((number, cents) for number, cents in item["sospesi"]),
                "paid_day": date.fromisoformat(values["paid_day"]),
                "bank_day": date.fromisoformat(day) if day else None,
            }
        )

    def list_payments(
        self, tenant: str, *, flow: str = "", statement: str = "", until: date | None = None
    ) -> list[Payment]:
        found = list(dynamo.query(keys.pk(tenant, "OFFERED")))
        posted = {item["key"] for item in found if item["sk"].endswith("#POSTED")}
        payments = [self._read(item) for item in found if item["sk"].endswith("#IT")]
        return [
            one for one in payments
            if one.key not in posted and flow in ("", one.flow_id) and statement in ("", "s1")
        ]  # fmt: skip

    def get_payments(self, tenant: str, names: Iterable[str]) -> dict[str, Payment]:
        wanted = set(names)
        return {one.key: one for one in self.list_payments(tenant) if one.key in wanted}

    def mark(self, tenant: str, posted: Mapping[Payment, str], now: datetime) -> list[Op]:
        ops: list[Op] = []
        for one, order in posted.items():
            pk, sk = self._key(tenant, one.key, "POSTED")
            ops.append(
                Put({"pk": pk, "sk": sk, "key": one.key, "order": order}, label=f"posted:{one.key}")
            )
        return ops

    def release(self, tenant: str, orders: Mapping[str, Sequence[str]], now: datetime) -> list[Op]:
        return [
            Delete(self._key(tenant, key, "POSTED"), when=({"order": order},))
            for order, mine in orders.items()
            for key in mine
        ]
