"""Every control of SdI against python-a38, and from raw bytes to signed ones against the bare work.

All in CPU time and in turns, so that what else runs on the machine hardly counts.
"""

from __future__ import annotations

import hashlib
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from a38 import fattura
from a38.validation import Validation
from cryptography.hazmat.primitives.asymmetric import padding
from defusedxml import ElementTree
from lxml import etree

from chalicelib.invoicing import reading
from chalicelib.invoicing.courtesy.pdf import courtesy_copy
from chalicelib.invoicing.signing import cades, pkcs12
from chalicelib.invoicing.signing.holder import DIGESTED
from infra.bench.figures import Figure, Measured
from infra.bench.speed import SCHEMAS, compiled_schema
from infra.local import invoices
from infra.local.authority import Authority
from infra.local.cloud import LAYERS
from infra.local.house import AUTHORITY_FOLDER

A38_TARGET = 30.0
SIGNED_TARGET = 1.5
COPIES_TARGET = 5.0
USUAL_LINES, MANY_LINES = 2, 102
USUAL_BYTES = 4096
TURN_SECONDS = 0.03
WARM_UP = 5
_DESCRIPTION = "Manutenzione dell'impianto, intervento numero {}"


def document(day: str, lines: int) -> bytes:
    """An invoice of so many lines, each with a description, a quantity and its unit, that follows
    on two others and goes to a PEC box."""
    made = invoices.make(
        number="1/K",
        date=day,
        pec="amministrazione@pec.esempio.it",
        linked=(("11/2026", day), ("12/2026", day)),
        lines=tuple(
            invoices.Line(
                description=_DESCRIPTION.format(number),
                price=Decimal("37.50") + number,
                quantity=Decimal(1 + number % 4),
            )
            for number in range(1, lines + 1)
        ),
    )
    # a38 takes a quantity without a unit for an error.
    return made.replace(b"</Quantita>", b"</Quantita><UnitaMisura>ore</UnitaMisura>")


def cpu_in_turns(
    first: Callable[[], object], second: Callable[[], object], rounds: int
) -> tuple[float, float]:
    """Median seconds of CPU of one run of each.

    A turn is as many runs as take TURN_SECONDS, as files come in batches: in single runs the
    shorter one would pay for what the other drove out of the processor's caches.
    """
    runs = (first, second)
    counts = [
        max(1, round(TURN_SECONDS / min(_cpu(run, 1) for _ in range(WARM_UP)))) for run in runs
    ]
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for run, count, times in zip(runs, counts, taken, strict=True):
            times.append(_cpu(run, count))
    return statistics.median(taken[0]), statistics.median(taken[1])


def _cpu(run: Callable[[], object], count: int) -> float:
    """Seconds of CPU for one of so many runs."""
    begun = time.process_time()
    for _ in range(count):
        run()
    return (time.process_time() - begun) / count


def measure(folder: Path, *, quick: bool, say: Callable[[str], None]) -> Measured:
    now = datetime.now(UTC).replace(microsecond=0)
    usual, many = (document(now.date().isoformat(), count) for count in (USUAL_LINES, MANY_LINES))
    rounds = 10 if quick else 100
    figures = []
    for name, data in (("4kb", usual), ("102_lines", many)):
        figures.append(_against_a38(f"controls_over_a38_{name}", data, now, rounds))
        say(f"{len(data)} bytes by both, {rounds} turns each")
    figures.append(_signed(usual, now, rounds))
    say(f"raw to signed, {rounds} turns")
    figures.append(_copies(usual, 5 if quick else 50))
    say("courtesy copies")
    return Measured(figures)


def by_a38(data: bytes) -> Validation:
    """Its own way: defusedxml, its model, its rules."""
    found = Validation()
    fattura.auto_from_etree(ElementTree.fromstring(data)).validate(found)
    return found


def by_us(data: bytes, now: datetime) -> reading.Examined:
    """What intake does with each file."""
    return reading.examine(data, now, SCHEMAS)


def _against_a38(name: str, data: bytes, now: datetime, rounds: int) -> Figure:
    found, examined = by_a38(data), by_us(data, now)
    # Findings cost time: both are compared on a file in which neither finds anything.
    assert not found.errors, [str(one) for one in found.errors]
    assert examined.state == "ready", examined.errors
    theirs, ours = cpu_in_turns(lambda: by_a38(data), lambda: by_us(data, now), rounds)
    note = f"{theirs * 1000:.2f} ms over {ours * 1000:.3f} ms, {len(data)} bytes"
    return Figure(name, round(theirs / ours, 1), "ratio", A38_TARGET, better="higher", note=note)


def _signed(data: bytes, now: datetime, rounds: int) -> Figure:
    """Nobody can do with less than a parse, the schema, a digest and one operation of the key.

    Each half in turns with its own floor: intake examines batches, sending signs them elsewhere.
    """
    assert abs(len(data) - USUAL_BYTES) < USUAL_BYTES / 10, len(data)
    authority = Authority.load_or_create(AUTHORITY_FOLDER, now)
    signer = pkcs12.load(authority.signer_p12, authority.password)
    compiled = compiled_schema()
    assert by_us(data, now).unsigned == data
    assert compiled.validate(etree.fromstring(data))

    def bare_signature() -> bytes:
        return signer.key.sign(hashlib.sha256(data).digest(), padding.PKCS1v15(), DIGESTED)

    examined, parsed = cpu_in_turns(
        lambda: by_us(data, now),
        lambda: compiled.validate(etree.fromstring(data)),
        rounds,
    )
    signed, bare = cpu_in_turns(lambda: cades.sign(data, signer, now), bare_signature, rounds)
    note = (
        f"{examined * 1000:.3f} + {signed * 1000:.3f} ms over "
        f"{parsed * 1000:.3f} + {bare * 1000:.3f} ms, {len(data)} bytes"
    )
    value = round((examined + signed) / (parsed + bare), 2)
    return Figure("raw_to_signed_over_floor", value, "ratio", SIGNED_TARGET, note=note)


def _copies(data: bytes, rounds: int) -> Figure:
    """Of one page; the fonts are read for each, as they are in the function that draws."""
    fonts = LAYERS / "fonts"
    copy = courtesy_copy(data, "it", fonts)
    assert copy.count(b"/Count 1\n")
    times = []
    for _ in range(rounds):
        begun = time.process_time()
        courtesy_copy(data, "it", fonts)
        times.append(time.process_time() - begun)
    taken = statistics.median(times)
    note = f"{taken * 1000:.0f} ms of CPU each, {len(copy)} bytes"
    return Figure(
        "courtesy_copies_per_second",
        round(1 / taken, 1),
        "copies/s",
        COPIES_TARGET,
        better="higher",
        note=note,
    )
