"""Which addresses belong to a tenant's customers, so that no mail goes where none was asked for.

pk T#<tenant>   sk MAIL#<blind>#<customer>   this customer has, or had, this address

An entry is a hint: it stays when the address changes, so the customer is asked as he is now.
"""

from __future__ import annotations

from collections.abc import Iterable

from chalicelib.accounts import customer_store
from chalicelib.accounts.customer import Customer
from chalicelib.accounts.identity import blinds
from chalicelib.accounts.profile import Profile
from chalicelib.base import dynamo, fields, keys
from chalicelib.base.dynamo import ANY, Op, Put

normalise = blinds.normalise


def _blind(tenant: str, address: str) -> str:
    return fields.blind(tenant, "mail", normalise(address))


def _addresses(customer: Customer, profile: Profile | None) -> Iterable[str]:
    given = (customer.mail, *((profile.email, profile.pec) if profile else ()))
    return dict.fromkeys(normalise(one) for one in given if one)


def hints(tenant: str, customer: Customer, profile: Profile | None) -> list[Op]:
    """To be part of the transaction that writes the customer: an entry for each address of his."""
    return [
        Put(
            {
                "pk": keys.pk(tenant),
                "sk": keys.sk("MAIL", _blind(tenant, one), customer.id),
                "customer": customer.id,
            },
            when=ANY,
            label=f"mail:{number}",
        )
        for number, one in enumerate(_addresses(customer, profile))
    ]


def may_write(tenant: str, address: str) -> bool:
    """Whether the address is of none of the tenant's customers, or of one who asked for mails."""
    prefix = keys.sk("MAIL", _blind(tenant, address)) + "#"
    hinted = [item["customer"] for item in dynamo.query(keys.pk(tenant), prefix=prefix)]
    found = [customer_store.get_customer(tenant, one) for one in hinted]
    theirs = [one for one in found if one is not None and _is_his(tenant, one, address)]
    return not theirs or any(one.notify for one in theirs)


def _is_his(tenant: str, customer: Customer, address: str) -> bool:
    if normalise(customer.mail) == normalise(address):
        return True
    profile = customer_store.get_profile(tenant, customer.id) if customer.form else None
    return normalise(address) in _addresses(customer, profile)
