"""A profile is tried: does it lead anywhere, does it open, may we write. The answer is the other
side's own words (F001-068 for carriers). Nothing of a citizen goes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from chalicelib.base.errors import Rejected, Transient
from chalicelib.payments.delivery import appio, areas, folders, members, orders, profiles
from chalicelib.payments.delivery.profiles import Carrier

_FILE: Final = "sportello-prova.txt"


@dataclass(frozen=True)
class Tried:
    """`code` says at what it failed, "" when it did not; `words` are the other side's."""

    works: bool
    code: str
    words: str


def attempt(tenant: str, code: str) -> Tried:
    """NotFound for no such profile; every failure of the other side is an answer."""
    carrier = profiles.get(tenant, code)
    try:
        profiles.require(tenant, code, carrier.kind)
        return Tried(True, "", _said(tenant, carrier))
    except (Rejected, Transient) as failure:
        words = getattr(failure, "words", "") or failure.details.get("words", "")
        return Tried(False, failure.code, str(words or failure.message))


def _said(tenant: str, carrier: Carrier) -> str:
    setting = carrier.setting
    secrets = profiles.secrets_of(tenant, carrier)
    if isinstance(setting, areas.Area):
        with folders.opened(tenant, carrier) as (files, area):
            return _written(files, area)
    if isinstance(setting, members.Profile):
        return members.try_login(setting, secrets["key"])
    if isinstance(setting, appio.Profile):
        appio.client(secrets["key"]).try_key()
        return ""
    service = orders.print_service(tenant, carrier.code)
    return _said(tenant, profiles.get(tenant, service.area)) if service.area else ""


def _written(files: areas.Files, area: areas.Area) -> str:
    """A file comes and goes, as a notice would come."""
    path = area.path(_FILE)
    areas.put(files, area, _FILE, b"Sportello\r\n")
    files.delete(path)
    return f"{len(files.list(area.folder))} files"
