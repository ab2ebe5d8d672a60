"""The fixed texts are PagoPA's, letter for letter."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from chalicelib.payments.notice.words import WORDS, Language, Words

SOURCE = Path(__file__).parents[4] / "shared/schemas/pagopa/avviso/strings_translations_3.2.md"
LANGUAGES: dict[str, Language] = {
    "Italian": "it", "French": "fr", "English": "en", "Slovenian": "sl", "German": "de",
}  # fmt: skip
WHERE = {
    "title": "intestazione.titolo",
    "creditor": "infoEnteCreditore.titolo",
    "recipient": "infoDestinatario.titolo",
    "how_much_and_when": "importoScadenza.titolo",
    "amount": "importoScadenza.importo.importo",
    "euro": "importoScadenza.euro",
    "by": "importoScadenza.scadenza.scadenza",
    "legal": "importoScadenza.disclaimer.legal",
    "many": "importoScadenza.disclaimer.rate.molteRate",
    "whole_or_rates": "importoScadenza.disclaimer.rate.rate",
    "only_rates": "importoScadenza.disclaimer.rate.soloRate",
    "where": "dovePagare.titolo",
    "go_to": "dovePagare.cta",
    "online": "dovePagare.italia.online.titolo",
    "online_text": "dovePagare.italia.online.descrizione.noEnte",
    "online_text_site": "dovePagare.italia.online.descrizione.sitoEnte",
    "local": "dovePagare.italia.territorio.titolo",
    "local_text": "dovePagare.italia.territorio.descrizione",
    "data": "datiPagamento.titolo",
    "single": "datiPagamento.rataUnica",
    "rate": "datiPagamento.numRata",
    "rate_by": "datiPagamento.scadenza",
    "hint_single": "datiPagamento.istruzioni.qrCode.rataUnica",
    "hint_rate": "datiPagamento.istruzioni.qrCode.rate",
    "data_recipient": "datiPagamento.destinatario",
    "data_creditor": "datiPagamento.enteCreditore",
    "subject": "datiPagamento.oggettoDelPagamento",
    "notice_code": "datiPagamento.avviso.breve",
    "cbill": "datiPagamento.cbill.breve",
    "creditor_code": "datiPagamento.codiceFiscaleEnte.breve",
}
PLACES = {r"\{\{Numero\}\}|\[n\]|\[avviso\.rate\.totali\]": "{n}",
          r"\{\{EnteNome\}\}|\[Ente\.Nome\]": "{name}"}  # fmt: skip


def published() -> dict[Language, Any]:
    if not SOURCE.is_file():
        pytest.skip("the published texts are not at hand")
    found = re.findall(r"### (\w+)\n.*?```json\n(.*?)\n```", SOURCE.read_text(), re.DOTALL)
    return {LANGUAGES[name]: json.loads(body)["avviso"] for name, body in found}


def at(tree: Any, path: str) -> str:
    # German has the app only among the texts of public utilities.
    for key in path.split("."):
        if key == "italia" and key in tree and "online" in path and "online" not in tree[key]:
            key = "gps"
        tree = tree[key]
    text: str = tree
    for pattern, ours in PLACES.items():
        text = re.sub(pattern, ours, text)
    return text


def test_every_text_is_looked_at() -> None:
    assert set(WHERE) == {one.name for one in fields(Words)}
    assert set(WORDS) == set(LANGUAGES.values())


@pytest.mark.parametrize("language", WORDS)
def test_texts_are_verbatim(language: Language) -> None:
    tree = published()[language]
    found = vars(WORDS[language])
    assert {name: at(tree, path) for name, path in WHERE.items()} == found
