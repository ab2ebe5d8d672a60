"""The reseller's own affairs under /v1: settings, customers, API keys."""

from __future__ import annotations

import secrets

from chalice.app import Blueprint

from chalicelib.accounts import model as accounts_model
from chalicelib.accounts import service as accounts
from chalicelib.accounts.model import Caller
from chalicelib.base import clock
from chalicelib.base.errors import Rejected
from chalicelib.entry import account_shapes as shapes
from chalicelib.entry.web import Request, route

bp = Blueprint(__name__)


@route(bp, "GET", "/v1/me", "flows:read", "Who this key is", shapes.Me)
def me(request: Request) -> shapes.Me:
    caller = request.caller
    return shapes.Me(
        tenant=caller.tenant,
        key=caller.key_id,
        scopes=sorted(caller.scopes),
        customer=caller.customer or None,
    )


# ------------------------------------------------------------------ settings
@route(bp, "GET", "/v1/settings", "settings:read", "The reseller's settings", shapes.Settings)
def get_settings(request: Request) -> shapes.Settings:
    return _settings(accounts.get_reseller(request.caller.tenant))


@route(
    bp, "PATCH", "/v1/settings", "settings:write", "Change settings", shapes.Settings,
    body=shapes.SettingsChange,
)  # fmt: skip
def change_settings(request: Request) -> shapes.Settings:
    change: shapes.SettingsChange = request.body
    plain = change.model_dump(exclude_unset=True, exclude={"webhook"}, exclude_none=True)
    webhook: dict[str, str] | str | None = ""
    if "webhook" in change.model_fields_set:
        webhook = change.webhook.model_dump() if change.webhook else None
    return _settings(accounts.change_settings(request.caller.tenant, plain, webhook))


def _settings(found: accounts_model.Reseller) -> shapes.Settings:
    return shapes.Settings(
        id=found.id,
        name=found.name,
        mail=found.mail,
        language=found.language,
        digest=found.digest,
        unknown_seller=found.unknown_seller,
        webhook_url=found.webhook.url if found.webhook else None,
    )


# ------------------------------------------------------------------ customers
@route(
    bp, "GET", "/v1/customers", "customers:read", "Customers in order of id", shapes.Customers,
    query=shapes.CustomersQuery,
)  # fmt: skip
def list_customers(request: Request) -> shapes.Customers:
    query: shapes.CustomersQuery = request.query
    found = accounts.list_customers(request.caller.tenant, query.after, query.limit)
    more = len(found) == query.limit
    return shapes.Customers(
        customers=[_customer(one) for one in found], cursor=found[-1].id if more else None
    )


@route(
    bp, "POST", "/v1/customers", "customers:write", "Create a customer", shapes.Customer,
    body=shapes.NewCustomer, status=201,
)  # fmt: skip
def create_customer(request: Request) -> shapes.Customer:
    return _save_customer(request.caller, request.body.id, request.body, new=True)


@route(bp, "GET", "/v1/customers/{customer_id}", "customers:read", "One customer", shapes.Customer)
def get_customer(request: Request) -> shapes.Customer:
    return _customer(accounts.get_customer(request.caller.tenant, request.path["customer_id"]))


@route(
    bp, "PUT", "/v1/customers/{customer_id}", "customers:write", "Replace a customer's data",
    shapes.Customer, body=shapes.CustomerFields,
)  # fmt: skip
def replace_customer(request: Request) -> shapes.Customer:
    return _save_customer(request.caller, request.path["customer_id"], request.body, new=False)


def _save_customer(
    caller: Caller, customer_id: str, fields: shapes.CustomerFields, *, new: bool
) -> shapes.Customer:
    customer = accounts_model.Customer(
        id=customer_id,
        name=fields.name,
        fiscal_ids=tuple(fields.fiscal_ids),
        mail=fields.mail,
        notify=fields.notify,
        formats=tuple(dict.fromkeys(fields.formats)),
        signature=fields.signature,
        sending=fields.sending,
        sections=tuple(dict.fromkeys(fields.sections)),
    )
    return _customer(accounts.save_customer(caller.tenant, customer, clock.now(), new=new))


def _customer(found: accounts_model.Customer) -> shapes.Customer:
    return shapes.Customer(
        id=found.id,
        name=found.name,
        fiscal_ids=list(found.fiscal_ids),
        mail=found.mail,
        notify=found.notify,
        formats=list(found.formats),
        signature=found.signature,
        sending=found.sending,
        sections=list(found.sections),
        created_at=found.created_at,
    )


# ------------------------------------------------------------------ keys
@route(bp, "GET", "/v1/keys", "keys:write", "API keys, without their secrets", shapes.Keys)
def list_keys(request: Request) -> shapes.Keys:
    return shapes.Keys(keys=[_key(one) for one in accounts.list_keys(request.caller.tenant)])


@route(
    bp, "POST", "/v1/keys", "keys:write", "Issue an API key", shapes.IssuedKey,
    body=shapes.NewKey, status=201,
)  # fmt: skip
def issue_key(request: Request) -> shapes.IssuedKey:
    wanted: shapes.NewKey = request.body
    above = sorted(set(wanted.scopes) - request.caller.scopes)
    if above:
        raise Rejected("scope_above", "A key gives no more than it has.", status=403, scopes=above)
    key, token = accounts.issue_key(
        request.caller.tenant,
        wanted.name,
        wanted.scopes,
        clock.now(),
        secrets.token_hex(38),
        wanted.customer or "",
    )
    return shapes.IssuedKey(**_key(key).model_dump(), token=token)


@route(bp, "DELETE", "/v1/keys/{key_id}", "keys:write", "Revoke an API key", shapes.Key)
def revoke_key(request: Request) -> shapes.Key:
    return _key(accounts.revoke_key(request.caller.tenant, request.path["key_id"], clock.now()))


def _key(found: accounts_model.ApiKey) -> shapes.Key:
    return shapes.Key(
        id=found.id,
        name=found.name,
        scopes=list(found.scopes),
        customer=found.customer or None,
        created_at=found.created_at,
        revoked_at=found.revoked_at or None,
    )
