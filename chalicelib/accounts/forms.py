"""Legal forms: what each is asked, what it must give and what it is never shown, as one table.

The same table makes the pages' forms (GET /v1/customers/forms) and judges what comes in
(`profile.checked`), so the two cannot differ. Source: fatturapa.md section 2, 1.2
(CedentePrestatore): the fields, their characters and lengths; art. 2250 c.c. for what a company in
the register must state. Fields and forms (F004-021, 022) are named in the four languages of the
house; what the law names is Italian in all of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Final, Literal

Form = Literal[
    "natural_person",
    "professional",
    "sole_trader",
    "partnership",
    "company",
    "public_body",
    "association",
    "vat_group",
    "non_resident",
]
FORMS: Final[tuple[Form, ...]] = Form.__args__  # type: ignore[attr-defined]
# required: always; issuing: of who issues invoices through us; advised: asked at once, may be left
# out; optional: offered. A field that is not in a form's row is hidden and refused.
Need = Literal["required", "issuing", "advised", "optional"]
PageLanguage = Literal["it", "en", "fr", "es"]
LANGUAGES: Final[tuple[PageLanguage, ...]] = ("it", "en", "fr", "es")

# What a name may hold: characters for which FatturaPA has one of its own (Latin-1), written as
# they are or without their accent; tests hold it against `invoicing.fatturapa.text`.
_LATIN: Final = (
    "[ -~\u00a1-\u00ac\u00ae-\u0131\u0134-\u0137\u0139-\u013e\u0141-\u0148\u014c-\u0151"
    "\u0154-\u017f\u0218-\u021b\u2013\u2018\u2019\u201c\u201d]"
)
_BASIC: Final = "[ -~]"
_PROVINCE: Final = "[A-Z]{2}"
_REGIMES: Final = tuple(f"RF{number:02d}" for number in range(1, 21) if number != 3)


@dataclass(frozen=True)
class Field:
    """One field. `pattern` is a whole match, in the syntax that Python and HTML share; `choices`
    are its only values; `element` is where it goes in FatturaPA, "" when it does not."""

    name: str
    labels: dict[PageLanguage, str] = field(hash=False)
    pattern: str
    element: str = ""
    choices: tuple[str, ...] = ()
    default: str = ""

    def takes(self, value: str) -> bool:
        """Whether the value has the field's form."""
        if self.choices:
            return value in self.choices
        return re.fullmatch(self.pattern, value) is not None


# name | italiano | English | français | español | FatturaPA | pattern
_FIELDS: Final = f"""
name | Denominazione | Company name | Dénomination | Denominación | Denominazione | {_LATIN}{{1,80}}
first | Nome | First name | Prénom | Nombre | Nome | {_LATIN}{{1,60}}
last | Cognome | Last name | Nom | Apellidos | Cognome | {_LATIN}{{1,60}}
title | Titolo onorifico | Title | Titre | Tratamiento | Titolo | {_BASIC}{{2,10}}
vat | Partita IVA | VAT number (partita IVA) | Numéro de TVA (partita IVA) | Número de IVA \
(partita IVA) | IdFiscaleIVA | [0-9]{{11}}
tax_code | Codice fiscale | Tax code (codice fiscale) | Code fiscal (codice fiscale) | Código \
fiscal (codice fiscale) | CodiceFiscale | [A-Z0-9]{{16}}|[0-9]{{11}}
eori | Codice EORI | EORI number | Numéro EORI | Número EORI | CodEORI | [A-Z]{{2}}[A-Z0-9]{{11,15}}
regime | Regime fiscale | Tax regime | Régime fiscal | Régimen fiscal | RegimeFiscale |
street | Indirizzo | Street | Rue | Calle | Indirizzo | {_LATIN}{{1,60}}
number | Numero civico | House number | Numéro | Número | NumeroCivico | {_BASIC}{{1,8}}
postcode | CAP | Postcode | Code postal | Código postal | CAP | [0-9]{{5}}
city | Comune | Town | Commune | Municipio | Comune | {_LATIN}{{1,60}}
province | Provincia | Province | Province | Provincia | Provincia | {_PROVINCE}
country | Nazione della sede | Country of the seat | Pays du siège | País de la sede | Nazione | \
{_PROVINCE}
rea_office | Ufficio REA (provincia) | REA office (province) | Bureau REA (province) | Oficina REA \
(provincia) | Ufficio | {_PROVINCE}
rea_number | Numero REA | REA number | Numéro REA | Número REA | NumeroREA | {_BASIC}{{1,20}}
capital | Capitale sociale (euro) | Share capital (euro) | Capital social (euros) | Capital \
social (euros) | CapitaleSociale | [0-9]{{1,11}}\\.[0-9]{{2}}
members | Socio unico o più soci | One or several members | Associé unique ou plusieurs | Socio \
único o varios | SocioUnico |
liquidation | Stato di liquidazione | Liquidation | Liquidation | Liquidación | \
StatoLiquidazione |
register | Albo professionale | Professional register | Ordre professionnel | Colegio \
profesional | AlboProfessionale | {_LATIN}{{1,60}}
register_province | Provincia dell'albo | Province of the register | Province de l'ordre | \
Provincia del colegio | ProvinciaAlbo | {_PROVINCE}
register_number | Numero di iscrizione all'albo | Register number | Numéro d'inscription | Número \
de colegiado | NumeroIscrizioneAlbo | {_BASIC}{{1,60}}
register_since | Data di iscrizione all'albo | Registered on | Date d'inscription | Fecha de \
inscripción | DataIscrizioneAlbo | [0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}
agent_first | Nome del legale rappresentante | Legal representative: first name | Représentant \
légal : prénom | Representante legal: nombre | | {_LATIN}{{1,60}}
agent_last | Cognome del legale rappresentante | Legal representative: last name | Représentant \
légal : nom | Representante legal: apellidos | | {_LATIN}{{1,60}}
agent_tax_code | Codice fiscale del legale rappresentante | Legal representative: tax code | \
Représentant légal : code fiscal | Representante legal: código fiscal | | [A-Z0-9]{{16}}
phone | Telefono | Telephone | Téléphone | Teléfono | Telefono | \\+?[0-9]{{5,11}}|[0-9]{{12}}
email | E-mail nelle fatture | E-mail shown on invoices | E-mail sur les factures | E-mail en las \
facturas | Email | {_BASIC}{{7,254}}
pec | PEC | Certified e-mail (PEC) | Courrier certifié (PEC) | Correo certificado (PEC) | | \
{_BASIC}{{7,254}}
iban | IBAN | IBAN | IBAN | IBAN | IBAN | [A-Z]{{2}}[0-9]{{2}}[A-Z0-9]{{11,30}}
"""
_CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "regime": _REGIMES,
    "members": ("SU", "SM"),
    "liquidation": ("LN", "LS"),
}
_DEFAULTS: Final = {"regime": "RF01", "liquidation": "LN"}

# form | italiano | English | français | español
_FORMS: Final = """
natural_person | Persona fisica | Natural person | Personne physique | Persona física
professional | Libero professionista | Professional | Profession libérale | Profesional \
independiente
sole_trader | Impresa individuale | Sole trader | Entreprise individuelle | Empresario individual
partnership | Società di persone o studio associato | Partnership | Société de personnes | \
Sociedad de personas
company | Società di capitali o cooperativa | Company | Société de capitaux | Sociedad de capital
public_body | Pubblica amministrazione o ente pubblico | Public body | Organisme public | \
Administración pública
association | Associazione, fondazione o altro ente | Association or foundation | Association ou \
fondation | Asociación o fundación
vat_group | Partecipante a un Gruppo IVA | Member of a VAT group (Gruppo IVA) | Membre d'un groupe \
TVA (Gruppo IVA) | Miembro de un grupo de IVA (Gruppo IVA)
non_resident | Soggetto non residente identificato in Italia | Non-resident identified in Italy | \
Non-résident identifié en Italie | No residente identificado en Italia
"""

_Needs = dict[str, Need]

_SEAT: Final[_Needs] = {
    "street": "required", "number": "optional", "postcode": "required", "city": "required",
    "province": "advised",
}  # fmt: skip
_REACH: Final[_Needs] = dict.fromkeys(("phone", "email", "pec", "iban"), "optional")
_TAX: Final[_Needs] = dict.fromkeys(("regime", "eori"), "optional")
_PERSON: Final[_Needs] = dict.fromkeys(("first", "last", "tax_code"), "required")
_ALBO: Final[_Needs] = {
    "register": "advised", "register_province": "optional", "register_number": "optional",
    "register_since": "optional",
}  # fmt: skip
_REA: Final[_Needs] = {
    "rea_office": "advised", "rea_number": "advised", "liquidation": "optional",
}  # fmt: skip
_CAPITAL: Final[_Needs] = dict.fromkeys(("capital", "members"), "advised")
_AGENT: Final[_Needs] = dict.fromkeys(("agent_first", "agent_last", "agent_tax_code"), "advised")
_HERE: Final[_Needs] = _TAX | _SEAT | _REACH
_NAMED: Final[_Needs] = {"name": "required"}
_VAT: Final[_Needs] = {"vat": "required"}
_CODE: Final[_Needs] = {"tax_code": "required"}
# The code of a company is most often its number, and then adds nothing.
_CODE_TOO: Final[_Needs] = {"tax_code": "optional"}
# Without a partita IVA a person, a body or an association exists and may have documents
# preserved, but FatturaPA has no place for a seller without one (1.2.1.1).
_VAT_TO_ISSUE: Final[_Needs] = {"vat": "issuing"}
_TITLE: Final[_Needs] = {"title": "optional"}
_ABROAD: Final[_Needs] = {
    "street": "required", "number": "optional", "city": "required", "country": "required",
}  # fmt: skip

_COMPANY: Final = _NAMED | _VAT | _CODE_TOO | _REA | _AGENT | _HERE
_BODY: Final = _NAMED | _CODE | _VAT_TO_ISSUE | _AGENT | _HERE
NEEDS: Final[dict[Form, _Needs]] = {
    "natural_person": _PERSON | _VAT_TO_ISSUE | _TITLE | _HERE,
    "professional": _PERSON | _VAT | _TITLE | _ALBO | _HERE,
    "sole_trader": _PERSON | _VAT | {"name": "optional"} | _REA | _HERE,
    "partnership": _COMPANY | _ALBO,
    "company": _COMPANY | _CAPITAL,
    "public_body": _BODY,
    "association": _BODY | _REA,
    # The number is the group's, the code is the member's own (DPR 633/72, art. 70-quater).
    "vat_group": _COMPANY | _CAPITAL | _CODE,
    # Identified directly or through a representative: an Italian number and a seat abroad.
    "non_resident": _NAMED | _VAT | _CODE_TOO | _AGENT | _TAX | _ABROAD | _REACH,
}
# The tax code of these is a person's; of the others it has eleven digits.
PERSONS: Final[frozenset[Form]] = frozenset({"natural_person", "professional", "sole_trader"})
# The number belongs to the whole group, so it is nobody's own identifier.
SHARED_VAT: Final[frozenset[Form]] = frozenset({"vat_group"})
_PERSON_CODE: Final = "[A-Z0-9]{16}"
_ELEVEN: Final = "[0-9]{11}"


@cache
def fields() -> dict[str, Field]:
    """Every field by name, in the order in which a page shows them."""
    found = {}
    for line in _FIELDS.strip().splitlines():
        # The pattern comes last and may hold the bar itself.
        name, it, en, fr, es, element, pattern = (part.strip() for part in line.split("|", 6))
        found[name] = Field(
            name=name,
            labels={"it": it, "en": en, "fr": fr, "es": es},
            pattern=pattern,
            element=element,
            choices=_CHOICES.get(name, ()),
            default=_DEFAULTS.get(name, ""),
        )
    return found


@cache
def labels() -> dict[str, dict[PageLanguage, str]]:
    """The name of each form in each language."""
    rows = [[part.strip() for part in line.split("|")] for line in _FORMS.strip().splitlines()]
    return {form: {"it": it, "en": en, "fr": fr, "es": es} for form, it, en, fr, es in rows}


@cache
def asked(form: Form, *, issues: bool) -> dict[Field, Need]:
    """What a form asks, in the order of a page. `issues`: whether the house sends its invoices,
    so that `issuing` means required; else it means optional."""
    row = NEEDS[form]
    settled: Need = "required" if issues else "optional"
    found: dict[Field, Need] = {}
    for name, one in fields().items():
        if name in row:
            if name == "tax_code" and form != "non_resident":
                pattern = _PERSON_CODE if form in PERSONS else _ELEVEN
                one = replace(one, pattern=pattern)
            found[one] = settled if row[name] == "issuing" else row[name]
    return found
