"""Orders as the treasurer takes them: OPI flusso_ordinativi 1.7.1, unsigned. Pure.

Money of pagoPA is on the account before there is an order: the treasurer holds it under a
provisional number, and the order regularises it (`REGOLARIZZAZIONE`, `sospeso`). Who may bind the
body signs the flow (XAdES, enveloped); with his signature it is valid by the official schema.
Source: OPI_FLUSSO_ORDINATIVI_V_1_7_1.xsd, pagopa.md section 10.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from xml.sax.saxutils import escape

from chalicelib.accounting.posting.model import Classification, Line, Order
from chalicelib.base.clock import ROME
from chalicelib.base.errors import Rejected
from chalicelib.base.taxids import is_vat_number

Operation = Literal["INSERIMENTO", "ANNULLO"]
FLOW_ID: Final = re.compile(r"[a-zA-Z0-9#_.-]{1,70}", re.ASCII)
_PROVISIONAL: Final = re.compile(r"0*[1-9][0-9]{0,17}", re.ASCII)
_FORMS: Final = {
    "abi": r"[0-9]{5}",
    "ente": r"[A-Z0-9]{6}",
    "istat": r"[0-9]{9,15}",
    "tramite_ente": r"A2A-[0-9]{8}",
    "tramite_bt": r"A2A-[0-9]{8}",
    "ente_bt": r"\S(?:.{0,33}\S)?",
    "conto_evidenza": r"(?:\S.{0,24})?",
}


@dataclass(frozen=True)
class Treasurer:
    """How a body and its treasurer are known in SIOPE+: `abi` of the bank, `ente` the IPA office
    code (six signs), `istat` the SIOPE code, the A2A codes of both sides, `ente_bt` the body's code
    at the bank. `exemption`: why there is no stamp duty. `version` 0 before it is stored."""

    abi: str
    ente: str
    istat: str
    tramite_ente: str
    tramite_bt: str
    ente_bt: str
    conto_evidenza: str = ""
    exemption: str = ""
    version: int = 0

    def __post_init__(self) -> None:
        wrong = [name for name, form in _FORMS.items()
                 if not re.fullmatch(form, getattr(self, name), re.ASCII)]  # fmt: skip
        if wrong or len(self.exemption) > 140:
            raise Rejected("treasurer_malformed", "These codes cannot be.", fields=wrong)


@dataclass(frozen=True)
class Payer:
    """Who paid, as the treasurer is told."""

    name: str
    tax_code: str = ""


@dataclass(frozen=True)
class Head:
    """What a flow says of itself."""

    flow: str
    at: datetime
    year: int
    fiscal_code: str
    name: str


def lacking(
    orders: Iterable[Order], classifications: Mapping[str, Classification]
) -> dict[str, list[str]]:
    """What a treasurer needs and is not there: `provisionals` by order, `chapters`."""
    without: list[str] = []
    chapters: set[str] = set()
    for order in orders:
        if not all(_PROVISIONAL.fullmatch(one) for one in _numbers(order)):
            without.append(order.id)
        if order.draft.chapter not in classifications:
            chapters.add(order.draft.chapter)
    found = {"provisionals": without, "chapters": sorted(chapters)}
    return {name: values for name, values in found.items() if values}


def _numbers(order: Order) -> set[str]:
    """The provisional numbers that an order regularises."""
    lines = order.draft.lines
    found = {number for line in lines for number, _ in line.sospesi}
    return found | ({order.draft.provisional} if not all(one.sospesi for one in lines) else set())


def is_provisional(text: str) -> bool:
    """Whether it can be the number of a provvisorio di entrata."""
    return _PROVISIONAL.fullmatch(text) is not None


def write(
    head: Head,
    treasurer: Treasurer,
    orders: Sequence[tuple[Operation, Order]],
    payers: Mapping[str, Payer],
    classifications: Mapping[str, Classification],
) -> bytes:
    """The flow. `payers` by the blind index of a person, for orders without a counterpart."""
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>\n<flusso_ordinativi>',
        "<testata_flusso>",
        _tag("codice_ABI_BT", treasurer.abi),
        _tag("identificativo_flusso", head.flow),
        _tag("data_ora_creazione_flusso", f"{head.at.astimezone(ROME):%Y-%m-%dT%H:%M:%S}"),
        _tag("codice_ente", treasurer.ente),
        _tag("descrizione_ente", head.name),
        _tag("codice_istat_ente", treasurer.istat),
        _tag("codice_fiscale_ente", head.fiscal_code),
        _tag("codice_tramite_ente", treasurer.tramite_ente),
        _tag("codice_tramite_BT", treasurer.tramite_bt),
        _tag("codice_ente_BT", treasurer.ente_bt),
        "</testata_flusso>",
        _tag("esercizio", str(head.year)),
    ]
    for operation, order in orders:
        kind = classifications[order.draft.chapter]
        parts += _order(operation, order, treasurer, payers, kind)
    parts.append("</flusso_ordinativi>")
    return "".join(parts).encode()


def _tag(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>"


def _euro(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def _order(
    operation: Operation, order: Order, treasurer: Treasurer, payers: Mapping[str, Payer],
    kind: Classification,
) -> list[str]:  # fmt: skip
    draft = order.draft
    residual = draft.provenance == "residui"
    found = [
        "<reversale>",
        _tag("tipo_operazione", operation),
        _tag("numero_reversale", str(order.number)),
        _tag("data_reversale", draft.day.isoformat()),
        _tag("importo_reversale", _euro(draft.cents)),
    ]
    if treasurer.conto_evidenza:
        found.append(_tag("conto_evidenza", treasurer.conto_evidenza))
    found += ["<bilancio>", _tag("codifica_bilancio", str(kind.code))]
    if kind.text:
        found.append(_tag("descrizione_codifica", kind.text))
    found.append(_tag("gestione", "RESIDUO" if residual else "COMPETENZA"))
    if residual:
        found.append(_tag("anno_residuo", str(draft.year)))
    if kind.article is not None:
        found.append(_tag("numero_articolo", str(kind.article)))
    found += [_tag("importo_bilancio", _euro(draft.cents)), "</bilancio>"]
    for place, line in enumerate(draft.lines, 1):
        payer = Payer(draft.counterpart) if draft.counterpart else payers.get(line.person)
        found += _payer(place, line, order, payer or Payer("Diversi"), treasurer, kind)
    found.append("</reversale>")
    return found


def _payer(
    place: int, line: Line, order: Order, payer: Payer, treasurer: Treasurer, kind: Classification
) -> list[str]:
    cents = _euro(line.cents)
    found = [
        "<informazioni_versante>",
        _tag("progressivo_versante", str(place)),
        _tag("importo_versante", cents),
        _tag("tipo_riscossione", "REGOLARIZZAZIONE"),
    ]
    if kind.siope:
        found += [
            "<classificazione>",
            _tag("codice_cge", kind.siope),
            _tag("importo", cents),
            "<classificazione_dati_siope_entrate>",
            _tag("tipo_debito_siope_nc", "NON_COMMERCIALE"),
            "</classificazione_dati_siope_entrate></classificazione>",
        ]
    found += ["<bollo>", _tag("assoggettamento_bollo", "ESENTE BOLLO")]
    if treasurer.exemption:
        found.append(_tag("causale_esenzione_bollo", treasurer.exemption))
    found += ["</bollo><versante>", _tag("anagrafica_versante", payer.name)]
    if payer.tax_code:
        own = "partita_iva_versante" if is_vat_number(payer.tax_code) else "codice_fiscale_versante"
        found.append(_tag(own, payer.tax_code))
    found += [
        "</versante>",
        _tag("causale", f"pagoPA IUV {line.iuv} {line.reason}".strip()),
    ]
    for number, part in line.sospesi or ((order.draft.provisional, line.cents),):
        found += [
            "<sospeso>",
            _tag("numero_provvisorio", str(int(number))),
            _tag("importo_provvisorio", _euro(part)),
            "</sospeso>",
        ]
    return [*found, "</informazioni_versante>"]
