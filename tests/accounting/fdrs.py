"""Settlement flows in both forms, well made or lying."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

NAMESPACE = "http://www.digitpa.gov.it/schemas/2011/Pagamenti/"
FLOW_ID = "2026-11-20ABI06090-0001"
BODY = "80012345678"
# (iuv, iur, transfer, amount, outcome, day)
Payment = tuple[str, str, str, str, str, str]
ONE: Payment = ("01000000000004285", "iur1", "1", "12.34", "0", "2026-11-19")
TWO: Payment = ("01000000000004386", "iur2", "", "100.00", "0", "2026-11-19")


def xml(
    payments: Sequence[Payment] = (ONE, TWO),
    *,
    count: str | None = None,
    total: str | None = None,
    flow_id: str = FLOW_ID,
    settled: str = "2026-11-20",
    created: str = "2026-11-20T10:00:00",
    receiver: str = BODY,
    prefix: str = "pay_i:",
    namespace: str = NAMESPACE,
    declaration: str = '<?xml version="1.0" encoding="UTF-8"?>\n',
) -> bytes:
    """FlussoRiversamento; `count` and `total` are the right ones unless they are told."""
    cents = sum(int(one[3].replace(".", "")) for one in payments) if total is None else 0
    total = f"{cents // 100}.{cents % 100:02d}" if total is None else total
    names = (
        "identificativoUnivocoVersamento", "identificativoUnivocoRiscossione",
        "indiceDatiSingoloPagamento", "singoloImportoPagato", "codiceEsitoSingoloPagamento",
        "dataEsitoSingoloPagamento",
    )  # fmt: skip

    def tag(name: str, inner: str) -> str:
        return f"<{prefix}{name}>{inner}</{prefix}{name}>"

    lines = "\n".join(
        tag(
            "datiSingoliPagamenti",
            "".join(tag(name, text) for name, text in zip(names, one, strict=True) if text),
        )
        for one in payments
    )
    identity = tag("tipoIdentificativoUnivoco", "A") + tag("codiceIdentificativoUnivoco", "06090")
    body = tag("tipoIdentificativoUnivoco", "G") + tag("codiceIdentificativoUnivoco", receiver)
    inner = "\n".join([
        tag("versioneOggetto", "1.0"),
        tag("identificativoFlusso", flow_id),
        tag("dataOraFlusso", created),
        tag("identificativoUnivocoRegolamento", "TRN 1"),
        tag("dataRegolamento", settled),
        tag(
            "istitutoMittente",
            tag("identificativoUnivocoMittente", identity)
            + tag("denominazioneMittente", "Banca è Prova"),
        ),
        tag("istitutoRicevente", tag("identificativoUnivocoRicevente", body)),
        tag("numeroTotalePagamenti", str(len(payments)) if count is None else count),
        tag("importoTotalePagamenti", total),
        lines,
    ])  # fmt: skip
    attribute = f' xmlns{":" if prefix else ""}{prefix.rstrip(":")}="{namespace}"'
    root = f"{prefix}FlussoRiversamento"
    return f"{declaration}<{root}{attribute}>{inner}</{root}>".encode()


def head(**changes: Any) -> bytes:
    """FdR-3's answer to GET of a flow."""
    said = {
        "status": "PUBLISHED", "revision": 2, "fdr": FLOW_ID, "fdrDate": "2026-11-20T09:00:00Z",
        "regulation": "TRN 1", "regulationDate": "2026-11-20",
        "sender": {"type": "ABI_CODE", "id": "06090", "pspId": "ABI06090", "pspName": "Banca"},
        "receiver": {"id": "APPBIT2B", "organizationId": BODY, "organizationName": "Ordine"},
        "totPayments": 2, "sumPayments": 112.34,
    }  # fmt: skip
    return json.dumps(said | changes).encode()


STATUS = {"0": "EXECUTED", "3": "REVOKED", "4": "STAND_IN", "8": "STAND_IN_NO_RPT", "9": "NO_RPT"}


def page(payments: Sequence[Payment] = (ONE, TWO), first: int = 1) -> bytes:
    """A page of its payments; amounts are written as they stand."""
    rows = [
        f'{{"index": {number}, "iuv": "{iuv}", "iur": "{iur}", "idTransfer": {transfer or 1},'
        f' "pay": {amount}, "payStatus": "{STATUS.get(outcome, outcome)}",'
        f' "payDate": "{day}T23:30:00Z"}}'
        for number, (iuv, iur, transfer, amount, outcome, day) in enumerate(payments, first)
    ]
    return f'{{"metadata": {{}}, "count": {len(rows)}, "data": [{",".join(rows)}]}}'.encode()
