"""PDF written directly: files that strict readers take, and logos that cannot do harm."""

from __future__ import annotations

import io
import re
import struct
import zlib
from pathlib import Path

import pypdf
import pypdfium2
import pytest
from fpdf import FPDF
from PIL import Image, ImageChops

from chalicelib.base import limits, typeset
from chalicelib.base.errors import Rejected
from chalicelib.base.pdf import document, fonts, pictures
from chalicelib.base.pdf.canvas import Canvas
from chalicelib.base.pdf.file import File, text_string
from chalicelib.base.pdf.pictures import Drawing, Raster
from chalicelib.base.typeset import Style
from tests.payments.notice import made

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 60">{}</svg>'


def svg(inside: str) -> bytes:
    return SVG.format(inside).encode()


def png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def page_with(logo: pictures.Picture, side: float = 60.0) -> bytes:
    canvas = Canvas({})
    ratio = logo.width / logo.height
    canvas.picture("Logo", 10, 10, side * min(1, ratio), side / max(1, ratio), "a mark")
    return document.write(document.prepare({}, {"Logo": logo}), [canvas], title="x", language="it")


def drawn(data: bytes, scale: float = 2.0) -> Image.Image:
    file = pypdfium2.PdfDocument(data)
    picture: Image.Image = file[0].render(scale=scale).to_pil().convert("RGB")
    file.close()
    return picture


# --- the file -------------------------------------------------------------------------------------
def test_objects_are_where_the_table_says() -> None:
    file = File()
    later = file.reserve()
    first = file.add(b"<</A 1>>")
    stream = file.stream(b"/B 2", b"hello " * 50)
    file.fill(later, b"[%d 0 R %d 0 R]" % (first, stream))
    made_ = file.finish(later, first)
    offsets = [int(row) for row in re.findall(rb"(\d{10}) 00000 n", made_)]
    assert [made_[at:].split(b" ", 1)[0] for at in offsets] == [b"1", b"2", b"3"]
    found = re.search(rb"stream\n(.*)\nendstream", made_, re.DOTALL)
    assert found is not None
    assert zlib.decompress(found[1]) == b"hello " * 50
    assert made_.endswith(b"%%EOF\n")


def test_copies_go_their_own_ways() -> None:
    shared = File()
    shared.add(b"(shared)")
    one, other = shared.copy(), shared.copy()
    one.add(b"(one)")
    number = other.add(b"(other)")
    assert number == 2
    assert b"(one)" in one.finish(1, 1)
    assert b"(one)" not in other.finish(1, 1)
    assert b"(other)" not in shared.finish(1, 1)


def test_a_number_that_was_reserved_must_be_filled_once() -> None:
    file = File()
    number = file.reserve()
    with pytest.raises(AssertionError):
        file.finish(1, 1)
    file.fill(number, b"1")
    with pytest.raises(AssertionError):
        file.fill(number, b"2")


def test_texts_for_people_keep_every_letter() -> None:
    assert text_string("Š(€") == b"<FEFF0160002820AC>"


def test_a_subset_holds_only_its_characters() -> None:
    folder = made.fonts()
    font = fonts.subset(folder / "TitilliumWeb-Regular.ttf", frozenset("Avviso €š李"))
    assert set(font.codes) == set("Avviso €š")
    whole = typeset.read_face(folder / "TitilliumWeb-Regular.ttf")
    assert font.advances == {sign: whole[sign] for sign in font.codes}
    assert len(font.data) < 8_000
    assert re.fullmatch(r"[A-Z]{6}\+TitilliumWeb-Regular", font.name)
    assert fonts.subset(folder / "TitilliumWeb-Regular.ttf", frozenset("Avviso €š李")) == font


# --- logos that are drawn -------------------------------------------------------------------------
def test_what_is_transparent_becomes_paper() -> None:
    picture = Image.new("RGBA", (40, 20), (255, 0, 0, 255))
    picture.paste((0, 0, 255, 0), (0, 0, 20, 20))
    found = pictures.read(png(picture))
    assert isinstance(found, Raster)
    assert (found.width, found.height) == (40, 20)
    seen = drawn(page_with(found))
    unit = 2 / typeset.POINT_MM
    assert seen.getpixel((15 * unit, 20 * unit)) == (255, 255, 255)
    assert seen.getpixel((60 * unit, 20 * unit)) == (255, 0, 0)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_kind_of_png_is_taken(mode: str) -> None:
    found = pictures.read(png(Image.new(mode, (30, 30))))
    assert isinstance(found, Raster)


def test_a_fine_logo_is_made_coarser() -> None:
    found = pictures.read(png(Image.new("L", (3_000, 1_500), 128)))
    assert isinstance(found, Raster)
    assert (found.width, found.height) == (709, 355)


@pytest.mark.parametrize(
    "inside",
    [
        '<rect x="5" y="5" width="60" height="40" fill="#0a0"/>',
        '<circle cx="50" cy="30" r="28" stroke="#00f" stroke-width="4" fill="none"/>',
        '<g transform="translate(20 10) rotate(10)"><path d="M0 0h40v30H0z" fill="red"/></g>',
        '<defs><linearGradient id="g"><stop offset="0" stop-color="#f00"/>'
        '<stop offset="1" stop-color="#00f"/></linearGradient></defs>'
        '<ellipse cx="50" cy="30" rx="40" ry="20" fill="url(#g)" opacity="0.6"/>',
        '<defs><clipPath id="c"><circle cx="50" cy="30" r="20"/></clipPath></defs>'
        '<rect width="100" height="60" fill="#333" clip-path="url(#c)"/>',
        '<style>.a{fill:#808}</style><polygon class="a" points="10,10 90,10 50,55"/>',
        '<defs><rect id="r" width="20" height="20"/></defs><use href="#r" x="30" y="10"/>',
        '<title>Stemma</title><metadata><x y="http://a.it/">ed</x></metadata><rect width="9" '
        'height="9"/>',
    ],
)
def test_a_drawing_looks_as_fpdf2_alone_draws_it(inside: str) -> None:
    data = svg(inside)
    found = pictures.read(data)
    assert isinstance(found, Drawing)
    assert found.width / found.height == pytest.approx(100 / 60)
    plain = FPDF(unit="mm", format="A4")
    plain.add_page()
    plain.image(io.BytesIO(data), x=10, y=10, w=60, h=36)
    wanted, seen = drawn(bytes(plain.output())), drawn(page_with(found))
    difference = ImageChops.difference(wanted, seen).convert("L")
    # Edges fall on other fractions of a pixel.
    wrong = sum(count for value, count in enumerate(difference.histogram()) if value > 60)
    assert wrong < 400, wrong
    assert ImageChops.difference(seen, Image.new("RGB", seen.size, "white")).getbbox()


def test_a_page_with_a_drawing_is_taken_by_a_strict_reader() -> None:
    data = page_with(pictures.read(made.LOGO))
    reader = pypdf.PdfReader(io.BytesIO(data), strict=True)
    names = reader.pages[0]["/Resources"]["/XObject"]  # type: ignore[index]
    form = names["/Logo"].get_object()
    assert form["/Subtype"] == "/Form"
    assert form.get_data()


# --- logos that are refused -----------------------------------------------------------------------
HOSTILE = {
    "script": "<script>alert(1)</script>",
    "event": '<rect width="9" height="9" onload="x()"/>',
    "image": '<image href="http://a.it/x.png" width="9" height="9"/>',
    "embedded image": '<image href="data:image/png;base64,AAAA" width="9" height="9"/>',
    "foreign": "<foreignObject><b/></foreignObject>",
    "text": '<text x="0" y="9">Comune</text>',
    "animation": '<rect width="9" height="9"><animate attributeName="x"/></rect>',
    "use of a file": '<use href="file:///etc/passwd"/>',
    "use of a site": '<use xlink:href="http://a.it/#x" xmlns:xlink="http://www.w3.org/1999/xlink"/>',
    "fill from elsewhere": '<rect width="9" height="9" fill="url(http://a.it/#g)"/>',
    "style from elsewhere": '<style>@import "http://a.it/x.css";</style>',
    "style with a picture": "<style>rect{fill:url('http://a.it/g')}</style>",
    "filter": '<filter id="f"/>',
    "laughs": '<defs><g id="a"><use href="#b"/></g><g id="b"><use href="#a"/></g></defs>'
    '<use href="#a"/>',
    "too many uses": '<rect id="r" width="1" height="1"/>' + '<use href="#r"/>' * 201,
    "path that is none": '<path d="M 1 2 A goP"/>',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_drawing_that_does_more_than_draw_is_refused(name: str) -> None:
    with pytest.raises(Rejected, match=r"^logo_unsupported:"):
        pictures.read(svg(HOSTILE[name]))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "logo_unsupported"),
        (b"GIF89a...", "logo_unsupported"),
        (b"\xff\xd8\xff\xe0 JFIF", "logo_unsupported"),
        (b"%PDF-1.7 <svg>", "logo_unreadable"),
        (b"<?xml version='1.0'?><html/>", "logo_unsupported"),
        (b'<!DOCTYPE svg [<!ENTITY a "b">]><svg>&a;</svg>', "logo_unreadable"),
        (b"<svg", "logo_unreadable"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"><rect/></svg>', "logo_unsupported"),
        (svg("").replace(b"0 0 100 60", b"0 0 100 0"), "logo_unsupported"),
        (svg("").replace(b"0 0 100 60", b"0 0 9999 1"), "logo_unsupported"),
        (svg("<g/>" * (limits.NOTICE_LOGO_TAGS + 1)), "logo_too_large"),
        (b"\x89PNG\r\n\x1a\n" + b"x" * 40, "logo_unreadable"),
        (b"\x89PNG\r\n\x1a\n" + b"x" * limits.NOTICE_LOGO_BYTES, "logo_too_large"),
        (png(Image.new("L", (30, 30)))[:-30], "logo_unreadable"),
        (png(Image.new("1", (limits.NOTICE_LOGO_PX + 1, 1))), "logo_too_large"),
    ],
)
def test_what_is_no_logo_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(Rejected, match=f"^{code}:"):
        pictures.read(data)


def test_a_bomb_is_refused_by_its_head() -> None:
    """A size of gigabytes in a file of bytes: nothing is unpacked."""
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 6, 0, 0, 0)
    chunk = struct.pack(">I", 13) + b"IHDR" + head + struct.pack(">I", zlib.crc32(b"IHDR" + head))
    with pytest.raises(Rejected, match="logo_"):
        pictures.read(b"\x89PNG\r\n\x1a\n" + chunk)


# --- texts that are made to fit -------------------------------------------------------------------
def test_the_first_style_that_fits_is_taken_and_nothing_is_lost() -> None:
    faces = {"x": {chr(code): 1.0 for code in range(32, 127)}}
    tries = ((Style("x", 10, 4), 1), (Style("x", 5, 2), 2))
    assert typeset.fit("aaaa", faces, tries, 20) == (tries[0][0], ["aaaa"])
    style, lines = typeset.fit("aaaa bbbb cccc", faces, tries, 20)
    assert (style.points, lines) == (5, ["aaaa bbbb", "cccc"])
    text = " ".join(["word"] * 20)
    style, lines = typeset.fit(text, faces, tries, 20)
    assert style.points == 5
    assert " ".join(lines) == text


def test_fonts_are_found(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        typeset.read_face(tmp_path / "none.ttf")
