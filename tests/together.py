"""Which tests one worker runs together: what opening their world costs is paid once.

xdist's own groups (`--dist loadgroup`) are lost since pytest builds the ids of tests itself, and
nobody says so; this asks for nothing but the id.
"""

from __future__ import annotations

from typing import Final

from xdist.scheduler import LoadScopeScheduling

# By the beginning of the id: what shares the browser, a stack or the package of a stage.
_GROUPS: Final = (
    ("tests/portal/test_serving.py", "serving"),
    ("tests/portal/", "portal"),
    ("tests/engine/", "cloud"),
    ("tests/local/test_engines.py", "cloud"),
    ("tests/local/test_pump.py", "cloud"),
    ("tests/local/test_resources.py", "cloud"),
    ("tests/package/", "package"),
    ("tests/whole/test_citizens.py", "citizens"),
)
# Each test opens its own, and they are long: they go where there is time.
_APART: Final = ("tests/whole/", "tests/sweep/test_crash.py")


def unit_of(test: str) -> str:
    """The unit of the test with this id: those of one name go to one worker."""
    for begins, unit in _GROUPS:
        if test.startswith(begins):
            return unit
    return test if test.startswith(_APART) else test.partition("::")[0]


class Together(LoadScopeScheduling):  # type: ignore[misc]
    """Units with the most tests first, so that single ones come last and both workers end at
    once."""

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)
