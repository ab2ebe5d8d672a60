"""Makes the deployable package: two layers, the code and one template.

    python infra/package.py --stage prod --out .local/package

Chalice packages a clean copy of the tree (it would ship stray files and compiled ones as well) and
merges `infra/resources.yaml` into its template. The output depends on the sources only: the same
sources give the same bytes, so an unchanged function is not deployed again.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # started as a script, Python knows this file's folder only

from layers import build as schemas  # noqa: E402

REGION = "eu-south-1"  # only a default: the template names no region
ARCHITECTURE = "x86_64"
WHEELS = ("manylinux_2_26_x86_64", "manylinux2014_x86_64")  # glibc of Lambda's Python 3.11
PYTHON = (3, 11)  # Chalice names the Python that runs it as the runtime, and takes its wheels
CHALICE_TIMEOUT_S = 900
CODE, LAYER, SCHEMAS_LAYER = "deployment.zip", "layer-deployment.zip", "schemas-layer.zip"
TEMPLATE = "sam.json"

OUTPUT_LINES = 12  # how much of a failed program's output says why

# What pip says when the trouble is the network and not what was asked for.
_NETWORK_SIGNS = re.compile(
    r"ConnectionError|NameResolutionError|name resolution|Network is unreachable|"
    r"Connection refused|TimeoutError|ProxyError"
)


class PackageError(Exception):
    """The package cannot be made; the message says why."""


class UnavailableError(PackageError):
    """Something had to be downloaded and could not."""


# ---------------------------------------------------------------------- template


class _Loader(yaml.SafeLoader):
    """SafeLoader that reads CloudFormation's short tags, without changing SafeLoader itself."""


def _intrinsic(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _intrinsic)


def load_template(path: Path) -> dict[str, Any]:
    """A YAML template as plain values: short tags become `Fn::…`, anchors are resolved."""
    text = path.read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.load(text, Loader=_Loader)  # still a safe loader
    return found


def orphans(template: dict[str, Any]) -> list[str]:
    """What resources.yaml completes but Chalice did not generate (a function was renamed)."""
    found = []
    for name, resource in template["Resources"].items():
        if "Type" not in resource:
            found.append(name)
        elif resource["Type"] == "AWS::Serverless::Function":
            events = resource["Properties"].get("Events", {})
            found += [f"{name}.Events.{key}" for key, e in events.items() if "Type" not in e]
    return found


# ---------------------------------------------------------------------- code and layers


def _stage_tree(tree: Path, staging: Path, deployments: Path) -> None:
    """What Chalice may see: the sources, and a folder for what it builds that outlives this run."""
    ignore = shutil.ignore_patterns("__pycache__", "*.pyc", ".*")
    shutil.copytree(tree / "chalicelib", staging / "chalicelib", ignore=ignore)
    shutil.copy2(tree / "app.py", staging / "app.py")
    shutil.copy2(ROOT / "requirements.txt", staging / "requirements.txt")
    (staging / ".chalice").mkdir()
    shutil.copy2(ROOT / ".chalice" / "config.json", staging / ".chalice" / "config.json")
    shutil.copytree(ROOT / ".chalice" / "policies", staging / ".chalice" / "policies")
    (staging / ".chalice" / "deployments").symlink_to(deployments, target_is_directory=True)


def _run_chalice(staging: Path, stage: str, merge: Path | None, out: Path) -> str:
    """Run `chalice package` in a process of its own (it imports app.py); gives what it printed."""
    start = "import sys; from chalice.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", start, "package", "--stage", stage]
    command += ["--pkg-format", "cloudformation"]
    if merge is not None:
        command += ["--merge-template", str(merge)]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    environment.setdefault("AWS_DEFAULT_REGION", REGION)  # Chalice asks for one even offline
    done = subprocess.run(
        [*command, str(out)],
        cwd=staging,
        env=environment,
        capture_output=True,
        text=True,
        timeout=CHALICE_TIMEOUT_S,
        check=False,
    )
    output = f"{done.stdout}{done.stderr}".strip()
    if done.returncode != 0:
        _try_downloads()  # Chalice swallows what pip said
        raise PackageError(f"chalice package failed:\n{_end(output)}")
    return output


def _end(output: str) -> str:
    return "\n".join(output.strip().splitlines()[-OUTPUT_LINES:])


def _try_downloads() -> None:
    """Raise with pip's own words if the libraries cannot be downloaded for Lambda."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--retries", "1"]
    command += ["--only-binary", ":all:", "--python-version", "3.11", "--implementation", "cp"]
    for platform_tag in WHEELS:
        command += ["--platform", platform_tag]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [*command, "--dest", folder, "--requirement", str(ROOT / "requirements.txt")],
            capture_output=True,
            text=True,
            timeout=CHALICE_TIMEOUT_S,
            check=False,
        )
    if done.returncode != 0:
        raise _download_error(f"pip cannot download for Lambda:\n{_end(done.stderr)}", done.stderr)


def _download_error(message: str, output: str) -> PackageError:
    """A wrong version is our mistake; a network that is down is not."""
    return (UnavailableError if _NETWORK_SIGNS.search(output) else PackageError)(message)


def required() -> dict[str, str]:
    """The pinned requirements, by normalised name."""
    found = {}
    for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            name, separator, version = line.strip().partition("==")
            if not separator:
                raise PackageError(f"requirements.txt: {line!r} is not pinned by ==")
            found[_normal(name)] = version
    return found


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def packed(layer: Path) -> dict[str, str]:
    """The distributions in a layer, by normalised name."""
    with zipfile.ZipFile(layer) as archive:
        found = {re.search(r"([^/]+)-([^/-]+)\.dist-info/", n) for n in archive.namelist()}
    return {_normal(match[1]): match[2] for match in found if match}


def _check_layer(layer: Path, deployments: Path, output: str) -> None:
    """Chalice only warns when it finds no wheel for Lambda, and would keep the lame layer."""
    found = packed(layer) if layer.is_file() else {}
    missing = sorted(set(required().items()) - set(found.items()))
    if missing:
        for kept in deployments.iterdir():
            kept.unlink()
        names = ", ".join(f"{name}=={version}" for name, version in missing)
        _try_downloads()
        raise PackageError(f"no wheel for Lambda ({ARCHITECTURE}) of: {names}\n{_end(output)}")


def _repack(archive: Path) -> None:
    """Drop the times of the build machine: they would make each package a different one."""
    with zipfile.ZipFile(archive) as source:
        members = {n: source.read(n) for n in source.namelist() if not n.endswith("/")}
    schemas.pack(members, archive)


def _cached_layer(layer: Path, cache: Path) -> None:
    """Replace Chalice's layer by the repacked one, which is made once for its contents."""
    digest = hashlib.sha256(layer.read_bytes()).hexdigest()
    kept = cache / f"layer-{digest}.zip"
    if not kept.exists():
        _repack(layer)
        shutil.copy2(layer, kept)
    shutil.copy2(kept, layer)


@contextmanager
def _alone(cache: Path) -> Iterator[None]:
    """Two builds at a time would write the same cached layer."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def cache_folder() -> Path:
    """Layers are kept by what decides them: requirements, Python, architecture."""
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    key = f"{text}\n{platform.python_version_tuple()[:2]}\n{ARCHITECTURE}"
    return ROOT / ".local" / "package-cache" / hashlib.sha256(key.encode()).hexdigest()[:16]


def package(stage: str, out: Path, *, tree: Path = ROOT, merge: bool = True) -> dict[str, Any]:
    """Write template and archives to `out` and return the template.

    `tree` holds app.py and chalicelib; `merge=False` gives what Chalice makes by itself.
    """
    if sys.version_info[:2] != PYTHON:
        raise PackageError(f"run it with Python 3.11, not {platform.python_version()}")
    if not (tree / "app.py").is_file():
        raise PackageError(f"there is no app.py in {tree}")
    out.mkdir(parents=True, exist_ok=True)
    cache = cache_folder()
    with _alone(cache), tempfile.TemporaryDirectory() as folder:
        staging, deployments = Path(folder) / "tree", cache / "deployments"
        staging.mkdir()
        deployments.mkdir(exist_ok=True)
        _stage_tree(tree, staging, deployments)
        merged = Path(folder) / "merge.json"
        merged.write_text(json.dumps(load_template(ROOT / "infra" / "resources.yaml")))
        output = _run_chalice(staging, stage, merged if merge else None, out)
        _check_layer(out / LAYER, deployments, output)
        for stale in deployments.glob("appcode-*"):
            stale.unlink()  # only the layer is worth keeping
        _repack(out / CODE)
        _cached_layer(out / LAYER, cache)
    template: dict[str, Any] = json.loads((out / TEMPLATE).read_text(encoding="utf-8"))
    if merge:
        if lost := orphans(template):
            raise PackageError(f"resources.yaml completes what is not there: {', '.join(lost)}")
        _add_schemas(out)
    return template


def _add_schemas(out: Path) -> None:
    try:
        schemas.build()
        schemas.build_fonts()
        schemas.build_words()
    except schemas.DownloadError as error:
        raise _download_error(str(error), str(error)) from error
    except schemas.LayerError as error:
        raise PackageError(str(error)) from error
    schemas.pack_layer(
        schemas.TARGET, schemas.FONTS_TARGET, schemas.WORDS_TARGET, out / SCHEMAS_LAYER
    )


# ---------------------------------------------------------------------- command line


def _next_steps(stage: str, out: Path) -> str:
    template = load_template(ROOT / "infra" / "resources.yaml")
    needed = [n for n, p in template["Parameters"].items() if "Default" not in p]
    values = " ".join(f"{name}=…" for name in needed)
    return f"""
Next:
  aws cloudformation package --template-file {out / TEMPLATE} \\
      --s3-bucket YOUR-ARTIFACTS-BUCKET --output-template-file {out / "packaged.json"} --use-json
  aws cloudformation deploy --template-file {out / "packaged.json"} \\
      --stack-name sportello-{stage} --s3-bucket YOUR-ARTIFACTS-BUCKET \\
      --capabilities CAPABILITY_IAM \\
      --parameter-overrides Stage={stage} {values}
The stack's name is part of the buckets' names: lower case, at most 30 characters.
Then put the signing key and the SdI certificate into the secret (output ChannelSecretArn)."""


def main() -> int:
    parser = argparse.ArgumentParser(description="Package Sportello for AWS.")
    parser.add_argument("--stage", default="prod", help="a stage of .chalice/config.json")
    parser.add_argument("--out", type=Path, default=ROOT / ".local" / "package")
    options = parser.parse_args()
    stages = json.loads((ROOT / ".chalice" / "config.json").read_text())["stages"]
    if options.stage not in stages:
        parser.error(f"--stage must be one of {', '.join(stages)}")
    print(f"package: stage {options.stage}, Python {platform.python_version()}, {ARCHITECTURE}")
    print("package: Chalice is at work (the first time it downloads libraries)", flush=True)
    try:
        template = package(options.stage, options.out.resolve())
    except PackageError as error:
        print(f"package: {error}", file=sys.stderr)
        return 1
    print(f"package: {len(template['Resources'])} resources in {options.out / TEMPLATE}")
    for name in (CODE, LAYER, SCHEMAS_LAYER):
        data = (options.out / name).read_bytes()
        print(f"package: {name} {len(data) // 1024} KiB sha256 {schemas.sha256(data)}")
    print(_next_steps(options.stage, options.out))
    return 0


if __name__ == "__main__":
    sys.exit(main())
