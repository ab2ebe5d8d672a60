"""Forms: what may be declared, what is read, and that what is refused is never repeated."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.base import limits
from chalicelib.base.errors import Rejected
from chalicelib.payments import forms
from chalicelib.payments.forms import Choice, Field, FieldType, Texts
from chalicelib.payments.presets import PRESETS

WORD = Texts("Parola", en="Word")
LIST = (Choice("uno", Texts("Uno", fr="Un")), Choice("due", Texts("Due")))
FORM = (
    Field("testo", WORD, "text", required=True, most_chars=10),
    Field("numero", WORD, "number"),
    Field("giorno", WORD, "date"),
    Field("scelta", WORD, "choice", choices=LIST),
)


@pytest.mark.feature("F001-154")
def test_what_is_filled_in_is_kept_in_one_way() -> None:
    said: dict[str, Any] = {
        "scelta": "due", "giorno": "2026-02-28", "numero": "1.000,5".replace(".", ""),
        "testo": "  a \u0301  b ",
    }  # fmt: skip
    found = forms.read(FORM, said)
    assert list(found) == ["testo", "numero", "giorno", "scelta"]
    assert found["numero"] == "1000.5"
    assert forms.read(FORM, found) == found
    assert forms.read(FORM, {"testo": 7}) == {"testo": "7"}
    shown = forms.shown(FORM, found | {"vecchio": "x"}, "fr")
    assert shown[-2:] == [("scelta", "Parola", "Due"), ("vecchio", "vecchio", "x")]


_ANY = st.one_of(
    st.text(max_size=30), st.integers(), st.booleans(), st.none(), st.floats(),
    st.lists(st.text(max_size=3), max_size=2), st.dictionaries(st.text(max_size=3), st.none()),
)  # fmt: skip


def read(said: dict[str, Any]) -> tuple[dict[str, str], Rejected | None]:
    try:
        return forms.read(FORM, said), None
    except Rejected as refused:
        return {}, refused


@given(st.dictionaries(st.sampled_from(["testo", "numero", "giorno", "scelta", "altro"]), _ANY))
def test_whatever_is_sent_is_read_or_refused_without_repeating_it(said: dict[str, Any]) -> None:
    found, refused = read(said)
    if refused is not None:
        assert refused.code == "form_values"
        known = set(forms.Problem.__args__)  # type: ignore[attr-defined]
        assert refused.details["problems"]
        for one in refused.details["problems"]:
            assert one.keys() == {"field", "problem"}
            assert one["problem"] in known
            assert one["field"] in said or one["problem"] == "missing"
        return
    assert forms.read(FORM, found) == found
    assert found["testo"]
    assert len(found["testo"]) <= 10
    assert found.get("scelta", "uno") in ("uno", "due")
    json.dumps(found)


@pytest.mark.parametrize(
    "made",
    [
        lambda: Field("Nome", WORD, "text"),
        lambda: Field("nome", Texts(" "), "text"),
        lambda: Field("nome", Texts("x" * 121), "text"),
        lambda: Field("nome", WORD, "choice"),
        lambda: Field("nome", WORD, "text", choices=LIST),
        lambda: Field("nome", WORD, "choice", choices=(LIST[0], LIST[0])),
        lambda: Field("nome", WORD, "choice", choices=(Choice("A", WORD),)),
        lambda: Field("nome", WORD, "text", most_chars=limits.FORM_TEXT_CHARS + 1),
        lambda: forms.check((FORM[0], FORM[0])),
        lambda: forms.check(
            tuple(Field(f"f{n}", WORD, "text") for n in range(limits.FORM_FIELDS + 1))
        ),
    ],
)
def test_a_form_that_could_not_be_drawn_is_refused(made: Any) -> None:
    with pytest.raises(Rejected) as refused:
        made()
    assert refused.value.code in ("form_field", "form_fields")


def test_every_type_is_read_and_every_preset_is_good() -> None:
    assert set(forms.FIELD_TYPES) == set(FieldType.__args__)  # type: ignore[attr-defined]
    for kind in forms.FIELD_TYPES:
        field = Field("f", WORD, kind, choices=LIST if kind == "choice" else ())
        assert field.read("") == ""
    for preset in PRESETS.values():
        made = preset.service("9/0101002IM/", "IT60X0542811101000000123456", "", None, True)
        assert made.price == preset.price
        assert forms.check(made.form) == preset.form
