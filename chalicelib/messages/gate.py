"""The one gate that every mail passes: nobody's customer is written to unless he asked (D18).

"Non effettuerà mai comunicazioni dirette o indirette verso i Clienti … salvo che non siano questi a
richiederlo" (F004-029, 030): an address that belongs to a customer of the tenant gets a mail only
where that customer's `notify` is on. Whoever plans a mail need not know; only `passed` makes what
`mail.send` takes.
"""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.accounts import suppression
from chalicelib.accounts.customer import Customer
from chalicelib.base import keys, log
from chalicelib.messages.model import Mail


@dataclass(frozen=True)
class Passed:
    """A mail that may go out. Only `passed` makes one."""

    mail: Mail


def passed(
    tenant: str,
    mail: Mail,
    *,
    registered: str = "",
    customer: Customer | None = None,
    own_account: bool = False,
) -> Passed | None:
    """The mail if it may go out, else None.

    `registered`: the tenant's own address, to which everything may go. `customer`: whose affairs
    it is about, when it is for him. `own_account`: it is about the addressee's own account, which
    is the only thing that the house itself writes about.
    """
    if _may(tenant, mail.to, registered, customer, own_account):
        return Passed(mail)
    log.write(log.Event.MAIL_SUPPRESSED, tenant=tenant)
    return None


def _may(
    tenant: str, to: str, registered: str, customer: Customer | None, own_account: bool
) -> bool:
    if not keys.is_tenant(tenant):
        return own_account
    if customer is not None:
        return customer.notify
    if registered and suppression.normalise(to) == suppression.normalise(registered):
        return True
    return suppression.may_write(tenant, to)
