"""The key that a search answers with: what was found, and how much of it may be seen.

A key is `<payload>.<mac>`: the payload says tenant, IUV, whether the whole key was given, which
receipt, and until when; the mac is the house's blind index of it (HMAC under the portal's data
key, base/fields.py). There is nothing to guess and nothing to keep in the table; a key that was
changed, is over or is none of ours is always the same answer.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.base import clock, fields, limits
from chalicelib.base.errors import Rejected
from chalicelib.payments.dues.store import PORTAL


@dataclass(frozen=True)
class Handle:
    """`full`: the right tax code was given with it. `receipt`: the one that it opens, "" for the
    position."""

    tenant: str
    iuv: str
    full: bool
    receipt: str = ""


def write(handle: Handle, now: datetime) -> tuple[str, str]:
    """The key, and the instant (clock.stamp) at which it is over. Raises as `fields.blind`."""
    until = clock.stamp(now + timedelta(seconds=limits.PORTAL_KEY_S))
    said = [handle.tenant, handle.iuv, handle.full, handle.receipt, until]
    payload = base64.urlsafe_b64encode(json.dumps(said, separators=(",", ":")).encode())
    text = payload.decode().rstrip("=")
    return f"{text}.{_mac(text)}", until


def _mac(payload: str) -> str:
    return fields.blind(PORTAL, "handle", payload)


def read(key: str, now: datetime) -> Handle:
    """What a key stands for. Rejected `portal_key_invalid` (410)."""
    payload, _, mac = key.partition(".")
    if not hmac.compare_digest(mac.encode(), _mac(payload).encode()):
        raise _invalid()
    try:
        padded = payload + "=" * (-len(payload) % 4)
        tenant, iuv, full, receipt, until = json.loads(base64.urlsafe_b64decode(padded))
    except (ValueError, binascii.Error) as error:  # signed by us in another form than today's
        raise _invalid() from error
    if until <= clock.stamp(now):
        raise _invalid()
    return Handle(tenant, iuv, full, receipt)


def whole(key: str, now: datetime) -> Handle:
    """The same, for what only the whole key opens. Rejected also `portal_whole_key` (403)."""
    found = read(key, now)
    if not found.full:
        raise Rejected(
            "portal_whole_key", "This is only for whoever gives the debtor's tax code as well.",
            status=403,
        )  # fmt: skip
    return found


def _invalid() -> Rejected:
    return Rejected("portal_key_invalid", "This is over: search again.", status=410)
