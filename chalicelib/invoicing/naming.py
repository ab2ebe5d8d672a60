"""Allotting SdI names, in blocks: one counter write serves many documents."""

from __future__ import annotations

from chalicelib.base import config
from chalicelib.invoicing import names, store


class Names:
    """Gives the next outgoing stem; takes `block` numbers at a time. A number that a crash
    leaves unused is a gap in the names, which mean nothing, never a second use."""

    def __init__(self, block: int) -> None:
        self._block = block
        self._next = 0
        self._left = 0

    def next(self) -> str:
        transmitter = config.get("TRANSMITTER")
        if not self._left:
            self._next = store.take_names(transmitter, self._block)
            self._left = self._block
        number = self._next
        self._next += 1
        self._left -= 1
        return names.outgoing(transmitter, number)
