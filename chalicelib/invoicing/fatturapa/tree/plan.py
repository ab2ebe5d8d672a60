"""The fields of a block, read once from the annotations of its class.

The classes are the only place that says what the format is: reading, writing, checking and the
tests all follow what `fields_of` finds in them.
"""

from __future__ import annotations

import types
from dataclasses import MISSING, dataclass, fields
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from chalicelib.invoicing.fatturapa.tree.facets import Facet

Cardinality = Literal["1..1", "0..1", "1..N", "0..N"]


@dataclass(frozen=True)
class Field:
    """One attribute: a leaf with a `facet`, or a block of class `block`."""

    name: str
    card: Cardinality
    facet: Facet | None
    block: type[Any] | None

    @property
    def many(self) -> bool:
        return self.card.endswith("N")

    @property
    def required(self) -> bool:
        return self.card.startswith("1")


def _bare(hint: Any) -> tuple[Any, bool]:
    """The hint without `| None`, and whether that was there."""
    if get_origin(hint) in (Union, types.UnionType):
        (kept,) = (part for part in get_args(hint) if part is not type(None))
        return kept, True
    return hint, False


def _facet_of(hint: Any) -> Facet | None:
    """What the annotation of a leaf says about its text."""
    if get_origin(hint) is not Annotated:
        return None
    return next((part for part in hint.__metadata__ if isinstance(part, Facet)), None)


def _read(block: type[Any]) -> tuple[Field, ...]:
    hints = get_type_hints(block, include_extras=True)
    found = []
    for own in fields(block):
        if not own.compare:
            continue  # what is known of the file, and no part of the document
        hint, optional = _bare(hints[own.name])
        many = get_origin(hint) is tuple
        if many:
            hint = get_args(hint)[0]
            optional = own.default is not MISSING
        facet = _facet_of(hint)
        inner = hint if isinstance(hint, type) and hasattr(hint, "__dataclass_fields__") else None
        assert facet or inner, own.name
        low, high = "0" if optional else "1", "N" if many else "1"
        card: Any = f"{low}..{high}"
        found.append(Field(own.name, card, facet, inner))
    return tuple(found)


_READ: dict[type[Any], tuple[Field, ...]] = {}  # evaluating annotations is slow: once per class


def fields_of(block: type[Any]) -> tuple[Field, ...]:
    """The fields that stand for elements or attributes of XML, in the order of the schema."""
    if block not in _READ:
        _READ[block] = _read(block)
    return _READ[block]


def is_choice(block: type[Any]) -> bool:
    """Whether the block holds either Denominazione or Nome and Cognome."""
    return "Denominazione" in block.__dataclass_fields__
