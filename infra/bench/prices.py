"""What the counted use costs at AWS's list prices.

The prices are those of eu-west-1 as listed in 2025: first tier, no free tier, no tax. Storage,
which grows with time and not with the work, and data transfer are not in it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from decimal import Decimal

REGION = "eu-west-1"
LISTED = "2025"


@dataclass(frozen=True)
class Price:
    """`usd` for `per` units of `unit`."""

    usd: Decimal
    per: Decimal
    unit: str

    def of(self, quantity: Decimal) -> Decimal:
        return quantity * self.usd / self.per


def _price(usd: str, per: str, unit: str) -> Price:
    return Price(Decimal(usd), Decimal(per), unit)


# By the names of Usage's fields.
PRICES = {
    "s3_writes": _price("0.005", "1000", "S3 PUT requests"),
    "s3_reads": _price("0.0004", "1000", "S3 GET requests"),
    "write_units": _price("0.70675", "1000000", "DynamoDB write request units, on demand"),
    "read_units": _price("0.1415", "1000000", "DynamoDB read request units, on demand"),
    "sqs_requests": _price("0.40", "1000000", "SQS requests, standard queue"),
    "lambda_requests": _price("0.20", "1000000", "Lambda requests"),
    "lambda_gb_s": _price("0.0000166667", "1", "Lambda GB-seconds, x86"),
    "api_requests": _price("3.50", "1000000", "API Gateway requests, REST"),
    "kms_requests": _price("0.03", "10000", "KMS requests"),
    "secret_reads": _price("0.05", "10000", "Secrets Manager calls"),
    "log_gb": _price("0.57", "1", "GB of CloudWatch logs taken in"),
    "sns_requests": _price("0.50", "1000000", "SNS publishes"),
    "mails": _price("0.10", "1000", "SES mails"),
}


@dataclass(frozen=True)
class Usage:
    """What some work used, in the units of PRICES."""

    s3_writes: Decimal = Decimal(0)
    s3_reads: Decimal = Decimal(0)
    write_units: Decimal = Decimal(0)
    read_units: Decimal = Decimal(0)
    sqs_requests: Decimal = Decimal(0)
    lambda_requests: Decimal = Decimal(0)
    lambda_gb_s: Decimal = Decimal(0)
    api_requests: Decimal = Decimal(0)
    kms_requests: Decimal = Decimal(0)
    secret_reads: Decimal = Decimal(0)
    log_gb: Decimal = Decimal(0)
    sns_requests: Decimal = Decimal(0)
    mails: Decimal = Decimal(0)

    def per_thousand(self, count: int) -> Usage:
        """The same for a thousand, when this is the use of `count`."""
        return Usage(**{one.name: getattr(self, one.name) * 1000 / count for one in fields(self)})


def breakdown(usage: Usage) -> list[tuple[str, Decimal, Decimal]]:
    """(unit, quantity, USD) for all that was used, the dearest first."""
    used = [
        (price.unit, getattr(usage, name), price.of(getattr(usage, name)))
        for name, price in PRICES.items()
        if getattr(usage, name)
    ]
    return sorted(used, key=lambda row: -row[2])


def total(usage: Usage) -> Decimal:
    """USD, exact."""
    return sum((usd for _, _, usd in breakdown(usage)), Decimal(0))


def table(usage: Usage, title: str) -> str:
    lines = [f"{title} (list prices of {REGION}, {LISTED})"]
    lines += [
        f"  {unit:42} {quantity:14.3f} {usd:10.5f} USD" for unit, quantity, usd in breakdown(usage)
    ]
    return "\n".join([*lines, f"  {'together':42} {'':14} {total(usage):10.5f} USD"])
