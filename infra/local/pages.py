"""The portal's pages as CloudFront gives them: the files that infra/portal.py publishes, with the
headers of the template's `PortalHeaders` and `OfficeHeaders`, and nothing else of this machine.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from infra import portal
from infra.local.template import load

HOME = "/portal/"
OFFICE = "/portal/office/"
MISSING = "portal/404.html"
# Where bare addresses lead; the last ones stand in letters (accounts/identity/links.py), and their
# tokens behind the `#` follow by themselves.
ENTRANCES = {
    "/": HOME,
    "/portal": HOME,
    "/portal/office": OFFICE,
    "/password": f"{OFFICE}?page=password",
    "/register": f"{OFFICE}?page=register",
    "/invite": f"{OFFICE}?page=password",
}
METHODS = ("GET", "HEAD")
COMPRESSED = (".css", ".html", ".js", ".svg", ".txt")

_SECURITY_HEADERS = {
    "ContentSecurityPolicy": ("Content-Security-Policy", "ContentSecurityPolicy"),
    "FrameOptions": ("X-Frame-Options", "FrameOption"),
    "ReferrerPolicy": ("Referrer-Policy", "ReferrerPolicy"),
}


@dataclass(frozen=True)
class _Content:
    """A file as it was at `modified_ns`, and the name of these bytes."""

    modified_ns: int
    data: bytes
    compressed: bytes
    tag: str


class Pages:
    """Answers for addresses under /portal/ and for the bare ones, which lead there.

    The files are listed once, by their public names: what is not in the list has no address, so
    that no path, however it is written, leads anywhere else. Who edits a file sees it at once.
    """

    def __init__(
        self,
        files: Mapping[str, Path],
        headers: Mapping[str, str],
        office: Mapping[str, str] | None = None,
    ) -> None:
        self._files = dict(files)
        self._headers = {name: [value] for name, value in headers.items()}
        self._office = {name: [value] for name, value in (office or headers).items()}
        self._contents: dict[str, _Content] = {}

    @classmethod
    def of_template(cls, template: Path, storage: str = "") -> Self:
        """`storage`: the origin where the intake bucket is (https://…), "" where there is none."""
        said = load(template)
        office = response_headers(said, "OfficeHeaders", storage)
        return cls(portal.files(), response_headers(said), office)

    def answer(
        self, method: str, target: str, asked: Mapping[str, str] | None = None
    ) -> tuple[int, dict[str, list[str]], bytes] | None:
        """Status, headers and body; None for an address that is not the portal's. `asked`: the
        headers of the request."""
        asked = asked or {}
        path = unquote(urlsplit(target).path)
        if path in ENTRANCES:
            return self._with(302, {"Location": [ENTRANCES[path]]}, b"")
        if not path.startswith(HOME):
            return None
        if method not in METHODS:
            return self._with(405, {"Allow": [", ".join(METHODS)]}, b"")
        key = path[1:] + ("index.html" if path in (HOME, OFFICE) else "")
        status, key = (200, key) if key in self._files else (404, MISSING)
        kind = self._files[key].suffix
        content = self._content(key)
        headers = {"Content-Type": [portal.TYPES[kind]], "ETag": [content.tag]}
        if path.startswith(OFFICE):
            headers = {**self._office, **headers}
        if status == 200 and asked.get("If-None-Match") == content.tag:
            return self._with(304, headers, b"")
        if kind in COMPRESSED and "gzip" in asked.get("Accept-Encoding", ""):
            headers |= {"Content-Encoding": ["gzip"], "Vary": ["Accept-Encoding"]}
            return self._with(status, headers, content.compressed)
        return self._with(status, headers, content.data)

    def _content(self, key: str) -> _Content:
        file = self._files[key]
        modified_ns = file.stat().st_mtime_ns
        known = self._contents.get(key)
        if known is None or known.modified_ns != modified_ns:
            data = file.read_bytes()
            tag = f'"{hashlib.sha256(data).hexdigest()[:32]}"'
            known = _Content(modified_ns, data, gzip.compress(data, mtime=0), tag)
            self._contents[key] = known
        return known

    def _with(
        self, status: int, headers: dict[str, list[str]], body: bytes
    ) -> tuple[int, dict[str, list[str]], bytes]:
        return status, {**self._headers, "Content-Type": ["text/plain"], **headers}, body


# The one value of the pages' headers that CloudFormation knows and a file does not.
_BUCKET = "https://${IntakeBucket.RegionalDomainName}"


def response_headers(
    template: Mapping[str, Any], policy_name: str = "PortalHeaders", storage: str = ""
) -> dict[str, str]:
    """The headers that a response headers policy of the template adds, by name."""
    policy = template["Resources"][policy_name]["Properties"]["ResponseHeadersPolicyConfig"]
    security = policy["SecurityHeadersConfig"]
    found = {
        name: _said(security[kind][value], storage)
        for kind, (name, value) in _SECURITY_HEADERS.items()
        if kind in security
    }
    transport = security["StrictTransportSecurity"]
    parts = [f"max-age={transport['AccessControlMaxAgeSec']}"]
    parts += ["includeSubDomains"] if transport.get("IncludeSubdomains") else []
    found["Strict-Transport-Security"] = "; ".join(parts)
    if "ContentTypeOptions" in security:
        found["X-Content-Type-Options"] = "nosniff"
    for one in policy["CustomHeadersConfig"]["Items"]:
        found[one["Header"]] = one["Value"]
    return found


def _said(value: Any, storage: str) -> str:
    if isinstance(value, dict):
        text: str = value["Fn::Sub"].replace(_BUCKET, storage)
        assert "${" not in text, text
        value = text.replace(" ;", ";")
    return str(value)
