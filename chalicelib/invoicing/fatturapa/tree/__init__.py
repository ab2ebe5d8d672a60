"""FatturaPA documents as typed values: every element of FPA12, FPR12 and FSM10.

Classes and attributes have the official names: `tree.FatturaElettronicaBody[0].DatiGenerali`. A
class is a complex type of the schemas (XSD 1.2.3, VFSM10 1.0.2), an attribute an element. Texts,
days and base64 are `str` as written, decimals `Decimal` with their scale, what may be absent is
None, what may repeat a tuple. The annotations (`kinds`) hold the limits of each.

`parse` reads, `serialize` writes, `misfits` tells what the schema would refuse.
"""

from __future__ import annotations

import binascii

from chalicelib.base.errors import Rejected
from chalicelib.invoicing.fatturapa.tree import simplified
from chalicelib.invoicing.fatturapa.tree.checking import Misfit, misfits
from chalicelib.invoicing.fatturapa.tree.common import AllegatiType
from chalicelib.invoicing.fatturapa.tree.reading import parse
from chalicelib.invoicing.fatturapa.tree.roots import (
    Change,
    FatturaElettronica,
    FatturaElettronicaSemplificata,
    Tree,
)
from chalicelib.invoicing.fatturapa.tree.writing import serialize

__all__ = [
    "Change",
    "FatturaElettronica",
    "FatturaElettronicaSemplificata",
    "Misfit",
    "Tree",
    "attached",
    "misfits",
    "parse",
    "serialize",
    "simplified",
]


def attached(block: AllegatiType) -> bytes:
    """The file in an attachment. Raises Rejected tree_base64 when its base64 is broken."""
    packed = "".join(block.Attachment.split())
    try:
        return binascii.a2b_base64(packed, strict_mode=True) if packed else b""
    except ValueError as error:
        raise Rejected("tree_base64", "The attachment is not in base64.") from error
