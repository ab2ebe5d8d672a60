"""What a connector to a register is. A new one is a value of `Connector`; nothing else changes.

    CONNECTOR = Connector(name="isi", label="Albo ISI", formats=("csv",), read=read,
                          paid=paid, notices=notices)

A connector is pure: it knows what a register writes and reads, not how bytes travel (carrying.py)
nor when (working.py). Its three duties:

`read(setting, data)`  the dues in a file or an answer, as rows of the standard layout (fields of
    payments/dues/columns.py, values as text). What is wrong in a row the import tells by row and
    column; Rejected `register_layout` only for what is no file of that register at all.
`paid(setting, dues)`  what the register is told when dues were posted, or their orders taken back:
    messages, each with the places of the dues that it speaks of.
`notices(setting, dues)`  the same of notices that were made.

The framework does the rest: it fetches, refuses an empty register, hands the rows to the import of
dues (dry run, then commit), gives every message a name that is the same at each repetition, tries
again what did not arrive and keeps what the register said where a person can read it.

No register publishes an interface (pagopa.md section 15): the layouts here are what their files are
known to hold, and every name in them can be set for a body. Nor is any of them bound to a format or
a way: the dues are read as CSV, XLSX and JSON, over SFTP, S3 and HTTPS, as the body says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from chalicelib.base.errors import Rejected
from chalicelib.payments.dues.columns import FIELDS

Format = Literal["csv", "xlsx", "json"]
# What `tables.rows` reads.
FORMATS: Final[tuple[Format, ...]] = ("csv", "xlsx", "json")
Way = Literal["sftp", "s3", "https"]
Fetching = Literal["asked", "daily"]
Row = dict[str, str]
_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,15}", re.ASCII)
_FILE = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,79}", re.ASCII)


@dataclass(frozen=True)
class Setting:
    """A register of a body. `kind` names its connector, `code` is the body's own name for it.

    `way`: by SFTP (`carrier`: the code of the body's profile), by S3 (its folder in our bucket) or
    by HTTPS (`url` of the dues, `report_url` of what is reported, `{id}` is the due's own).
    `file`: the name of the file with the dues, `{year}` in it where each year has one. `columns`:
    how a field is called in this register where that is not one of the known names; `constants`:
    what all its dues have in common. `{year}` in the constant of `reason` is the due's. `fetch`:
    "asked", or "daily": its dues of the year are fetched every day too, for somebody to commit.
    """

    code: str
    kind: str
    way: Way
    format: Format
    carrier: str = ""
    url: str = ""
    report_url: str = ""
    file: str = "quote.csv"
    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    version: int = 0
    secret: bool = False
    fetch: Fetching = "asked"

    def __post_init__(self) -> None:
        if not _CODE.fullmatch(self.code):
            raise Rejected("register_code", "A code is up to 16 small letters, digits and -.")
        unknown = sorted((self.columns.keys() | self.constants.keys()) - set(FIELDS))
        if unknown:
            raise Rejected("register_fields", "There are no such fields.", fields=unknown)
        if not _FILE.fullmatch(self.file.replace("{year}", "2026")):
            raise Rejected("register_file", "A file's name is letters, digits, . _ and -.")
        if (self.way == "sftp") != bool(self.carrier):
            raise Rejected("register_carrier", "By SFTP it goes by one of the body's profiles.")
        urls = (self.url, self.report_url)
        if self.way == "https" and not all(map(_is_address, urls)):
            raise Rejected("register_address", "Two addresses begin with https://.")
        if self.way != "https" and any(urls):
            raise Rejected("register_address", "Only over HTTPS there are addresses.")


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    # Plain http is refused by the network itself.
    return bool(parts.hostname) and parts.scheme in ("https", "http") and "{" not in parts.netloc


@dataclass(frozen=True)
class Paid:
    """A due that was posted. `id` is the register's own; `status` PARTIAL while an instalment or
    another part of it is still to come, REVERSED when its order was taken back."""

    id: str
    tax_code: str
    year: int
    iuv: str
    receipt: str
    cents: int
    day: date
    order: str
    status: Literal["PAID", "PARTIAL", "REVERSED"]


@dataclass(frozen=True)
class Published:
    """A due for which there is a notice now."""

    id: str
    tax_code: str
    year: int
    iuv: str
    notice: str
    cents: int
    due: date | None


@dataclass(frozen=True)
class Message:
    """What is brought to a register. `rows`: places of the dues that it speaks of. Over HTTPS it
    goes to `report_url` with `{id}` filled in, elsewhere it is a file (`suffix` of its name)."""

    rows: tuple[int, ...]
    data: bytes
    content_type: str
    suffix: str
    method: Literal["POST", "PUT", "PATCH"] = "POST"
    id: str = ""


@dataclass(frozen=True)
class Connector:
    """See the module. `release(setting, data)`: the version of the program that wrote a file, ""
    where the file does not say; only of registers that know of any."""

    name: str
    label: str
    formats: tuple[Format, ...]
    read: Callable[[Setting, bytes], Iterator[Row]]
    paid: Callable[[Setting, Sequence[Paid]], list[Message]]
    notices: Callable[[Setting, Sequence[Published]], list[Message]]
    release: Callable[[Setting, bytes], str] | None = None


def euro(cents: int, mark: str = ",") -> str:
    """150,00"""
    return f"{cents // 100}{mark}{cents % 100:02d}"


def layout(setting: Setting, **details: Any) -> Rejected:
    """The file is none of that register."""
    return Rejected(
        "register_layout", "This is no file of that register.", register=setting.code, **details
    )


# What files of rows are.
UTF8_CSV: Final = "text/csv; charset=utf-8"
