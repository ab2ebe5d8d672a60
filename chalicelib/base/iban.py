"""The check digits of an IBAN (ISO 13616, ISO 7064 mod 97-10)."""

from __future__ import annotations


def is_iban(number: str) -> bool:
    """Whether they are right; `number` in capitals and without blanks."""
    turned = number[4:] + number[:4]
    return int("".join(str(int(sign, 36)) for sign in turned)) % 97 == 1
