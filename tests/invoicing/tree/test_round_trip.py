"""What the schemas allow comes through the tree whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from lxml import etree

from chalicelib.base import limits, xml
from chalicelib.invoicing.fatturapa import schema, tree
from chalicelib.invoicing.fatturapa.tree import Tree, misfits, parse, serialize
from infra.local import invoices
from infra.local.invoices import File, Fund, Line, Withholding, make
from tests.invoicing.official import samples, schemas
from tests.invoicing.tree.documents import canonical, documents

LOOSE = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def folder() -> Path:
    return schemas()


def read(data: bytes) -> Tree:
    return parse(xml.read(data, limit_bytes=limits.DOCUMENT_BYTES))


def same(data: bytes) -> Tree:
    """The tree of a file, which gives the same file back."""
    made = read(data)
    again = serialize(made)
    assert canonical(etree.fromstring(again)) == canonical(etree.fromstring(data))
    assert read(again) == made
    return made


@LOOSE
@given(document=documents)
def test_any_document_is_valid_and_comes_back(document: Tree, folder: Path) -> None:
    data = serialize(document)
    root = xml.read(data, limit_bytes=limits.DOCUMENT_BYTES)
    assert schema.check(root, folder) == ()
    assert list(misfits(document)) == []
    found = parse(root)
    assert (found, found.changes, found.signed, found.whole) == (document, (), False, True)
    assert serialize(found) == data


@pytest.mark.parametrize("path", samples() or [None], ids=lambda p: p.stem if p else "none")
def test_official_examples(path: Path | None) -> None:
    if path is None:
        pytest.skip("the official examples are not at hand")
    data = path.read_bytes()
    if path.stem == "1.2.2_IT01234567890_FPR02":
        # Known to be wrong: ContattiTrasmittente after PECDestinatario.
        found = read(data)
        where = "FatturaElettronicaHeader/DatiTrasmissione/ContattiTrasmittente"
        assert tree.Change("moved", where) in found.changes
        assert found.whole or {each.kind for each in found.changes} == {"moved", "attribute"}
        return
    found = same(data)
    assert {each.kind for each in found.changes} <= {"attribute"}
    assert {each.path for each in found.changes} <= {"@schemaLocation"}


@pytest.mark.parametrize("type", [*invoices.ORDINARY_TYPES, *invoices.SIMPLIFIED_TYPES])
@pytest.mark.parametrize("bodies", [1, 3])
def test_made_documents(type: str, bodies: int) -> None:
    file = File("fattura.pdf", "PDF", b"%PDF-1.7 " * 50)
    assert same(make(type, bodies=bodies, attachments=(file,))).changes == ()


def test_made_documents_with_everything() -> None:
    lines = (Line("Qualità", natura="N4", rate=Line().rate * 0), Line())
    more = {"bollo": True, "ritenuta": Withholding(), "cassa": Fund(withheld=True), "art73": True}
    same(make(lines=lines, linked=(("7", "2026-01-02"),), pec="a@b.it", **more))  # type: ignore[arg-type]
    same(make(format="FPA12", encoding="windows-1252", prefix="ns2", emitter="TZ"))


def changed(old: str, new: str) -> bytes:
    data = make()
    assert old.encode() in data, old
    return data.replace(old.encode(), new.encode(), 1)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<PrezzoUnitario>150.00", "<PrezzoUnitario>150.0000"),
        ("<PrezzoUnitario>150.00", "<PrezzoUnitario>000150.00"),
        ("<PrezzoUnitario>150.00", "<PrezzoUnitario>-0.00000000"),
        ("<NumeroLinea>1<", "<NumeroLinea>+01<"),
        ("<Data>2026-11-20", "<Data>2026-11-20+01:00"),
        ("<Numero>1/2026", "<Numero> 1/2026&#13;"),
        ("<Nazione>IT</Nazione>", "<Nazione/>"),
        ("<Indirizzo>", "<Indirizzo>&lt;&amp;&gt;\u00a0"),
    ],
)
def test_odd_but_legal_forms_are_kept(old: str, new: str, folder: Path) -> None:
    data = changed(old, new)
    assert schema.check(xml.read(data, limit_bytes=limits.DOCUMENT_BYTES), folder) == ()
    assert same(data).changes == ()


def test_root_attributes_are_kept(folder: Path) -> None:
    data = changed(' versione="', ' SistemaEmittente="a&quot;&lt;&#9;b" versione="')
    assert schema.check(xml.read(data, limit_bytes=limits.DOCUMENT_BYTES), folder) == ()
    assert same(data).SistemaEmittente == 'a"<\tb'


def test_every_constraint_agrees_with_the_schema(folder: Path) -> None:
    # Each leaf of a document in turn gets a text that almost fits; both judges must agree.
    data = make("TD01", bollo=True, ritenuta=Withholding(), cassa=Fund(), pec="a@b.it")
    root = xml.read(data, limit_bytes=limits.DOCUMENT_BYTES)
    leaves = [node for node in root.iter() if isinstance(node.tag, str) and not len(node)]
    for node in leaves:
        kept = node.text
        for text in ("", " ", "€", "x" * 2000, "12", "12.3", "-1.00", "IT", "it", "100.01", "a\nb"):
            node.text = text
            valid = schema.check(root, folder) == ()
            try:
                fits = not list(misfits(parse(root)))
            except xml.Rejected:
                fits = False
            assert fits == valid, (xml.local(node), text)
        node.text = kept
