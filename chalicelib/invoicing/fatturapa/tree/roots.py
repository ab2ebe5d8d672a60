"""The two documents: header, bodies, and what a reader had to leave out or put right."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from chalicelib.invoicing.fatturapa.tree import simplified
from chalicelib.invoicing.fatturapa.tree.body import FatturaElettronicaBodyType
from chalicelib.invoicing.fatturapa.tree.header import FatturaElettronicaHeaderType
from chalicelib.invoicing.fatturapa.tree.kinds import FormatoTrasmissioneType, String10Type

# unknown    an element that the format does not have was left out
# repeated   one more of an element that may stand once was left out
# attribute  an attribute that the format does not have was left out (hints of xsi: among them)
# text       text between elements was left out
# moved      an element stood in the wrong place and was put right
# namespace  an element was qualified, which only the root may be, and was put right
Kind = Literal["unknown", "repeated", "attribute", "text", "moved", "namespace"]
_HARMLESS = frozenset({"moved", "namespace"})


@dataclass(frozen=True)
class Change:
    """How the tree differs from the file it was read from; `path` is that of `schema.Fault`."""

    kind: Kind
    path: str


def _lossless(changes: tuple[Change, ...]) -> bool:
    return all(change.kind in _HARMLESS for change in changes)


@dataclass(frozen=True, kw_only=True)
class FatturaElettronica:
    """A document of format FPA12 or FPR12.

    `signed`: the file that it was read from held a ds:Signature. The tree does not keep it, since
    a signature covers bytes and not values: what is to stay signed is forwarded as it came.
    """

    versione: FormatoTrasmissioneType
    SistemaEmittente: String10Type | None = None
    FatturaElettronicaHeader: FatturaElettronicaHeaderType
    FatturaElettronicaBody: tuple[FatturaElettronicaBodyType, ...]
    signed: bool = field(default=False, compare=False)
    changes: tuple[Change, ...] = field(default=(), compare=False)

    @property
    def whole(self) -> bool:
        """Whether nothing but a signature was left out."""
        return _lossless(self.changes)


@dataclass(frozen=True, kw_only=True)
class FatturaElettronicaSemplificata:
    """A document of format FSM10; `signed` and `changes` as in `FatturaElettronica`."""

    versione: simplified.FormatoTrasmissioneType
    SistemaEmittente: String10Type | None = None
    FatturaElettronicaHeader: simplified.FatturaElettronicaHeaderType
    FatturaElettronicaBody: tuple[simplified.FatturaElettronicaBodyType, ...]
    signed: bool = field(default=False, compare=False)
    changes: tuple[Change, ...] = field(default=(), compare=False)

    @property
    def whole(self) -> bool:
        """Whether nothing but a signature was left out."""
        return _lossless(self.changes)


Tree = FatturaElettronica | FatturaElettronicaSemplificata
