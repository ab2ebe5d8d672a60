"""What the API takes and answers about carriers of notices, enclosures and orders of letters."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from chalicelib.base import limits
from chalicelib.entry.body_shapes import Code
from chalicelib.entry.shapes import Given, Taken
from chalicelib.payments.delivery.appio import AMOUNT_CENTS, Origin
from chalicelib.payments.delivery.appio_words import Event as AppIoEvent
from chalicelib.payments.delivery.areas import Purpose
from chalicelib.payments.delivery.members import Login
from chalicelib.payments.delivery.postal import OrderState
from chalicelib.payments.delivery.profiles import Kind

_PLAIN = r"^[^\x00-\x1f\x7f]*$"
_PEM = r"^[\x20-\x7e\r\n]*$"
Text = Annotated[str, StringConstraints(max_length=300, pattern=_PLAIN)]
Name = Annotated[str, StringConstraints(max_length=60, pattern=_PLAIN)]
Address = Annotated[str, StringConstraints(max_length=1_000, pattern=r"^[\x21-\x7e]*$")]
Pem = Annotated[str, StringConstraints(max_length=20_000, pattern=_PEM)]
CarrierCode = Annotated[str, StringConstraints(max_length=40, pattern=r"^[a-z0-9_-]*$")]


class _Area(Taken):
    host: Annotated[str, StringConstraints(min_length=1, max_length=253)]
    user: Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=_PLAIN)]
    folder: Text = ""
    purpose: Purpose = "own"


class SftpSetting(_Area):
    """A folder by SFTP. `purpose`: "own" for the body's programs, "website" gets an index file
    beside the notices, "postal" is a print service's. `fingerprint` of the host key (`SHA256:…`):
    leave it empty, try the profile, compare what the answer says with what the server's people
    say, and then write it here."""

    kind: Literal["sftp"]
    port: int = Field(22, ge=1, le=65_535)
    fingerprint: Annotated[str, StringConstraints(max_length=60)] = ""


class FtpsSetting(_Area):
    """A folder by FTP under explicit TLS. `authority`: PEM of the one that is believed, where it is
    none of the public ones."""

    kind: Literal["ftps"]
    port: int = Field(21, ge=1, le=65_535)
    authority: Pem = ""


class MembersSetting(Taken):
    """A reserved area that takes notices by HTTPS. `url` may hold {tax_code}, {iuv} and {year};
    `fields` maps our names (tax_code, name, iuv, notice_number, year, amount, cents, due, subject,
    file_name, content, content_type, sha256) to theirs, a point leading into an object."""

    kind: Literal["members"]
    url: Address
    profession: Code
    fields: Annotated[dict[Code, Name], Field(min_length=1, max_length=20)]
    login: Login = "bearer"
    header: Name = ""
    method: Literal["POST", "PUT"] = "POST"
    constants: Annotated[dict[Name, Text], Field(max_length=20)] = Field(default_factory=dict)
    probe: Address = ""
    authority: Pem = ""


class AppIoSetting(Taken):
    """A service on App IO. `enabled`: the body's own switch. `services` whose positions are told,
    empty for all; `automatic`: origins whose positions are told when they are made."""

    kind: Literal["appio"]
    enabled: bool = False
    services: Annotated[list[Code], Field(max_length=limits.BODY_SERVICES)] = Field(
        default_factory=list
    )
    events: Annotated[list[AppIoEvent], Field(max_length=3)] = Field(
        default_factory=lambda: list[AppIoEvent](["to_pay", "paid", "revoked"])
    )
    automatic: Annotated[list[Origin], Field(max_length=2)] = Field(default_factory=list)
    payee: bool = False
    most_cents: int = Field(0, ge=0, le=AMOUNT_CENTS)
    per_minute: int = Field(300, ge=1, le=6_000)


class PostalSetting(Taken):
    """A print service. `area`: the profile of its SFTP or FTPS area; "" when a person brings
    packages there."""

    kind: Literal["postal"]
    provider: Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=_PLAIN)]
    area: CarrierCode = ""


Setting = Annotated[
    SftpSetting | FtpsSetting | MembersSetting | AppIoSetting | PostalSetting,
    Field(discriminator="kind"),
]


class Secrets(Taken):
    """SFTP: `password`, or `key` (PEM or OpenSSH) with its `passphrase`; FTPS: `password`; reserved
    areas and App IO: `key`. All empty: they are removed."""

    password: Annotated[str, StringConstraints(max_length=256, pattern=_PLAIN)] = ""
    key: Pem = ""
    passphrase: Annotated[str, StringConstraints(max_length=256, pattern=_PLAIN)] = ""


class NewCarrier(Taken):
    """`secrets` can be written and are never answered: left out they stay; where the profile leads
    elsewhere they are needed again. `version`: the one that was read, 0 for a new profile."""

    setting: Setting
    secrets: Secrets | None = None
    version: int = Field(0, ge=0)


class Carrier(Given):
    """`secrets_set` is all that is ever said of the secrets."""

    code: str
    kind: Kind
    setting: dict[str, Any]
    secrets_set: bool
    version: int


class Carriers(Given):
    carriers: list[Carrier]


class Tried(Given):
    """Whether the other side lets us in. `code` says at what it failed, `words` are its own."""

    works: bool
    code: str
    words: str


class TextsQuery(Taken):
    language: Literal["it", "en", "fr", "es"] = "it"


class Topic(Given):
    topic: str
    text: str


class Texts(Given):
    """What a page shows beside these settings. `disclaimer_version` is what an order of letters
    says that it has accepted."""

    language: str
    appio: list[Topic]
    disclaimer: str
    disclaimer_version: str
    index_file: str
    index_columns: list[str]


# ------------------------------------------------------------------ files of a delivery
class FilesQuery(Taken):
    after: Annotated[str, StringConstraints(max_length=200, pattern=r"^[A-Za-z0-9#%_.-]*$")] = ""


class File(Given):
    """`url` leads to the bytes for a few minutes, `shown`, of a PDF, to the same in a browser's
    page; "" of others."""

    name: str
    url: str
    shown: str


class Files(Given):
    """`state` of the delivery; `after` asks for the next page, null at the end."""

    state: str
    files: list[File]
    after: str | None


# ------------------------------------------------------------------ letters
class EnclosureQuery(Taken):
    name: Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=_PLAIN)]


class Enclosure(Given):
    code: str
    file_name: str
    sha256: str
    size: int
    added_at: str


class Enclosures(Given):
    enclosures: list[Enclosure]


class Step(Given):
    """Something that happened, and who did it."""

    event: str
    at: str
    by: str
    note: str


class Order(Given):
    """Letters of a delivery. `sent` of its attempts means that a letter is in the package; what
    became of the package is `state` here. `disclaimer`: the version that `ordered_by` accepted.
    `earliest`: the first due date, `ship_by`: the last day that is in time for it, "" for none.
    `late`: that day is over, and nobody accepted it."""

    delivery: str
    profile: str
    state: OrderState
    created_at: str
    ordered_by: str
    disclaimer: str
    accepted_late: bool
    recipients: int
    cents: int
    earliest: str
    ship_by: str
    late: bool
    sample: list[str]
    attachments: int
    done: int
    steps: list[Step]
    version: int


class Orders(Given):
    """Newest first."""

    orders: list[Order]


class Sample(Given):
    """Some letters, the list of recipients, what is enclosed."""

    files: list[File]


class NewStep(Taken):
    """`approve` or `refuse` the sample, `ship`, `cancel`; `print`, `enclose`, `post` as the print
    service reports. `note`: why, or its reference."""

    event: Literal["approve", "refuse", "ship", "cancel", "print", "enclose", "post"]
    note: Annotated[str, StringConstraints(max_length=500, pattern=_PLAIN)] = ""
