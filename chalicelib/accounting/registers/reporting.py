"""What a posting tells the registers, planned in the posting's own commit.

A due knows the register that it came from by its source id (`<register>/<id>`). What is planned
here is done by `working.report`; it is done once, because the row of work is born with the order.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from chalicelib.accounting.posting.model import Draft
from chalicelib.accounting.registers import store
from chalicelib.accounting.registers.store import Kind, Line, Report
from chalicelib.base import clock, ids, work
from chalicelib.base.dynamo import Op
from chalicelib.payments.dues import store as due_store

QUEUE: Final = "reconcile"
TASK: Final = "write_back"


class Told:
    """The registers of a body, read once for a run and only when there is something to tell."""

    def __init__(self, tenant: str) -> None:
        self.tenant = tenant
        self._known: frozenset[str] | None = None

    @property
    def known(self) -> frozenset[str]:
        if self._known is None:
            found = store.list_registers(self.tenant)
            self._known = frozenset(one.setting.code for one in found)
        return self._known

    def ops(
        self, orders: Sequence[tuple[str, Draft]], now: datetime, kind: Kind = "paid"
    ) -> list[Op]:
        """A report and its row for each register that a due of these orders came from."""
        if not self.known:
            return []
        lines = [(order, line, draft) for order, draft in orders for line in draft.lines]
        wanted = {line.assessment for _, line, _ in lines if not line.made}
        dues = due_store.get_dues(self.tenant, wanted) if wanted else {}
        found: dict[str, list[Line]] = {}
        for order, line, draft in lines:
            due = dues.get(line.assessment)
            register, _, source = due.source.partition("/") if due else ("", "", "")
            if source and register in self.known:
                told = Line(line.assessment, source, order, line.iuv, line.iur, line.cents,
                            draft.day.isoformat())  # fmt: skip
                found.setdefault(register, []).append(told)
        ops: list[Op] = []
        for register, told_lines in sorted(found.items()):
            name = ids.derive("report", self.tenant, register, kind, orders[0][0])
            report = Report(name, register, kind, clock.stamp(now), tuple(told_lines))
            ops += planned(self.tenant, report, now)
        return ops


def planned(tenant: str, report: Report, now: datetime) -> list[Op]:
    """A new report and the row that brings it."""
    return [store.put_report(tenant, report, 0), row(tenant, report, now)]


def row(tenant: str, report: Report, now: datetime) -> Op:
    return work.row(
        QUEUE, store.report_partition(tenant, report.id), f"report-{report.version}", now,
        task=TASK, report=report.id,
    )  # fmt: skip
