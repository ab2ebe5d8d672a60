"""How a body is joined to pagoPA: by which model, under which keys, in which environment. Pure.

Source: pagopa.md section 5; SANP, "modalità d'integrazione".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from chalicelib.base.taxids import is_vat_number
from chalicelib.payments.pagopa import aca, gpd
from chalicelib.payments.positions.states import State

# node: the body's station answers, nothing is told. gpd: pagoPA keeps the positions and answers.
# aca: the station answers, and the archive knows them for when it cannot.
Mode = Literal["node", "gpd", "aca"]
Environment = Literal["production", "test"]
# Each product has a subscription key of its own.
Product = Literal["positions", "receipts", "biz"]
PRODUCTS: Final[tuple[Product, ...]] = ("positions", "receipts", "biz")
HOSTS: Final[Mapping[Environment, str]] = {
    "production": "https://api.platform.pagopa.it",
    "test": "https://api.uat.platform.pagopa.it",
}
RECEIPTS: Final = "/gpd/payments-receipts-service/v1"
BIZ: Final = "/bizevents/service/v1"


@dataclass(frozen=True)
class Connection:
    """A body's setting. `keys` are sealed; `broker` is who sends its files (its own code when it
    has no broker); `paused_until`: an instant before which pagoPA asked not to be called."""

    creditor: str
    mode: Mode = "node"
    environment: Environment = "production"
    broker: str = ""
    keys: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    paused_until: str = ""
    version: int = 0

    @property
    def tells(self) -> bool:
        """Whether pagoPA is to know its positions."""
        return self.mode != "node"

    @property
    def looks(self) -> bool:
        """Whether receipts are fetched: pagoPA gives them to whoever asks, and to nobody else."""
        return self.mode == "gpd" and "receipts" in self.keys

    @property
    def first_state(self) -> State:
        """How its positions are born: where pagoPA keeps them they are none before it knows."""
        return "draft" if self.mode == "gpd" else "valid"

    @property
    def place(self) -> str:
        """Where positions are told: what one place knows another does not."""
        return f"{self.mode}:{self.environment}"

    @property
    def service(self) -> str:
        """The path under which its positions are."""
        return aca.SERVICE if self.mode == "aca" else gpd.SERVICE

    @property
    def files(self) -> str:
        """The path under which its files are taken."""
        base = aca.UPLOAD if self.mode == "aca" else gpd.UPLOAD
        broker = self.broker or self.creditor
        return f"{base}/brokers/{broker}/organizations/{self.creditor}/debtpositions/file"


def is_broker(code: str) -> bool:
    """Whether it can be a broker's code: a fiscal code, or "" for none."""
    return not code or is_vat_number(code)
