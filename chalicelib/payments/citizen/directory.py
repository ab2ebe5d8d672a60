"""The bodies of the house, as everybody may see them: names, contacts, logo, what they offer."""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib.base import config, limits
from chalicelib.base.errors import NotFound
from chalicelib.payments import bodies, store
from chalicelib.payments.body import Body, Service

# By table: what this process has read, and when.
_read: dict[str, tuple[datetime, list[tuple[str, Body]]]] = {}


def everybody(now: datetime) -> list[tuple[str, Body]]:
    """(tenant, body) by name, at most PORTAL_DIRECTORY_AGE_S old."""
    table = config.get("TABLE")
    held = _read.get(table)
    if held is None or not timedelta(0) <= now - held[0] < _AGE:
        held = now, store.list_bodies()
        _read[table] = held
    return held[1]


_AGE = timedelta(seconds=limits.PORTAL_DIRECTORY_AGE_S)


def forget() -> None:
    """As a new process."""
    _read.clear()


def body(code: str) -> tuple[str, Body]:
    """The tenant and the setting of a fiscal code as it is now; where two tenants collect for one,
    that whose segregation code comes first. NotFound."""
    for tenant in dict.fromkeys(store.owners_of(code).values()):
        found = store.get_body(tenant)
        if found is not None and found.fiscal_code == code:
            return tenant, found
    raise NotFound("body")


def offered(tenant: str) -> list[Service]:
    """What can be paid spontaneously: active, and with a price or a stamp of its own."""
    return [one for one in bodies.list_services(tenant) if one.active and one.is_spontaneous]


def logo(code: str) -> tuple[bytes, str, str]:
    """The picture, its type, and its digest. NotFound when there is none."""
    tenant, found = body(code)
    data = bodies.logo_of(tenant, found)
    if not data:
        raise NotFound("logo")
    return data, bodies.picture_type(data), found.logo
