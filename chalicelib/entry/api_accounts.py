"""The reseller's own affairs under /v1: settings, API keys."""

from __future__ import annotations

import secrets
from dataclasses import asdict

from chalice.app import Blueprint

from chalicelib.accounts import model as accounts_model
from chalicelib.accounts import service as accounts
from chalicelib.accounts.audit import Action
from chalicelib.base import clock, ids
from chalicelib.base.errors import Rejected
from chalicelib.entry import account_shapes as shapes
from chalicelib.entry import acting
from chalicelib.entry.web import Request, route
from chalicelib.messages import trying

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
    changed = acting.entry(
        request, Action.SETTINGS_CHANGED, "settings", changed=change.model_fields_set
    )
    return _settings(accounts.change_settings(request.caller.tenant, plain, webhook, [changed]))


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


@route(
    bp, "POST", "/v1/settings/webhook/test", "settings:write",
    "Send the webhook a signed message of type `test`; what became of it is the answer",
    shapes.WebhookTrial,
)  # fmt: skip
def try_webhook(request: Request) -> shapes.WebhookTrial:
    tenant, now = request.caller.tenant, clock.now()
    acting.read(request, Action.CARRIER_TRIED, "webhook")
    name = ids.derive("webhook-trial", tenant, request.id, clock.stamp(now))
    return shapes.WebhookTrial.model_validate(asdict(trying.attempt(tenant, name, now)))


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
    random, customer = secrets.token_hex(38), wanted.customer or ""
    issued = acting.entry(
        request, Action.KEY_ISSUED, f"key:{random[:12]}", scopes=set(wanted.scopes),
        customer=customer,
    )  # fmt: skip
    key, token = accounts.issue_key(
        request.caller.tenant,
        wanted.name,
        wanted.scopes,
        clock.now(),
        random,
        customer,
        [issued],
    )
    return shapes.IssuedKey(**_key(key).model_dump(), token=token)


@route(bp, "DELETE", "/v1/keys/{key_id}", "keys:write", "Revoke an API key", shapes.Key)
def revoke_key(request: Request) -> shapes.Key:
    key_id = request.path["key_id"]
    revoked = acting.entry(request, Action.KEY_REVOKED, f"key:{key_id}", name=key_id)
    return _key(accounts.revoke_key(request.caller.tenant, key_id, clock.now(), [revoked]))


def _key(found: accounts_model.ApiKey) -> shapes.Key:
    return shapes.Key(
        id=found.id,
        name=found.name,
        scopes=list(found.scopes),
        customer=found.customer or None,
        created_at=found.created_at,
        revoked_at=found.revoked_at or None,
    )
