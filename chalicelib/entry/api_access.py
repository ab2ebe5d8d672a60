"""Who may enter, under /v1: sign-up, grants, the plan, support."""

from __future__ import annotations

import secrets
from typing import Final

from chalice.app import Blueprint

from chalicelib.accounts import grant_store, people, plans, registration, support
from chalicelib.accounts import service as accounts
from chalicelib.accounts.identity import own
from chalicelib.accounts.people import Change, Listed, Wanted
from chalicelib.accounts.registration import Details
from chalicelib.base import clock, limits, work
from chalicelib.base.errors import NotFound, Rejected
from chalicelib.entry import access_shapes as shapes
from chalicelib.entry import web
from chalicelib.entry.web import Request, route

bp = Blueprint(__name__)

HINT: Final = (
    "Avvisate la persona prima di invitarla: riceverà un messaggio a vostro nome con un "
    "collegamento per entrare."
)


# ------------------------------------------------------------------ signing up
@route(
    bp, "POST", "/v1/signup", web.PUBLIC, "Ask for the mail by which one registers",
    shapes.Accepted, body=shapes.SignUp, status=202,
)  # fmt: skip
def ask_sign_up(request: Request) -> shapes.Accepted:
    wanted: shapes.SignUp = request.body
    with work.waking() as wakes:
        registration.ask(
            wanted.mail, wanted.kind, wanted.language, request.actor.source,
            secrets.token_urlsafe(32), wakes, clock.now(),
        )  # fmt: skip
    return shapes.Accepted()


@route(
    bp, "POST", "/v1/registration", web.PUBLIC, "Register by the link of the mail",
    shapes.Registered, body=shapes.Registration, status=201,
)  # fmt: skip
def register(request: Request) -> shapes.Registered:
    wanted: shapes.Registration = request.body
    details = Details(wanted.name, wanted.person, wanted.password)
    salt = secrets.token_bytes(limits.ARGON2_SALT_BYTES)
    with work.waking() as wakes:
        found = registration.register(
            wanted.token, details, request.actor, salt, wakes, clock.now()
        )
    return shapes.Registered(tenant=found.tenant, kind=found.kind, known=found.known)


# ------------------------------------------------------------------ grants
@route(bp, "GET", "/v1/grants", "grants:read", "Everybody who may enter", shapes.Grants)
def list_grants(request: Request) -> shapes.Grants:
    found = people.everybody(request.caller.tenant)
    return shapes.Grants(grants=[_grant(one) for one in found], hint=HINT)


@route(
    bp, "POST", "/v1/grants", "grants:write", "Give somebody access", shapes.Grant,
    body=shapes.NewGrant, status=201,
)  # fmt: skip
def give_grant(request: Request) -> shapes.Grant:
    caller, wanted = request.caller, request.body
    level = _level(caller.tenant, wanted) if wanted.customer else ""
    cabinets = None if wanted.cabinets is None else tuple(dict.fromkeys(wanted.cabinets))
    with work.waking() as wakes:
        given = people.give(
            caller.tenant,
            accounts.get_reseller(caller.tenant),
            Wanted(
                wanted.mail, wanted.role, cabinets, wanted.customer, wanted.ends_at,
                wanted.language, level, wanted.pos,
            ),
            request.actor,
            secrets.token_urlsafe(32),
            wakes,
            clock.now(),
        )  # fmt: skip
    return _one(caller.tenant, given.id)


def _level(tenant: str, wanted: shapes.NewGrant) -> str:
    """What the customer's portal shows."""
    customer = accounts.get_customer(tenant, wanted.customer)
    if customer.portal == "none":
        raise Rejected("portal_none", "This customer has no portal; give him one first.")
    return customer.portal


@route(
    bp, "PUT", "/v1/grants/{grant_id}", "grants:write",
    "Change somebody's role, what he sees, or until when", shapes.Grant, body=shapes.GrantChange,
)  # fmt: skip
def change_grant(request: Request) -> shapes.Grant:
    tenant, wanted = request.caller.tenant, request.body
    with work.waking() as wakes:
        changed = people.change(
            tenant,
            accounts.get_reseller(tenant),
            request.path["grant_id"],
            Change(
                None if wanted.cabinets is None else tuple(dict.fromkeys(wanted.cabinets)),
                wanted.ends_at, wanted.role, wanted.pos, wanted.version,
            ),
            request.actor,
            clock.now(),
            wakes,
        )  # fmt: skip
    return _one(tenant, changed.id)


@route(
    bp, "DELETE", "/v1/grants/{grant_id}", "grants:write", "Revoke somebody's access",
    shapes.Grant,
)  # fmt: skip
def revoke_grant(request: Request) -> shapes.Grant:
    tenant = request.caller.tenant
    home = accounts.get_reseller(tenant)
    with work.waking() as wakes:
        gone = people.revoke(
            tenant, home, request.path["grant_id"], request.actor, clock.now(), wakes
        )
    return _one(tenant, gone.id)


@route(
    bp, "POST", "/v1/grants/{grant_id}/invitation", "grants:write",
    "Send the link for the password again", shapes.Accepted, status=202,
)  # fmt: skip
def invite_again(request: Request) -> shapes.Accepted:
    tenant = request.caller.tenant
    home = accounts.get_reseller(tenant)
    with work.waking() as wakes:
        people.invite_again(
            tenant, home, request.path["grant_id"], request.actor, secrets.token_urlsafe(32),
            wakes, clock.now(),
        )  # fmt: skip
    return shapes.Accepted()


@route(
    bp, "DELETE", "/v1/grants/{grant_id}/second-factor", "grants:write",
    "Take a lost second factor off somebody's account", shapes.Accepted,
)  # fmt: skip
def reset_second_factor(request: Request) -> shapes.Accepted:
    tenant = request.caller.tenant
    user = people.require(tenant, request.path["grant_id"]).user
    with work.waking() as wakes:
        own.reset_totp(tenant, user, request.actor, clock.now(), wakes)
    return shapes.Accepted()


@route(
    bp, "GET", "/v1/grants/{grant_id}/history", "grants:read", "Every version of a grant",
    shapes.GrantVersions,
)  # fmt: skip
def grant_history(request: Request) -> shapes.GrantVersions:
    tenant, grant_id = request.caller.tenant, request.path["grant_id"]
    shown = _listed(tenant, grant_id)
    versions = grant_store.history(tenant, grant_id)
    return shapes.GrantVersions(
        versions=[_grant(Listed(one, shown.mail, shown.name)) for one in versions]
    )


def _listed(tenant: str, grant_id: str) -> Listed:
    for one in people.everybody(tenant):
        if one.grant.id == grant_id:
            return one
    raise NotFound("grant")


def _one(tenant: str, grant_id: str) -> shapes.Grant:
    return _grant(_listed(tenant, grant_id))


def _grant(listed: Listed) -> shapes.Grant:
    one = listed.grant
    return shapes.Grant(
        id=one.id,
        user=one.user,
        mail=listed.mail,
        name=listed.name,
        role=one.role,
        cabinets=None if one.cabinets is None else list(one.cabinets),
        customer=one.customer or None,
        given_by=one.given_by,
        starts_at=one.starts_at,
        ends_at=one.ends_at or None,
        revoked_at=one.revoked_at or None,
        reason=one.reason or None,
        pos=one.pos,
        version=one.version,
    )


# ------------------------------------------------------------------ plan
@route(bp, "GET", "/v1/plan", "plan:read", "The practice's plan and what it allows", shapes.Plan)
def get_plan(request: Request) -> shapes.Plan:
    return _plan(request.caller.tenant)


@route(bp, "PUT", "/v1/plan", "plan:write", "Choose a plan", shapes.Plan, body=shapes.PlanChoice)
def choose_plan(request: Request) -> shapes.Plan:
    tenant = request.caller.tenant
    home = accounts.get_reseller(tenant)
    registration.choose(tenant, home, request.body.plan, request.actor, clock.now())
    return _plan(tenant)


def _plan(tenant: str) -> shapes.Plan:
    found = accounts.get_reseller(tenant).subscription
    if found is None:
        raise registration.no_plan()
    now = clock.now()
    plan = plans.plan(found, now)
    allowed: list[str] = sorted(plans.ALLOWED[plan])
    return shapes.Plan(
        plan=plan,
        trial_ends_on=found.trial_ends.isoformat(),
        paid_at=found.paid_at or None,
        allowed=allowed,
        missing=sorted(set(plans.CAPABILITIES) - set(allowed)),
    )


# ------------------------------------------------------------------ support
@route(
    bp, "POST", "/v1/support/entries", "support:enter",
    "Enter a tenant as support, for an hour, with a reason", shapes.SupportGrant,
    body=shapes.SupportEntry, status=201,
)  # fmt: skip
def enter_as_support(request: Request) -> shapes.SupportGrant:
    wanted: shapes.SupportEntry = request.body
    home = accounts.get_reseller(wanted.tenant)
    with work.waking() as wakes:
        given = support.enter(
            home.id, home, request.caller.user, wanted.reason, request.actor, wakes, clock.now()
        )
    return shapes.SupportGrant(tenant=home.id, grant=given.id, ends_at=given.ends_at)
