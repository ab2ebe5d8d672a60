"""A connector to the reserved area of a body's members: one HTTPS call for each notice.

No vendor of registers publishes his interface (pagopa.md section 15), so what differs between them
is configuration: address, method, how we show who we are, and how each field is called there.
Why: infra/decisions/0022-carriers.md. The contract is tests/payments/delivery/test_members.py.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from string import Formatter
from typing import Any, Final, Literal
from urllib.parse import quote, urlsplit

from chalicelib.base import ids, limits, net
from chalicelib.base.errors import Rejected, Transient
from chalicelib.payments.delivery import areas
from chalicelib.payments.delivery.channels import Refused, Skipped

Login = Literal["bearer", "basic", "header"]
LOGINS: Final[tuple[Login, ...]] = Login.__args__  # type: ignore[attr-defined]
# What can be told of a notice. `content` is the PDF in base64, `amount` is written 150.00.
FIELDS: Final = (
    "tax_code", "name", "iuv", "notice_number", "year", "amount", "cents", "due", "subject",
    "file_name", "content", "content_type", "sha256",
)  # fmt: skip
IN_ADDRESS: Final = frozenset({"tax_code", "iuv", "year"})
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,59}", re.ASCII)
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,59}", re.ASCII)
_PROFESSION = re.compile(r"[a-z0-9_-]{1,40}", re.ASCII)
_OWN_HEADERS: Final = frozenset(
    {"content-type", "content-length", "host", "idempotency-key", "transfer-encoding"}
)


@dataclass(frozen=True)
class Profile:
    """`url` may hold {tax_code}, {iuv} and {year}; `fields` maps ours to theirs, a point leading
    into an object; `constants` are sent as they are. `probe`: an address that answers 2xx to GET
    when the login is right, "" for none. `profession` as it was agreed when this was switched on.
    """

    url: str
    profession: str
    fields: Mapping[str, str]
    login: Login = "bearer"
    header: str = ""
    method: Literal["POST", "PUT"] = "POST"
    constants: Mapping[str, str] = field(default_factory=dict)
    probe: str = ""
    authority: str = ""

    def __post_init__(self) -> None:
        for url in (self.url, *([self.probe] if self.probe else [])):
            _check_address(url)
        if not _PROFESSION.fullmatch(self.profession):
            raise Rejected("members_profession", "A profession is small letters and digits.")
        if self.method not in ("POST", "PUT"):
            raise Rejected("members_method", "A notice is sent by POST or PUT.")
        if self.login not in LOGINS:
            raise Rejected("members_login_kind", "A login is bearer, basic or header.")
        if (self.login == "header") is not bool(self.header):
            raise Rejected("members_header", "Name the header of the key, and only then.")
        if self.header and (
            not _HEADER.fullmatch(self.header) or self.header.lower() in _OWN_HEADERS
        ):
            raise Rejected("members_header", "That cannot be the header of a key.")
        if not set(self.fields) <= set(FIELDS) or "content" not in self.fields:
            raise Rejected("members_fields", "Say how known fields are called, content among them.")
        theirs = [*self.fields.values(), *self.constants]
        if len(set(theirs)) < len(theirs) or not all(map(_NAME.fullmatch, theirs)):
            raise Rejected("members_fields", "Their names are letters, digits, . _ and -, once.")
        if not {"tax_code"} & (set(self.fields) | _placeholders(self.url)):
            raise Rejected("members_fields", "Nothing says whose notice it is.")
        if self.authority:
            net.tls_context(self.authority)


def _placeholders(url: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(url) if name is not None}


def _check_address(url: str) -> None:
    try:
        names = _placeholders(url)
        parts = urlsplit(url)
        sound = bool(parts.hostname) and parts.port != 0 and parts.scheme in ("https", "http")
    except ValueError:
        sound, names = False, set()
    # Nothing of a person in the host's name; plain http is refused by the network itself.
    if not sound or not names <= IN_ADDRESS or "{" in parts.netloc or not url.isascii():
        raise Rejected("members_address", "An address is https://, with {tax_code}, {iuv}, {year}.")


def check_secret(profile: Profile, secret: str) -> None:
    """A token, `user:password`, or a key. Rejected `members_secret`."""
    sound = bool(secret) and secret.isprintable() and len(secret) <= 4_000 and secret.isascii()
    if not sound or (profile.login == "basic" and ":" not in secret):
        raise Rejected("members_secret", "Give what the reserved area knows us by.")


@dataclass(frozen=True)
class Notice:
    """What is published; `content` is the PDF."""

    tax_code: str
    name: str
    iuv: str
    notice_number: str
    year: int
    cents: int
    due: str
    subject: str
    file_name: str
    content: bytes = field(repr=False)


def written(profile: Profile, notice: Notice) -> dict[str, Any]:
    """The JSON of a notice, under their names. Pure."""
    values: dict[str, Any] = {
        "tax_code": notice.tax_code,
        "name": notice.name,
        "iuv": notice.iuv,
        "notice_number": notice.notice_number,
        "year": notice.year,
        "amount": f"{notice.cents // 100}.{notice.cents % 100:02d}",
        "cents": notice.cents,
        "due": notice.due or None,
        "subject": notice.subject,
        "file_name": notice.file_name,
        "content": base64.b64encode(notice.content).decode(),
        "content_type": "application/pdf",
        "sha256": ids.sha256(notice.content),
    }
    found: dict[str, Any] = {}
    pairs = [(theirs, values[ours]) for ours, theirs in profile.fields.items()]
    for name, value in [*pairs, *profile.constants.items()]:
        at, *path = name.split(".")[::-1]
        inside = found
        for step in reversed(path):
            below = inside.setdefault(step, {})
            if not isinstance(below, dict):
                raise Rejected("members_fields", "A field cannot be a text and hold others.")
            inside = below
        inside[at] = value
    return found


def publish(profile: Profile, secret: str, notice: Notice, key: str) -> str:
    """Bring a notice there; gives what was answered. The same `key` is the same notice.

    Raises Refused `members_login`, `members_refused`; Skipped `members_unknown` (nobody of that
    code has an area there); Transient `members_unavailable`, `net_…`.
    """
    filled = {
        name: quote(str(getattr(notice, name)), safe="") for name in _placeholders(profile.url)
    }
    headers = _login(profile, secret) | {
        "Content-Type": "application/json",
        "Accept": "application/json",
        "Idempotency-Key": key,
    }
    body = json.dumps(written(profile, notice), ensure_ascii=False).encode()
    reply = _asked(profile, profile.method, profile.url.format_map(filled), body, headers)
    if reply.status == 404:
        raise Skipped("members_unknown")
    # 409: it is there already.
    if reply.status in (200, 201, 202, 204, 409):
        return _words(reply)
    raise _refusal(reply)


def try_login(profile: Profile, secret: str) -> str:
    """What the probe answers. Raises as `publish`; Rejected `members_probe_missing`."""
    if not profile.probe:
        raise Rejected("members_probe_missing", "The profile has no address to try.")
    reply = _asked(profile, "GET", profile.probe, b"", _login(profile, secret))
    if 200 <= reply.status < 300:
        return _words(reply)
    raise _refusal(reply)


def _asked(
    profile: Profile, method: str, url: str, body: bytes, headers: Mapping[str, str]
) -> net.Reply:
    return net.request(
        method, url, body, headers, most_bytes=limits.MEMBERS_REPLY_BYTES,
        authority=profile.authority,
    )  # fmt: skip


def _login(profile: Profile, secret: str) -> dict[str, str]:
    if profile.login == "bearer":
        return {"Authorization": f"Bearer {secret}"}
    if profile.login == "basic":
        return {"Authorization": "Basic " + base64.b64encode(secret.encode()).decode()}
    return {profile.header: secret}


def _refusal(reply: net.Reply) -> Refused | Transient:
    words = _words(reply)
    if reply.status == 429 or reply.status >= 500:
        return Transient(
            "members_unavailable", "The reserved area does not answer as it should.", words=words
        )
    if reply.status in (401, 403):
        return Refused("members_login", words)
    return Refused("members_refused", words)


def _words(reply: net.Reply) -> str:
    return areas.words(f"HTTP {reply.status} {reply.body[:1_000].decode('utf-8', 'replace')}")
