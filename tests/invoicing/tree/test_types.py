"""The classes against the official schemas themselves: types of elements, patterns of codes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from lxml import etree

from chalicelib.invoicing.fatturapa import schema, tree
from chalicelib.invoicing.fatturapa.tree.facets import Code
from chalicelib.invoicing.fatturapa.tree.plan import Field, fields_of
from tests.invoicing.official import schemas

XS = "{http://www.w3.org/2001/XMLSchema}"


def blocks(block: type[Any]) -> Iterator[type[Any]]:
    yield block
    for field in fields_of(block):
        if field.block is not None:
            yield from blocks(field.block)


def type_name(field: Field) -> str:
    return field.block.__name__ if field.block is not None else field.facet.name  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("root", "name"),
    [
        (tree.FatturaElettronica, "FatturaElettronica"),
        (tree.FatturaElettronicaSemplificata, "FatturaElettronicaSemplificata"),
    ],
)
def test_types_are_those_of_the_schema(root: type[Any], name: str) -> None:
    official = etree.parse(str(schemas() / schema.FILES[name])).getroot()
    blocks_of = {node.get("name"): node for node in official.iter(f"{XS}complexType")}
    simple = {node.get("name"): node for node in official.iter(f"{XS}simpleType")}
    seen = {each.__name__: each for each in blocks(root)}
    seen["FatturaElettronicaType"] = seen.pop(name)
    assert set(seen) == set(blocks_of)
    for title, block in seen.items():
        listed = [
            (node.get("name"), (node.get("type") or "").removeprefix("xs:"))
            for node in blocks_of[title].iter(f"{XS}element", f"{XS}attribute")
            if node.get("name")
        ]
        assert sorted((each.name, type_name(each)) for each in fields_of(block)) == sorted(listed)
        for field in fields_of(block):
            if isinstance(field.facet, Code):
                pattern = simple[field.facet.name].find(f"{XS}restriction/{XS}pattern")
                if pattern is not None and field.facet.name != "EmailContattiType":
                    written = pattern.get("value", "").replace("[0-9]" * 5, "[0-9]{5}")
                    assert field.facet.pattern == written, field.facet.name
