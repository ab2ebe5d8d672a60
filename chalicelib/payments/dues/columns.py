"""The fields of a due, and the standard layout that asks for them (F001-015…018). Data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Column:
    """`field` is our name, `header` the standard layout's, `rule` what the specification says."""

    field: str
    header: str
    needed: bool
    rule: str
    example: str
    chars: int = 140


CATEGORIES: Final = {
    "professionista": "professional",
    "società": "company",
    "praticante": "trainee",
}
LANGUAGES: Final = {
    "italiano": "it",
    "inglese": "en",
    "francese": "fr",
    "spagnolo": "es",
    "tedesco": "de",
    "sloveno": "sl",
}
PROVENANCES: Final = {"competenza": "competenza", "residui": "residui"}

COLUMNS: Final = (
    Column(
        "source", "ID origine", False,
        "Identificativo della quota nel sistema di origine; ricaricare la stessa quota non ne crea "
        "un’altra. Se manca, la quota è riconosciuta da codice fiscale, tipo, anno, capitolo, "
        "provenienza e causale.",
        "2026-00123", 64,
    ),
    Column(
        "category", "Categoria", True,
        "professionista, società (società tra professionisti) oppure praticante.",
        "professionista", 20,
    ),
    Column(
        "name", "Cognome e nome o denominazione", True,
        "Al massimo 70 caratteri, come stampati sull’avviso.", "Rossi Maria", 70,
    ),
    Column(
        "tax_code", "Codice fiscale o partita IVA", True,
        "16 caratteri per le persone, 11 cifre per le società; il carattere di controllo è "
        "verificato.", "RSSMRA80A41H501Y", 16,
    ),
    Column("address", "Indirizzo", False, "Via e numero civico.", "Via Roma 1"),
    Column("postcode", "CAP", False, "Cinque cifre per gli indirizzi italiani.", "00100", 10),
    Column("city", "Comune", False, "", "Roma", 60),
    Column("province", "Provincia", False, "Sigla di due lettere.", "RM", 2),
    Column("mail", "E-mail", False, "Un solo indirizzo.", "maria.rossi@example.org", 254),
    Column("pec", "PEC", False, "Un solo indirizzo.", "maria.rossi@pec.example.org", 254),
    Column(
        "service", "Tipo", True,
        "Codice di un servizio del catalogo dell’ente: decide tassonomia e IBAN.", "quota", 40,
    ),
    Column(
        "reason", "Causale", True,
        "Al massimo 90 caratteri, come stampata sull’avviso.", "Quota annuale 2026", 90,
    ),
    Column("year", "Anno", True, "Anno a cui la quota si riferisce, quattro cifre.", "2026", 4),
    Column(
        "chapter", "Capitolo", False,
        "Capitolo di entrata; se manca, quello del servizio.", "1.1", 20,
    ),
    Column(
        "provenance", "Provenienza", False,
        "competenza oppure residui; se manca, competenza per l’anno in corso e residui per i "
        "precedenti.", "competenza", 12,
    ),
    Column(
        "amount", "Importo", True,
        "In euro, da 0,01 a 999.999.999,99; numero di Excel oppure testo come 1.234,56.",
        "150,00", 20,
    ),
    Column(
        "due", "Scadenza", False,
        "Data di Excel oppure gg/mm/aaaa; se manca, è chiesta alla generazione degli avvisi.",
        "31/03/2026", 25,
    ),
    Column(
        "language", "Lingua", False,
        "Lingua delle comunicazioni: italiano, inglese, francese, spagnolo, tedesco oppure "
        "sloveno; se manca, italiano.", "italiano", 20,
    ),
    Column(
        "stamp", "Impronta per marca da bollo", False,
        "SHA-256 del documento da bollare, in base64 (44 caratteri) o esadecimale (64). Se c’è, "
        "l’avviso chiede anche la marca da bollo digitale: il Tipo deve prevederla, la Provincia è "
        "obbligatoria, rate e importi variabili non sono possibili.",
        "", 64,
    ),
)  # fmt: skip
BY_FIELD: Final = {column.field: column for column in COLUMNS}
FIELDS: Final = tuple(BY_FIELD)
NEEDED: Final = tuple(column.field for column in COLUMNS if column.needed)
