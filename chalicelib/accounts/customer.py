"""A customer of a tenant: how he is known, and what the tenant lets him do. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

InputFormat = Literal["xml", "p7m", "pdf"]
Hand = Literal["house", "own"]
Sending = Literal["house", "own", "none"]
# Ways by which a document may come; the last three are not open yet.
Channel = Literal["bucket", "upload", "api", "pec", "sftp", "folder"]
Portal = Literal["none", "white_label", "white_label_plus"]
Feature = Literal[
    "see_documents",
    "see_states",
    "download_files",
    "upload_documents",
    "decide_held",
    "compose_invoices",
    "see_numbering",
]

INPUT_FORMATS: Final[tuple[InputFormat, ...]] = ("xml", "p7m", "pdf")
CHANNELS: Final[tuple[Channel, ...]] = Channel.__args__  # type: ignore[attr-defined]

_SEEING: Final[frozenset[Feature]] = frozenset({"see_documents", "see_states", "download_files"})
# What a customer's own portal shows at each level (F004-027, 028): White Label to look, White
# Label Plus to work. No level by itself makes an account: that is asked for one by one.
FEATURES: Final[dict[Portal, frozenset[Feature]]] = {
    "none": frozenset(),
    "white_label": _SEEING,
    "white_label_plus": _SEEING
    | {"upload_documents", "decide_held", "compose_invoices", "see_numbering"},
}


@dataclass(frozen=True)
class Customer:
    """A customer, known by his fiscal ids (`IT01234567890` or a tax code).

    `formats` and `channels`: what he may hand in, and how (F004-043, 032). `notify`: he himself
    asked for messages (F004-029). `signature` own: what comes unsigned waits for his signature;
    `sending` own: he sends it to SdI himself and brings SdI's receipts; none: his documents are
    only kept (F004-040). `sections`: his sezionali, as patterns of their numbers with `{n}` for
    the running number and `{yyyy}` or `{yy}` for the year. `form`: of his profile, "" without one.
    `health`: he is paid for health services and reports them to Sistema TS, so that his invoices to
    natural persons stay out of SdI (D1).
    `activated`: products that are switched on for him beside the sending (credits.activation).
    """

    id: str
    name: str
    fiscal_ids: tuple[str, ...]
    mail: str = ""
    notify: bool = False
    formats: tuple[InputFormat, ...] = INPUT_FORMATS
    channels: tuple[Channel, ...] = CHANNELS
    signature: Hand = "house"
    sending: Sending = "house"
    sections: tuple[str, ...] = ()
    form: str = ""
    health: bool = False
    portal: Portal = "none"
    activated: tuple[str, ...] = ()
    created_at: str = ""
    version: int = 1

    @property
    def features(self) -> frozenset[Feature]:
        """What his own portal would show him."""
        return FEATURES[self.portal]


@dataclass(frozen=True)
class Note:
    """What somebody wrote about a customer; it is never changed (F004-039). `by`: `key:<id>` or
    `user:<id>`; `at` an instant."""

    id: str
    text: str
    by: str
    at: str
