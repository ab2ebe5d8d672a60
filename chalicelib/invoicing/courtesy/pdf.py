"""Drawing a courtesy copy with fpdf2, which is loaded only here and only when one is drawn.

Fonts: Source Sans Pro (SIL Open Font License 1.1), embedded as the subset that the copy uses. The
bytes depend on the copy alone: no clock, no random id. Markup in texts is never interpreted, as
only `FPDF.text` is used, which knows none.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from chalicelib.base import limits, typeset, xml
from chalicelib.base.errors import Rejected
from chalicelib.base.typeset import Faces
from chalicelib.invoicing.courtesy import content, layout
from chalicelib.invoicing.courtesy.labels import Language
from chalicelib.invoicing.courtesy.pages import Ink, Page, Rule
from chalicelib.invoicing.courtesy.shapes import Copy
from chalicelib.invoicing.fatturapa import envelope, reader

if TYPE_CHECKING:
    from fpdf import FPDF

FILES: Final[dict[str, str]] = {
    "regular": "SourceSansPro-Regular.ttf",
    "strong": "SourceSansPro-Semibold.ttf",
}
PRODUCER: Final = "Sportello"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LANGUAGES: Final[dict[Language, str]] = {"it": "it-IT", "en": "en-GB"}


@lru_cache(maxsize=4)
def faces(fonts: Path) -> Faces:
    """The advance of every character of both fonts, for a size of 1 pt."""
    return {face: typeset.read_face(fonts / file) for face, file in FILES.items()}


def _draw(pdf: FPDF, page: Page) -> None:
    pdf.add_page()
    if page.opens:
        pdf.start_section(page.opens)
    for trace in page.traces:
        if isinstance(trace, Rule):
            pdf.set_draw_color(*trace.colour)
            pdf.set_line_width(trace.weight)
            pdf.line(trace.x, trace.y, trace.x + trace.width, trace.y)
            continue
        _write(pdf, trace)


def _write(pdf: FPDF, ink: Ink) -> None:
    if not ink.text:
        return
    pdf.set_font(ink.style.face, size=ink.style.points)
    pdf.set_text_color(*ink.style.colour)
    pdf.text(ink.x, ink.y, ink.text)


def _made_at(day: str) -> datetime:
    """What the file gives as its date: the document's own, since the clock would make each copy
    of one document a different file."""
    try:
        found = date.fromisoformat(day)
    except ValueError:
        return _EPOCH
    return datetime.combine(found, time(), UTC)


def drawn(
    pages: Iterable[Page], fonts: Path, *, title: str, subject: str, language: Language, day: str
) -> bytes:
    """Pages as a PDF; `fonts` is the folder that holds FILES, `day` an ISO day or ""."""
    from fpdf import FPDF
    from fpdf.prefs import ViewerPreferences

    pdf = FPDF(unit="mm", format="A4")
    pdf.set_auto_page_break(False)
    pdf.alias_nb_pages(None)  # type: ignore[arg-type]  # a text may hold "{nb}"
    pdf.creation_date = _made_at(day)
    pdf.set_title(title)
    pdf.set_subject(subject)
    pdf.set_lang(_LANGUAGES[language])
    pdf.set_producer(PRODUCER)
    pdf.viewer_preferences = ViewerPreferences(display_doc_title=True)
    for face, file in FILES.items():
        pdf.add_font(face, fname=fonts / file)
    for page in pages:
        _draw(pdf, page)
    return bytes(pdf.output())


def render(copy: Copy, fonts: Path) -> bytes:
    """The PDF of a copy.

    Raises Rejected `copy_too_long` above COURTESY_PAGES pages or COURTESY_BYTES.
    """
    made = drawn(
        layout.pages(copy, faces(fonts)),
        fonts,
        title=copy.title,
        subject=copy.mark,
        language=copy.language,
        day=copy.day,
    )
    if len(made) > limits.COURTESY_BYTES:
        raise Rejected(
            "copy_too_long",
            "The document is too long for a courtesy copy.",
            limit_bytes=limits.COURTESY_BYTES,
        )
    return made


def courtesy_copy(
    data: bytes, language: Language, fonts: Path, sdi: content.Sdi | None = None
) -> bytes:
    """The PDF of a FatturaPA file, signed (p7m) or not, whatever the schema says of it.

    Raises Rejected as `envelope.unwrap`, `xml.parse` and `reader.read` do, `not_fatturapa` for
    another kind of file, and `copy_too_long`.
    """
    unwrapped = envelope.unwrap(data)
    if unwrapped.kind != "xml":
        raise Rejected("not_fatturapa", "The file is not a FatturaPA document.")
    root = xml.read(unwrapped.xml, limit_bytes=limits.DOCUMENT_RAW_BYTES, recover=True)
    return render(content.build(root, reader.read(root), language, sdi), fonts)
