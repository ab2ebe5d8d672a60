"""The program on a customer's machine, over a real socket (its journey: tests/entry)."""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from agent import folder
from agent.folder import Api, Failed, Folder
from infra.local.web_server import WebServer

NAME = "RSSMRA80A41H501Y_2026_01000000000000123.pdf"
PDF = b"%PDF-1.7 avviso\n%%EOF\n"


class Service:
    """What the API answers: pages of files, and links; `faults` of the next answers."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.faults: list[str] = []
        self.files: list[str] = [NAME]
        self.data = PDF
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                service.serve(self)

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        self.server = WebServer(Handler)
        self.url = self.server.url

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        self.asked.append((handler.path, handler.headers.get("Authorization", "")))
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "closed":
            return
        if fault == "elsewhere":
            handler.send_response(302)
            handler.send_header("Location", f"{self.url}/thief")
            handler.end_headers()
            return
        data = self._answer(handler.path)
        handler.send_response(int(fault) if fault.isdigit() else 200)
        handler.send_header("Content-Length", str(len(data) + (5 if fault == "short" else 0)))
        handler.end_headers()
        handler.wfile.write(data)

    def _answer(self, path: str) -> bytes:
        if path == "/v1/body/deliveries":
            base = {"channel": "zip", "state": "done", "ended_at": "2026-11-21T09:00:00.000Z"}
            other = [{"id": "mail1", "channel": "mail"}, {"id": "run2", "state": "running"}]
            return json.dumps(
                {"deliveries": [base | {"id": "run1"}, *(base | one for one in other)]}
            ).encode()
        if path.startswith("/v1/body/deliveries/run1/files"):
            at = int(path.partition("after=")[2] or 0)
            more = at + 1 < len(self.files)
            page = [{"name": name, "url": f"{self.url}/s3/{name}"} for name in self.files[at:][:1]]
            return json.dumps({"files": page, "after": str(at + 1) if more else None}).encode()
        return self.data


@pytest.fixture
def service() -> Iterator[Service]:
    found = Service()
    with found.server:
        yield found


def bring(service: Service, path: Path) -> int:
    api = Api(service.url, "sk_x", sleep=lambda seconds: None)
    return folder.bring(api, Folder(path), lambda text: None)


@pytest.mark.feature("F001-079")
def test_it_brings_what_is_done_and_shows_its_key_to_the_api_alone(
    service: Service, tmp_path: Path
) -> None:
    second = NAME.replace("123.pdf", "124.pdf")
    service.files = [NAME, second]
    service.faults = ["closed", "503", "", "short", "429"]
    assert bring(service, tmp_path) == 2
    assert {path.name for path in tmp_path.glob("*.pdf")} == {NAME, second}
    assert (tmp_path / NAME).read_bytes() == PDF
    assert not list((tmp_path / folder.NOTES).glob("*.part"))
    assert {key for path, key in service.asked if path.startswith("/v1/")} == {"Bearer sk_x"}
    assert {key for path, key in service.asked if path.startswith("/s3/")} == {""}
    service.asked.clear()
    assert bring(service, tmp_path) == 0
    assert len(service.asked) == 1


@pytest.mark.parametrize(
    "data", [b"<html>", b"%PDF-1.7 half of it", b"", b"%PDF-" + b"x" * folder.FILE_BYTES]
)
def test_what_is_no_whole_notice_stays_away(service: Service, tmp_path: Path, data: bytes) -> None:
    service.data = data
    with pytest.raises(Failed):
        bring(service, tmp_path)
    assert not list(tmp_path.glob("*.pdf"))


@pytest.mark.parametrize("name", ["../x.pdf", "a/b.pdf", "C:\\x.pdf", "x.exe", ".sportello"])
def test_only_names_of_notices_are_written(service: Service, tmp_path: Path, name: str) -> None:
    service.files = [name]
    with pytest.raises(Failed):
        bring(service, tmp_path / ".")
    assert [path.name for path in tmp_path.iterdir()] == [folder.NOTES]


def test_a_redirect_is_not_followed_and_a_refusal_not_repeated(
    service: Service, tmp_path: Path
) -> None:
    for fault in ("elsewhere", "401"):
        service.asked.clear()
        service.faults = [fault]
        with pytest.raises(Failed):
            bring(service, tmp_path)
        assert len(service.asked) == 1
    for url in ("http://sportello.example", "file:///etc/passwd", "ftp://127.0.0.1/"):
        with pytest.raises(Failed):
            folder.fetch(url, {})


def test_the_command(service: Service, tmp_path: Path, capsys: Any) -> None:
    key = tmp_path / "key"
    key.write_text("sk_x\n")
    place = tmp_path / "avvisi"
    line = ["--url", service.url, "--key-file", str(key), "--folder", str(place)]
    assert folder.main(line) == 2
    place.mkdir()
    assert folder.main(line) == 0
    assert (place / NAME).exists()
    service.faults = ["401"]
    assert folder.main(line) == 1
    assert "sk_x" not in capsys.readouterr().out


def test_it_needs_nothing_but_python() -> None:
    source = Path(folder.__file__).read_text()
    names = {
        name.partition(".")[0]
        for node in ast.walk(ast.parse(source))
        for name in (
            [one.name for one in node.names] if isinstance(node, ast.Import)
            else [str(node.module)] if isinstance(node, ast.ImportFrom) else []
        )
    }  # fmt: skip
    assert names <= sys.stdlib_module_names
