"""Mail addresses as names of accounts: never in a key as they are."""

from __future__ import annotations

import ipaddress
import unicodedata
from typing import Final

from chalicelib.base import fields

USERS: Final = "_users"


def normalise(address: str) -> str:
    """What is the same mailbox to people is the same text: no case, NFKC, no space around."""
    return unicodedata.normalize("NFKC", address.strip().casefold())


def blind(address: str) -> str:
    """32 hex digits that stand for the address in keys; nobody without the data key can make
    them. Raises as `fields.blind`."""
    return fields.blind(USERS, "mail", normalise(address))


def blind_source(source: str) -> str:
    """The same for the address of a client. Of IPv6 the first 64 bits: a client has all of them."""
    try:
        found = ipaddress.ip_address(source)
    except ValueError:
        return fields.blind(USERS, "source", source)
    if found.version == 6 and found.ipv4_mapped is None:
        found = ipaddress.ip_network((found, 64), strict=False).network_address
    return fields.blind(USERS, "source", str(found))
