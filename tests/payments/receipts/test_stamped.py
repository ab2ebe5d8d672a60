"""Whether a stamp that came is the one that was asked for."""

from __future__ import annotations

from base64 import b64encode

import pytest

from chalicelib.payments.receipts import stamped
from chalicelib.payments.stamps import Stamp

MINE, OTHER = (b64encode(bytes([sign] * 32)).decode() for sign in (1, 2))
ASKED = Stamp(MINE, "RM")
NAMES = (
    'xmlns="http://www.agenziaentrate.gov.it/2014/MarcaDaBollo"'
    ' xmlns:ds="http://www.w3.org/2000/09/xmldsig#"'
)


def stamp(**changed: str) -> bytes:
    """One by MarcaDaBollo.xsd, with other words in some places."""
    said = {"names": NAMES, "iubd": "012345", "cents": "16.00", "kind": "01", "document": MINE,
            "signature": "<ds:Signature/>"} | changed  # fmt: skip
    return (
        f"<marcaDaBollo {said['names']}><PSP><CodiceFiscale>1</CodiceFiscale></PSP>"
        f"<IUBD>{said['iubd']}</IUBD><Importo>{said['cents']}</Importo>"
        f"<TipoBollo>{said['kind']}</TipoBollo><ImprontaDocumento><ds:DigestValue>"
        f"{said['document']}</ds:DigestValue></ImprontaDocumento>{said['signature']}</marcaDaBollo>"
    ).encode()


@pytest.mark.parametrize(
    ("data", "asked", "found"),
    [
        (stamp(), ASKED, "fits"),
        (stamp(cents="16"), ASKED, "fits"),
        (stamp(document=f"\n {MINE[:20]}\n {MINE[20:]}\n"), ASKED, "fits"),
        (stamp(), None, "plain"),
        (None, ASKED, "missing"),
        (stamp(document=OTHER), ASKED, "other_document"),
        (stamp(cents="2.00"), ASKED, "other_amount"),
        (stamp(cents="16.001"), ASKED, "unreadable"),
        (stamp(cents="NaN"), None, "unreadable"),
        (stamp(kind="02"), ASKED, "unreadable"),
        (stamp(iubd=""), ASKED, "unreadable"),
        (stamp(document="abc"), ASKED, "unreadable"),
        (stamp(signature=""), ASKED, "unreadable"),
        (stamp(names=NAMES.replace("2014", "2015")), ASKED, "unreadable"),
        (stamp()[:-5], ASKED, "unreadable"),
        (b"", None, "unreadable"),
    ],
)
def test_what_is_found_of_a_stamp(data: bytes | None, asked: Stamp | None, found: str) -> None:
    assert stamped.check(data, asked, 1_600) == found
