"""What a treasurer answers about orders: OPI messaggi_esito_applicativo 1.6.1. Pure.

Words are his own and kept as they are; one that nobody knows loses nothing. Source:
OPI_MSG_ESITO_APPLICATIVO_V_1_6_1.xsd, pagopa.md section 10.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chalicelib.accounting.posting.model import Standing, TreasuryState, order_id
from chalicelib.base import clock, limits, xml
from chalicelib.base.errors import Rejected

STATES: Final[Mapping[str, TreasuryState]] = {
    "ACQUISITO": "accepted",
    "VARIATO": "accepted",
    "SOSTITUITO": "accepted",
    "ANNULLATO": "cancelled",
    "RISCOSSO": "collected",
    "REGOLARIZZATO": "regularised",
    "STORNATO": "reversed",
    "NON ACQUISITO": "refused",
    "NON VARIATO": "refused",
    "NON ANNULLATO": "refused",
    "NON SOSTITUITO": "refused",
    "NON REGOLARIZZATO": "refused",
    "NON ESEGUIBILE": "refused",
}
# After these the order is as the body wanted it, after all others somebody has to act.
_GOOD: Final = frozenset({"accepted", "cancelled", "collected", "regularised"})
_ROOT: Final = "messaggi_esito_applicativo"
_WORDS_CHARS: Final = 300


@dataclass(frozen=True)
class Fault:
    """Why not, in the treasurer's words: `code` a number or "", `element` of the flow or ""."""

    code: str
    text: str
    element: str


@dataclass(frozen=True)
class Outcome:
    """Of one order: `flow` that brought it, `word` what became of it, `at` as the treasurer wrote
    it. `payer`: the number of the versante where it is of one only, 0 otherwise. `verified`: the
    message was signed by whom the body takes for its treasurer."""

    flow: str
    order: str
    word: str
    at: str
    payer: int
    faults: tuple[Fault, ...]
    verified: bool = False

    @property
    def state(self) -> TreasuryState:
        return STATES.get(self.word, "other")

    @property
    def good(self) -> bool:
        return self.state in _GOOD

    @property
    def said(self) -> tuple[object, ...]:
        """What makes it this outcome and no other, whoever brought it however often."""
        return self.flow, self.order, self.word, self.at, self.payer, self.faults

    def standing(self) -> Standing:
        """What it makes of its order."""
        reason = " ".join(part for one in self.faults[:1] for part in (one.code, one.text) if part)
        return Standing(instant(self.at), self.at, self.word, self.state, reason, self.verified)


@dataclass(frozen=True)
class Message:
    """What a message says: `creditor` is the fiscal code of the body that it is for."""

    creditor: str
    outcomes: tuple[Outcome, ...]


def instant(at: str) -> str:
    """Comparable, whatever zone the treasurer writes; none is Rome's. ValueError."""
    found = datetime.fromisoformat(at)
    return clock.stamp(found if found.tzinfo else found.replace(tzinfo=clock.ROME))


def read(data: bytes) -> Message:
    """The outcomes of orders in a message, in its order; of mandates nothing is told.

    Rejected `outcome_malformed`, `outcome_empty`, and as `xml.parse`.
    """
    root = xml.read(data, limit_bytes=limits.OPI_OUTCOME_BYTES)
    if xml.local(root) != _ROOT:
        raise Rejected("outcome_malformed", "This is no message of outcomes.")
    heads = xml.findall(root, "testata_messaggio")
    found = [_outcome(one) for one in xml.findall(root, "esito_reversali")]
    if len(heads) != 1:
        raise Rejected("outcome_malformed", "A message says which body it is for.")
    if not found:
        raise Rejected("outcome_empty", "It speaks of no reversale.")
    return Message(xml.text(heads[0], "codice_fiscale_ente")[:16], tuple(found))


def _outcome(node: xml.Element) -> Outcome:
    said = {name: xml.text(node, name) for name in (
        "identificativo_flusso", "esercizio", "numero_reversale", "progressivo_versante",
        "esito_operazione", "data_ora_esito_operazione",
    )}  # fmt: skip
    numbers = said["esercizio"], said["numero_reversale"], said["progressivo_versante"] or "0"
    at = said["data_ora_esito_operazione"][:35]
    sound = all(one.isascii() and one.isdecimal() and len(one) <= 7 for one in numbers)
    if not sound or not said["esito_operazione"] or not _is_instant(at):
        raise Rejected("outcome_malformed", "An outcome names its order, what became of it, when.")
    faults = tuple(
        Fault(
            xml.text(one, "codice_errore")[:20],
            xml.text(one, "descrizione")[:_WORDS_CHARS],
            xml.text(one, "elemento")[:_WORDS_CHARS],
        )
        for one in xml.findall(node, "lista_errori")
    )
    return Outcome(
        said["identificativo_flusso"][:70], order_id(int(numbers[0]), int(numbers[1])),
        said["esito_operazione"][:40], at, int(numbers[2]), faults,
    )  # fmt: skip


def _is_instant(at: str) -> bool:
    try:
        instant(at)
    except (ValueError, OverflowError):
        return False
    return True
