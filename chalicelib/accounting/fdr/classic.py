"""FlussoRiversamento 1.0.4, the classic XML, by streaming. Source: the schema, pagopa.md 6.1.

Elements are known by their local names: files come with the official namespace, an older one, or
another prefix. What stands between the bytes and us is kept elsewhere, unchanged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from chalicelib.accounting.fdr.model import Header, Line, Stream, cents_of, day_of, instant_of
from chalicelib.base import limits, xml, xmlstream
from chalicelib.base.errors import Rejected
from chalicelib.base.xml import Element

_LINE = "datiSingoliPagamenti"
_IUV, _IUR = "identificativoUnivocoVersamento", "identificativoUnivocoRiscossione"
_TRANSFER, _AMOUNT = "indiceDatiSingoloPagamento", "singoloImportoPagato"
_OUTCOME, _DAY = "codiceEsitoSingoloPagamento", "dataEsitoSingoloPagamento"


def read(blocks: Iterable[bytes], *, psp: str = "") -> Stream:
    """The flow in the bytes; `psp`: what the channel tells of the sender.

    Raises Rejected as `xmlstream.elements`, and `flow_not_a_flow`, while it is gone through.
    """
    roots: list[Element] = []
    return Stream(_lines(blocks, roots), lambda: _header(roots[0], psp))


class _Names(dict[str, str]):
    """Local names by tags: looking six up is faster than taking six apart."""

    def __missing__(self, tag: str) -> str:
        name = xml.local(tag)
        if len(self) < limits.XML_STREAM_OTHERS:
            self[tag] = name
        return name


def _lines(blocks: Iterable[bytes], roots: list[Element]) -> Iterator[Line]:
    names = _Names()
    elements = xmlstream.elements(blocks, _LINE, limit_bytes=limits.FLOW_BYTES)
    for place, element in enumerate(elements, 1):
        if element.getparent() is None:
            if xml.local(element) != "FlussoRiversamento":
                raise Rejected("flow_not_a_flow", "The document is no settlement flow.")
            roots.append(element)
            return
        said = {names[child.tag]: child.text for child in element}
        amount = said.get(_AMOUNT) or ""
        transfer = (said.get(_TRANSFER) or "").strip()
        yield Line(
            place,
            (said.get(_IUV) or "").strip(),
            (said.get(_IUR) or "").strip(),
            int(transfer) if transfer.isdecimal() and len(transfer) < 4 else None,
            cents_of(amount.strip()),
            (said.get(_OUTCOME) or "").strip(),
            (said.get(_DAY) or "").strip(),
        )


def _header(root: Element, psp: str) -> Header:
    sender = "istitutoMittente/identificativoUnivocoMittente"
    receiver = "istitutoRicevente/identificativoUnivocoRicevente"
    count = xml.text(root, "numeroTotalePagamenti")
    return Header(
        flow_id=xml.text(root, "identificativoFlusso"),
        psp=psp,
        created=instant_of(xml.text(root, "dataOraFlusso")),
        revision=0,
        sender_kind=xml.text(root, f"{sender}/tipoIdentificativoUnivoco"),
        sender=xml.text(root, f"{sender}/codiceIdentificativoUnivoco"),
        sender_name=xml.text(root, "istitutoMittente/denominazioneMittente"),
        receiver=xml.text(root, f"{receiver}/codiceIdentificativoUnivoco"),
        receiver_name=xml.text(root, "istitutoRicevente/denominazioneRicevente"),
        trn=xml.text(root, "identificativoUnivocoRegolamento"),
        settled=day_of(xml.text(root, "dataRegolamento")),
        bic=xml.text(root, "codiceBicBancaDiRiversamento"),
        said_count=int(count) if count.isdecimal() and len(count) <= 15 else None,
        said_cents=cents_of(xml.text(root, "importoTotalePagamenti")),
    )
