"""Duplicates among files that are judged together (00404), where there is no ledger to ask.

Source: fatturapa.md section 8.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chalicelib.invoicing.controls.lot import Earlier, Key, Sent
from chalicelib.invoicing.controls.whole import Examination


class Together:
    """The fiscal keys of the files judged so far, and the first file that has each.

    A file that SdI would reject takes no number, so it makes no duplicate of the next one. A file
    that comes twice, by itself and with its folder, is one file and does not repeat itself.
    """

    def __init__(self) -> None:
        self._first: dict[Key, tuple[str, str]] = {}

    def judge(self, file: str, examine: Callable[[Sent], Examination]) -> Examination:
        """The examination of one file, which knows those before it. `file` is its identity,
        whatever name it is given by."""
        asked: list[Key] = []

        def sent(keys: Sequence[Key]) -> dict[Key, Earlier]:
            asked.extend(keys)
            there = {key: self._first[key] for key in keys if key in self._first}
            return {
                key: Earlier("error", name) for key, (one, name) in there.items() if one != file
            }

        found = examine(sent)
        if found.verdict.accepted:
            for key in asked:
                self._first.setdefault(key, (file, found.name))
        return found
