"""The file of a notice. The same notice gives the same bytes: no clock and no chance is in it.

What a creditor's notices share (fonts, pagoPA's mark, its logo) is prepared once and kept: a notice
then takes some milliseconds. Fonts: Titillium Web and Roboto Mono (SIL Open Font License 1.1).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Final

from chalicelib.base.pdf import document, pictures
from chalicelib.base.pdf import fonts as typefaces
from chalicelib.base.pdf.canvas import Canvas
from chalicelib.base.pdf.document import Kit
from chalicelib.base.pdf.fonts import Font
from chalicelib.payments import iuv
from chalicelib.payments.notice import head, pages
from chalicelib.payments.notice.model import Notice
from chalicelib.payments.notice.sheet import CODE, FIGURES, FILES, LOGO, MARK, Sheet
from chalicelib.payments.notice.words import WORDS

MARK_FILE: Final = "pagopa.svg"
LANGUAGE: Final = "it-IT"
# What codes and figures are written with.
_CODED: Final = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ .,/-")
_KEPT: Final = 16  # creditors whose fonts and logo a process keeps; some 100 kB each


@lru_cache(maxsize=1)
def _usual() -> frozenset[str]:
    """The letters of western Europe, and all that the fixed texts have."""
    fixed = chain.from_iterable("".join(vars(words).values()) for words in WORDS.values())
    latin = map(chr, [*range(0x20, 0x7F), *range(0xA0, 0x100)])
    return frozenset(chain(latin, fixed, "ČčŠšŽžĐđĆćŁłŒœ‘’“”–—…€·"))


@lru_cache(maxsize=8)
def _fonts(folder: Path, usual: bool) -> dict[str, Font]:
    """The four faces; whatever the files have where the usual letters are not enough."""
    everything = frozenset(map(chr, range(0x20, 0x3000)))
    texts = _usual() if usual else everything
    return {
        name: typefaces.subset(folder / file, _CODED if name in (CODE, FIGURES) else texts)
        for name, file in FILES.items()
    }


@lru_cache(maxsize=_KEPT)
def _picture(logo: bytes) -> pictures.Picture:
    return pictures.read(logo)


@lru_cache(maxsize=2)
def _mark(folder: Path) -> pictures.Picture:
    return pictures.read((folder / MARK_FILE).read_bytes())


@lru_cache(maxsize=_KEPT)
def _kit(folder: Path, logo: bytes, usual: bool) -> Kit:
    found = {MARK: _mark(folder)}
    if logo:
        found[LOGO] = _picture(logo)
    return document.prepare(_fonts(folder, usual), found)


def kit(logo: bytes, texts: Iterable[str], fonts: Path) -> tuple[Kit, float]:
    """What a creditor's other papers share with its notices: faces that have these texts' letters,
    the mark, the logo; and how wide the logo is by its height, 0 without one.

    Raises Rejected as `pictures.read`.
    """
    return _kit(fonts, logo, frozenset(chain.from_iterable(texts)) <= _usual()), _proportion(logo)


def kept_logo(logo: bytes) -> bytes:
    """A logo as a setting keeps it. Raises Rejected as `pictures.read` for what could not be
    printed."""
    return pictures.kept(logo)


def render(notice: Notice, fonts: Path) -> bytes:
    """The PDF of a notice; `fonts` is the folder of the fonts and marks that the build makes.

    Raises Rejected as `pictures.read` where the logo cannot be printed.
    """
    shared, proportion = kit(notice.creditor.logo, _letters(notice), fonts)
    canvases = []
    for modules in pages.compose(notice):
        canvas = Canvas(shared.fonts)
        sheet = Sheet.of(canvas, notice.second)
        head.header(sheet, notice, proportion)
        for module in modules:
            module(sheet, notice)
        canvases.append(canvas)
    number = iuv.grouped(notice.payments[0].number)
    return document.write(
        shared, canvases, title=f"{WORDS['it'].title} {number}", language=LANGUAGE
    )


def _proportion(logo: bytes) -> float:
    """Width by height, 0 without a logo."""
    if not logo:
        return 0.0
    picture = _picture(logo)
    return picture.width / picture.height


def _letters(notice: Notice) -> frozenset[str]:
    creditor, debtor = notice.creditor, notice.debtor
    postal = creditor.postal
    texts = (
        creditor.name, creditor.sector, creditor.info, creditor.counter, notice.subject,
        debtor.name, *debtor.address, postal.holder if postal else "",
        postal.authorisation if postal else "",
    )  # fmt: skip
    return frozenset("".join(texts))
