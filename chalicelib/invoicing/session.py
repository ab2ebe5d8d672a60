"""One run of a worker over files: what they have in common is read once."""

from __future__ import annotations

import functools

from chalicelib.accounts import service as accounts
from chalicelib.accounts.model import Customer, Reseller
from chalicelib.base.errors import NotFound
from chalicelib.base.work import Wakes
from chalicelib.credits import till
from chalicelib.credits.till import Till
from chalicelib.invoicing import store
from chalicelib.invoicing.document import Document
from chalicelib.invoicing.naming import Names


class Session:
    """What the files of a run share: settings, customers, names, credits, wakes."""

    def __init__(self, wakes: Wakes, name_block: int) -> None:
        self.wakes = wakes
        self.names = Names(name_block)
        self.till = Till(wakes)
        self._again = False
        self._resellers: dict[str, Reseller | None] = {}
        self.customer = functools.cache(accounts.find_customer)
        self._sellers: dict[tuple[str, ...], Customer] = {}

    def expect(self, run: str, members: int, expected: int, *, again: bool) -> None:
        """This is a run over `members` documents, of which `expected` are still to come; `run`
        names it, the same when it is repeated. `again`: an earlier one may have got part of the
        way, so that credits must not be set aside for what is there already."""
        self.till = Till(self.wakes, run=till.long_run(run, members), expected=expected)
        self._again = again

    def known(self, tenant: str, document: str) -> Document | None:
        """What an earlier run stored, where there was one."""
        found = store.get(tenant, document) if self._again else None
        if found and found.credits:
            self.till.served()
        return found

    def reseller(self, tenant: str) -> Reseller | None:
        if tenant not in self._resellers:
            try:
                self._resellers[tenant] = accounts.get_reseller(tenant)
            except NotFound:
                self._resellers[tenant] = None
        return self._resellers[tenant]

    def seller(self, tenant: str, fiscal: tuple[str, ...]) -> Customer | None:
        """The customer with these fiscal ids; only found ones are remembered."""
        key = (tenant, *fiscal)
        if key not in self._sellers:
            found = accounts.customer_of(tenant, fiscal)
            if found is None:
                return None
            self._sellers[key] = found
        return self._sellers[key]
