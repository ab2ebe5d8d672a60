"""What a spontaneous service costs: fixed, by a tariff list, or as much as is given. Pure.

Source: pagopa.md section 12 (models of amount). The same rule answers the citizen's portal and the
back office; an operator who types an amount himself goes by `amounts.check` alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.base import limits
from chalicelib.base.errors import Rejected
from chalicelib.payments import amounts


@dataclass(frozen=True)
class Fixed:
    """One price for everybody, in cents."""

    cents: int

    def __post_init__(self) -> None:
        amounts.check(self.cents)


@dataclass(frozen=True)
class Item:
    """A line of a tariff list: `cents` for each."""

    code: str
    label: str
    cents: int

    def __post_init__(self) -> None:
        amounts.check(self.cents)


@dataclass(frozen=True)
class Tariff:
    """A list from which one or more items are chosen, each so many times."""

    items: tuple[Item, ...]

    def __post_init__(self) -> None:
        if not self.items or len({item.code for item in self.items}) < len(self.items):
            raise Rejected("price_list", "A tariff list has items, each with a code of its own.")


@dataclass(frozen=True)
class Free:
    """Whoever pays says how much, between two limits that are both allowed."""

    least_cents: int = 1
    most_cents: int = limits.AMOUNT_CENTS

    def __post_init__(self) -> None:
        if amounts.check(self.least_cents) > amounts.check(self.most_cents):
            raise Rejected("price_limits", "The least is more than the most.")


Price = Fixed | Tariff | Free


@dataclass(frozen=True)
class Line:
    """What was chosen, how often, and what that comes to."""

    label: str
    quantity: int
    cents: int


@dataclass(frozen=True)
class Priced:
    """An amount that a notice can ask for, and the lines of a tariff list that make it."""

    cents: int
    lines: tuple[Line, ...] = ()


def priced(
    price: Price, *, chosen: Mapping[str, int] | None = None, cents: int | None = None
) -> Priced:
    """What is asked: `chosen` gives the quantity of each item of a tariff list, `cents` a free
    amount.

    Raises Rejected `price_choice_missing`, `price_choice_unknown`, `price_quantity`,
    `price_amount_missing`, `price_amount_not_asked`, `price_out_of_limits` (details: the limits),
    `amount_out_of_range`.
    """
    if isinstance(price, Free):
        return _given(price, chosen, cents)
    if cents is not None:
        raise Rejected("price_amount_not_asked", "The price of this service is set.")
    if isinstance(price, Fixed):
        if chosen:
            raise Rejected("price_choice_unknown", "There is nothing to choose here.")
        return Priced(price.cents)
    return _counted(price, chosen or {})


def _given(price: Free, chosen: Mapping[str, int] | None, cents: int | None) -> Priced:
    if chosen:
        raise Rejected("price_choice_unknown", "There is nothing to choose here.")
    if cents is None:
        raise Rejected("price_amount_missing", "Say how much is paid.")
    if not price.least_cents <= cents <= price.most_cents:
        raise Rejected(
            "price_out_of_limits",
            "The amount is not between the limits.",
            least=price.least_cents,
            most=price.most_cents,
        )
    return Priced(cents)


def _counted(price: Tariff, chosen: Mapping[str, int]) -> Priced:
    if not chosen:
        raise Rejected("price_choice_missing", "Choose something of the list.")
    if unknown := sorted(set(chosen) - {item.code for item in price.items}):
        raise Rejected("price_choice_unknown", "That is not on the list.", codes=unknown)
    for quantity in chosen.values():
        if not 1 <= quantity <= limits.PRICE_QUANTITY:
            raise Rejected(
                "price_quantity", "So many cannot be asked for.", most=limits.PRICE_QUANTITY
            )
    # In the order of the list, whatever the order of the choices.
    lines = tuple(
        Line(item.label, chosen[item.code], item.cents * chosen[item.code])
        for item in price.items
        if item.code in chosen
    )
    return Priced(amounts.check(sum(line.cents for line in lines)), lines)
