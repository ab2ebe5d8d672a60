"""The webhook of a customer's software is tried: does it answer, and what. Nothing of anybody goes
out; the message is signed as all are, so that its receiver can try his check too."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from chalicelib.accounts import service as accounts
from chalicelib.base import clock, secrets
from chalicelib.base.errors import Rejected, Transient
from chalicelib.messages import webhook


@dataclass(frozen=True)
class Tried:
    """`code` says at what it failed, "" when it did not; `words` what is known of it."""

    works: bool
    code: str
    words: str


def attempt(tenant: str, name: str, now: datetime) -> Tried:
    """Post a message of type `test` under that id, once. Rejected `webhook_missing` where no
    address is set; every failure of the other side is an answer."""
    place = accounts.get_reseller(tenant).webhook
    if place is None:
        raise Rejected("webhook_missing", "No webhook is set.", status=409)
    message = {"id": name, "type": "test", "at": clock.stamp(now)}
    secret = secrets.unseal(tenant, place.secret)
    try:
        webhook.post(place.url, secret, message, str(int(now.timestamp())))
    except Transient as failure:
        return Tried(False, failure.code, failure.message)
    return Tried(True, "", "")
