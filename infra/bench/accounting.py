"""Reconciliation: flows against lxml's bare iterparse, statements against the bare csv module, the
match of ten times as many facts, the memory of the greatest flow.

All in CPU time, the two that are compared in turns; each figure is the best of its rounds, since
whatever disturbs the machine only adds.
"""

from __future__ import annotations

import csv
import gc
import io
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from lxml import etree

from chalicelib.accounting import remittance, statements
from chalicelib.accounting.facts import Booked, Fact, FlowVersion, Receipt, Reported
from chalicelib.accounting.fdr import classic
from chalicelib.accounting.flows import Check
from chalicelib.accounting.matching import Matching
from chalicelib.base import limits, sheets
from infra.bench import soap_flow
from infra.bench.figures import Figure, Measured

FLOW_TARGET = 2.0
MEMORY_TARGET_MB = 256.0
GROWTH_TARGET = 10.5
LINES = 50_000
MANY_LINES = 500_000
ROWS = 50_000
FACTS = 10_000
DAY = date(2026, 11, 20)
_LINE = """  <pay_i:datiSingoliPagamenti>
    <pay_i:identificativoUnivocoVersamento>{0:017d}</pay_i:identificativoUnivocoVersamento>
    <pay_i:identificativoUnivocoRiscossione>{0:032x}</pay_i:identificativoUnivocoRiscossione>
    <pay_i:indiceDatiSingoloPagamento>1</pay_i:indiceDatiSingoloPagamento>
    <pay_i:singoloImportoPagato>1.00</pay_i:singoloImportoPagato>
    <pay_i:codiceEsitoSingoloPagamento>0</pay_i:codiceEsitoSingoloPagamento>
    <pay_i:dataEsitoSingoloPagamento>2026-11-19</pay_i:dataEsitoSingoloPagamento>
  </pay_i:datiSingoliPagamenti>
"""


def flow_file(path: Path, lines: int) -> None:
    """A settlement flow as the node writes it."""

    def tag(name: str, inner: str) -> str:
        return f"<pay_i:{name}>{inner}</pay_i:{name}>"

    def who(kind: str, code: str) -> str:
        return tag("tipoIdentificativoUnivoco", kind) + tag("codiceIdentificativoUnivoco", code)

    with path.open("w", encoding="utf-8") as out:
        out.write(
            '<?xml version="1.0" encoding="UTF-8"?>\n<pay_i:FlussoRiversamento'
            ' xmlns:pay_i="http://www.digitpa.gov.it/schemas/2011/Pagamenti/">'
            + tag("versioneOggetto", "1.0")
            + tag("identificativoFlusso", "2026-11-20ABI06090-0001")
            + tag("dataOraFlusso", "2026-11-20T10:00:00")
            + tag("identificativoUnivocoRegolamento", "TRN1")
            + tag("dataRegolamento", "2026-11-20")
            + tag("istitutoMittente", tag("identificativoUnivocoMittente", who("A", "06090")))
            + tag("istitutoRicevente", tag("identificativoUnivocoRicevente", who("G", "8001")))
            + tag("numeroTotalePagamenti", str(lines))
            + tag("importoTotalePagamenti", f"{lines}.00")
            + "\n"
        )
        out.writelines(_LINE.format(number) for number in range(lines))
        out.write("</pay_i:FlussoRiversamento>\n")


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as source:
        while block := source.read(256 * limits.KIB):
            yield block


def read_flow(path: Path, lines: int) -> None:
    """All that the house does with a flow's bytes."""
    check = Check(classic.read(_blocks(path)))
    found = sum(1 for _ in check.lines())
    assert found == lines
    assert check.flow().state == "accepted"


def bare_flow(path: Path) -> None:
    """lxml's iterparse alone."""
    for _, element in etree.iterparse(str(path)):
        element.clear()


class _Held:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.size = len(data)

    def read(self, start: int, length: int) -> bytes:
        return self.data[start : start + length]


def statement(rows: int) -> bytes:
    """A statement of which every tenth movement is pagoPA's."""
    lines = ["Data;Valuta;Descrizione;Dare;Avere"]
    for number in range(rows):
        day = (DAY + timedelta(days=number % 30)).strftime("%d/%m/%Y")
        text = f"BONIFICO DA CLIENTE NUMERO {number} SALDO FATTURA"
        if number % 10 == 0:
            text = f"/PUR/LGPE-RIVERSAMENTO/URI/2026-11- 20ABI06090-{number:014d}"
        lines.append(f"{day};{day};{text};;1.234,{number % 100:02d}")
    return "\n".join(lines).encode()


MAPPING = statements.Mapping(day=0, value_day=1, texts=(2,), debit=3, credit=4, first_row=2)


def read_statement(data: bytes) -> list[statements.Movement]:
    """All movements of a statement."""
    reading = statements.Reading(MAPPING, account="IT00")
    return list(reading.movements(sheets.read(_Held(data), delimiter=";")))


def facts(count: int) -> list[Fact]:
    """Receipts and as many lines in flows of 100, each with its bank movement; `count` in all,
    a flow's lines counted one by one."""
    created = datetime(2026, 11, 20, 9, tzinfo=UTC)
    found: list[Fact] = []
    for flow in range(count * 100 // 201 // 100):
        first = flow * 100
        found += [
            Receipt(f"01{number:015d}", f"{number:032x}", 1, 100, DAY)
            for number in range(first, first + 100)
        ]
        lines = tuple(
            Reported(place, f"01{number:015d}", f"{number:032x}", 1, 100, "0")
            for place, number in enumerate(range(first, first + 100), 1)
        )
        name = f"2026-11-20ABI06090-{flow:08d}"
        found.append(FlowVersion("ABI06090", name, 2026, created, 0, DAY, 10_000, True, lines))
        found.append(Booked(f"b{flow}", DAY, 10_000, "exact", name))
    return found


def _cpu(run: Callable[[], object]) -> float:
    gc.collect()
    begun = time.process_time()
    run()
    return time.process_time() - begun


def _best(first: Callable[[], object], second: Callable[[], object], rounds: int) -> list[float]:
    taken = [(_cpu(first), _cpu(second)) for _ in range(rounds)]
    return [min(one[place] for one in taken) for place in (0, 1)]


def measure(folder: Path, *, quick: bool, say: Callable[[str], None]) -> Measured:
    rounds = 3 if quick else 9
    path = folder / "flow.xml"
    flow_file(path, LINES)
    read, bare = _best(lambda: read_flow(path, LINES), lambda: bare_flow(path), rounds)
    say(f"flow of {LINES} lines")
    figures = [
        Figure(
            "fdr_over_iterparse",
            round(read / bare, 2),
            "ratio",
            FLOW_TARGET,
            note=f"{read:.2f} s over {bare:.2f} s, {LINES} lines read, checked and counted",
        ),
        Figure("fdr_lines_per_second", round(LINES / read), "lines/s", better="higher"),
    ]
    if not quick:
        flow_file(path, soap_flow.LINES)
        figures.append(soap_flow.measure(folder, path))
        say(f"flow of {soap_flow.LINES} lines in one SOAP answer")
        flow_file(path, MANY_LINES)
        figures.append(_memory(path))
        say(f"flow of {MANY_LINES} lines")
    path.unlink()
    figures += _statements(rounds)
    say(f"statement of {ROWS} rows")
    few, many = facts(FACTS), facts(10 * FACTS)

    def run(given: list[Fact]) -> None:
        found = Matching(given, today=DAY, segregations=frozenset({"01"}))
        assert all(one.state == "cashed" for one in found.payments())
        assert all(one.postable for one in found.flows())
        assert all(one.state == "matched" for one in found.bank())

    # Ten of the short ones at a time: what disturbs the machine finds both equally long.
    ten, long = _best(lambda: [run(few) for _ in range(10)], lambda: run(many), rounds)
    short = ten / 10
    figures.append(
        Figure(
            "matching_100000_over_10000",
            round(long / short, 2),
            "ratio",
            GROWTH_TARGET,
            note=f"{long:.2f} s over {short:.3f} s, told one by one",
        )
    )
    say(f"match of {FACTS} and {10 * FACTS} facts")
    return Measured(figures)


def _statements(rounds: int) -> list[Figure]:
    data = statement(ROWS)
    movements, bare = _best(
        lambda: read_statement(data),
        lambda: list(csv.reader(io.StringIO(data.decode()), delimiter=";")),
        rounds,
    )
    texts = [one.text for one in read_statement(data)]
    known = remittance.Flows(
        remittance.Known(f"2026-11-20ABI06090-{number:014d}") for number in range(0, ROWS, 10)
    )

    def identify() -> None:
        found = [remittance.identify(text, known) for text in texts]
        assert sum(one.confidence == "exact" for one in found) == ROWS // 10

    identified, _ = _best(identify, lambda: None, rounds)
    note = f"{movements / bare:.1f} times the bare csv module ({ROWS / bare:.0f} rows/s)"
    return [
        Figure(
            "statement_rows_per_second",
            round(ROWS / movements), "rows/s", better="higher", note=note,
        ),
        Figure(
            "remittances_per_second", round(ROWS / identified), "texts/s", better="higher",
            note="one of ten is pagoPA's, with a blank in it",
        ),
    ]  # fmt: skip


def _memory(path: Path) -> Figure:
    """In a process of its own, whose greatest size is that of this work."""
    code = (
        "import sys; from pathlib import Path; from infra.bench import accounting as a;"
        f"a.show_memory(Path(sys.argv[1]), {MANY_LINES})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    mb, seconds = done.stdout.split()
    note = f"{path.stat().st_size // limits.MIB} MiB in {seconds} s"
    return Figure("fdr_500000_peak_memory_mb", int(mb), "MB", MEMORY_TARGET_MB, note=note)


def show_memory(path: Path, lines: int) -> None:
    """Prints the peak (MB) and the CPU time of reading a flow."""
    taken = _cpu(lambda: read_flow(path, lines))
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(peak_kb // 1024, round(taken, 1))
