"""What a reseller has sent before: the ledger behind control 00404.

Who has a fiscal key is in the claims, whether SdI has it in the state of the document that claimed
it. Only the asking tenant's partitions are read. Source: fatturapa.md sections 7 and 8.
"""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.base.dynamo import Key as Place
from chalicelib.invoicing import claims, states, store
from chalicelib.invoicing.controls.lot import Earlier, Key, Sent
from chalicelib.invoicing.document import Document

_BLANKS = str.maketrans("\t\r\n", "   ")


def sent_by(tenant: str, customer: str = "") -> Sent:
    """The question that the controls ask of a file's keys, for one tenant.

    With `customer` only that customer's documents are told of: who may see him only must not learn
    what others have sent.
    """

    def ask(found: Sequence[Key]) -> dict[Key, Earlier]:
        return _earlier(tenant, customer, found)

    return ask


def _earlier(tenant: str, customer: str, found: Sequence[Key]) -> dict[Key, Earlier]:
    places = {key: _place(tenant, key) for key in found}
    rows = store.claimed(tenant, places.values())
    owners = {
        place: [row["document"] for row in claimed if not row["released"]]
        for place, claimed in rows.items()
    }
    documents = store.get_many((tenant, owner) for claimed in owners.values() for owner in claimed)
    known: dict[Key, Earlier] = {}
    for key, place in places.items():
        there = [documents.get((tenant, owner)) for owner in owners.get(place, ())]
        visible = [one for one in there if one and (not customer or one.customer == customer)]
        earlier = _worst(visible)
        if earlier:
            known[key] = earlier
    return known


def _place(tenant: str, key: Key) -> Place:
    """Where intake claims this key: it has read the same file by `reader`, which trims numbers."""
    year, _, rest = key.period.partition("-")
    number = key.number.translate(_BLANKS).strip()
    day = key.period if rest else ""
    return claims.number_key(tenant, key.issuer, key.kind, number, year, day)


def _worst(documents: Sequence[Document]) -> Earlier | None:
    """What several documents with one number come to: one that SdI has is the matter."""
    live = [one for one in documents if one.state not in states.RELEASING]
    issued = [one for one in live if one.state in states.ISSUED]
    if issued:
        return Earlier("error", issued[0].id)
    return Earlier("warning", live[0].id) if live else None
