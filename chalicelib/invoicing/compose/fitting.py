"""The values of an invoice brought to what their fields may hold, or refused under their path.

The annotations of the values say which field each goes to. Texts are transliterated and put on one
line, codes lose blanks and are put in capitals, numbers get the decimals that the format writes.
"""

from __future__ import annotations

import dataclasses
import re
import types
import typing
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from chalicelib.base.errors import Rejected
from chalicelib.invoicing.compose.money import scaled
from chalicelib.invoicing.compose.values import Cut
from chalicelib.invoicing.fatturapa.text import fit, shorten
from chalicelib.invoicing.fatturapa.tree.facets import Code, Facet, Number, Text, Whole, fault_of
from chalicelib.invoicing.fatturapa.tree.written import text_of

T = TypeVar("T")

# What people write in groups and in small letters.
_TIGHT = frozenset(
    {
        "BICType",
        "CodEORIType",
        "CodiceDestinatarioType",
        "CodiceFiscalePFType",
        "CodiceFiscaleType",
        "CodiceType",
        "DivisaType",
        "IBANType",
        "NazioneType",
        "ProvinciaType",
    }
)
_PHONE_GROUPS = re.compile(r"[\s./()-]")
_SHOWN = 20
_DIGITS = 40  # beyond these a number is no amount, and its arithmetic no fun


def refused(code: str, message: str, field: str, **details: Any) -> Rejected:
    """A refusal with the path of the value."""
    return Rejected(code, message, field=field, **details)


def _missing(field: str) -> Rejected:
    return refused("compose_missing", "A compulsory value is missing.", field)


def _code_points(signs: str) -> list[str]:
    """Which characters, but not the text: it may be a patient's name."""
    return [f"U+{ord(sign):04X}" for sign in sorted(set(signs))[:_SHOWN]]


def _fit_text(value: str, facet: Text, cut: bool, field: str) -> str:
    if facet.name == "TelFaxType":
        # People group the digits of a telephone number, and the field has twelve characters.
        value = _PHONE_GROUPS.sub("", value)
    fitted = fit(value, facet.charset)
    if fitted.lost:
        raise refused(
            "compose_characters",
            "The text has characters that the format cannot hold.",
            field,
            characters=_code_points(fitted.lost),
        )
    if cut:
        return shorten(fitted.text, facet.high)
    if fitted.text and not facet.low <= len(fitted.text) <= facet.high:
        raise refused(
            "compose_length",
            "The text is too long or too short.",
            field,
            low=facet.low,
            high=facet.high,
            length=len(fitted.text),
        )
    return fitted.text


def _fit_code(value: str, facet: Facet) -> str:
    tight = isinstance(facet, Code) and facet.name in _TIGHT
    return "".join(value.split()).upper() if tight else value.strip()


def _fit_number(value: Any, facet: Number, field: str) -> Decimal:
    if not isinstance(value, Decimal) or not value.is_finite():
        raise refused("compose_number", "The value is not a number.", field)
    if abs(value.adjusted()) > _DIGITS or len(value.as_tuple().digits) > _DIGITS:
        raise refused("compose_number", "The number is out of all bounds.", field)
    try:
        return scaled(value, facet.low, facet.high)
    except ValueError as error:
        message = "The number has too many decimals."
        raise refused("compose_decimals", message, field, high=facet.high) from error


def _text(value: Any, field: str) -> str:
    if not isinstance(value, str):
        raise refused("compose_text", "The value is not a text.", field)
    return value


def _leaf(value: Any, facet: Facet, cut: bool, field: str) -> Any:
    """A value in the form of its field; "" where nothing is left of a text."""
    fitted: Any
    if isinstance(facet, Text):
        return _fit_text(_text(value, field), facet, cut, field)
    if isinstance(facet, Number):
        fitted = _fit_number(value, facet, field)
    elif isinstance(facet, Whole):
        # A bool is an int to Python and no number to anybody else.
        if type(value) is not int:
            raise refused("compose_number", "The value is not a whole number.", field)
        fitted = value
    else:
        fitted = _fit_code(_text(value, field), facet)
        if not fitted:
            return ""
    reason = fault_of(facet, text_of(fitted))
    if reason:
        message = "The value does not have the form of its field."
        raise refused("compose_form", message, field, reason=reason)
    return fitted


def _value(value: Any, hint: Any, optional: bool, field: str) -> Any:
    """A value by its annotation; `optional`: "" may stand for nothing."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        if value is None:
            return None
        (hint,) = (part for part in get_args(hint) if part is not type(None))
        return _value(value, hint, False, field)
    if origin is tuple:
        if not isinstance(value, tuple):
            raise refused("compose_list", "The value is not a list.", field)
        inner = get_args(hint)[0]
        return tuple(_value(each, inner, False, f"{field}[{n}]") for n, each in enumerate(value))
    if origin is Annotated:
        facet = next(part for part in hint.__metadata__ if isinstance(part, Facet))
        cut = any(isinstance(part, Cut) for part in hint.__metadata__)
        if value == "" and optional:
            return ""
        fitted = _leaf(value, facet, cut, field)
        if fitted == "" and not optional:
            raise _missing(field)
        return fitted
    if origin is Literal:
        if value not in get_args(hint):
            raise refused("compose_form", "The value is not in the list.", field, reason="value")
        return value
    if dataclasses.is_dataclass(hint):
        return fitting(value, hint, field)
    if type(value) is not hint:
        raise refused("compose_type", f"The value is not a {hint.__name__}.", field)
    return value


_HINTS: dict[Any, dict[str, Any]] = {}


def _hints(kind: Any) -> dict[str, Any]:
    if kind not in _HINTS:
        _HINTS[kind] = typing.get_type_hints(kind, include_extras=True)
    return _HINTS[kind]


def fitting(value: T, kind: Any = None, field: str = "") -> T:
    """A value of `values`, or of the tree, with all that it holds brought to form.

    Raises Rejected with compose_missing, compose_characters, compose_length, compose_form,
    compose_number, compose_decimals, compose_text, compose_list or compose_type; `field` is the
    path of the value.
    """
    kind = kind or type(value)
    if type(value) is not kind:
        raise refused("compose_type", f"The value is not a {kind.__name__}.", field)
    hints = _hints(kind)
    made: dict[str, Any] = {}
    shape: Any = kind
    for own in dataclasses.fields(shape):
        path = f"{field}.{own.name}" if field else own.name
        made[own.name] = _value(getattr(value, own.name), hints[own.name], own.default == "", path)
    return dataclasses.replace(typing.cast(Any, value), **made)  # type: ignore[no-any-return]
