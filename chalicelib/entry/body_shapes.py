"""What the API takes and answers about a body's setting and its services."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from chalicelib.base import limits
from chalicelib.entry.shapes import Given, Taken
from chalicelib.payments.bodies import PictureType
from chalicelib.payments.body import MODES, Mode
from chalicelib.payments.forms import FieldType

# Nothing that a terminal of its readers would obey.
_PLAIN = r"^[^\x00-\x1f\x7f]*$"
Text = Annotated[str, StringConstraints(max_length=140, pattern=_PLAIN)]
Short = Annotated[str, StringConstraints(max_length=50, pattern=_PLAIN)]
Iban = Annotated[str, StringConstraints(min_length=15, max_length=34)]
Link = Annotated[str, StringConstraints(max_length=300, pattern=r"^(https://[!-~]+)?$")]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
Cents = Annotated[int, Field(ge=1, le=limits.AMOUNT_CENTS)]


class Segregation(Taken):
    """A generation point: the code PagoPA gave to the body with one partner, and his stations."""

    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{2}$")]
    partner: Annotated[str, StringConstraints(pattern=r"^[0-9]{11}$")]
    name: Short
    stations: Annotated[list[Annotated[str, StringConstraints(max_length=35)]], Field(
        max_length=20)] = Field(default_factory=list)  # fmt: skip


class Account(Taken):
    """`holder` as the bank has it."""

    iban: Iban
    holder: Short


class Postal(Taken):
    """The account at Poste (its IBAN is among `accounts`) and Poste's leave to print slips."""

    account: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,12}$")]
    holder: Short
    authorisation: Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=_PLAIN)]


class Contacts(Taken):
    """Printed on notices, but for the addresses of what the body declares by law: the portal links
    to those."""

    office: Short = ""
    phone: Short = ""
    mail: Short = ""
    pec: Short = ""
    website: Short = ""
    accessibility_url: Link = ""
    privacy_url: Link = ""


class NewBody(Taken):
    """`version` is the one that was read, 0 the first time. `segregation`: the code under which
    new notices are made. `outside_until`: last day on which payments outside the node may be
    recorded; null: never. `modes`: how dues may come in (a file, the register ISI, another
    register, the accounting software by its key); null: as it is, in every way at first."""

    fiscal_code: Annotated[str, StringConstraints(pattern=r"^[0-9]{11}$")]
    name: Annotated[str, StringConstraints(min_length=1, max_length=50, pattern=_PLAIN)]
    segregations: Annotated[list[Segregation], Field(
        min_length=1, max_length=limits.BODY_SEGREGATIONS)]  # fmt: skip
    segregation: Annotated[str, StringConstraints(pattern=r"^[0-9]{2}$")]
    accounts: Annotated[list[Account], Field(min_length=1, max_length=50)]
    sector: Short = ""
    ipa: Annotated[str, StringConstraints(max_length=20)] = ""
    cbill: Annotated[str, StringConstraints(max_length=7)] = ""
    postal: Postal | None = None
    contacts: Contacts = Field(default_factory=Contacts)
    site: bool = False
    counter: Short = ""
    outside_until: date | None = None
    modes: Annotated[list[Mode], Field(max_length=len(MODES))] | None = None
    version: int = Field(0, ge=0)


class Body(NewBody):
    """`logo`: SHA-256 of the picture, "" for none. `modes` is never null."""

    logo: str


class Logo(Given):
    """`data` in base64; never sent as a file of this address, where an SVG could be opened."""

    type: PictureType
    data: str


class FixedPrice(Taken):
    kind: Literal["fixed"]
    cents: Cents


class TariffItem(Taken):
    code: Code
    label: Annotated[str, StringConstraints(min_length=1, max_length=90, pattern=_PLAIN)]
    cents: Cents


class TariffPrice(Taken):
    kind: Literal["tariff"]
    items: Annotated[list[TariffItem], Field(min_length=1, max_length=100)]


class FreePrice(Taken):
    kind: Literal["free"]
    least_cents: Cents = 1
    most_cents: Cents = limits.AMOUNT_CENTS


class Stamp(Taken):
    """`document`: the SHA-256 of the document, in base64 (44 signs); `province` where the payer
    lives (the country's two letters, if that is not Italy)."""

    document: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]{43}=$")]
    province: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]


Label = Annotated[str, StringConstraints(max_length=120, pattern=_PLAIN)]


class Texts(Taken):
    """What a body writes for people: Italian, and what else it likes ("": shown in Italian)."""

    it: Label
    en: Label = ""
    fr: Label = ""
    es: Label = ""


LongText = Annotated[str, StringConstraints(max_length=limits.SERVICE_TEXT_CHARS)]


class Description(Taken):
    """As Texts, and longer."""

    it: LongText = ""
    en: LongText = ""
    fr: LongText = ""
    es: LongText = ""


class FormChoice(Taken):
    code: Code
    label: Texts


class FormField(Taken):
    """What whoever pays writes: `choices` of a choice, `most_chars` of a text; a day is written
    yyyy-mm-dd."""

    name: Code
    label: Texts
    type: FieldType
    required: bool = False
    choices: Annotated[list[FormChoice], Field(max_length=limits.FORM_CHOICES)] = Field(
        default_factory=list
    )
    most_chars: int = Field(limits.FORM_TEXT_CHARS, ge=1, le=limits.FORM_TEXT_CHARS)


class NewService(Taken):
    """`price` null: only for dues, which bring their amount. `stamp`: a digital stamp ("marca da
    bollo") is bought with it; with a null price, nothing else is. `description` and `form`: what
    the portal says and asks. `version`: the one that was read, 0 for a new service."""

    subject: Annotated[str, StringConstraints(min_length=1, max_length=90, pattern=_PLAIN)]
    taxonomy: Annotated[str, StringConstraints(max_length=20)]
    iban: Iban
    chapter: Annotated[str, StringConstraints(max_length=20)] = ""
    price: Annotated[FixedPrice | TariffPrice | FreePrice, Field(discriminator="kind")] | None = (
        None
    )
    active: bool = True
    stamp: bool = False
    description: Description = Field(default_factory=Description)
    form: Annotated[list[FormField], Field(max_length=limits.FORM_FIELDS)] = Field(
        default_factory=list
    )
    version: int = Field(0, ge=0)


class Service(NewService):
    code: str


class Services(Given):
    services: list[Service]


class TaxonomyQuery(Taken):
    """Words that must all stand in the entry."""

    words: Annotated[str, StringConstraints(max_length=100)] = ""


class TaxonomyEntry(Given):
    """`first` and `last`: the days on which the code is in force."""

    code: str
    service: str
    description: str
    body: str
    area: str
    first: date
    last: date


class Taxonomy(Given):
    """The entries in force today; TAXONOMY_SHOWN at most."""

    entries: list[TaxonomyEntry]


class Checklist(Given):
    """What pagoPA's enrolment asks for, and whether it is there. `warnings`: what it does not ask
    for; `notice_link`: no notice bears the portal's link, whose address is no https or too long."""

    items: dict[str, bool]
    ready: bool
    warnings: list[str]
