"""*Send test mail*: what the server says to an account, word for word (F001-068)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from chalicelib.base import limits
from chalicelib.base.errors import Failure, Rejected
from chalicelib.payments import bodies
from chalicelib.payments.delivery.channels import Refused, Uncertain
from chalicelib.payments.delivery.mail import accounts, message, smtp


@dataclass(frozen=True)
class Trial:
    """Whether the server took the mail; `code` says at what it failed ("" when it did not) and
    `words` are the server's own, or the connection's."""

    taken: bool
    code: str
    words: str


def send(tenant: str, code: str, to: str, name: str, now: datetime) -> Trial:
    """One mail by an account to an address, at once; a failure of the server is an answer.

    NotFound; Rejected `account_address_malformed`, `account_password`.
    """
    if not accounts.is_address(to):
        raise Rejected("account_address_malformed", "This is no address of plain ASCII.")
    account = accounts.get(tenant, code)
    accounts.require(tenant, code, account.kind)
    title, text = message.trial(bodies.get(tenant).name)
    data = message.made(account, to, name, now, title, text)
    try:
        password = accounts.password_of(tenant, account)
        with smtp.connected(account, password, limits.SMTP_TRIAL_TIMEOUT_S) as session:
            return Trial(True, "", session.send(to, data))
    except (Refused, Uncertain) as failure:
        return Trial(False, failure.code, failure.words)
    except Failure as failure:
        return Trial(False, failure.code, str(failure.details.get("words", failure.message)))
