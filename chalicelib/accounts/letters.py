"""Letters: mails to people about their accounts and orders, each planned by the decision it tells.

    wakes.commit([*the decision's own, letters.row("_users", "reset_password", address,
                                                   {"link": link, "expires": clock.stamp(at)},
                                                   now, name=token_id, language="it")])

A letter is a work row of the queue `tell`; address and values are sealed in it, bound to this one
letter, so that no link and no address stands in clear in the table. chalicelib/messages/letters.py
has the texts and sends them, once as far as SES allows.

To the customers of a reseller nothing goes unless they asked for it (D18): a letter of a tenant is
stopped at messages' one gate when its address is that of a customer who did not. The house itself
(`_users`) writes only about the addressee's own account (OWN_ACCOUNT), never on a tenant's behalf.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from chalicelib.base import clock, fields, ids, keys, limits, work
from chalicelib.base.dynamo import Item, Key, Op

LANGUAGES: Final = ("it", "en", "fr", "es")

# kind: (values it needs, values it may have). Instants are stored stamps (clock.stamp) and are
# said in the reader's language and Italian time; money is written out by the caller ("50,00 EUR").
KINDS: Final[Mapping[str, tuple[frozenset[str], frozenset[str]]]] = {
    kind: (frozenset(needed.split()), frozenset(possible.split()))
    for kind, needed, possible in (
        ("register", "link expires", ""),
        ("set_password", "link expires inviter practice role", ""),
        ("linked", "inviter practice role", "link"),
        ("reset_password", "link expires", ""),
        ("password_changed", "at", ""),
        ("recovery_used", "at left", ""),
        ("totp_reset", "at", ""),
        ("grant_changed", "inviter practice role", "expires"),
        ("grant_revoked", "practice role", ""),
        ("plan_changed", "practice plan", "link"),
        # Somebody of the house entered as support (break-glass), why and until when.
        ("support_entered", "practice reason expires", ""),
        ("order_confirmed", "order total pec", "practice lines at"),
        ("credits_low", "product left", "practice share"),
        # Somebody asked a body for help on the portal; what he wrote is not in the letter.
        ("help_asked", "practice ticket", ""),
        # Receipts without a settlement flow, flows without their money: how many became late.
        ("reconciliation_late", "practice receipts flows", ""),
    )
}
# What the addressee himself asked for or did, about his own account: the house may send these.
OWN_ACCOUNT: Final = frozenset(
    {"register", "reset_password", "password_changed", "recovery_used", "totp_reset"}
)
INSTANTS: Final = frozenset({"expires", "at"})


@dataclass(frozen=True)
class Letter:
    """A letter as it is to be written."""

    id: str
    tenant: str
    kind: str
    language: str
    to: str = field(repr=False)
    values: Mapping[str, str] = field(repr=False)


def partition(tenant: str, letter: str) -> str:
    return keys.pk(tenant, "LETTER", letter)


def key(tenant: str, letter: str) -> Key:
    """The work row of a letter."""
    return partition(tenant, letter), keys.sk("W", "tell", "letter")


def row(
    tenant: str,
    kind: str,
    to: str,
    values: Mapping[str, str],
    now: datetime,
    name: str,
    language: str,
) -> Op:
    """The operation that plans a letter.

    `name` is unique among the tenant's letters of this kind and the same when the decision is
    repeated. A language without texts is written to in Italian. ValueError for an unknown kind or
    value, a missing value, or a kind that this tenant may not send; else raises as `fields.seal`.
    """
    _require(tenant, kind, values)
    letter = ids.derive("letter", tenant, kind, name)
    content = json.dumps({"to": to, "values": dict(values)})
    return work.row(
        "tell",
        partition(tenant, letter),
        "letter",
        now,
        grace_s=limits.LETTER_GRACE_S,
        label=f"letter:{kind}",
        letter=letter,
        kind=kind,
        language=language if language in LANGUAGES else LANGUAGES[0],
        sealed=fields.seal(tenant, "letter", letter, kind, content),
    )


def _require(tenant: str, kind: str, values: Mapping[str, str]) -> None:
    if kind not in KINDS:
        raise ValueError(f"there is no letter {kind}")
    if not keys.is_tenant(tenant) and kind not in OWN_ACCOUNT:
        raise ValueError(f"{kind} is sent by a tenant, not by the house")
    needed, possible = KINDS[kind]
    if missing := needed - values.keys():
        raise ValueError(f"{kind} needs {sorted(missing)}")
    if unknown := values.keys() - needed - possible:
        raise ValueError(f"{kind} does not know {sorted(unknown)}")
    for one, value in values.items():
        if not isinstance(value, str) or len(value) > limits.LETTER_VALUE_CHARS:
            raise ValueError(f"{one} is no text of at most {limits.LETTER_VALUE_CHARS}")
        if one in INSTANTS:
            clock.parse(value)


def read(tenant: str, item: Item) -> Letter:
    """Back from its row. Raises as `fields.unseal`."""
    content: Any = json.loads(
        fields.unseal(tenant, "letter", item["letter"], item["kind"], item["sealed"])
    )
    return Letter(
        id=item["letter"],
        tenant=tenant,
        kind=item["kind"],
        language=item["language"],
        to=content["to"],
        values=content["values"],
    )
