"""What a run would come to, before anybody begins it: how many notices, and who lacks what.

The same questions as the plan of a run asks (working.py), some hundred positions at a time; nothing
is written and nothing goes out. What only the other side knows, such as who is on App IO, shows
itself when the run goes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from chalicelib.base import clock, cursors, ids, limits
from chalicelib.base.errors import Rejected
from chalicelib.payments.delivery import model, registry, service
from chalicelib.payments.delivery.service import Wanted
from chalicelib.payments.positions import flows
from chalicelib.payments.positions import store as position_store


@dataclass(frozen=True)
class Lacking:
    """A notice that would not go to one place of one person, and why."""

    position: str
    name: str = field(repr=False)
    leg: str
    code: str


@dataclass(frozen=True)
class Preview:
    """Of some positions of a run: `going` notices; `reasons` counts those that would not go by
    code, `lacking` are the first of them. `cursor` asks for the next positions, "" at the end."""

    positions: int
    going: int
    reasons: Mapping[str, int]
    lacking: tuple[Lacking, ...]
    cursor: str


def preview(tenant: str, wanted: Wanted, cursor: str, now: datetime) -> Preview:
    """Rejected as `service.begin` where it could not begin; NotFound."""
    service.check_named(wanted)
    options = service.checked(tenant, wanted.channel, wanted.profile, wanted.options or {})
    names, following = _some(tenant, wanted, cursor)
    channel, today = registry.find(wanted.channel), clock.rome_day(now)
    going, reasons, lacking = 0, Counter[str](), list[Lacking]()
    for position, person in service.loaded(tenant, names).values():
        for leg in channel.legs(person, options):
            code = "" if model.is_payable(position, today) else "not_payable"
            code = code or channel.missing(person, leg)
            code = code or channel.unfit(position, options, today)
            if not code:
                going += 1
                continue
            reasons[code] += 1
            if len(lacking) < limits.DELIVERY_LACKING:
                lacking.append(Lacking(position.id, person.name, leg, code))
    return Preview(len(names), going, reasons, tuple(lacking), following)


def _some(tenant: str, wanted: Wanted, cursor: str) -> tuple[list[str], str]:
    """Ids, and the cursor behind them."""
    if not wanted.flow:
        return list(wanted.positions), ""
    flow = flows.get(tenant, wanted.flow)
    if flow.state != "generated":
        raise Rejected("flow_state", "The flow is not ready.", status=409, state=flow.state)
    asked = ids.derive("preview", tenant, wanted.flow)
    most = limits.DELIVERY_PREVIEWED
    listed = position_store.list_positions(
        tenant, flow=wanted.flow, after=cursors.read(cursor, asked), page=most + 1
    )
    found = list(islice(listed, most))
    following = cursors.write(found[-1][0], asked) if len(found) == most else ""
    return [one.id for _, one in found], following
