"""The bench's own arithmetic and its report; what it measures is run by `make bench`."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from dataclasses import fields
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from lxml import etree

from infra.bench import controls, figures, lambda_process, prices, processes, samples
from infra.bench.__main__ import PARTS, chosen
from infra.bench.figures import Figure
from infra.bench.meter import API, Count, Function, memories
from infra.bench.prices import PRICES, Usage

DAY = "2026-11-20"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
CHEAP = Figure("cost", 0.05, "USD", 0.2)
SLOW = Figure("slow", 3.0, "ratio", 2.0, note="why")


# --- prices ---------------------------------------------------------------------------------------
def test_every_use_has_a_price_and_every_price_a_use() -> None:
    assert {one.name for one in fields(Usage)} == set(PRICES)


def test_a_price_is_exact() -> None:
    usage = Usage(s3_writes=Decimal(3000), write_units=Decimal(66350))
    assert prices.total(usage) == Decimal("0.015") + Decimal("0.0468928625")


def test_nothing_costs_nothing() -> None:
    assert prices.total(Usage()) == 0
    assert prices.breakdown(Usage()) == []


def test_per_thousand_scales_every_use() -> None:
    usage = Usage(**{one.name: Decimal(3) for one in fields(Usage)}).per_thousand(200)
    assert {getattr(usage, one.name) for one in fields(Usage)} == {Decimal(15)}


def test_the_dearest_comes_first_and_the_sum_last() -> None:
    usage = Usage(s3_reads=Decimal(1000), mails=Decimal(1000))
    lines = prices.table(usage, "Mails").splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["SES", "S3", "together"]
    assert lines[-1].split() == ["together", "0.10040", "USD"]


def test_lambda_is_billed_by_the_cpu_that_its_memory_buys() -> None:
    function = Function(invocations=1, messages=10, wall_s=3.0, cpu_s=1.0)
    assert function.billed_s(1769) == pytest.approx(3.0)
    assert function.billed_s(512) == pytest.approx(2.0 + 1769 / 512)
    assert function.billed_s(10_240) == pytest.approx(3.0)


def test_each_function_has_its_memory() -> None:
    found = memories()
    assert {"OnIntake", "OnReceive", "OnSend", "OnSdi", "OnTell", "OnMailEvent", API} <= set(found)


def test_polls_are_two_for_each_batch_and_none_for_the_api() -> None:
    count = Count()
    count.calls["OnSend", "s3", "GetObject"] = 10
    count.functions["OnSend"] = Function(invocations=3)
    count.functions[API] = Function(invocations=5)
    calls = count.with_polls()
    assert calls["OnSend", "sqs", "ReceiveMessage"] == 3
    assert calls["OnSend", "sqs", "DeleteMessageBatch"] == 3
    assert calls.total() == 16
    assert count.calls.total() == 10


# --- report ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("value", "better", "missed"),
    [(2.0, "lower", False), (2.1, "lower", True), (2.0, "higher", False), (1.9, "higher", True)],
)
def test_a_target_is_met_when_it_is_reached(value: float, better: str, missed: bool) -> None:
    assert Figure("x", value, "ratio", 2.0, better=better).missed is missed  # type: ignore[arg-type]


def test_a_figure_without_a_target_cannot_be_missed() -> None:
    assert not Figure("x", 1e9, "ms").missed


def test_lines_tell_the_target_and_whether_it_was_met() -> None:
    text = figures.report([CHEAP, SLOW, Figure("plain", 1234.5, "ms")])
    assert [line.split() for line in text.splitlines()] == [
        ["cost", "0.05", "USD", "<=", "0.2", "met"],
        ["slow", "3", "ratio", "<=", "2", "MISSED", "why"],
        ["plain", "1234", "ms"],
        ["missed:", "slow"],
    ]
    assert figures.report([CHEAP]).endswith("every target met")


def test_saving_merges_and_leaves_nothing_behind(tmp_path: Path) -> None:
    kept = tmp_path / "new" / "bench.json"
    figures.save([CHEAP, SLOW], kept)
    figures.save([Figure("slow", 1.0, "ratio", 2.0)], kept)
    assert json.loads(kept.read_text()) == {
        "cost": {"value": 0.05, "target": 0.2, "better": "lower", "unit": "USD"},
        "slow": {"value": 1.0, "target": 2.0, "better": "lower", "unit": "ratio"},
    }
    assert list(kept.parent.iterdir()) == [kept]


def test_a_broken_file_is_replaced(tmp_path: Path) -> None:
    kept = tmp_path / "bench.json"
    kept.write_text("{")
    figures.save([CHEAP], kept)
    assert set(json.loads(kept.read_text())) == {"cost"}


def test_figures_choose_their_part() -> None:
    assert chosen("") == list(PARTS)
    assert [one.name for one in chosen("sign_over_rsa, zip_10000_peak_memory_mb")] == [
        "speed", "archive",
    ]  # fmt: skip
    assert [one.name for one in chosen("imports")] == ["imports"]
    assert [one.name for one in chosen("controls_over_a38_102_lines")] == ["controls"]
    assert [one.name for one in chosen("login_over_argon2")] == ["login"]
    assert [one.name for one in chosen("notices_job")] == ["notices_job"]
    assert [one.name for one in chosen("notices_per_second")] == ["notices"]
    assert [one.name for one in chosen("iuvs_per_second,dues_over_openpyxl")] == [
        "dues", "positions",
    ]  # fmt: skip
    with pytest.raises(ValueError, match="nonsense"):
        chosen("nonsense")


# --- processes ------------------------------------------------------------------------------------
@pytest.mark.skipif(not processes.PROC.is_dir(), reason="there is no /proc here")
def test_the_time_of_children_counts() -> None:
    work = "sum(range(10**7)); print('done', flush=True); input()"
    before = processes.cpu_s()
    with subprocess.Popen(
        [sys.executable, "-c", work], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout
        assert child.stdout.readline() == "done\n"
        assert processes.cpu_s() > before
        assert 0 < processes.used_s(child.pid) <= processes.cpu_s()
        child.communicate("\n")


def test_what_others_use_does_not_run_backwards() -> None:
    first = processes.elsewhere_s()
    # Ticks are counted by processor and by process: they need not agree to the last one.
    assert processes.elsewhere_s() >= first - 0.2


def test_the_peak_is_of_a_python_process() -> None:
    assert 5_000 < lambda_process.peak_kb() < 10_000_000


def test_a_sample_is_of_who_had_the_work_done() -> None:
    """The innermost frame outside the standard library decides."""
    found: list[str] = []

    def seen(*_: object) -> str:
        found.append(lambda_process.library(sys._getframe(1)))
        return "x"

    # Tests are nobody's library: what is behind them is pytest.
    seen()
    assert found == ["_pytest"]
    for path, name in (
        ("/opt/python/site-packages/botocore/parsers.py", "boto3"),
        ("/opt/python/site-packages/segno/encoder.py", "segno"),
        ("/task/chalicelib/base/pdf/canvas.py", "our pages"),
        ("/task/chalicelib/base/dynamo.py", "our other code"),
    ):
        exec(compile("seen()", path, "exec"), {"seen": seen})
        assert found[-1] == name


def test_the_context_counts_down() -> None:
    left = lambda_process.Context(1000).get_remaining_time_in_millis()
    assert 0 < left <= 1000
    assert lambda_process.Context(0).get_remaining_time_in_millis() == 0


# --- controls -------------------------------------------------------------------------------------
@pytest.mark.parametrize("lines", [controls.USUAL_LINES, controls.MANY_LINES])
def test_what_is_compared_is_a_file_in_which_nobody_finds_anything(lines: int) -> None:
    made = controls.document(DAY, lines)
    assert made.count(b"<DettaglioLinee>") == lines
    examined = controls.by_us(made, NOW)
    assert (examined.state, examined.errors, examined.warnings) == ("ready", (), ())
    found = controls.by_a38(made)
    assert (found.errors, found.warnings) == ([], [])


def test_turns_take_the_time_of_one_run() -> None:
    short, long = controls.cpu_in_turns(lambda: sum(range(1000)), lambda: sum(range(100_000)), 3)
    assert 0 < short < long < 1


# --- samples --------------------------------------------------------------------------------------
def test_samples_share_no_name_and_no_number() -> None:
    names, numbers = [], []
    for series, office in (("B", False), ("P", True)):
        packed = io.BytesIO(samples.archive(3, DAY, series=series, office=office))
        with zipfile.ZipFile(packed) as made:
            names += made.namelist()
            numbers += [
                etree.fromstring(made.read(one)).findtext(".//Numero") for one in names[-3:]
            ]
    assert len(set(names)) == len(set(numbers)) == 6
