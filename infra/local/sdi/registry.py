"""What SdI looks up elsewhere: the tax registry (Anagrafe Tributaria), IPA, its own addresses.

The simulator knows only what it is told, and takes everything else as existing and in order: a
registry is a list of exceptions, for demonstrations of what no control before sending can see.

Source: facts §7, the controls marked P and N. A VAT number that has ceased is refused as a
seller's (00301), and in TD16 and TD20, which complete the invoice of somebody else, only when it
ceased more than five years before (00323); as a buyer's it still counts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from lxml import etree

from infra.local.sdi.catalogue import Finding
from infra.local.sdi.identifiers import is_tax_code, is_vat_number
from infra.local.sdi.parties import FOREIGN_CODE, PA_FORMAT, PRIVATE_FORMAT, Header, Party
from infra.local.sdi.xmlfiles import text

_CEASED_YEARS = 5
_GROUP_CODES_SINCE = date(2026, 5, 15)
_COMPLETES_ANOTHERS = frozenset({"TD16", "TD20"})
# Written where there is no code to look up.
_NO_ADDRESS = frozenset({"0000000", FOREIGN_CODE})


@dataclass(frozen=True)
class Registry:
    """The exceptions. VAT numbers are Italian and without the country.

    `unknown` holds VAT numbers and tax codes that nobody has; `ceased` the last day of a VAT
    number; `owners` the tax code of who has a VAT number; `groups` the members (tax codes) of a
    VAT group, by its number. `unknown_codes` are values of CodiceDestinatario that neither IPA
    nor SdI has, `closed_codes` the last day of those that were active. `offices` holds, by the
    tax code of a public body, its offices in IPA; `central_codes` the codes that stand for a
    whole body. `void_intents` are protocols of declarations of intent that were invalidated.
    """

    unknown: frozenset[str] = frozenset()
    ceased: Mapping[str, date] = field(default_factory=dict)
    owners: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, frozenset[str]] = field(default_factory=dict)
    unknown_codes: frozenset[str] = frozenset()
    closed_codes: Mapping[str, date] = field(default_factory=dict)
    offices: Mapping[str, frozenset[str]] = field(default_factory=dict)
    central_codes: frozenset[str] = frozenset()
    void_intents: frozenset[str] = frozenset()


USUAL = Registry(unknown_codes=frozenset({"NOTHERE"}))
"""What the local system's SdI knows when it is told nothing: one code of nobody."""


def read_registry(file: Path) -> Registry:
    """The registry in a JSON file: the fields by their names, days as YYYY-MM-DD, sets as lists.

    Raises OSError, ValueError (also for a field that does not exist).
    """
    given: Any = json.loads(file.read_text(encoding="utf-8"))
    if not isinstance(given, dict) or not set(given) <= set(_READERS):
        raise ValueError(f"{file}: the fields of a registry are {', '.join(_READERS)}")
    try:
        return Registry(**{name: _READERS[name](value) for name, value in given.items()})
    except (TypeError, AttributeError) as error:
        raise ValueError(f"{file}: {error}") from error


def _words(value: list[str]) -> frozenset[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise TypeError(f"a list of texts is wanted, not {value!r}")
    return frozenset(value)


def _texts(value: dict[str, str]) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(one, str) for one in value.values()):
        raise TypeError(f"an object of texts is wanted, not {value!r}")
    return value


def _days(value: dict[str, str]) -> dict[str, date]:
    return {name: date.fromisoformat(day) for name, day in value.items()}


def _sets(value: dict[str, list[str]]) -> dict[str, frozenset[str]]:
    return {name: _words(found) for name, found in value.items()}


_READERS: dict[str, Any] = {
    "unknown": _words,
    "ceased": _days,
    "owners": _texts,
    "groups": _sets,
    "unknown_codes": _words,
    "closed_codes": _days,
    "offices": _sets,
    "central_codes": _words,
    "void_intents": _words,
}


# --- controls that look at no body ----------------------------------------------------------------
def check_registered(header: Header, today: date, registry: Registry) -> Iterator[Finding]:
    """Who sends, sells, represents and buys, and where the file goes. `today` is Italy's."""
    sender = header.transmitter
    if sender.country == "IT" and not _has_tax_code(sender.tax_code, registry):
        yield Finding("00300", sender.tax_code)
    yield from _check_party(header.seller, registry, ("00301", "00302", "00320", "00321", "00322"))
    for agent in header.representatives:
        yield from _check_identifiers(agent, registry, "00303", "00304")
    yield from _check_party(header.buyer, registry, ("00305", "00306", "00324", "00325", "00326"))
    grouped = not header.buyer.vat_id and header.buyer.tax_code in registry.groups
    if grouped and today >= _GROUP_CODES_SINCE:
        yield Finding("00327", header.buyer.tax_code)
    yield from _check_recipient(header, today, registry)


def _has_tax_code(code: str, registry: Registry) -> bool:
    return is_tax_code(code) and code not in registry.unknown


def _check_identifiers(who: Party, registry: Registry, vat: str, tax: str) -> Iterator[Finding]:
    if who.country == "IT" and (
        not is_vat_number(who.vat_code) or who.vat_code in registry.unknown
    ):
        yield Finding(vat, who.vat_code)
    if who.tax_code and not _has_tax_code(who.tax_code, registry):
        yield Finding(tax, who.tax_code)


def _check_party(
    who: Party, registry: Registry, codes: tuple[str, str, str, str, str]
) -> Iterator[Finding]:
    """`codes`: VAT number, tax code, of different subjects, no member of the group, group alone."""
    vat, tax, differ, member, alone = codes
    wrong = list(_check_identifiers(who, registry, vat, tax))
    yield from wrong
    if wrong or who.country != "IT":
        return
    members = registry.groups.get(who.vat_code)
    if members is not None and not who.tax_code:
        yield Finding(alone, who.vat_code)
    elif members is not None and who.tax_code not in members:
        yield Finding(member, who.tax_code)
    elif members is None and who.tax_code:
        owner = registry.owners.get(who.vat_code, who.tax_code)
        if owner != who.tax_code:
            yield Finding(differ, f"{who.vat_code} e {who.tax_code}")


def _check_recipient(header: Header, today: date, registry: Registry) -> Iterator[Finding]:
    code = header.recipient
    if code in _NO_ADDRESS:
        pass
    elif code in registry.unknown_codes:
        yield Finding("00311", code)
    elif code in registry.closed_codes and registry.closed_codes[code] < today:
        yield Finding("00312", code)
    known = (header.buyer.tax_code, header.buyer.vat_code)
    offices = next((registry.offices[one] for one in known if one in registry.offices), None)
    if offices is None:
        return
    if header.version == PRIVATE_FORMAT:
        yield Finding("00399", ", ".join(sorted(offices)))
    if header.version == PA_FORMAT and code in registry.central_codes and len(offices) == 1:
        yield Finding("00398", *offices)


# --- controls on a body ---------------------------------------------------------------------------
def check_seller_active(
    header: Header, kind: str, issued: date, registry: Registry
) -> Iterator[Finding]:
    """00301 and 00323 of a seller whose VAT number has ceased by the day of the document."""
    ceased = registry.ceased.get(header.seller.vat_code)
    if ceased is None or header.seller.country != "IT" or issued <= ceased:
        return
    if kind not in _COMPLETES_ANOTHERS:
        yield Finding("00301", f"{header.seller.vat_code} cessata il {ceased.isoformat()}")
    elif issued > _years_after(ceased, _CEASED_YEARS):
        yield Finding("00323", f"{header.seller.vat_code} cessata il {ceased.isoformat()}")


def _years_after(day: date, years: int) -> date:
    """The same day so many years later; the 29th of February becomes the 28th."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def check_intents(body: etree._Element, registry: Registry) -> Iterator[Finding]:
    """00477: a line not taxed (N3.5) by a declaration of intent that was invalidated."""
    for line in body.iterfind("DatiBeniServizi/DettaglioLinee"):
        if text(line, "Natura") != "N3.5":
            continue
        for more in line.iterfind("AltriDatiGestionali"):
            protocol = text(more, "RiferimentoTesto")
            if text(more, "TipoDato").upper() == "INTENTO" and protocol in registry.void_intents:
                yield Finding("00477", protocol)
