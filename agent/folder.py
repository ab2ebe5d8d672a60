"""Puts the notices of a body's deliveries into a folder of its network.

    python -m agent.folder --url https://sportello.example --key-file chiave.txt --folder S:/avvisi

It asks the API for deliveries of files (channel "zip") that are done, and brings each file under
its own name, `CodiceFiscale_Anno_IUV.pdf`. It only ever asks: no port is opened, and a key that may
read (`body:read`) is enough. A file is written under another name and renamed, so nobody finds half
of one; what was brought is noted in `.sportello` inside the folder, so that a run that was stopped
goes on where it was. With --every it asks again after so many seconds, otherwise it ends: status 0
when everything is there, 1 when something failed and is worth another try, 2 when it cannot start.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

TIMEOUT_S = 60
FILE_BYTES = 20 * 1000 * 1000  # a notice of 120 instalments stays far below
TRIES = 4
PAUSE_S = 2.0  # doubled by each try
NOTES = ".sportello"
_NAME = re.compile(r"[A-Z0-9]{2,16}_[0-9]{4}_[A-Z0-9]{1,35}\.pdf")
_ID = re.compile(r"[A-Za-z0-9_.-]{1,64}")

# (address, headers) -> (status, body). OSError when nobody answers.
Fetch = Callable[[str, dict[str, str]], tuple[int, bytes]]


class Failed(Exception):
    """Something did not work now; the text is for the person at the machine."""


def check_address(url: str) -> str:
    """An address that may be asked: https, or this machine itself. Raises Failed."""
    parts = urlsplit(url)
    local = parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1")
    if parts.scheme != "https" and not local:
        raise Failed("an address must begin with https://")
    return url


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirects)


def fetch(url: str, headers: dict[str, str]) -> tuple[int, bytes]:
    """One GET; redirects are not followed, so that the key goes nowhere else."""
    request = urllib.request.Request(check_address(url), headers=headers)  # noqa: S310
    try:
        with _opener.open(request, timeout=TIMEOUT_S) as answer:
            data: bytes = answer.read(FILE_BYTES + 1)
            length = answer.headers.get("Content-Length")
            if length is not None and int(length) != len(data):
                raise OSError("the answer broke off")
            return int(answer.status), data
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(10_000)


class Api:
    """The two questions that are asked, with patience."""

    def __init__(
        self, url: str, key: str, fetch: Fetch = fetch, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._url, self._key = check_address(url).rstrip("/"), key
        self._fetch, self._sleep = fetch, sleep

    def deliveries(self) -> list[tuple[str, str]]:
        """(id, when it ended) of those that made files and are done, oldest first."""
        found = self._ask("/v1/body/deliveries")["deliveries"]
        return [
            (one["id"], one["ended_at"])
            for one in reversed(found)
            if one["channel"] == "zip" and one["state"] == "done" and _ID.fullmatch(one["id"])
        ]

    def files(self, delivery: str) -> Iterator[tuple[str, str]]:
        """(name, link) of a delivery. Links are good for minutes: a page comes when needed."""
        after = ""
        while True:
            query = f"?after={quote(after, safe='')}" if after else ""
            page = self._ask(f"/v1/body/deliveries/{delivery}/files{query}")
            for one in page["files"]:
                yield one["name"], one["url"]
            if not page["after"]:
                return
            after = page["after"]

    def content(self, link: str) -> bytes:
        """The bytes behind a link, which opens by itself: the key is not shown to it."""
        data = self._get(link, {})
        if len(data) > FILE_BYTES or not data.startswith(b"%PDF-") or b"%%EOF" not in data[-64:]:
            raise Failed("a file did not arrive whole")
        return data

    def _ask(self, path: str) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._key}", "Accept": "application/json"}
        answer = self._get(self._url + path, headers)
        try:
            found: dict[str, Any] = json.loads(answer)
        except ValueError as error:
            raise Failed("the service answers something else") from error
        return found

    def _get(self, url: str, headers: dict[str, str]) -> bytes:
        said = ""
        for attempt in range(TRIES):
            if attempt:
                self._sleep(PAUSE_S * 2 ** (attempt - 1))
            try:
                status, data = self._fetch(url, headers)
            except (OSError, ValueError) as error:
                said = type(error).__name__
                continue
            if status == 200:
                return data
            said = f"HTTP {status}"
            if status not in (408, 425, 429) and status < 500:
                break
        raise Failed(f"no answer: {said}")


class Folder:
    """Where files come to stand, and the notes of what was brought."""

    def __init__(self, path: Path) -> None:
        if not path.is_dir():
            raise Failed(f"there is no folder {path}")
        self._path, self._notes = path, path / NOTES
        self._notes.mkdir(exist_ok=True)

    def is_done(self, delivery: str, ended_at: str) -> bool:
        """Whether all of it was brought, as it was when it ended then."""
        note = self._notes / f"{delivery}.done"
        return note.exists() and note.read_text("ascii") == ended_at

    def brought(self, delivery: str) -> set[str]:
        """The names that are there already."""
        note = self._notes / f"{delivery}.names"
        return set(note.read_text("ascii").split()) if note.exists() else set()

    def put(self, delivery: str, name: str, data: bytes) -> None:
        """The file, whole or not at all; then the note of it."""
        if not _NAME.fullmatch(name):
            raise Failed("a file has a name that is none of ours")
        self._replace(self._path / name, data)
        with (self._notes / f"{delivery}.names").open("a", encoding="ascii") as note:
            note.write(name + "\n")

    def finish(self, delivery: str, ended_at: str) -> None:
        """All of it is there."""
        self._replace(self._notes / f"{delivery}.done", ended_at.encode("ascii"))

    def _replace(self, path: Path, data: bytes) -> None:
        part = self._notes / f"{path.name}.part"
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)


def bring(api: Api, folder: Folder, say: Callable[[str], None]) -> int:
    """Everything that is done and not there yet; gives how many files came. Raises Failed."""
    came = 0
    for delivery, ended_at in api.deliveries():
        if folder.is_done(delivery, ended_at):
            continue
        known = folder.brought(delivery)
        for name, link in api.files(delivery):
            if name not in known:
                folder.put(delivery, name, api.content(link))
                came += 1
        folder.finish(delivery, ended_at)
        say(f"{delivery}: complete")
    return came


def _say(text: str) -> None:
    sys.stdout.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {text}\n")
    sys.stdout.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """See the module."""
    about = (__doc__ or "").split("\n")[0]
    parser = argparse.ArgumentParser(prog="agent.folder", description=about)
    parser.add_argument("--url", required=True, help="the address of the service")
    parser.add_argument("--key-file", required=True, type=Path, help="a file with the API key")
    parser.add_argument("--folder", required=True, type=Path, help="where notices go")
    parser.add_argument("--every", type=int, default=0, help="ask again after so many seconds")
    given = parser.parse_args(arguments)
    try:
        key = given.key_file.read_text("ascii").strip()
        api, folder = Api(given.url, key), Folder(given.folder)
    except (OSError, ValueError, Failed) as error:
        _say(f"cannot start: {error}")
        return 2
    while True:
        try:
            _say(f"{bring(api, folder, _say)} files came")
            status = 0
        except (Failed, OSError, KeyError, TypeError) as error:
            _say(f"stopped, and goes on next time: {error}")
            status = 1
        if not given.every:
            return status
        time.sleep(max(5, given.every))


if __name__ == "__main__":
    raise SystemExit(main())
