"""The memory that a great flow takes which comes inside one SOAP answer: fetched, decoded, read.

The node stands in this process and gives the answer from a file; the house is another process,
whose greatest size is that of this work.
"""

from __future__ import annotations

import base64
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import BinaryIO

from chalicelib.accounting.fdr import carriers, classic
from chalicelib.accounting.flows import Check
from chalicelib.base import limits
from chalicelib.payments.pagopa.client import Access
from infra.bench.figures import Figure
from infra.local.web_server import WebServer

LINES = 100_000
TARGET_MB = 256.0
_ANSWER = "nodoChiediFlussoRendicontazioneRisposta"
_CHUNK = 57 * 1_024  # whole triplets


def answer_file(path: Path, flow: Path) -> None:
    """The node's answer with that flow in it."""
    with path.open("wb") as out, flow.open("rb") as source:
        out.write(f'<e:Envelope xmlns:e="urn:e"><e:Body><p:{_ANSWER} xmlns:p="urn:p">'
                  "<xmlRendicontazione>".encode())  # fmt: skip
        while block := source.read(_CHUNK):
            out.write(base64.b64encode(block))
        out.write(f"</xmlRendicontazione></p:{_ANSWER}></e:Body></e:Envelope>".encode())


def measure(folder: Path, flow: Path) -> Figure:
    """`flow`: a file of LINES lines."""
    path = folder / "answer.xml"
    answer_file(path, flow)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", str(path.stat().st_size))
            self.end_headers()
            with path.open("rb") as source:
                shutil.copyfileobj(source, self.wfile)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    code = "import sys; from infra.bench import soap_flow as s; s.show(sys.argv[1])"
    server = WebServer(Handler, name="node")
    server.start()
    try:
        done = subprocess.run(
            [sys.executable, "-c", code, server.url], capture_output=True, text=True, check=True,
            env=os.environ | {"NET_PRIVATE": "allow"},
        )  # fmt: skip
    finally:
        server.end()
    mb, seconds = done.stdout.split()
    note = f"an answer of {path.stat().st_size // limits.MIB} MiB in {seconds} s of CPU"
    path.unlink()
    return Figure(f"fdr_soap_{LINES}_peak_memory_mb", int(mb), "MB", TARGET_MB, note=note)


def show(url: str) -> None:
    """Prints the peak (MB) and the CPU time of fetching and reading it."""
    begun = time.process_time()
    station = carriers.Station("12345670017", "12345670017_01", "PLACEHOLDER")
    with tempfile.TemporaryFile() as out:
        carriers.fetch_soap(Access(url, "key"), station, "80012000826", "flow", out)
        out.seek(0)
        check = Check(classic.read(_blocks(out)))
        assert sum(1 for _ in check.lines()) == LINES
        assert check.flow().state == "accepted"
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(peak_kb // 1024, round(time.process_time() - begun, 1))


def _blocks(source: BinaryIO) -> Iterator[bytes]:
    while block := source.read(limits.SHEET_BLOCK_BYTES):
        yield block
