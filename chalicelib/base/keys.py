"""How keys are built: the tenant first, always, and no part can pretend to be two."""

from __future__ import annotations

import re

_TENANT = re.compile(r"_?[a-z0-9][a-z0-9-]{0,39}")
# What belongs to the house itself, not to a reseller: the names sent to SdI, unclaimed input.
HOUSE = "_house"


def is_tenant(text: str) -> bool:
    """Whether the text is a reseller's identifier (the house's own ones begin with `_`)."""
    return _TENANT.fullmatch(text) is not None and not text.startswith("_")


def escape(part: str) -> str:
    """`#` separates; inside a part it is written %23."""
    return part.replace("%", "%25").replace("#", "%23")


def pk(tenant: str, *parts: str) -> str:
    """Partition key `T#<tenant>#<part>…`."""
    assert _TENANT.fullmatch(tenant), tenant
    return "#".join(["T", tenant, *map(escape, parts)])


def sk(*parts: str) -> str:
    """Sort key `<part>#<part>…`."""
    return "#".join(map(escape, parts))


def tenant_of(key: str) -> str:
    """The tenant that a partition key belongs to."""
    return key.split("#", 2)[1]
