"""Payment notices a second on one core, and where the time of a notice goes.

All in CPU time. Each notice is another one of the same creditor, as in a flow of dues; what
they share (fonts, marks) is prepared before, and its time told apart.
"""

from __future__ import annotations

import statistics
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from chalicelib.base.pdf.canvas import Canvas
from chalicelib.payments import codes, datamatrix, iuv, qr
from chalicelib.payments.notice import head, pages, pdf
from chalicelib.payments.notice.model import Creditor, Debtor, Notice, Payment, Postal
from chalicelib.payments.notice.sheet import Sheet
from infra.bench.figures import Figure, Measured
from infra.local.cloud import LAYERS

FONTS = LAYERS / "fonts"
NOTICES_TARGET = 250.0
SLIPS_TARGET = 150.0
BATCH = 50
_LOGO = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">'
    b'<circle cx="50" cy="50" r="48" fill="#133"/><path d="M20 70L50 20L80 70Z" fill="#fc0"/></svg>'
)
_POSTAL = Postal("123456", "Ordine dei Farmacisti di Prova", "AUT. DB/SSIC/E 12345 DEL 01/02/2026")


def notice(number: int, *, slip: bool) -> Notice:
    """One of many: a due of a year, payable at once."""
    creditor = Creditor(
        "80012345678",
        "Ordine dei Farmacisti di Prova",
        "Ufficio iscrizioni",
        "www.ordineprova.it · segreteria@ordineprova.it · 06 1234567",
        "A90S3",
        postal=_POSTAL if slip else None,
        logo=_LOGO,
    )
    payment = Payment(
        iuv.notice_number(iuv.make("01", number)), 12_000 + number, date(2026, 12, 31)
    )
    debtor = Debtor(
        "RSSMRA80A01H501U", f"Mario Rossi {number}", (f"Via Roma {number}", "00100 Roma (RM)")
    )
    return Notice(creditor, debtor, "Quota di iscrizione all'albo anno 2026", payment)


def measure(folder: Path, *, quick: bool, say: Callable[[str], None]) -> Measured:
    del folder
    rounds = 3 if quick else 20
    begun = time.process_time()
    pdf.render(notice(0, slip=True), FONTS)
    first = time.process_time() - begun
    say("fonts, marks and logo are prepared")
    plain = [notice(number, slip=False) for number in range(BATCH)]
    slips = [notice(number, slip=True) for number in range(BATCH)]
    taken = {
        name: _each(lambda given=given: [pdf.render(one, FONTS) for one in given], rounds)  # type: ignore[misc]
        for name, given in (("plain", plain), ("slips", slips))
    }
    say(f"{BATCH} notices of each kind, {rounds} times")
    figures = [
        _figure("notices_per_second", taken["plain"], NOTICES_TARGET, first),
        _figure("notices_with_slip_per_second", taken["slips"], SLIPS_TARGET, first),
    ]
    return Measured(figures, _shares(slips, taken["slips"], rounds))


def _figure(name: str, taken: float, target: float, first: float) -> Figure:
    note = f"{taken * 1000:.2f} ms of CPU each; the first {first * 1000:.0f} ms"
    return Figure(name, round(1 / taken, 1), "notices/s", target, better="higher", note=note)


def _each(run: Callable[[], object], rounds: int) -> float:
    """Median seconds of CPU for one of a batch."""
    times = []
    for _ in range(rounds):
        begun = time.process_time()
        run()
        times.append((time.process_time() - begun) / BATCH)
    return statistics.median(times)


def _shares(given: Sequence[Notice], whole: float, rounds: int) -> str:
    """What each library takes of a notice with a slip, measured alone."""
    texts = [
        codes.qr_text(one.payments[0].number, one.creditor.code, one.payments[0].cents)
        for one in given
    ]
    slips = [_slip_text(one) for one in given]
    contents = ["\n".join(_page(one).operators).encode() for one in given]
    segno = _each(lambda: [qr._rows(text, 0) for text in texts], rounds)
    mask = _each(lambda: [qr.encode(text) for text in texts], rounds) - segno
    matrix = _each(lambda: [datamatrix.encode(text) for text in slips], rounds)
    packed = _each(lambda: [zlib.compress(one, 6) for one in contents], rounds)
    rest = whole - segno - mask - matrix - packed
    lines = [
        ("segno: the QR code", segno),
        ("payments/qr: its best mask", mask),
        ("payments/datamatrix: the Poste slip's code", matrix),
        ("zlib: packing the page", packed),
        ("setting and writing, ours", rest),
    ]
    return "\n".join(
        [
            "A notice with a Poste slip:",
            *(f"  {name:44} {taken * 1000:6.2f} ms {taken / whole:6.0%}" for name, taken in lines),
        ]
    )


def _slip_text(one: Notice) -> str:
    postal = one.creditor.postal
    assert postal is not None
    return codes.slip_text(
        number=one.payments[0].number,
        account=postal.account,
        cents=one.payments[0].cents,
        creditor=one.creditor.code,
        debtor=one.debtor.code,
        debtor_name=one.debtor.name,
        subject=one.subject,
    )


def _page(one: Notice) -> Canvas:
    """Its only page, set but not written."""
    canvas = Canvas(pdf._fonts(FONTS, True))
    sheet = Sheet.of(canvas, None)
    head.header(sheet, replace(one), 1.0)
    for module in pages.compose(one)[0]:
        module(sheet, one)
    return canvas
