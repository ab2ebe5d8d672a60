"""The channels that there are. Each is loaded when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from chalicelib.base.errors import Rejected
from chalicelib.payments.delivery.channels import Channel


def _mail() -> Channel:
    from chalicelib.payments.delivery.mail.channel import CHANNEL

    return CHANNEL


def _zip() -> Channel:
    from chalicelib.payments.delivery.archive import CHANNEL

    return CHANNEL


def _sftp() -> Channel:
    from chalicelib.payments.delivery.folders import SFTP

    return SFTP


def _ftps() -> Channel:
    from chalicelib.payments.delivery.folders import FTPS

    return FTPS


def _members() -> Channel:
    from chalicelib.payments.delivery.members_channel import CHANNEL

    return CHANNEL


def _postal() -> Channel:
    from chalicelib.payments.delivery.postal_channel import CHANNEL

    return CHANNEL


def _appio() -> Channel:
    from chalicelib.payments.delivery.appio_channel import CHANNEL

    return CHANNEL


CHANNELS: Final[Mapping[str, Callable[[], Channel]]] = {
    "mail": _mail,
    "zip": _zip,
    "sftp": _sftp,
    "ftps": _ftps,
    "members": _members,
    "postal": _postal,
    "appio": _appio,
}


def find(name: str) -> Channel:
    """The channel of that name. Rejected `channel_unknown`."""
    load = CHANNELS.get(name)
    if load is None:
        raise Rejected("channel_unknown", "There is no such channel.", known=sorted(CHANNELS))
    found = load()
    assert found.name == name
    return found
