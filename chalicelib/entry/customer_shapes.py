"""What the API takes and answers about a tenant's customers.

A customer's own data are the values of `accounts.profile`, so that there is one description of
them; here they only learn to refuse fields that nobody knows.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints

from chalicelib.accounts import customer as accounts
from chalicelib.accounts import forms
from chalicelib.accounts.profile import Profile
from chalicelib.base import limits
from chalicelib.entry.account_shapes import Mail, Name
from chalicelib.entry.shapes import Given, Id, Taken
from chalicelib.invoicing.waiting import WaitingState

setattr(Profile, "__pydantic_config__", ConfigDict(extra="forbid"))  # noqa: B010 a class as it comes

# One sezionale: the text around the running number, which stands as `{n}`.
Section = Annotated[str, StringConstraints(min_length=3, max_length=30)]
Text = Annotated[
    str, StringConstraints(min_length=1, max_length=limits.NOTE_CHARS, strip_whitespace=True)
]


class CustomerFields(Taken):
    """`fiscal_ids`: VAT numbers with country (`IT01234567890`) and tax codes. With a `profile`
    (see GET /v1/customers/forms) name and fiscal ids follow from it. What is left out has its
    default, the profile too: it is then removed."""

    name: Name | Literal[""] = ""
    fiscal_ids: Annotated[list[str], Field(max_length=limits.CUSTOMER_FISCAL_IDS)] = Field(
        default_factory=list
    )
    profile: Profile | None = None
    mail: Mail = ""
    notify: bool = False
    formats: Annotated[list[accounts.InputFormat], Field(min_length=1)] = Field(
        default_factory=lambda: list(accounts.INPUT_FORMATS)
    )
    channels: list[accounts.Channel] = Field(default_factory=lambda: list(accounts.CHANNELS))
    signature: accounts.Hand = "house"
    sending: accounts.Sending = "house"
    health: bool = False
    sections: Annotated[list[Section], Field(max_length=limits.CUSTOMER_SECTIONS)] = Field(
        default_factory=list
    )
    portal: accounts.Portal = "none"


class NewCustomer(CustomerFields):
    id: Id


class Customer(Given):
    """`form`: legal form, null while only fiscal ids are known; `features`: what his own portal
    would show him; `products`: what is switched on for him beside the sending. `documents`: how
    many wait for somebody, by state, when asked for."""

    id: str
    name: str
    fiscal_ids: list[str]
    form: forms.Form | None
    mail: str
    notify: bool
    formats: list[str]
    channels: list[str]
    signature: accounts.Hand
    sending: accounts.Sending
    health: bool
    sections: list[str]
    portal: accounts.Portal
    features: list[str]
    products: list[str]
    created_at: str
    documents: dict[str, int] | None = None


class CustomerDetail(Customer):
    """`advised`: fields that his form asks for and that are not given."""

    profile: Profile | None
    advised: list[str]


class Customers(Given):
    """`counted`: "none" unless counts were asked for; "part" when so many documents wait that
    only the newest were counted."""

    customers: list[Customer]
    cursor: str | None
    counted: Literal["none", "all", "part"]


class CustomersQuery(Taken):
    """`q`: every word is part of id, name or a fiscal id. `state`: only those with documents in
    it. A page may be short, even empty, and still have a cursor."""

    q: Annotated[str, StringConstraints(max_length=100)] = ""
    state: WaitingState | None = None
    counts: bool = False
    after: Annotated[str, StringConstraints(max_length=64)] = ""
    limit: int = Field(limits.PAGE_ITEMS, ge=1, le=limits.PAGE_ITEMS_MAX)


# ------------------------------------------------------------------ forms
class FormsQuery(Taken):
    """`issues` false: for customers whose invoices the house does not send."""

    issues: bool = True


class Choice(Given):
    value: str
    labels: dict[forms.PageLanguage, str]


class FormField(Given):
    """`pattern` is a whole match, as HTML's attribute; `element` its place in FatturaPA."""

    name: str
    need: forms.Need
    labels: dict[forms.PageLanguage, str]
    pattern: str | None
    choices: list[Choice]
    default: str | None
    element: str | None


class LegalForm(Given):
    """Fields that are not listed are not asked, and refused."""

    form: forms.Form
    labels: dict[forms.PageLanguage, str]
    fields: list[FormField]


class LegalForms(Given):
    forms: list[LegalForm]


# ------------------------------------------------------------------ notes
class NewNote(Taken):
    text: Text


class Note(Given):
    """`by`: `key:<id>` or `user:<id>`. A note is never changed."""

    id: str
    text: str
    by: str
    at: str


class Notes(Given):
    notes: list[Note]
    cursor: str | None


class NotesQuery(Taken):
    after: Annotated[str, StringConstraints(pattern=r"^([0-9TZ:.-]{1,32}#[a-z0-9]{1,64})?$")] = ""
    limit: int = Field(limits.PAGE_ITEMS, ge=1, le=limits.PAGE_ITEMS_MAX)


# ------------------------------------------------------------------ delegation
class DelegationQuery(Taken):
    """`version`: an earlier one; else as the customer's data are now."""

    version: Annotated[str, StringConstraints(pattern=r"^[a-z2-7]{0,24}$")] = ""


class DelegationVersion(Given):
    version: str
    at: str


class Delegation(Given):
    """The delega per la conservazione in PDF, in Italian, behind a short-lived link. `version`
    changes with what it says; the earlier ones are kept."""

    name: str
    version: str
    url: str
    expires_in_s: int
    versions: list[DelegationVersion]
