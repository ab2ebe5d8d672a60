"""Pages, their structure and what the file says of itself (ISO 32000-1, sections 7.7 and 14)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from chalicelib.base.pdf import fonts as typefaces
from chalicelib.base.pdf import pictures as logos
from chalicelib.base.pdf.canvas import PAGE_HEIGHT, PAGE_WIDTH, Canvas, rectangle
from chalicelib.base.pdf.file import File, text_string
from chalicelib.base.pdf.fonts import Font
from chalicelib.base.pdf.pictures import Picture
from chalicelib.base.typeset import POINT_MM

PRODUCER: Final = "Sportello"
_BOX: Final = f"0 0 {PAGE_WIDTH / POINT_MM:.2f} {PAGE_HEIGHT / POINT_MM:.2f}".encode()


@dataclass(frozen=True)
class Kit:
    """What many documents share, written once: fonts and pictures by the names used on pages."""

    fonts: Mapping[str, Font]
    file: File
    font_numbers: bytes
    picture_numbers: Mapping[str, int]


def prepare(fonts: Mapping[str, Font], pictures: Mapping[str, Picture]) -> Kit:
    """Write what is shared."""
    file = File()
    named = b"".join(
        b"/%b %d 0 R" % (name.encode(), typefaces.add(file, font)) for name, font in fonts.items()
    )
    return Kit(
        fonts, file, named, {name: logos.add(file, picture) for name, picture in pictures.items()}
    )


def write(kit: Kit, pages: Sequence[Canvas], *, title: str, language: str) -> bytes:
    """The file of some pages. The same pages give the same bytes: there is no time in it.

    `language` is a BCP 47 tag. The structure is flat: what stands on the pages, in order.
    """
    file = kit.file.copy()
    root, structure, tree = file.reserve(), file.reserve(), file.reserve()
    numbers = [file.reserve() for _ in pages]
    elements: list[int] = []
    parents: list[bytes] = []
    annotated: list[bytes] = []
    for index, (number, page) in enumerate(zip(numbers, pages, strict=True)):
        own, annotations = _structure(file, page, number, structure, len(pages) + len(annotated))
        _page(file, kit, page, number, root, index, annotations)
        elements += own
        parents.append(b"%d[%b]" % (index, _references(own)))
        annotated += [
            b"%d %d 0 R" % (len(pages) + len(annotated) + at, own[link.part])
            for at, link in enumerate(page.links)
        ]
    file.fill(root, b"<</Type/Pages/Count %d/Kids[%b]>>" % (len(pages), _references(numbers)))
    file.fill(
        structure,
        b"<</Type/StructElem/S/Document/P %d 0 R/K[%b]>>" % (tree, _references(elements)),
    )
    file.fill(
        tree,
        b"<</Type/StructTreeRoot/K %d 0 R/ParentTree<</Nums[%b]>>/ParentTreeNextKey %d>>"
        % (structure, b"".join([*parents, *(b" " + one for one in annotated)]),
           len(pages) + len(annotated)),
    )  # fmt: skip
    catalogue = file.add(
        b"<</Type/Catalog/Pages %d 0 R/Lang(%b)/MarkInfo<</Marked true>>/StructTreeRoot %d 0 R"
        b"/ViewerPreferences<</DisplayDocTitle true>>>>" % (root, language.encode(), tree)
    )
    info = file.add(
        b"<</Title%b/Producer%b>>" % (text_string(title), text_string(PRODUCER)),
    )
    return file.finish(catalogue, info)


def _structure(
    file: File, page: Canvas, number: int, parent: int, key: int
) -> tuple[list[int], bytes]:
    """The elements of a page's parts, in order, and its annotations."""
    links = {link.part: (at, link) for at, link in enumerate(page.links)}
    elements, annotations = [], []
    for mark, part in enumerate(page.parts):
        also = b""
        if mark in links:
            at, link = links[mark]
            annotation = file.add(
                b"<</Type/Annot/Subtype/Link/Rect[%b]/Border[0 0 0]/F 4/StructParent %d"
                b"/Contents%b/A<</S/URI/URI(%b)>>>>"
                % (rectangle(link).encode(), key + at, text_string(link.address),
                   _escaped(link.address))
            )  # fmt: skip
            annotations.append(annotation)
            also = b"<</Type/OBJR/Obj %d 0 R/Pg %d 0 R>>" % (annotation, number)
        said = b"/Alt%b" % text_string(part.alternative) if part.alternative else b""
        elements.append(
            file.add(
                b"<</Type/StructElem/S/%b/P %d 0 R/Pg %d 0 R/K[%d%b]%b>>"
                % (b"Link" if also else part.role.encode(), parent, number, mark, also, said)
            )
        )
    return elements, _references(annotations)


def _page(
    file: File,
    kit: Kit,
    page: Canvas,
    number: int,
    parent: int,
    index: int,
    annotations: bytes,
) -> None:
    contents = file.stream(b"", "\n".join(page.operators).encode("ascii"))
    pictures = b"".join(
        b"/%b %d 0 R" % (name.encode(), kit.picture_numbers[name]) for name in sorted(page.pictures)
    )
    file.fill(
        number,
        b"<</Type/Page/Parent %d 0 R/MediaBox[%b]/Contents %d 0 R"
        b"/Resources<</Font<<%b>>/XObject<<%b>>>>/StructParents %d/Tabs/S%b>>"
        % (parent, _BOX, contents, kit.font_numbers, pictures, index,
           b"/Annots[%b]" % annotations if annotations else b""),
    )  # fmt: skip


def _references(numbers: Sequence[int]) -> bytes:
    return b" ".join(b"%d 0 R" % number for number in numbers)


def _escaped(address: str) -> bytes:
    return re.sub(rb"([\\()])", rb"\\\1", address.encode("ascii"))
