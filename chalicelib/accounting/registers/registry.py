"""Which connectors there are: those built in, and others that a deployment names.

    REGISTER_CONNECTORS="ordine-x=ordine_x.register:CONNECTOR"

A custom register is a package beside ours and a word in the configuration; it is the deployment's
word and no body's, because it names code that runs here (F001-036).
"""

from __future__ import annotations

import importlib
from functools import lru_cache
from typing import Final

from chalicelib.accounting.registers import isi, opi, sferabit
from chalicelib.accounting.registers.contract import Connector, Setting
from chalicelib.base import config
from chalicelib.base.errors import Rejected

BUILT: Final = {one.name: one for one in (isi.CONNECTOR, opi.CONNECTOR, sferabit.CONNECTOR)}


def known() -> dict[str, Connector]:
    """All of them by name."""
    return BUILT | _configured(config.get("REGISTER_CONNECTORS", ""))


@lru_cache(maxsize=4)
def _configured(text: str) -> dict[str, Connector]:
    found: dict[str, Connector] = {}
    for word in filter(None, text.split(",")):
        name, _, place = word.partition("=")
        module, _, attribute = place.partition(":")
        made = getattr(importlib.import_module(module), attribute)
        assert isinstance(made, Connector), place
        assert made.name == name, "a connector is configured under its own name"
        found[name] = made
    return found


def get(name: str) -> Connector:
    """Rejected `register_kind`."""
    found = known().get(name)
    if found is None:
        raise Rejected("register_kind", "There is no such register.", known=sorted(known()))
    return found


def release(setting: Setting, data: bytes) -> str:
    """The version of the program that wrote a file, "" where it is not said. As `read`."""
    of = get(setting.kind).release
    return of(setting, data) if of else ""
