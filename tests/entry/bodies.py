"""Bodies for tests of the doors: their people, a good setting, its services."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

from chalicelib.payments import taxonomy
from tests.entry import visitors
from tests.entry.api_world import Answer, Api
from tests.entry.visitors import Visitor
from tests.payments.taxonomy_csv import FEE, LATE, taxonomy_csv

BANK = "IT60X0542811101000000123456"
POSTE = "IT51A0760103200000000123456"
PARTNER = "12345670017"
AUTHORISATION = "AUT. DB/SSIC/E 22028 DEL 05/11/2014"

_numbers = itertools.count(1)


def fiscal_code() -> str:
    """One that no other body of this run has."""
    stem = f"800{next(_numbers):07d}"
    odd = sum(int(digit) for digit in stem[::2])
    even = sum(sum(divmod(2 * int(digit), 10)) for digit in stem[1::2])
    return f"{stem}{-(odd + even) % 10}"


def setting(**changed: Any) -> dict[str, Any]:
    """A whole setting, as PUT /v1/body takes it."""
    found: dict[str, Any] = {
        "fiscal_code": fiscal_code(),
        "name": "Ordine di prova",
        "segregations": [
            {"code": "01", "partner": PARTNER, "name": "Partner", "stations": [f"{PARTNER}_01"]}
        ],
        "segregation": "01",
        "accounts": [
            {"iban": BANK, "holder": "Ordine di prova"},
            {"iban": POSTE, "holder": "Ordine di prova"},
        ],
        "sector": "Segreteria",
        "ipa": "odc_pr",
        "cbill": "A90S3",
        "postal": {
            "account": "123456", "holder": "Ordine di prova", "authorisation": AUTHORISATION,
        },
        "contacts": {"office": "Via Roma 1", "mail": "info@ordine.example"},
    }  # fmt: skip
    return found | changed


@dataclass(frozen=True)
class House:
    """A body with one person of each role."""

    tenant: str
    administrator: Visitor
    operator: Visitor

    def call(self, api: Api, method: str, path: str, body: Any = None, **more: Any) -> Answer:
        """As its administrator."""
        return self.administrator.call(api, method, path, body, **more)


def found(api: Api) -> House:
    """A body without any setting."""
    home = visitors.tenant(api, "body")
    return House(
        home,
        visitors.enter(api, home, "body", "administrator"),
        visitors.enter(api, home, "body", "operator"),
    )


def service(**changed: Any) -> dict[str, Any]:
    return {"subject": "Quota annuale", "taxonomy": FEE, "iban": BANK, "chapter": "1.1"} | changed


def ready(api: Api, **changed: Any) -> House:
    """A body that can collect: setting, taxonomy, the services `quota` and `mora`."""
    house = found(api)
    taxonomy.load(taxonomy_csv(), api.now)
    answer = house.call(api, "PUT", "/v1/body", setting(**changed))
    assert answer.status == 200, answer.body
    late = service(subject="Mora", taxonomy=LATE, chapter="1.2")
    for code, values in {"quota": service(), "mora": late}.items():
        answer = house.call(api, "PUT", f"/v1/body/services/{code}", values)
        assert answer.status == 200, answer.body
    return house


def again(api: Api, house: House) -> House:
    """The same people in new sessions, when the old ones are over."""
    head, hand = house.administrator, house.operator
    return House(
        house.tenant,
        visitors.session(head.grant, head.mail, api.now),
        visitors.session(hand.grant, hand.mail, api.now),
    )
