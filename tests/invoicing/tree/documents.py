"""Any document that the official schemas allow, and when two files say the same.

Documents are grown from a seed: a strategy that draws each of their hundreds of values would give
a few dozen documents in the time in which this gives thousands.
"""

from __future__ import annotations

import base64
from datetime import date, timedelta
from random import Random
from typing import Any

from hypothesis import strategies as st
from lxml import etree

from chalicelib.invoicing.fatturapa import tree
from chalicelib.invoicing.fatturapa.tree import facets
from chalicelib.invoicing.fatturapa.tree.facets import Facet
from chalicelib.invoicing.fatturapa.tree.plan import Field, fields_of, is_choice
from chalicelib.invoicing.fatturapa.tree.written import to_decimal, to_int

_ALPHABETS = {
    "basic": "".join(map(chr, range(0x20, 0x80))) + "\t\n\r",
    "latin": "".join(map(chr, range(0x20, 0x100))) + "\t\n\r",
    "any": "abc \r€œ漢\U0001f600\u0301" + "".join(map(chr, range(0x20, 0x200))),
}
_ZONES = ("", "", "Z", "+01:00", "-05:30", "+14:00")
_DIGITS, _UPPER = "0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SIGNS = _UPPER + _DIGITS
_EXAMPLES = {
    "EmailType": (
        "a@b", "nome.cognome@pec.esempio.it", "x+y=z@[10.0.0.1]", '"[]!#-a"@b.it', '"\\ \\a"@b.it',
        " a@b.it ",
    ),
    "EmailContattiType": ("a@bcd.it", "info@esempio.it", "à b@è..it", " @@.. aa"),
    "IBANType": ("IT60X0542811101000000123456", "mt84MALT011000012345MTLCAST001S"),
    "BICType": ("DEUTITMM", "BCITITMMXXX", "AAAAAA2A"),
}  # fmt: skip


def _run(random: Random, alphabet: str, low: int, high: int) -> str:
    # The bounds themselves are where the mistakes are.
    length = random.choice((low, high, random.randint(low, high), min(high, low + 9)))
    return "".join(random.choices(alphabet, k=length))


def _free(random: Random, facet: facets.Text) -> str:
    while True:
        text = _run(random, _ALPHABETS[facet.charset], facet.low, facet.high)
        if not facets.fault_of(facet, text):
            return text


def _code(random: Random, facet: facets.Code) -> str:
    if facet.name in _EXAMPLES:
        return random.choice(_EXAMPLES[facet.name])
    if facet.pattern.startswith("(?s"):
        return _run(random, _ALPHABETS["any"], facet.low, facet.high)
    alphabet = next(
        set_ for set_ in (_DIGITS, _UPPER, _SIGNS) if facet.pattern.startswith(_CLASSES[set_])
    )
    return _run(random, alphabet, facet.low, facet.high)


_CLASSES = {_DIGITS: "[0-9]", _UPPER: "[A-Z]", _SIGNS: "[A-Z0-9]"}


def _number(random: Random, facet: facets.Number) -> str:
    whole = _run(random, _DIGITS, 1, facet.whole)
    if facet.top is not None:
        whole = random.choice((str(random.randint(0, 99)), "007"))
    sign = random.choice(("", "", "-")) if facet.negative else ""
    return f"{sign}{whole}.{_run(random, _DIGITS, facet.low, facet.high)}"


def _day(random: Random, first: str) -> str:
    start = date.fromisoformat(first) if first else date(1000, 1, 1)
    day = start + timedelta(days=random.randrange((date(9999, 12, 31) - start).days))
    return f"{day}{random.choice(_ZONES)}"


def _hour(random: Random) -> str:
    part = random.choice(("", ".5", ".000000001"))
    hour = "{:02}:{:02}:{:02}".format(*(random.randrange(top) for top in (24, 60, 60)))
    return f"{hour}{part}"


def _packed(random: Random) -> str:
    data = random.randbytes(random.randrange(90))
    wide = base64.encodebytes(data).decode()
    return random.choice((wide, base64.b64encode(data).decode(), f"\n    {wide}\t"))


def written(random: Random, facet: Facet) -> str:
    """A lexical form that the schemas allow, the odd ones among them."""
    match facet:
        case facets.Text():
            return _free(random, facet)
        case facets.Code():
            return _code(random, facet)
        case facets.Choice():
            return random.choice(facet.values)
        case facets.Number():
            return _number(random, facet)
        case facets.Whole():
            return random.choice(("", "", "+", "00")) + str(random.randint(facet.low, facet.high))
        case facets.Day():
            return _day(random, facet.first)
        case facets.Moment():
            day = _day(random, "")
            return f"{day[:10]}T{_hour(random)}{day[10:]}"
        case facets.Base64():
            return _packed(random)


def _value(random: Random, field: Field, density: int) -> Any:
    if field.block is not None:
        return grow(field.block, random, density)
    assert field.facet is not None
    text = written(random, field.facet)
    if isinstance(field.facet, facets.Number):
        return to_decimal(text)
    return to_int(text) if isinstance(field.facet, facets.Whole) else text


def grow(block: type[Any], random: Random, density: int) -> Any:
    """A value of a class of the tree; `density` per cent of what may be absent is there."""
    person = random.random() < 0.5
    values = {}
    for field in fields_of(block):
        wanted = random.randrange(100) < density
        if is_choice(block) and field.name in ("Denominazione", "Nome", "Cognome"):
            wanted = person == (field.name != "Denominazione")
        if field.many:
            count = random.randint(1, 3) if wanted else int(field.required)
            values[field.name] = tuple(_value(random, field, density) for _ in range(count))
        elif field.required or wanted:
            values[field.name] = _value(random, field, density)
    return block(**values)


documents = st.builds(
    lambda root, seed, density: grow(root, Random(seed), density),
    st.sampled_from((tree.FatturaElettronica, tree.FatturaElettronicaSemplificata)),
    st.integers(0, 2**63),
    st.integers(0, 100),
)


# Blocks that may be empty: blanks in them are as little a value as blanks between elements.
_HOLLOW = {"ContattiTrasmittente", "Contatti", "DatiTrasporto", "DatiIVA", "IdentificativiFiscali"}


def canonical(root: etree._Element) -> bytes:
    """The document without signature, hints, comments, prefix and blanks between elements."""
    made = etree.Element(etree.QName(root).localname)
    for name in ("versione", "SistemaEmittente"):
        if name in root.attrib:
            made.set(name, root.get(name, ""))
    _copy(root, made)
    return bytes(etree.tostring(made, method="c14n"))


def _copy(source: etree._Element, target: etree._Element) -> None:
    elements = [child for child in source if isinstance(child.tag, str)]
    if not elements and source.tag not in _HOLLOW:
        target.text = (source.text or "") + "".join(child.tail or "" for child in source)
    for child in elements:
        if etree.QName(child).localname != "Signature":
            _copy(child, etree.SubElement(target, child.tag))
