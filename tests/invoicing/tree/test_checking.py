"""`misfits` and the official schema judge alike: any document, one value of it spoilt."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from chalicelib.base import limits, xml
from chalicelib.base.errors import Rejected
from chalicelib.invoicing.fatturapa import schema, tree
from chalicelib.invoicing.fatturapa.tree import misfits, parse, serialize
from tests.invoicing.official import schemas
from tests.invoicing.tree.documents import grow

ROOTS = (tree.FatturaElettronica, tree.FatturaElettronicaSemplificata)


@pytest.fixture(scope="module")
def folder() -> Path:
    return schemas()


def spoilt(random: Random, text: str) -> str:
    """A text that is nearly the same."""
    place = random.randrange(len(text) + 1)
    return random.choice(
        (
            text[:place] + random.choice("0aZ.-+ è€:=@\n") + text[place:],
            text[:place] + text[place + 1 :],
            text[:place] + random.choice("09Az") + text[place + 1 :],
            text * 2,
            text.upper(),
            text.lower(),
            "",
            random.choice(("0", "-1", "100.00", "100.01", "1970-01-01", "1969-12-31", "N9")),
        )
    )


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(root=st.sampled_from(ROOTS), seed=st.integers(0, 2**63))
def test_one_value_spoilt(root: type, seed: int, folder: Path) -> None:
    note(f"seed {seed}")
    random = Random(seed)
    data = serialize(grow(root, random, 60))
    node = xml.read(data, limit_bytes=limits.DOCUMENT_BYTES)
    leaves = [each for each in node.iter() if isinstance(each.tag, str) and not len(each)]
    for leaf in random.choices(leaves, k=12):
        kept = leaf.text
        leaf.text = spoilt(random, kept or "")
        days = "Data" in xml.local(leaf)
        # libxml2 refuses blanks around a day, which XML Schema allows.
        if not (days and leaf.text != leaf.text.strip()):
            valid = schema.check(node, folder) == ()
            try:
                found = parse(node)
                fits = found.changes == () and not any(misfits(found))
            except Rejected:
                fits = False
            # It also passes over what is no base64 in base64.
            lax = valid and xml.local(leaf) == "Attachment"
            assert fits == valid or lax, (xml.local(leaf), leaf.text)
        leaf.text = kept
