"""Flows out of the node's SOAP: decoded while they come, however great."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler

import pytest

from chalicelib.accounting.fdr import carriers
from chalicelib.accounting.fdr.carriers import Station
from chalicelib.base import limits, xmlstream
from chalicelib.base.errors import Failure, Rejected, Transient
from chalicelib.payments.pagopa.client import Access, Refused, Throttled
from infra.local.pagopa import fdr as simulated
from infra.local.pagopa.fdr import Fdr, Flow
from infra.local.web_server import WebServer
from tests.accounting.facts_world import CREDITOR

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
FLOW_ID = "2026-11-20ABI06090-0001"
STATION = Station("12345670017", "12345670017_01", simulated.PASSWORD)


@pytest.fixture(autouse=True)
def _loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NET_PRIVATE", "allow")


def fetched(url: str, flow_id: str = FLOW_ID) -> bytes:
    out = io.BytesIO()
    carriers.fetch_soap(Access(url, "key"), STATION, CREDITOR, flow_id, out)
    return out.getvalue()


@pytest.mark.feature("F001-099", "F001-100")
def test_a_flow_that_no_text_of_a_tree_could_hold_comes_unchanged() -> None:
    rows = [(f"{n:017d}", f"{n:032x}", 1, 100, "0") for n in range(15_000)]
    with Fdr(lambda: NOW) as fdr:
        flow = fdr.publish(CREDITOR, Flow(FLOW_ID, "ABI06090", rows, day="2026-11-20"))
        wanted = simulated.xml(flow, CREDITOR)
        assert len(wanted) * 4 // 3 > 10_000_000  # libxml2's own limit of one text
        assert fetched(fdr.url) == wanted
        with pytest.raises(Rejected) as refused:
            fetched(fdr.url, "2026-11-20ABI06090-0002")
        assert isinstance(refused.value, Refused)
        assert refused.value.said == "PPT_ID_FLUSSO_SCONOSCIUTO"


@contextmanager
def answering(status: int, data: bytes, **headers: str) -> Iterator[str]:
    """A service that gives that answer to whoever asks."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = WebServer(Handler, name="node")
    server.start()
    try:
        yield server.url
    finally:
        server.end()


def answer(inner: str) -> bytes:
    name = "nodoChiediFlussoRendicontazioneRisposta"
    return (f'<e:Envelope xmlns:e="urn:e"><e:Body><p:{name} xmlns:p="urn:p">{inner}'
            f"</p:{name}></e:Body></e:Envelope>").encode()  # fmt: skip


def flow(signs: str) -> bytes:
    return answer(f"<xmlRendicontazione>{signs}</xmlRendicontazione>")


SIGNS = base64.b64encode(b"<FlussoRiversamento/>").decode()


def test_blanks_within_base64_mean_nothing() -> None:
    broken = "\n ".join(SIGNS[at : at + 5] for at in range(0, len(SIGNS), 5))
    with answering(200, flow(f"\n{broken}\n")) as url:
        assert fetched(url) == b"<FlussoRiversamento/>"


@pytest.mark.parametrize(
    ("status", "data", "kind"),
    [
        (200, flow(SIGNS[:-2]), Transient),  # cut
        (200, flow("QQ==" + SIGNS), Transient),  # an end in the middle
        (200, flow("Q*==" + SIGNS), Transient),
        (200, flow(""), Transient),
        (200, flow(SIGNS)[:-20], Transient),  # half an answer
        (200, b"<!DOCTYPE a><a/>", Transient),
        (200, b"<html/>", Transient),
        (500, answer("<fault><faultCode>PPT_SYSTEM_ERROR</faultCode></fault>"), Transient),
        (500, answer("<fault><faultCode>PPT_AUTORIZZAZIONE</faultCode></fault>"), Rejected),
        (503, answer("<fault><faultCode>PPT_AUTORIZZAZIONE</faultCode></fault>"), Transient),
    ],
)
def test_what_is_no_whole_flow_is_told_by_its_kind(
    status: int, data: bytes, kind: type[Failure]
) -> None:
    with answering(status, data) as url, pytest.raises(kind):
        fetched(url)


def test_who_asks_too_often_waits_as_long_as_is_said() -> None:
    with answering(429, b"slower", Retry_After="17") as url, pytest.raises(Throttled) as slower:
        fetched(url)
    assert slower.value.seconds == 17


def test_an_answer_without_end_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FLOW_SOAP_BYTES", 1_000)
    with answering(200, flow("QUJD" * 1_000)) as url, pytest.raises(Transient):
        fetched(url)


def test_texts_come_in_pieces_with_the_name_of_what_they_are_in() -> None:
    data = b'<a xmlns="urn:x"><b>one</b><c>' + b"two " * 100_000 + b"</c><!-- no --><d/></a>"
    found: dict[str, str] = {}
    longest = 0
    for name, piece in xmlstream.texts((data[at : at + 7_000] for at in range(0, len(data), 7_000)),
                                       limit_bytes=len(data)):  # fmt: skip
        found[name] = found.get(name, "") + piece
        longest = max(longest, len(piece))
    assert found == {"a": "", "b": "one", "c": "two " * 100_000, "d": ""}
    assert longest <= limits.SHEET_BLOCK_BYTES
    for bad, code in ((b"<a><b></a>", "xml_malformed"), (b"", "xml_empty"), (data, "xml_too_large"),
                      (b"<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", "xml_doctype")):  # fmt: skip
        with pytest.raises(Rejected) as refused:
            list(xmlstream.texts([bad], limit_bytes=1_000))
        assert refused.value.code == code
