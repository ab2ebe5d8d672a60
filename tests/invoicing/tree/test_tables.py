"""The classes against the official tables: every id, its cardinality, its type, its limits."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.invoicing.fatturapa import tree
from chalicelib.invoicing.fatturapa.tree import facets
from chalicelib.invoicing.fatturapa.tree.plan import Field, fields_of
from tests.invoicing.official import facts

_BASES = {
    facets.Text: {"normalizedString"},
    facets.Code: {"string", "token"},
    facets.Choice: {"string"},
    facets.Number: {"decimal"},
    facets.Whole: {"integer"},
    facets.Day: {"date"},
    facets.Moment: {"dateTime"},
    facets.Base64: {"base64Binary"},
}


def rows(name: str) -> list[dict[str, str]]:
    with facts(name).open(encoding="utf-8", newline="") as stream:
        found = csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [row for row in found if row["id"] != "-"]


def walk(block: type[Any], path: str, number: str) -> Iterator[tuple[str, str, Field, bool]]:
    """(id, path, field, whether it is in a choice) of everything below a class."""
    own = [
        field for field in fields_of(block) if field.name not in ("versione", "SistemaEmittente")
    ]
    names = {field.name for field in own}
    for position, field in enumerate(own, start=1):
        below, id = f"{path}{field.name}", f"{number}{position}"
        choice = "Denominazione" in names and field.name in ("Denominazione", "Nome", "Cognome")
        yield id, below, field, choice
        if field.block is not None:
            yield from walk(field.block, f"{below}/", f"{id}.")


TABLES = [
    (tree.FatturaElettronica, "fatturapa_elements.tsv", 263),
    (tree.FatturaElettronicaSemplificata, "fatturapa_elements_simplified.tsv", 0),
]


@pytest.mark.parametrize(("root", "table", "count"), TABLES)
def test_every_id_has_its_attribute(root: type[Any], table: str, count: int) -> None:
    official = {row["id"]: row for row in rows(table)}
    made = {id: (path, field, choice) for id, path, field, choice in walk(root, "", "")}
    assert set(made) == set(official)
    # The 263 ids of the ordinary format count neither header and body nor the shared extras.
    assert len(made) >= count
    for id, (path, field, choice) in made.items():
        row = official[id]
        card = "1..1 (choice)" if choice else field.card
        assert (path, card) == (row["path"], row["card"]), id
        if field.facet is None:
            assert row["base"] == "block", id
            continue
        assert row["base"] in _BASES[type(field.facet)], id
        name, _, listed = row["type"].partition(" ")
        assert field.facet.name == name, id
        if isinstance(field.facet, facets.Choice):
            assert set(field.facet.values) == set(listed.strip("{}").split(",")), id
        else:
            limits_agree(field.facet, row["facets"], id)


def limits_agree(facet: facets.Facet, words: str, id: str) -> None:
    """The limits of a facet against those that the table writes."""
    if isinstance(facet, facets.Text):
        bounds = re.search(r"\{(\d+),(\d+)\}|(\d+)\.\.(\d+) chars", words)
        assert bounds is not None, id
        assert [facet.low, facet.high] == [int(each) for each in bounds.groups() if each], id
        kinds = {"basic": "(\\p{IsBasicLatin}", "latin": "Latin-1", "any": "chars"}
        assert kinds[facet.charset] in words, id
        assert facet.collapse == ("collapse" in words), id
    elif isinstance(facet, facets.Whole):
        assert words == f"≥{facet.low}; ≤{facet.high}", id
    elif isinstance(facet, facets.Number):
        parts = f"{{{facet.low},{facet.high}}}" if facet.low < facet.high else f"{{{facet.low}}}"
        sign = r"[\-]?" if facet.negative else ""
        assert f"{sign}[0-9]{{1,{facet.whole}}}\\.[0-9]{parts}`" in words, id
        assert (f"≤{facet.top}" in words) == (facet.top is not None), id
    elif isinstance(facet, facets.Day):
        assert words == (f"≥{facet.first}" if facet.first else ""), id
