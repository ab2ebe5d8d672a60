"""What the API takes and answers about resellers and keys."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from chalicelib.accounts import model as accounts
from chalicelib.entry.shapes import Given, Id, Taken

Name = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Mail = Annotated[str, StringConstraints(max_length=254)]


class Settings(Given):
    id: str
    name: str
    mail: str
    language: accounts.Language
    digest: accounts.Digest
    unknown_seller: Literal["hold", "register"]
    webhook_url: str | None


class WebhookChange(Taken):
    url: Annotated[str, StringConstraints(max_length=1000)]
    secret: Annotated[str, StringConstraints(min_length=24, max_length=200)]


class SettingsChange(Taken):
    """Only what is given changes; `webhook` null removes it."""

    name: Name | None = None
    mail: Mail | None = None
    language: accounts.Language | None = None
    digest: accounts.Digest | None = None
    unknown_seller: Literal["hold", "register"] | None = None
    webhook: WebhookChange | None = None


class WebhookTrial(Given):
    """Whether the webhook took a message of type `test`. `code` says at what it failed, `words`
    what is known of it."""

    works: bool
    code: str
    words: str


class NewKey(Taken):
    name: Name
    scopes: Annotated[list[str], Field(min_length=1, max_length=20)]
    customer: Id | None = None


class Key(Given):
    id: str
    name: str
    scopes: list[str]
    customer: str | None
    created_at: str
    revoked_at: str | None


class IssuedKey(Key):
    """`token` is shown this once."""

    token: str


class Keys(Given):
    keys: list[Key]


class Me(Given):
    tenant: str
    key: str
    scopes: list[str]
    customer: str | None


class Health(Given):
    status: Literal["ok"]
