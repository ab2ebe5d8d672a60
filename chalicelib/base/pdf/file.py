"""The file itself: numbered objects, and where each begins (ISO 32000-1, section 7.5)."""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass, field
from typing import Final

# The second line says that bytes above 127 follow.
_HEAD: Final = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
# Above 6 a page gets some bytes smaller and takes twice the time.
_LEVEL: Final = 6


@dataclass
class File:
    """Objects so far. `copy` is cheap: what many files share is written once and copied."""

    parts: list[bytes] = field(default_factory=lambda: [_HEAD])
    offsets: list[int] = field(default_factory=list)
    length: int = len(_HEAD)

    def copy(self) -> File:
        """A file that begins as this one and goes its own way."""
        if len(self.parts) > 1:
            self.parts = [b"".join(self.parts)]
        return File(list(self.parts), list(self.offsets), self.length)

    def reserve(self) -> int:
        """The number of an object that is written later, by `fill`."""
        self.offsets.append(0)
        return len(self.offsets)

    def fill(self, number: int, body: bytes) -> int:
        """Write the object of a number that was reserved."""
        assert not self.offsets[number - 1], "an object is written once"
        self.offsets[number - 1] = self.length
        part = b"%d 0 obj\n%b\nendobj\n" % (number, body)
        self.parts.append(part)
        self.length += len(part)
        return number

    def add(self, body: bytes) -> int:
        """A new object; gives its number."""
        return self.fill(self.reserve(), body)

    def stream(self, entries: bytes, data: bytes, number: int = 0) -> int:
        """A new stream, compressed; `entries` are those of its dictionary beside the length."""
        packed = zlib.compress(data, _LEVEL)
        body = b"<<%b/Filter/FlateDecode/Length %d>>\nstream\n%b\nendstream" % (
            entries,
            len(packed),
            packed,
        )
        return self.fill(number or self.reserve(), body)

    def finish(self, root: int, info: int) -> bytes:
        """The whole file. Its identifier comes of its content: the same content, the same bytes."""
        assert all(self.offsets), "every number that was reserved is filled"
        body = b"".join(self.parts)
        name = hashlib.sha256(body).hexdigest()[:32].encode()
        size = len(self.offsets) + 1
        table = b"".join(b"%010d 00000 n \n" % offset for offset in self.offsets)
        return b"%bxref\n0 %d\n0000000000 65535 f \n%b" % (body, size, table) + (
            b"trailer\n<</Size %d/Root %d 0 R/Info %d 0 R/ID[<%b><%b>]>>\nstartxref\n%d\n%%%%EOF\n"
            % (size, root, info, name, name, len(body))
        )


def text_string(text: str) -> bytes:
    """A text for a person in a dictionary: UTF-16 with its mark, in hexadecimal digits."""
    return b"<FEFF%b>" % text.encode("utf-16-be").hex().upper().encode()
