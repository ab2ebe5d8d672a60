"""Dues of registers by schedule, where a body wants it: fetched each morning, committed by nobody.

What is fetched is handed to the import of dues, and its dry run waits there for a person. A fetch
has the name of its day, so an hour that is left out, late or run twice comes to the same; while one
is on its way, tries of a register that does not answer included, no other is begun.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from chalicelib.accounting.registers import service, store
from chalicelib.accounting.registers.store import Register
from chalicelib.base import clock
from chalicelib.base.errors import NotFound, Rejected
from chalicelib.base.work import Wakes
from chalicelib.payments import store as body_store

FROM_HOUR: Final = 5  # of Rome: what registers write at night is there


def plan(now: datetime, wakes: Wakes) -> int:
    """Plan the day's fetch of every register that is to be fetched daily; how many were planned
    now. The year is that of the day in Rome."""
    local = now.astimezone(clock.ROME)
    if local.hour < FROM_HOUR:
        return 0
    return sum(
        _begin(tenant, one, now, wakes)
        for tenant, _ in body_store.list_bodies()
        for one in store.list_registers(tenant)
        if one.setting.fetch == "daily"
    )


def _begin(tenant: str, register: Register, now: datetime, wakes: Wakes) -> bool:
    day, code = clock.rome_day(now), register.setting.code
    key = f"daily:{day.isoformat()}"
    if store.get_fetch(tenant, service.fetch_id(tenant, code, key)) is not None:
        return False
    running = (one for one in service.list_fetches(tenant) if one.state == "fetching")
    if any(one.register == code for one in running):
        return False
    try:
        service.begin(tenant, code, day.year, now, key, wakes, planned=True)
    except (NotFound, Rejected):
        return False  # removed at this moment, or the body brings its dues in another way now
    return True
