"""Services that professional bodies usually offer, to be taken over with an account and a taxonomy
code of the body's own (F001-147, 148). Pure data.

Prices are proposals: what a body asks for it decides itself. There is no code of pagoPA's taxonomy
here, because which is right depends on the body (pagopa.md section 13).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chalicelib.payments.body import Service
from chalicelib.payments.forms import Choice, Field, Form, Texts
from chalicelib.payments.prices import Fixed, Free, Item, Price, Tariff


@dataclass(frozen=True)
class Preset:
    """`price`: as it is proposed."""

    code: str
    subject: str
    description: Texts
    price: Price
    form: Form = ()

    def service(
        self, taxonomy: str, iban: str, chapter: str, cents: int | None, active: bool
    ) -> Service:
        """As a service of a body; `cents` in place of a proposed fixed price. Raises Rejected as
        `Service` and `Fixed`."""
        price = Fixed(cents) if cents is not None else self.price
        return Service(
            self.code, self.subject, taxonomy, iban, chapter, price, active, self.description,
            self.form,
        )  # fmt: skip


_NUMBER = Field(
    "iscrizione",
    Texts("Numero di iscrizione", "Registration number", "Numéro d'inscription",
          "Número de inscripción"),
    "text",
    most_chars=20,
)  # fmt: skip
_NOTE = Field("note", Texts("Note", "Notes", "Remarques", "Notas"), "text", most_chars=200)


def _choice(code: str, *words: str) -> Choice:
    return Choice(code, Texts(*words))


_PRESETS: Final = (
    Preset(
        "segreteria",
        "Diritti di segreteria",
        Texts(
            "Diritti di segreteria per atti richiesti all'ufficio.",
            "Fees for papers asked of the office.",
            "Droits pour les actes demandés au secrétariat.",
            "Tasas por los documentos solicitados a la secretaría.",
        ),
        Tariff(
            (
                Item("copia-semplice", "Copia semplice", 500),
                Item("copia-conforme", "Copia conforme", 1_000),
                Item("ricerca", "Ricerca d'archivio", 1_500),
            )
        ),
        (_NUMBER, _NOTE),
    ),
    Preset(
        "certificati",
        "Rilascio di certificati",
        Texts(
            "Certificati di iscrizione, con o senza storico.",
            "Certificates of registration, with or without its history.",
            "Certificats d'inscription, avec ou sans historique.",
            "Certificados de inscripción, con o sin historial.",
        ),
        Tariff(
            (
                Item("iscrizione", "Certificato di iscrizione", 1_000),
                Item("storico", "Certificato storico", 2_000),
            )
        ),
        (
            _NUMBER,
            Field(
                "consegna",
                Texts("Consegna", "Delivery", "Remise", "Entrega"),
                "choice",
                required=True,
                choices=(
                    _choice("pec", "Per PEC", "By certified mail", "Par PEC", "Por PEC"),
                    _choice("ufficio", "In ufficio", "At the office", "Au secrétariat",
                            "En la oficina"),
                ),
            ),
        ),
    ),
    Preset(
        "corso",
        "Iscrizione a un corso",
        Texts(
            "Quota di partecipazione a un corso di formazione.",
            "Fee for taking part in a course.",
            "Frais de participation à une formation.",
            "Cuota de participación en un curso.",
        ),
        Fixed(5_000),
        (
            Field("corso", Texts("Titolo del corso", "Title of the course", "Titre de la formation",
                                 "Título del curso"), "text", required=True, most_chars=120),
            Field("giorno", Texts("Giorno", "Day", "Jour", "Día"), "date"),
        ),
    ),
    Preset(
        "prima-iscrizione",
        "Prima iscrizione",
        Texts(
            "Tassa per la prima iscrizione al registro.",
            "Fee for the first registration.",
            "Taxe de première inscription.",
            "Tasa de primera inscripción.",
        ),
        Fixed(15_000),
        (
            Field("nascita", Texts("Data di nascita", "Date of birth", "Date de naissance",
                                   "Fecha de nacimiento"), "date", required=True),
            Field("titolo", Texts("Titolo di studio", "Degree", "Diplôme", "Titulación"), "text",
                  required=True, most_chars=120),
        ),
    ),
    Preset(
        "trasferimento",
        "Trasferimento",
        Texts(
            "Trasferimento da o verso un altro registro.",
            "Transfer from or to another register.",
            "Transfert depuis ou vers un autre registre.",
            "Traslado desde o hacia otro registro.",
        ),
        Fixed(10_000),
        (
            _NUMBER,
            Field("verso", Texts("Ordine di provenienza o destinazione", "The other body",
                                 "L'autre ordre", "El otro colegio"), "text", required=True,
                  most_chars=120),
        ),
    ),
    Preset(
        "parcelle",
        "Liquidazione parcelle",
        Texts(
            "Diritti per il parere sulla liquidazione di una parcella.",
            "Fee for an opinion on a professional's bill.",
            "Droits pour l'avis sur une note d'honoraires.",
            "Tasa por el dictamen sobre una minuta.",
        ),
        Free(1_000, 500_000),
        (
            _NUMBER,
            Field("parcella", Texts("Numero e data della parcella", "Number and day of the bill",
                                    "Numéro et date de la note", "Número y fecha de la minuta"),
                  "text", required=True, most_chars=80),
            Field("importo", Texts("Importo della parcella (euro)", "Amount of the bill (euro)",
                                   "Montant de la note (euros)", "Importe de la minuta (euros)"),
                  "number", required=True),
        ),
    ),
)  # fmt: skip
PRESETS: Final[Mapping[str, Preset]] = {one.code: one for one in _PRESETS}
