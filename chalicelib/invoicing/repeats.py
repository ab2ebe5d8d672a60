"""A decision whose answer was lost: the same request again gets the first answer.

Who decides may send an Idempotency-Key. What he was answered is then kept in the transaction of
the decision itself, so that it is there exactly when the decision is; by the time he asks again the
document may have gone on, and asking it for its state would refuse what was done long ago.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib.base import ids
from chalicelib.base.dynamo import ConditionFailed, Op
from chalicelib.base.errors import Conflict
from chalicelib.base.work import Wakes
from chalicelib.invoicing import store
from chalicelib.invoicing.document import Document


@dataclass(frozen=True)
class Asked:
    """Who (`by`) asks for what, under which key; without a key ("") nothing is remembered.

    A key counts for one document and for who sent it: nobody gets another's answer by his key.
    """

    by: str
    what: tuple[str, ...]
    key: str = ""

    @property
    def name(self) -> str:
        return ids.derive(self.by, self.key)

    @property
    def request(self) -> str:
        return ids.derive(*self.what)


def once(
    tenant: str,
    document: Document,
    asked: Asked,
    wakes: Wakes,
    now: datetime,
    act: Callable[[], tuple[Document, list[Op]]],
    also: Sequence[Op] = (),
) -> Document:
    """Decide by `act` (the document as decided, and the operations that make it so) and commit, or
    give the first answer again. `also` joins the commit where something is decided.

    Conflict `idempotency_key_reused` when the key came with another request; and whatever `act`
    and its commit raise, of which nothing is remembered.
    """
    first = _first(tenant, document.id, asked)
    if first is not None:
        return first
    decided, ops = act()
    if ops:
        ops = [*ops, *also]
    if asked.key:
        ops = [*ops, store.answer(tenant, decided, asked.name, asked.request, now)]
    try:
        if ops:
            wakes.commit(ops)
    except ConditionFailed:
        # The same request may have been answered since we looked.
        first = _first(tenant, document.id, asked)
        if first is None:
            raise
        return first
    return decided


def _first(tenant: str, document: str, asked: Asked) -> Document | None:
    found = store.get_answer(tenant, document, asked.name) if asked.key else None
    if found is None:
        return None
    request, decided = found
    if request != asked.request:
        raise Conflict(
            "idempotency_key_reused", "This Idempotency-Key was used with another request."
        )
    return decided
