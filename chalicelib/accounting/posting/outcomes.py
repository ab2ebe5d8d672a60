"""What a treasurer answers about orders: OPI messaggi_esito_applicativo 1.6.1. Pure.

Words are his own and kept as they are; one that nobody knows loses nothing. Source:
OPI_MSG_ESITO_APPLICATIVO_V_1_6_1.xsd.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from chalicelib.accounting.posting.model import order_id
from chalicelib.base import limits, xml
from chalicelib.base.errors import Rejected

# After these the order is as the body wanted it, after those somebody has to act.
GOOD: Final = frozenset({"ACQUISITO", "VARIATO", "ANNULLATO", "SOSTITUITO", "RISCOSSO",
                         "REGOLARIZZATO"})  # fmt: skip
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
    it. `payer`: the number of the versante where it is of one only, 0 otherwise."""

    flow: str
    order: str
    word: str
    at: str
    payer: int
    faults: tuple[Fault, ...]

    @property
    def good(self) -> bool:
        return self.word in GOOD


def read(data: bytes) -> list[Outcome]:
    """The outcomes of orders in a message, in its order; of mandates nothing is told.

    Rejected `outcome_malformed`, `outcome_empty`, and as `xml.parse`.
    """
    root = xml.read(data, limit_bytes=limits.OPI_OUTCOME_BYTES)
    if xml.local(root) != _ROOT:
        raise Rejected("outcome_malformed", "This is no message of outcomes.")
    found = [_outcome(one) for one in xml.findall(root, "esito_reversali")]
    if not found:
        raise Rejected("outcome_empty", "It speaks of no reversale.")
    return found


def _outcome(node: xml.Element) -> Outcome:
    said = {name: xml.text(node, name) for name in (
        "identificativo_flusso", "esercizio", "numero_reversale", "progressivo_versante",
        "esito_operazione", "data_ora_esito_operazione",
    )}  # fmt: skip
    numbers = said["esercizio"], said["numero_reversale"], said["progressivo_versante"] or "0"
    sound = all(one.isascii() and one.isdecimal() and len(one) <= 7 for one in numbers)
    if not sound or not said["esito_operazione"]:
        raise Rejected("outcome_malformed", "An outcome names its order and what became of it.")
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
        said["esito_operazione"][:40], said["data_ora_esito_operazione"][:35], int(numbers[2]),
        faults,
    )  # fmt: skip
