"""The command: files, folders and archives in, lines and an exit status out."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from chalicelib.invoicing import check
from infra.local.invoices import Line, make
from tests.invoicing.official import ROOT, schemas

TODAY = "2026-11-21"
GOOD = "IT11001000154_00001.xml"
BAD = "IT11001000154_00002.xml"


def zip_of(**files: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return file.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    below = tmp_path / "in" / "maggio"
    below.mkdir(parents=True)
    (tmp_path / "in" / GOOD).write_bytes(make())
    (below / BAD).write_bytes(make(number="senza"))
    (below / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
    hidden = tmp_path / "in" / ".git"
    hidden.mkdir()
    (hidden / "config").write_bytes(b"[core]")
    return tmp_path / "in"


def run(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str]:
    given = [str(one) for one in arguments]
    status = check.main(["--schemas", str(schemas()), "--today", TODAY, *given])
    return status, capsys.readouterr().out


def objects(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_json_of_a_folder(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out = run(capsys, "--json", folder)
    good, bad = objects(out)
    assert status == 1
    assert set(good) == {"file", "format", "accepted", "errors", "not_evaluated"}
    assert good["file"] == str(folder / GOOD)
    assert (good["format"], good["accepted"], good["errors"]) == ("FPR12", True, [])
    assert "00311" in good["not_evaluated"]
    assert bad["file"] == str(folder / "maggio" / BAD)
    assert bad["accepted"] is False
    assert bad["errors"] == [
        {
            "code": "00425",
            "severity": "error",
            "message": "Numero senza cifre (trovato senza)",
            "where": "FatturaElettronicaBody/DatiGenerali/DatiGeneraliDocumento/Numero",
            "body": 0,
        }
    ]


def test_all_accepted_is_zero(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out = run(capsys, "--json", folder / GOOD)
    assert (status, len(objects(out))) == (0, 1)


def test_a_warning_refuses_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "fattura.xml"
    file.write_bytes(make())
    status, out = run(capsys, "--json", "--language", "en", file)
    (one,) = objects(out)
    assert (status, one["accepted"]) == (0, True)
    assert [(each["code"], each["severity"]) for each in one["errors"]] == [("00001", "warning")]
    assert "renamed" in one["errors"][0]["message"]


def test_an_archive(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "lotto.bin"
    file.write_bytes(
        zip_of(
            **{
                GOOD: make(),
                f"cartella/{BAD}": make(number="senza"),
                "vuoto.xml": b"",
                "note.txt": b"not an invoice",
                "__MACOSX/._a": b"x",
            }
        )
    )
    status, out = run(capsys, "--json", file)
    assert status == 1
    found = {
        one["file"].removeprefix(f"{file}/"): [each["code"] for each in one["errors"]]
        for one in objects(out)
    }
    assert found == {
        GOOD: [],
        f"cartella/{BAD}": ["00425"],
        "vuoto.xml": ["00106"],
        "note.txt": ["unknown_content"],
    }


@pytest.mark.parametrize("data", [zip_of(), zip_of(**{GOOD: make()})[:-30], b"PK\x03\x04"])
def test_a_broken_archive(tmp_path: Path, capsys: pytest.CaptureFixture[str], data: bytes) -> None:
    (tmp_path / "a.zip").write_bytes(data)
    status, out = run(capsys, "--json", tmp_path)
    (one,) = objects(out)
    assert (status, one["accepted"], one["format"]) == (1, False, "")
    assert one["errors"][0]["code"] == "00106"


def test_what_is_no_invoice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7\n")
    (tmp_path / "b.xml").write_bytes(b"")
    (tmp_path / "c.xml").write_bytes(b"<html/>")
    status, out = run(capsys, "--json", tmp_path)
    codes = [one["errors"][0]["code"] for one in objects(out)]
    assert (status, codes) == (1, ["pdf_needs_template", "00106", "not_fatturapa"])
    assert "a cui il file non è arrivato" in run(capsys, tmp_path)[1]


def test_lines_for_people(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out = run(capsys, folder)
    assert status == 1
    assert f"{folder / GOOD} (FPR12): accettato\n" in out
    assert "  non valutabili qui: 00002 00300 00301" in out
    assert "  00425 errore: Numero senza cifre (trovato senza)\n" in out
    assert "DatiGeneraliDocumento/Numero [2.1.1.4]\n" in out
    assert out.endswith("2 file: 1 accettati, 1 rifiutati\n")
    _, english = run(capsys, "--language", "en", folder)
    assert english.endswith("2 files: 1 accepted, 1 refused\n")


def test_progress_is_for_terminals(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(capsys, "--json", folder)[0] == 1
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    check.main(["--schemas", str(schemas()), "--today", TODAY, "--json", str(folder)])
    said = capsys.readouterr()
    assert "2 " in said.err
    assert said.err.endswith("\r\x1b[K")
    assert len(objects(said.out)) == 2


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is unreadable to root")
def test_an_unreadable_file_is_not_accepted(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / GOOD).chmod(0)
    _, out = run(capsys, "--json", folder)
    assert objects(out)[0]["errors"][0]["code"] == "unreadable"


def test_a_dangling_link_is_not_accepted(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "a.xml").symlink_to(folder / "nowhere")
    _, out = run(capsys, "--json", folder)
    assert "unreadable" in [each["code"] for one in objects(out) for each in one["errors"]]


def test_the_day_can_be_given(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out = run(capsys, "--json", "--today", "2026-11-19", folder / GOOD)
    assert [each["code"] for each in objects(out)[0]["errors"]] == ["00403"]


# --- the same invoice twice among the files -------------------------------------------------------
def duplicates(out: str) -> list[tuple[str, list[str]]]:
    """Each file's name and its errors' codes."""
    return [
        (Path(one["file"]).name, [each["code"] for each in one["errors"]]) for one in objects(out)
    ]


def named(n: int) -> str:
    return f"IT11001000154_{n:05d}.xml"


def test_the_same_number_in_two_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [
        make(number="1"),
        make(number="2"),
        make(number="1", lines=(Line("other"),)),
        make("TD04", number="1"),
        make(number="1", date="2025-11-20"),
        make(number="3", bodies=2).replace(b"<Numero>4<", b"<Numero>2<"),
    ]
    for n, data in enumerate(files, start=1):
        (tmp_path / named(n)).write_bytes(data)
    status, out = run(capsys, "--json", "--language", "en", tmp_path)
    assert status == 1
    wrong = {named(3): ["00404"], named(6): ["00404"]}
    assert duplicates(out) == [(named(n), wrong.get(named(n), [])) for n in range(1, 7)]
    found = objects(out)
    (third,) = found[2]["errors"]
    assert third["severity"] == "error"
    assert third["message"] == f"The invoice was already sent (found 1 = {tmp_path / named(1)})"
    (sixth,) = found[5]["errors"]
    assert sixth["body"] == 1, "a lot is judged by body"
    assert "00404" in found[0]["not_evaluated"]
    assert "00404" not in found[2]["not_evaluated"]


def test_what_would_be_rejected_takes_no_number(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = make(number="1").replace(b"<Imposta>", b"<Imposta>9")
    for n, data in enumerate([broken, make(number="1"), make(number="1")], start=1):
        (tmp_path / named(n)).write_bytes(data)
    _, out = run(capsys, "--json", tmp_path)
    assert duplicates(out) == [(named(1), ["00421"]), (named(2), []), (named(3), ["00404"])]


def test_a_file_does_not_repeat_itself(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "link").symlink_to(folder / GOOD)
    monkeypatch.chdir(folder)
    status, out = run(capsys, "--json", GOOD, folder / GOOD, f"./{GOOD}", "link")
    # Only the link's name is not in SdI's form.
    assert [codes for _, codes in duplicates(out)] == [[], [], [], ["00001"]]
    assert status == 0


def test_duplicates_in_and_beside_an_archive(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = tmp_path / "b.zip"
    archive.write_bytes(zip_of(**{named(1): make(number="1"), named(2): make(number="2")}))
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / named(3)).write_bytes(make(number="2"))
    _, out = run(capsys, "--json", tmp_path / "a", archive, archive)
    assert duplicates(out) == [
        (named(3), []), (named(1), []), (named(2), ["00404"]),
        (named(1), []), (named(2), ["00404"]),
    ]  # fmt: skip


# --- wrong arguments ----------------------------------------------------------------------------
@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--json"],
        ["missing.xml"],
        ["--nonsense", "."],
        ["--language", "fr", "."],
        ["--today", "yesterday", "."],
        ["--schemas", "nowhere", "."],
    ],
)
def test_wrong_arguments(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        check.main(arguments)
    assert stopped.value.code == 2
    said = capsys.readouterr()
    assert said.err
    assert not said.out


def test_a_missing_path_among_others_checks_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        run(capsys, folder, folder / "missing.xml")
    assert stopped.value.code == 2
    assert not capsys.readouterr().out


def test_nothing_to_check_is_no_success(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, tmp_path)[0] == 2


def test_schemas_are_looked_for(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.delenv("SCHEMAS", raising=False)
    with pytest.raises(SystemExit) as stopped:
        check.main(["--today", TODAY, GOOD])
    assert stopped.value.code == 2
    assert "--schemas" in capsys.readouterr().err
    monkeypatch.setenv("SCHEMAS", str(schemas()))
    assert check.main(["--today", TODAY, GOOD]) == 0
    monkeypatch.delenv("SCHEMAS")
    (folder / ".local/layers").mkdir(parents=True)
    (folder / ".local/layers/schemas").symlink_to(schemas())
    assert check.main(["--today", TODAY, GOOD]) == 0


# --- as a process -------------------------------------------------------------------------------
def process(*arguments: str | Path, **more: Any) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "SCHEMAS": str(schemas())}
    return subprocess.run(
        [sys.executable, "-m", "chalicelib.invoicing.check", *map(str, arguments)],
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
        check=False,
        **more,
    )


def test_the_process(folder: Path) -> None:
    both = process("--json", "--today", TODAY, folder)
    assert (both.returncode, both.stderr) == (1, "")
    assert [one["accepted"] for one in objects(both.stdout)] == [True, False]
    assert process("--today", TODAY, folder / GOOD).returncode == 0
    assert process(folder / "missing").returncode == 2


def test_a_name_that_is_no_text(folder: Path) -> None:
    name = os.fsdecode(b"fattur\xe0.xml")
    try:
        (folder / name).write_bytes(make())
    except OSError:
        pytest.skip("this file system has only names that are text")
    for options in (["--json"], []):
        done = process(*options, "--today", TODAY, folder / name)
        assert (done.returncode, done.stderr) == (0, "")


def test_a_terminal_without_the_letters(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    done = process("--today", "2026-11-19", folder / GOOD)
    assert (done.returncode, done.stderr) == (1, "")
    assert "\\u2264 2026-11-19" in done.stdout


def test_a_reader_that_goes_away(folder: Path) -> None:
    command = f"{sys.executable} -m chalicelib.invoicing.check --today {TODAY} {folder} | true"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "SCHEMAS": str(schemas())}
    done = subprocess.run(
        command, shell=True, capture_output=True, env=environment, timeout=60, check=False
    )
    assert done.stderr == b""
