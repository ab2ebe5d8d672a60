"""Whatever is done to a signed file, reading it says yes, no, or Rejected: nothing else."""

from __future__ import annotations

from functools import cache
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from chalicelib.base.errors import Rejected
from chalicelib.invoicing.signing import cades, xades
from chalicelib.invoicing.signing.cms import open_cms
from chalicelib.invoicing.signing.cms import verify as verify_cms
from chalicelib.invoicing.signing.seal import SealTrust, State, verify_sdi_seal
from chalicelib.invoicing.signing.xades_verify import open_xades, verify

from .. import SIGNED_AT, authority, signer
from . import DS, INVOICE, XADES, parsed, signed, written

# Certificates with damaged numbers are read with a warning.
pytestmark = pytest.mark.filterwarnings("ignore:Parsed a serial number")

TRUST = SealTrust((authority(),))
PIECES = [
    b"<ds:Signature>", b"</ds:Signature>", b'Id="SignedProperties1"', b'URI="#x"', b"<", b">", b"&",
    b"<!--", b"-->", b"]]>", b"\x00", b"\xff", b"<?a b?>", b'xmlns:ds="urn:x"', b'""', b" ",
    b'xmlns="relative"', b"http://www.w3.org/TR/1999/REC-xslt-19991116", b"AAAA", b"2026", b"&#0;",
]  # fmt: skip


def judge_all(document: bytes) -> None:
    for judge in (verify, open_xades, lambda d: verify_sdi_seal(d, TRUST)):
        try:
            found = judge(document)
        except Rejected:
            continue
        if not isinstance(found, tuple):
            assert found.state in get_args(State)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_bytes_changed(data: st.DataObject) -> None:
    document = bytearray(signed())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(document) - 1))
        size = data.draw(st.integers(0, 40))
        document[at : at + size] = data.draw(st.sampled_from(PIECES) | st.binary(max_size=8))
    judge_all(bytes(document))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_tree_changed(data: st.DataObject) -> None:
    root, _ = parsed(signed())
    for _ in range(data.draw(st.integers(1, 3))):
        nodes = [n for n in root.iter() if isinstance(n.tag, str)]
        node = data.draw(st.sampled_from(nodes))
        kind = data.draw(st.sampled_from(["drop", "rename", "copy", "text", "attribute"]))
        parent = node.getparent()
        if kind == "drop" and parent is not None:
            parent.remove(node)
        elif kind == "rename":
            names = ["Signature", "Object", "Reference", "SignedProperties", "Cert", "x"]
            space = data.draw(st.sampled_from([DS, XADES, "urn:x"]))
            node.tag = f"{{{space}}}{data.draw(st.sampled_from(names))}"
        elif kind == "copy" and parent is not None:
            parent.append(etree.fromstring(etree.tostring(node, with_tail=False)))
        elif kind == "text":
            node.text = data.draw(st.sampled_from(["", "AAAA", "x", "2026-01-01T00:00:00Z", "é"]))
        else:
            name = data.draw(st.sampled_from(["Id", "id", "ID", "URI", "Algorithm", "Type"]))
            node.set(name, data.draw(st.sampled_from(["", "#", "#x", "SignedProperties1", DS])))
    judge_all(written(root))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60))
def test_anything_at_all(document: bytes) -> None:
    judge_all(document)
    judge_all(b"<a>" + document + b"</a>")


TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Cn"]), min_size=1, max_size=30
)


@settings(max_examples=100, deadline=None)
@given(TEXT, TEXT, st.sampled_from(["utf-8", "utf-16"]))
def test_whatever_is_signed_verifies_and_stays(one: str, two: str, encoding: str) -> None:
    root = etree.Element("{urn:a}r", nsmap={None: "urn:a", "q": "urn:q"})
    root.text = one
    child = etree.SubElement(root, "{urn:b}c", attrib={"v": two})
    child.tail = two
    document = etree.tostring(root, xml_declaration=True, encoding=encoding)
    made = xades.sign(document, signer(), SIGNED_AT)
    assert verify(made, SIGNED_AT) == ()
    again = etree.fromstring(made)
    assert (again.text, again[0].get("v"), again[0].tail) == (one, two, two)


@cache
def cades_file() -> bytes:
    return cades.sign(INVOICE, signer(), SIGNED_AT)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_cades_bytes_changed(data: st.DataObject) -> None:
    """No change of one byte passes, but for those in what nothing covers."""
    made = cades_file()
    at = data.draw(st.integers(0, len(made) - 1))
    changed = made[:at] + bytes((made[at] ^ data.draw(st.integers(1, 255)),)) + made[at + 1 :]
    try:
        opened = open_cms(changed)
    except Rejected:
        return
    findings = verify_cms(opened)
    assert findings or opened.content == INVOICE
