"""Whether a tree would pass the official schema, told by the facets of its classes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from chalicelib.invoicing.fatturapa.tree.facets import fault_of
from chalicelib.invoicing.fatturapa.tree.plan import Field, fields_of, is_choice
from chalicelib.invoicing.fatturapa.tree.written import text_of


@dataclass(frozen=True)
class Misfit:
    """A value that the schema refuses. `path` is that of `schema.Fault`.

    `reason`: characters, length, form, range, value (not in the list), missing, choice (both or
    neither of Denominazione and Nome with Cognome).
    """

    path: str
    reason: str


def _of_field(field: Field, held: Any, path: str) -> Iterator[Misfit]:
    values = held if field.many else (held,) if held is not None else ()
    if field.required and not values:
        yield Misfit(path, "missing")
    for index, value in enumerate(values, start=1):
        at = f"{path}[{index}]" if len(values) > 1 else path
        if field.block is not None:
            yield from misfits(value, at)
        elif field.facet is not None and (reason := fault_of(field.facet, text_of(value))):
            yield Misfit(at, reason)


def misfits(block: Any, path: str = "") -> Iterator[Misfit]:
    """What the schema would refuse in a tree, or in a block that stands at `path`."""
    if is_choice(type(block)):
        person = (block.Nome is not None) + (block.Cognome is not None)
        if person != (2 if block.Denominazione is None else 0):
            yield Misfit(path, "choice")
    for field in fields_of(type(block)):
        below = f"{path}/{field.name}" if path else field.name
        yield from _of_field(field, getattr(block, field.name), below)
