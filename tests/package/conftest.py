"""The package as it would be deployed, made once for a test run.

`SPORTELLO_TREE` names another folder with app.py and chalicelib, to try the infrastructure with
code that is not in the repository.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from infra import package as packager
from tests.package.expand import Json, expand

STAGE = "prod"


def _package(tree: Path, out: Path, *, merge: bool) -> Json:
    try:
        return packager.package(STAGE, out, tree=tree, merge=merge)
    except packager.UnavailableError as error:
        pytest.skip(f"the packages for Lambda cannot be downloaded: {error}")


@pytest.fixture(scope="session")
def tree() -> Path:
    """Where app.py and chalicelib are."""
    return Path(os.environ.get("SPORTELLO_TREE", packager.ROOT))


@pytest.fixture(scope="session")
def package_folder(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("package")
    _package(tree, out, merge=True)
    return out


@pytest.fixture(scope="session")
def sam(package_folder: Path) -> Json:
    """The template that is deployed."""
    return packager.load_template(package_folder / packager.TEMPLATE)


@pytest.fixture(scope="session")
def bare(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Json:
    """What Chalice makes when nothing is merged into it."""
    return _package(tree, tmp_path_factory.mktemp("bare"), merge=False)


@pytest.fixture(scope="session")
def cloudformation(sam: Json) -> Json:
    """What AWS makes of the template: every macro expanded."""
    return expand(sam)
