"""A tenant's customers under /v1/customers: their data, the forms that ask for them, notes."""

from __future__ import annotations

from typing import Any

from chalice.app import Blueprint

from chalicelib.accounts import customer as model
from chalicelib.accounts import forms, people
from chalicelib.accounts import profile as profiles
from chalicelib.accounts import service as accounts
from chalicelib.accounts.audit import Action
from chalicelib.accounts.forms import Form
from chalicelib.accounts.profile import Profile
from chalicelib.base import clock, limits
from chalicelib.base.dynamo import Op
from chalicelib.entry import acting
from chalicelib.entry import customer_shapes as shapes
from chalicelib.entry.web import Request, route
from chalicelib.invoicing.courtesy import labels
from chalicelib.invoicing.delegation import making
from chalicelib.invoicing.waiting import Waiting, waiting

bp = Blueprint(__name__)


# ------------------------------------------------------------------ what is asked
@route(
    bp, "GET", "/v1/customers/forms", "customers:read",
    "What each legal form is asked, for pages", shapes.LegalForms, query=shapes.FormsQuery,
)  # fmt: skip
def customer_forms(request: Request) -> shapes.LegalForms:
    return shapes.LegalForms(
        forms=[
            shapes.LegalForm(
                form=form,
                labels=forms.labels()[form],
                fields=_fields(form, request.query.issues),
            )
            for form in forms.FORMS
        ]
    )


def _fields(form: Form, issues: bool) -> list[shapes.FormField]:
    return [
        shapes.FormField(
            name=field.name,
            need=need,
            labels=field.labels,
            pattern=field.pattern or None,
            choices=[_choice(field.element, value) for value in field.choices],
            default=field.default or None,
            element=field.element or None,
        )
        for field, need in forms.asked(form, issues=issues).items()
    ]


def _choice(element: str, value: str) -> shapes.Choice:
    """Codes of the law have their Italian words in the languages that FatturaPA does not have."""
    italian = labels.meaning(element, value, "it")
    said: dict[forms.PageLanguage, str] = dict.fromkeys(forms.LANGUAGES, italian)
    said["en"] = labels.meaning(element, value, "en")
    return shapes.Choice(value=value, labels=said)


# ------------------------------------------------------------------ customers
@route(
    bp, "GET", "/v1/customers", "customers:read", "Customers in order of id", shapes.Customers,
    query=shapes.CustomersQuery,
)  # fmt: skip
def list_customers(request: Request) -> shapes.Customers:
    tenant, query = request.caller.tenant, request.query
    counted = waiting(tenant) if query.counts or query.state else None

    def wanted(one: model.Customer) -> bool:
        return counted is None or not query.state or query.state in counted.counts.get(one.id, {})

    found = accounts.search_customers(tenant, query.q, query.after, query.limit, wanted)
    return shapes.Customers(
        customers=[shapes.Customer(**_plain(one, counted)) for one in found.customers],
        cursor=found.after or None,
        counted="none" if counted is None else "all" if counted.whole else "part",
    )


@route(
    bp, "POST", "/v1/customers", "customers:write", "Create a customer", shapes.CustomerDetail,
    body=shapes.NewCustomer, status=201,
)  # fmt: skip
def create_customer(request: Request) -> shapes.CustomerDetail:
    return _save(request, request.body.id, new=True)


@route(
    bp, "GET", "/v1/customers/{customer_id}", "customers:read", "One customer",
    shapes.CustomerDetail,
)  # fmt: skip
def get_customer(request: Request) -> shapes.CustomerDetail:
    tenant = request.caller.tenant
    found = accounts.get_customer(tenant, request.path["customer_id"])
    return _detail(found, accounts.get_profile(tenant, found.id) if found.form else None)


@route(
    bp, "PUT", "/v1/customers/{customer_id}", "customers:write", "Replace a customer's data",
    shapes.CustomerDetail, body=shapes.CustomerFields,
)  # fmt: skip
def replace_customer(request: Request) -> shapes.CustomerDetail:
    return _save(request, request.path["customer_id"], new=False)


def _save(request: Request, customer_id: str, *, new: bool) -> shapes.CustomerDetail:
    tenant, fields = request.caller.tenant, request.body
    customer = model.Customer(
        id=customer_id,
        name=fields.name,
        fiscal_ids=tuple(fields.fiscal_ids),
        mail=fields.mail,
        notify=fields.notify,
        formats=tuple(dict.fromkeys(fields.formats)),
        channels=tuple(dict.fromkeys(fields.channels)),
        signature=fields.signature,
        sending=fields.sending,
        health=fields.health,
        sections=tuple(dict.fromkeys(fields.sections)),
        portal=fields.portal,
    )
    now = clock.now()
    action = Action.CUSTOMER_CREATED if new else Action.CUSTOMER_CHANGED
    also: list[Op] = [
        acting.entry(
            request,
            action,
            f"customer:{customer_id}",
            customer_id if new else "",
            notify=customer.notify,
            channel=customer.channels,
            level=customer.portal,
        )
    ]
    if not new:  # the accounts that he was given see what his portal shows from now on
        also += people.follow_portal(tenant, customer_id, customer.portal, request.actor, now)
    saved = accounts.save_customer(
        tenant, customer, now, new=new, profile=fields.profile, also=also
    )
    return _detail(saved, accounts.get_profile(tenant, saved.id) if saved.form else None)


def _plain(found: model.Customer, counted: Waiting | None = None) -> dict[str, Any]:
    return {
        "id": found.id,
        "name": found.name,
        "fiscal_ids": list(found.fiscal_ids),
        "form": found.form or None,
        "mail": found.mail,
        "notify": found.notify,
        "formats": list(found.formats),
        "channels": list(found.channels),
        "signature": found.signature,
        "sending": found.sending,
        "health": found.health,
        "sections": list(found.sections),
        "portal": found.portal,
        "features": sorted(found.features),
        "products": list(found.activated),
        "created_at": found.created_at,
        "documents": counted.counts.get(found.id, {}) if counted else None,
    }


def _detail(found: model.Customer, profile: Profile | None) -> shapes.CustomerDetail:
    return shapes.CustomerDetail(
        **_plain(found),
        profile=profile,
        advised=list(profiles.advised(profile)) if profile else [],
    )


# ------------------------------------------------------------------ notes
@route(
    bp, "GET", "/v1/customers/{customer_id}/notes", "customers:read", "Notes, newest first",
    shapes.Notes, query=shapes.NotesQuery,
)  # fmt: skip
def list_notes(request: Request) -> shapes.Notes:
    query = request.query
    found = accounts.list_notes(
        request.caller.tenant, request.path["customer_id"], query.after, query.limit
    )
    last = found[-1] if len(found) == query.limit else None
    return shapes.Notes(
        notes=[shapes.Note(**vars(one)) for one in found],
        cursor=f"{last.at}#{last.id}" if last else None,
    )


@route(
    bp, "POST", "/v1/customers/{customer_id}/notes", "customers:write",
    "Write a note, which stays as it is", shapes.Note, body=shapes.NewNote, status=201,
    idempotency_key=True,
)  # fmt: skip
def note_customer(request: Request) -> shapes.Note:
    caller, customer_id = request.caller, request.path["customer_id"]
    note = accounts.note_customer(
        caller.tenant,
        customer_id,
        request.body.text,
        f"key:{caller.key_id}",
        clock.now(),
        f"{caller.key_id}:{request.idempotency_key}",
        also=[acting.entry(request, Action.CUSTOMER_NOTED, f"customer:{customer_id}")],
    )
    return shapes.Note(**vars(note))


# ------------------------------------------------------------------ delegation
@route(
    bp, "GET", "/v1/customers/{customer_id}/delegation", "customers:read",
    "The delegation for preservation (delega per la conservazione), in PDF", shapes.Delegation,
    query=shapes.DelegationQuery,
)  # fmt: skip
def get_delegation(request: Request) -> shapes.Delegation:
    tenant, customer_id = request.caller.tenant, request.path["customer_id"]
    found = making.delegation(tenant, customer_id, clock.now(), request.query.version)
    acting.read(request, Action.DELEGATION_READ, f"customer:{customer_id}", version=found.version)
    return shapes.Delegation(
        name=found.name,
        version=found.version,
        url=found.url,
        expires_in_s=limits.DOWNLOAD_LINK_S,
        versions=[
            shapes.DelegationVersion(version=version, at=at)
            for version, at in found.versions.items()
        ],
    )
