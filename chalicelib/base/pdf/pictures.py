"""Logos: PNG and SVG as customers send them, checked, as objects that any PDF can take in.

A PNG is laid on white (the paper) and kept as an image. An SVG becomes paths: fpdf2 reads it, into
a file of its own, whose objects are taken over under other numbers. Before that it is read by the
house's XML reader, and refused if it holds anything that runs, fetches, or needs a font.
"""

from __future__ import annotations

import io
import re
import zlib
from dataclasses import dataclass, field
from typing import Any, Final

from chalicelib.base import limits, xml
from chalicelib.base.errors import Rejected
from chalicelib.base.pdf.file import File

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_JPEG: Final = b"\xff\xd8\xff"
_SIDE_PT: Final = 100.0  # an SVG is drawn into a square of this side, then scaled
_USES: Final = 200
_SHAPES: Final = frozenset(
    {
        "svg", "g", "defs", "title", "desc", "metadata", "style", "symbol", "use",
        "path", "rect", "circle", "ellipse", "line", "polyline", "polygon",
        "linearGradient", "radialGradient", "stop", "clipPath",
    }
)  # fmt: skip
_ELSEWHERE = re.compile(r"url\(\s*['\"]?(?!#)|@import|expression\(", re.IGNORECASE)
_OBJECT = re.compile(rb"(\d+) 0 obj\n(.*)\nendobj\n?", re.DOTALL)
_REFERENCE = re.compile(rb"\b(\d+) 0 R\b")


@dataclass(frozen=True)
class Raster:
    """Pixels, packed, in RGB."""

    width: int
    height: int
    packed: bytes = field(repr=False)


@dataclass(frozen=True)
class Drawing:
    """Paths in a box of `width` by `height`; objects by number, and the two that a form needs."""

    width: float
    height: float
    objects: dict[int, bytes] = field(repr=False)
    contents: int
    resources: int


Picture = Raster | Drawing


def read(data: bytes) -> Picture:
    """A logo out of the bytes of a PNG or an SVG.

    Raises Rejected `logo_too_large`, `logo_unreadable`, `logo_unsupported` (details: what).
    """
    _require_size(data)
    if data.startswith(_PNG):
        return _raster(data)
    if b"<svg" in data[:4096] or data.lstrip()[:5] == b"<?xml":
        return _drawing(data)
    raise _unsupported("neither PNG nor SVG")


def kept(data: bytes) -> bytes:
    """A logo as it is kept: PNG and SVG as they came, once they are read; a JPEG becomes a PNG,
    without what a camera wrote into it. Raises Rejected as `read`."""
    if not data.startswith(_JPEG):
        read(data)
        return data
    _require_size(data)
    made = io.BytesIO()
    _pixels(data).save(made, "PNG", optimize=True)
    return made.getvalue()


def add(file: File, picture: Picture) -> int:
    """Put a picture into a file; gives the number of its XObject, which fills a unit square."""
    if isinstance(picture, Raster):
        body = (
            b"<</Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceRGB"
            b"/BitsPerComponent 8/Interpolate true/Filter/FlateDecode/Length %d>>\n"
            b"stream\n%b\nendstream"
            % (picture.width, picture.height, len(picture.packed), picture.packed)
        )
        return file.add(body)
    numbers = {old: file.reserve() for old in picture.objects}
    for old, body in picture.objects.items():
        head, mark, rest = body.partition(b"stream\n")
        head = _REFERENCE.sub(lambda found: b"%d 0 R" % numbers[int(found[1])], head)
        if old == picture.contents:
            # The page's content becomes a form of one unit; its own file gave it no box.
            entries = b"/Type/XObject/Subtype/Form/BBox[0 0 %b %b]/Matrix[%b 0 0 %b 0 0]" % (
                _number(picture.width), _number(picture.height),
                _number(1 / picture.width), _number(1 / picture.height),
            )  # fmt: skip
            entries += b"/Resources %d 0 R" % numbers[picture.resources]
            entries += b"/Group<</S/Transparency/CS/DeviceRGB>>"
            head = head.replace(b"<<", b"<<" + entries, 1)
        file.fill(numbers[old], head + mark + rest)
    return numbers[picture.contents]


def _require_size(data: bytes) -> None:
    if len(data) > limits.NOTICE_LOGO_BYTES:
        raise Rejected(
            "logo_too_large", "The logo is too large.", limit_bytes=limits.NOTICE_LOGO_BYTES
        )


def _number(value: float) -> bytes:
    return f"{value:.8f}".rstrip("0").rstrip(".").encode()


def _unsupported(what: str) -> Rejected:
    return Rejected("logo_unsupported", "A logo of this kind cannot be printed.", what=what)


def _unreadable() -> Rejected:
    return Rejected("logo_unreadable", "The logo cannot be read.")


# ------------------------------------------------------------------ PNG, JPEG
def _raster(data: bytes) -> Raster:
    flat = _pixels(data)
    return Raster(flat.width, flat.height, zlib.compress(flat.tobytes(), 9))


def _pixels(data: bytes) -> Any:
    """On white, and no larger than it is printed: an Image of Pillow."""
    from PIL import Image

    try:
        # The size is in the first bytes: nothing is unpacked before it is known to be bearable.
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as opened:
            if max(opened.size) > limits.NOTICE_LOGO_PX:
                raise Rejected(
                    "logo_too_large", "The logo is too large.", limit_px=limits.NOTICE_LOGO_PX
                )
            whole = opened.convert("RGBA")
    except Rejected:
        raise
    except Exception as error:  # Pillow has no one error for a bad file
        raise _unreadable() from error
    paper = Image.new("RGBA", whole.size, (255, 255, 255, 255))
    flat = Image.alpha_composite(paper, whole).convert("RGB")
    most = limits.NOTICE_LOGO_KEPT_PX
    if max(flat.size) > most:
        flat.thumbnail((most, most), Image.Resampling.LANCZOS)
    return flat


# ------------------------------------------------------------------ SVG
def _drawing(data: bytes) -> Drawing:
    root = _checked(data)
    width, height = _proportions(root)
    scale = _SIDE_PT / max(width, height)
    width, height = width * scale, height * scale
    objects = _drawn(data, width, height)
    page = next(body for body in objects.values() if b"/Type /Page\n" in body)
    contents, resources = (
        int(found[1])
        for name in (rb"/Contents", rb"/Resources")
        if (found := re.search(name + rb" (\d+) 0 R", page))
    )
    # What only makes the other file a file, or names pages, stays there.
    wanted, queue = {}, [contents, resources]
    while queue:
        number = queue.pop()
        if number not in wanted:
            wanted[number] = objects[number]
            head = objects[number].partition(b"stream\n")[0]
            queue += [int(found) for found in _REFERENCE.findall(head)]
    return Drawing(width, height, wanted, contents, resources)


def _checked(data: bytes) -> xml.Element:
    """The tree of an SVG that only draws. DOCTYPE and entities are refused by the reader."""
    try:
        root = xml.read(data, limit_bytes=limits.NOTICE_LOGO_BYTES)
    except Rejected as error:
        raise Rejected("logo_unreadable", "The logo cannot be read.", reason=error.code) from error
    if xml.local(root) != "svg":
        raise _unsupported(xml.local(root))
    count = 0
    for node in root.iter():
        name = xml.local(node)
        if not name:
            continue  # a comment
        count += 1
        if count > limits.NOTICE_LOGO_TAGS:
            raise Rejected(
                "logo_too_large", "The logo is too large.", limit_tags=limits.NOTICE_LOGO_TAGS
            )
        if name == "metadata" or _within_metadata(node):
            continue  # editors' notes: never drawn
        if name not in _SHAPES:
            raise _unsupported(name)
        for key, value in node.attrib.items():
            bare = key.rpartition("}")[2].lower()
            if bare.startswith("on") or (bare == "href" and not value.startswith("#")):
                raise _unsupported(bare)
            if _ELSEWHERE.search(value):
                raise _unsupported("url")
        if name == "style" and _ELSEWHERE.search("".join(node.itertext())):
            raise _unsupported("url")
    _check_uses(root)
    return root


def _check_uses(root: xml.Element) -> None:
    """What is used may not use something else: ten levels of ten would be a picture of 10**10."""
    uses = [node for node in root.iter() if xml.local(node) == "use"]
    if len(uses) > _USES:
        raise _unsupported("use")
    names = {value[1:] for one in uses for key, value in one.attrib.items() if "href" in key}
    for node in root.iter():
        if node.get("id", "") in names and any(xml.local(one) == "use" for one in node.iter()):
            raise _unsupported("use")


def _within_metadata(node: xml.Element) -> bool:
    above = node.getparent()
    while above is not None:
        if xml.local(above) == "metadata":
            return True
        above = above.getparent()
    return False


_LENGTH = re.compile(r"\s*([0-9]*\.?[0-9]+(?:e[+-]?[0-9]+)?)", re.IGNORECASE)


def _proportions(root: xml.Element) -> tuple[float, float]:
    box = re.split(r"[\s,]+", (root.get("viewBox", "") or "").strip())
    sides = box[2:] if len(box) == 4 else [root.get("width", ""), root.get("height", "")]
    found = [_LENGTH.match(side or "") for side in sides]
    if len(found) != 2 or not all(found):
        raise _unsupported("no size")
    width, height = (float(side[1]) for side in found if side)
    if not (width > 0 and height > 0 and 0.01 < width / height < 100):
        raise _unsupported("no size")
    return width, height


def _drawn(data: bytes, width: float, height: float) -> dict[int, bytes]:
    """The objects of a PDF of one page that shows it, by number."""
    from fpdf import FPDF

    pdf = FPDF(unit="pt", format=(width, height))
    pdf.set_auto_page_break(False)
    pdf.set_margin(0)
    pdf.add_page()
    try:
        pdf.image(io.BytesIO(data), x=0, y=0, w=width, h=height)
        made = bytes(pdf.output())
    except Exception as error:  # fpdf2 raises whatever the value of an attribute led it to
        raise _unsupported(type(error).__name__) from error
    return _objects(made)


def _objects(made: bytes) -> dict[int, bytes]:
    """By the file's own table: a stream may hold anything, also what looks like an object."""
    start = int(made.rpartition(b"startxref")[2].split()[0])
    rows: Any = re.findall(rb"(\d{10}) 00000 n", made[start:])
    offsets = sorted(int(row) for row in rows)
    found = {}
    for begin, end in zip(offsets, [*offsets[1:], start], strict=True):
        match = _OBJECT.match(made[begin:end])
        if match:
            found[int(match[1])] = match[2]
    return found
