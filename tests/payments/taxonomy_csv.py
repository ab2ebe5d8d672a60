"""A list as PagoPA publishes it: the same columns and days, a few codes."""

from __future__ import annotations

HEAD = (
    "CODICE TIPO ENTE CREDITORE;TIPO ENTE CREDITORE;PROGRESSIVO MACRO AREA;NOME MACRO AREA;"
    "DESCRIZIONE MACRO AREA;CODICE TIPOLOGIA SERVIZIO;TIPO SERVIZIO;MOTIVO GIURIDICO;"
    "DESCRIZIONE TIPO SERVIZIO;VERSIONE;DATI SPECIFICI DI INCASSO;DATA INIZIO VALIDITA;"
    "DATA FINE VALIDITA;COMBINAZIONE TOPIC;FLAG"
)
ROWS = (
    "12;Ordini;01;Quote;Quote degli iscritti;001;Quota annuale;AP;Quota annuale d’iscrizione;1;"
    "9/1201001AP/;01/01/2020;12/31/2099;x;x",
    "12;Ordini;01;Quote;Quote degli iscritti;002;Mora;SP;Maggiorazione per ritardo;1;"
    "9/1201002SP/;01/01/2020;12/31/2099;x;x",
    "12;Ordini;02;Vecchi;Servizi cessati;001;Tassa cessata;TS;Non più in uso;1;"
    "9/1202001TS/;01/01/2020;11/20/2026;x;x",
)
FEE, LATE, ENDED = "9/1201001AP/", "9/1201002SP/", "9/1202001TS/"


def taxonomy_csv(*more: str) -> bytes:
    """UTF-8 with its mark, CRLF."""
    return ("\ufeff" + "\r\n".join((HEAD, *ROWS, *more)) + "\r\n").encode()
