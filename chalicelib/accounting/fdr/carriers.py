"""Where flows are asked for: FdR-3 by REST, and the node's classic SOAP. What failures mean.

Source: OpenAPI of FdR-3 for creditor institutions; pagopa.md sections 4.5 and 6.2. Neither marks a
flow as taken, so asking twice is harmless.
"""

from __future__ import annotations

import binascii
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, BinaryIO, Final, NamedTuple

from chalicelib.accounting.fdr import rest
from chalicelib.accounting.fdr.model import instant_of
from chalicelib.base import limits, net, xml, xmlstream
from chalicelib.base.errors import Rejected, Transient
from chalicelib.base.net import Reply
from chalicelib.payments.node import soap
from chalicelib.payments.pagopa import client
from chalicelib.payments.pagopa.client import Access, Throttled

REST: Final = "/fdr-org/service/v1"
NODE: Final = "/nodo-auth/nodo-per-pa/v1"
_NODE_NAMESPACE: Final = "http://ws.pagamenti.telematici.gov/"


class Offered(NamedTuple):
    """A flow that is there to be fetched. `published`: as it is written, "" where nobody says."""

    flow_id: str
    psp: str
    revision: int
    published: str
    created: str = ""


class Listed(NamedTuple):
    """A page of flows, and how many pages there are."""

    flows: tuple[Offered, ...]
    pages: int


# ------------------------------------------------------------------ REST
def list_rest(access: Access, creditor: str, since: datetime, page: int) -> Listed:
    """A page (from 1) of what was published after an instant. Raises as `client.call`."""
    query = {
        "publishedGt": since.isoformat().replace("+00:00", "Z"),
        "page": str(page),
        "size": str(limits.FDR_PAGE_ITEMS),
    }
    _, said = _asked(access, f"/organizations/{creditor}/fdrs", query)
    try:
        return Listed(tuple(_offered(one) for one in said.get("data") or ()), _pages(said))
    except (AttributeError, KeyError, TypeError) as error:
        raise Transient("pagopa_unavailable", "FdR answered something else.") from error


def _offered(said: dict[str, Any]) -> Offered:
    revision = said.get("revision")
    number = revision if isinstance(revision, int) else 1
    return Offered(str(said["fdr"]), str(said["pspId"]), number, str(said.get("published") or ""))


def head(access: Access, creditor: str, flow: Offered) -> bytes:
    """The head of a flow, as it came. Raises as `list_rest`."""
    return _asked(access, _flow(creditor, flow), {})[0]


def page(access: Access, creditor: str, flow: Offered, number: int) -> tuple[bytes, int]:
    """A page of its payments (from 1), as it came, and how many pages there are."""
    query = {"page": str(number), "size": str(limits.FDR_PAGE_ITEMS)}
    data, said = _asked(access, f"{_flow(creditor, flow)}/payments", query)
    return data, _pages(said)


def _flow(creditor: str, flow: Offered) -> str:
    return (
        f"/organizations/{creditor}/fdrs/{flow.flow_id}/revisions/{flow.revision}/psps/{flow.psp}"
    )


def _pages(said: dict[str, Any]) -> int:
    found = (said.get("metadata") or {}).get("totPage")
    return found if isinstance(found, int) else 1


def _asked(access: Access, path: str, query: dict[str, str]) -> tuple[bytes, dict[str, Any]]:
    """An answer as it came, and its JSON."""
    data = _call(access, path, query).body
    try:
        return data, rest.parsed(data)
    except Rejected as refused:
        if refused.code.startswith("flow_page"):
            # A proxy's page, or half a text: the same call may answer rightly.
            raise Transient("pagopa_unavailable", "FdR answered something else.") from refused
        raise


def _call(access: Access, path: str, query: dict[str, str]) -> Reply:
    reply = client.call(
        access, "GET", f"{REST}{path}", query=query, most_bytes=limits.FLOW_PAGE_BYTES
    )
    if reply.status != 200:
        raise client.Refused("pagopa_refused", reply.status, client.said(reply))
    return reply


# ------------------------------------------------------------------ SOAP
@dataclass(frozen=True)
class Station:
    """Who asks the node. `password` has 8 to 15 signs."""

    broker: str
    station: str
    password: str = field(repr=False)


def list_soap(access: Access, station: Station, creditor: str) -> tuple[Offered, ...]:
    """All flows of the last month. Rejected `pagopa_refused` with the node's own code."""
    root = _ask(
        access, "nodoChiediElencoFlussiRendicontazione", station, creditor, "",
        limits.FLOW_PAGE_BYTES,
    )  # fmt: skip
    return tuple(
        Offered(xml.text(one, "identificativoFlusso"), "", 0, "", xml.text(one, "dataOraFlusso"))
        for one in xml.findall(root, "elencoFlussiRendicontazione/idRendicontazione")
    )


def fetch_soap(
    access: Access, station: Station, creditor: str, flow_id: str, out: BinaryIO
) -> None:
    """Write the XML of a flow, as it came, while it comes. Rejected `pagopa_refused`; Transient
    `pagopa_unavailable`: then what is in `out` is nothing."""
    coming = _Coming(out)
    reply = _post(
        access, "nodoChiediFlussoRendicontazione", station, creditor, flow_id,
        limits.FLOW_SOAP_BYTES, coming.read,
    )  # fmt: skip
    if not coming.answered:
        raise Transient("pagopa_unavailable", "The node answered something else.")
    _judge(coming.code, reply.status)
    if not coming.size:
        raise Transient("pagopa_unavailable", "The node answered without the flow.")


class _Coming:
    """An answer with a flow in it, as it comes: the flow is decoded into a file piece by piece."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self.answered, self.code, self.size = False, "", 0

    def read(self, status: int, blocks: Iterator[bytes]) -> None:
        if status == 429:
            return
        signs = ""
        try:
            for name, piece in xmlstream.texts(blocks, limit_bytes=limits.FLOW_SOAP_BYTES):
                self.answered = self.answered or _is_answer(name)
                if name in ("faultCode", "faultcode"):
                    self.code += piece
                elif name == "xmlRendicontazione":
                    signs += "".join(piece.split())
                    whole = len(signs) // 4 * 4
                    self._write(signs[:whole])
                    signs = signs[whole:]
            self._write(signs)
        except Rejected as refused:
            raise Transient("pagopa_unavailable", "The node answered something else.") from refused

    def _write(self, signs: str) -> None:
        # Whole quartets; what pads the end stands at the end alone, or it is no base64.
        data = binascii.a2b_base64(signs, strict_mode=True) if signs else b""
        if data and self.size % 3:
            raise binascii.Error("there is something behind the end")
        self.size += len(data)
        self._out.write(data)


def _ask(
    access: Access, operation: str, station: Station, creditor: str, flow_id: str, most_bytes: int
) -> xml.Element:
    return _answer(_post(access, operation, station, creditor, flow_id, most_bytes), most_bytes)


def _post(
    access: Access, operation: str, station: Station, creditor: str, flow_id: str,
    most_bytes: int, reader: net.Reader | None = None,
) -> Reply:  # fmt: skip
    parts = [
        soap.leaf("identificativoIntermediarioPA", station.broker),
        soap.leaf("identificativoStazioneIntermediarioPA", station.station),
        soap.leaf("password", station.password),
        soap.leaf("identificativoDominio", creditor),
        soap.optional("identificativoFlusso", flow_id),
    ]
    body = f'<ws:{operation} xmlns:ws="{_NODE_NAMESPACE}">{"".join(parts)}</ws:{operation}>'
    envelope = (
        f'<soapenv:Envelope xmlns:soapenv="{soap.ENVELOPE}"><soapenv:Body>{body}</soapenv:Body>'
        "</soapenv:Envelope>"
    ).encode()
    headers = {
        "Content-Type": "text/xml; charset=utf-8",
        "SOAPAction": f'"{operation}"',
        "Ocp-Apim-Subscription-Key": access.key,
        "User-Agent": "Sportello",
    }
    try:
        reply = net.request(
            "POST", access.host + NODE, envelope, headers, timeout_s=limits.FDR_TIMEOUT_S,
            most_bytes=most_bytes, reader=reader,
        )  # fmt: skip
    except Transient as failure:
        raise Transient(
            "pagopa_unavailable", "The node did not answer.", reason=failure.code
        ) from failure
    if reply.status == 429:
        wait = reply.headers.get("retry-after", "")
        seconds = int(wait) if wait.isascii() and wait.isdigit() else limits.PAGOPA_PAUSE_S
        raise Throttled(max(1, min(seconds, limits.PAGOPA_PAUSE_MAX_S)))
    return reply


def _answer(reply: Reply, most_bytes: int) -> xml.Element:
    try:
        root = xml.read(reply.body, limit_bytes=most_bytes)
    except Rejected as refused:
        raise Transient("pagopa_unavailable", "The node answered something else.") from refused
    inner = next(
        (one for one in root.iter() if isinstance(one.tag, str) and _is_answer(xml.local(one))),
        None,
    )
    if inner is None:
        raise Transient("pagopa_unavailable", "The node answered something else.")
    # The node's own refusal stands inside a good answer; a SOAP fault is the envelope's.
    _judge(xml.text(inner, "fault/faultCode") or xml.text(inner, "faultcode"), reply.status)
    return inner


def _judge(code: str, status: int) -> None:
    """A code of the node, or none."""
    if not code:
        return
    if code.endswith(("PPT_SYSTEM_ERROR", "Server")) or status >= 502:
        raise Transient("pagopa_unavailable", "The node is not available.", said=code[:40])
    raise client.Refused("pagopa_refused", status, code[:40])


def _is_answer(name: str) -> bool:
    return name.endswith("Risposta") or name == "Fault"


def is_newer(one: str, other: str) -> bool:
    """Whether an instant is later than another, however they are written."""
    first, second = instant_of(one), instant_of(other)
    return first is not None and (second is None or first > second)
