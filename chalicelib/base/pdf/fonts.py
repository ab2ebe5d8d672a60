"""A TrueType font as a PDF holds it: a subset, its widths, and what each glyph means.

Source: ISO 32000-1, sections 9.6 to 9.10. Making the subset takes fontTools some 40 ms; a document
of one page takes 2. So a subset is made once for a set of characters, and documents share it.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from chalicelib.base.pdf.file import File

_SYMBOLIC: Final = 4  # glyphs are named by their place in the font only
_BLOCK: Final = 100  # entries in one block of a character map


@dataclass(frozen=True)
class Font:
    """A subset, ready to be put into files.

    `codes` gives the four hex digits of each character's glyph, `advances` its width for a size of
    1 pt. `name` has the tag of six capitals that marks a subset.
    """

    name: str
    codes: Mapping[str, str] = field(repr=False)
    advances: Mapping[str, float] = field(repr=False)
    widths: bytes = field(repr=False)
    meanings: bytes = field(repr=False)
    descriptor: bytes = field(repr=False)
    data: bytes = field(repr=False)


def subset(path: Path, characters: frozenset[str]) -> Font:
    """The font of a file, cut down to the characters that it has of these."""
    from fontTools import subset as cutting  # type: ignore[import-untyped, unused-ignore]
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped, unused-ignore]

    # The glyph of .notdef stays; what only an operating system reads goes.
    options = cutting.Options(
        hinting=False, layout_features=[], notdef_outline=True, recalc_timestamp=False
    )
    options.drop_tables += ["cmap", "DSIG", "FFTM", "GDEF", "GPOS", "GSUB", "OS/2", "gasp", "meta"]
    with TTFont(path, recalcTimestamp=False) as font:
        known = font.getBestCmap()
        glyphs = {sign: known[ord(sign)] for sign in sorted(characters) if ord(sign) in known}
        facts = _facts(font)
        cutter = cutting.Subsetter(options)
        cutter.populate(glyphs=set(glyphs.values()))
        cutter.subset(font)
        places = {sign: font.getGlyphID(glyph) for sign, glyph in glyphs.items()}
        advances = {sign: font["hmtx"].metrics[glyph][0] for sign, glyph in glyphs.items()}
        for table in ("name", "post"):
            if table in font:
                del font[table]
        written = io.BytesIO()
        font.save(written)
    data = written.getvalue()
    tag = "".join(chr(65 + byte % 26) for byte in hashlib.sha256(data).digest()[:6])
    units = facts["units"]
    return Font(
        name=f"{tag}+{facts['name']}",
        codes={sign: f"{place:04X}" for sign, place in places.items()},
        advances={sign: advance / units for sign, advance in advances.items()},
        widths=_widths({places[sign]: advance for sign, advance in advances.items()}, units),
        meanings=_meanings(places),
        descriptor=facts["descriptor"],
        data=data,
    )


def add(file: File, font: Font) -> int:
    """Put a font into a file; gives the number that a page's resources name."""
    name = font.name.encode()
    program = file.stream(b"/Length1 %d" % len(font.data), font.data)
    descriptor = file.add(
        b"<</Type/FontDescriptor/FontName/%b%b/FontFile2 %d 0 R>>"
        % (name, font.descriptor, program)
    )
    system = b"<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"
    descendant = file.add(
        b"<</Type/Font/Subtype/CIDFontType2/BaseFont/%b/CIDSystemInfo%b/FontDescriptor %d 0 R"
        b"/CIDToGIDMap/Identity/W[%b]>>" % (name, system, descriptor, font.widths)
    )
    meanings = file.stream(b"", font.meanings)
    return file.add(
        b"<</Type/Font/Subtype/Type0/BaseFont/%b/Encoding/Identity-H/DescendantFonts[%d 0 R]"
        b"/ToUnicode %d 0 R>>" % (name, descendant, meanings)
    )


def _facts(font: Any) -> dict[str, Any]:
    """What a descriptor says of the whole font, in thousandths of its size."""
    units: int = font["head"].unitsPerEm

    def scaled(value: float) -> int:
        return round(value * 1000 / units)

    head, high, os2 = font["head"], font["hhea"], font["OS/2"]
    box = [scaled(side) for side in (head.xMin, head.yMin, head.xMax, head.yMax)]
    capitals = scaled(getattr(os2, "sCapHeight", 0) or high.ascent)
    # The thickness of stems is not in the file; readers only use it to replace a lost font.
    stem = 50 + (os2.usWeightClass // 65) ** 2
    return {
        "units": units,
        "name": font["name"].getDebugName(6),
        "descriptor": (
            f"/Flags {_SYMBOLIC}/FontBBox[{' '.join(map(str, box))}]/ItalicAngle 0"
            f"/Ascent {scaled(high.ascent)}/Descent {scaled(high.descent)}"
            f"/CapHeight {capitals}/StemV {stem}"
        ).encode(),
    }


def _widths(advances: Mapping[int, int], units: int) -> bytes:
    """The array W: each glyph's width in thousandths of the size."""
    return " ".join(
        f"{place}[{round(advance * 1000 / units)}]" for place, advance in sorted(advances.items())
    ).encode()


def _meanings(places: Mapping[str, int]) -> bytes:
    """A character map from glyphs to Unicode, so that text can be copied and read aloud."""
    lines = {
        place: f"<{place:04X}><{sign.encode('utf-16-be').hex().upper()}>"
        for sign, place in places.items()
    }
    listed = [lines[place] for place in sorted(lines)]
    blocks = [
        f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar"
        for block in (listed[at : at + _BLOCK] for at in range(0, len(listed), _BLOCK))
    ]
    return "\n".join(
        [
            "/CIDInit/ProcSet findresource begin 12 dict begin begincmap",
            "/CIDSystemInfo<</Registry(Adobe)/Ordering(UCS)/Supplement 0>>def",
            "/CMapName/Adobe-Identity-UCS def/CMapType 2 def",
            "1 begincodespacerange<0000><FFFF>endcodespacerange",
            *blocks,
            "endcmap CMapName currentdict/CMap defineresource pop end end",
        ]
    ).encode()
