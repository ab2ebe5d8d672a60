"""Sealed fields: what opens, what never opens, and what is left when a key is deleted (moto)."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.base import aws, config, dynamo, fields, kms, limits
from chalicelib.base.errors import Rejected, Transient
from tests.faults import Fault
from tests.world import World

pytestmark = pytest.mark.feature("F000-048")
PLACE = ("alfa", "person", "p1", "telephone")
TEXT = "+39 055 123456, allergia alla penicillina"
anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
parts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
TENANTS = ("alfa", "beta", "_users")
indexed = st.tuples(st.sampled_from(TENANTS), parts, anything)
in_one_world = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(autouse=True)
def _empty(world: World) -> None:
    """Every test here works on the world's table and KMS."""


def refused(*place: Any) -> str:
    """The code of what `unseal` says."""
    with pytest.raises(Rejected) as found:
        fields.unseal(*place)
    return found.value.code


def calls(world: World, *acts: Any) -> list[str]:
    with world.faults.invocation():
        for act in acts:
            act()
    return world.faults.calls


# ------------------------------------------------------------------ what opens
@in_one_world
@given(st.sampled_from(TENANTS), parts, parts, parts, anything)
def test_what_is_sealed_opens_where_it_was_sealed(
    world: World, tenant: str, entity: str, id: str, field: str, text: str
) -> None:
    sealed = fields.seal(tenant, entity, id, field, text)
    assert fields.unseal(tenant, entity, id, field, sealed) == text
    assert len(sealed) == len(text.encode()) + 33


@in_one_world
@given(
    st.tuples(st.sampled_from(TENANTS), parts, parts, parts),
    st.tuples(st.sampled_from(TENANTS), parts, parts, parts),
    anything,
)
def test_what_is_moved_does_not_open(
    world: World, here: tuple[str, ...], there: tuple[str, ...], text: str
) -> None:
    sealed = fields.seal(*here, text)  # type: ignore[call-arg]
    fields.seal(*there, "so that there is a key")  # type: ignore[call-arg]
    if here == there:
        assert fields.unseal(*there, sealed) == text  # type: ignore[call-arg]
    else:
        assert refused(*there, sealed) == "field_tampered"


def test_names_run_into_each_other_do_not_open() -> None:
    """`a`, `bc` and `ab`, `c` are not the same place."""
    names = ["", "a", "ab", "abc", "b", "bc", "c"]
    places = [p for p in itertools.product(names, repeat=3) if "".join(p) == "abc"]
    for here, there in itertools.permutations(places, 2):
        sealed = fields.seal("alfa", *here, "x")  # type: ignore[call-arg]
        assert refused("alfa", *there, sealed) == "field_tampered"


@in_one_world
@given(st.data())
def test_one_changed_bit_is_found(world: World, data: st.DataObject) -> None:
    sealed = bytearray(fields.seal(*PLACE, TEXT))
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    assert refused(*PLACE, bytes(sealed)) == "field_tampered"


@pytest.mark.parametrize("length", range(40))
def test_what_is_cut_off_is_found(length: int) -> None:
    assert refused(*PLACE, fields.seal(*PLACE, "12345678")[:length]) == "field_tampered"


def test_no_nonce_comes_twice_and_no_text_looks_the_same() -> None:
    made = [fields.seal(*PLACE, TEXT) for _ in range(5_000)]
    assert len({one[5:17] for one in made}) == len(made)
    assert len({one[17:] for one in made}) == len(made)


def test_a_text_that_no_item_could_hold_is_refused() -> None:
    fields.seal(*PLACE, "a" * limits.FIELD_BYTES)
    with pytest.raises(Rejected) as found:
        fields.seal(*PLACE, "à" * limits.FIELD_BYTES)
    assert found.value.code == "field_too_long"


# ------------------------------------------------------------------ what the table shows
def test_a_dump_of_the_table_shows_ciphertext_only(world: World) -> None:
    person = {
        "pk": "T#alfa#P#p1",
        "sk": "PERSON",
        "note": fields.seal(*PLACE, TEXT),
        "by_note": fields.blind("alfa", "note", TEXT.casefold()),
    }
    dynamo.commit([dynamo.Put(person)])
    dump = json.dumps(
        aws.client("dynamodb").scan(TableName=config.get("TABLE"))["Items"], default=bytes.hex
    )
    key = kms.open_data_key(
        config.get("DATA_KEY"),
        _wrapped("alfa")[0],
        {"tenant": "alfa", "use": "fields"},
    )
    assert key is not None
    for secret in (TEXT.encode(), b"penicillina", key):
        assert secret.hex() not in dump
        assert secret.decode("latin-1") not in dump
    assert "p1" in dump, "the dump is one"
    stored = dynamo.get((person["pk"], person["sk"]))
    assert stored is not None
    assert fields.unseal(*PLACE, stored["note"]) == TEXT


def _wrapped(tenant: str) -> list[bytes]:
    item = dynamo.get(fields.key_of(tenant))
    assert item is not None
    found: list[bytes] = item["wrapped"]
    return found


def test_a_key_that_was_wrapped_for_another_tenant_does_not_open() -> None:
    """Whoever can write the table cannot read beta with alfa's right to KMS."""
    sealed = fields.seal(*PLACE, TEXT)
    stolen = fields._item("beta", _wrapped("alfa"), 1)
    dynamo.commit([dynamo.Put(stolen)])
    assert refused("beta", *PLACE[1:], sealed) == "field_tampered"


# ------------------------------------------------------------------ blind indexes
@in_one_world
@given(indexed, indexed)
def test_only_the_same_value_of_the_same_field_looks_the_same(
    world: World, one: tuple[str, str, str], other: tuple[str, str, str]
) -> None:
    assert (fields.blind(*one) == fields.blind(*other)) is (one == other)
    assert len(bytes.fromhex(fields.blind(*one))) == 16


def test_an_index_is_what_the_two_rfcs_say() -> None:
    """RFC 5869 (HKDF) and RFC 2104 (HMAC), by hand."""
    index = fields.blind("alfa", "mail", "a@b.it")
    key = kms.open_data_key(
        config.get("DATA_KEY"), _wrapped("alfa")[0], {"tenant": "alfa", "use": "fields"}
    )
    assert key is not None
    extracted = hmac.digest(bytes(32), key, "sha256")
    derived = hmac.digest(extracted, b"sportello:blind:mail\x01", "sha256")
    assert index == hmac.new(derived, b"a@b.it", hashlib.sha256).hexdigest()[:32]


# ------------------------------------------------------------------ keys
def test_kms_is_asked_once_and_not_for_each_field(world: World) -> None:
    sealed: list[bytes] = []
    first = calls(world, *[lambda: sealed.append(fields.seal(*PLACE, TEXT))] * 20)
    assert first == ["dynamodb.GetItem", "kms.GenerateDataKey", "dynamodb.PutItem"]
    fields.forget()
    again = calls(world, *[lambda: fields.unseal(*PLACE, sealed[0])] * 20)
    assert again == ["dynamodb.GetItem", "kms.Decrypt"]
    world.pass_time(limits.DATA_KEY_RECHECK_S)
    assert calls(world, lambda: fields.unseal(*PLACE, sealed[0])) == ["dynamodb.GetItem"]
    world.pass_time(limits.DATA_KEY_TTL_S)
    assert calls(world, lambda: fields.unseal(*PLACE, sealed[0])) == again


def test_a_key_of_the_house_is_asked_for_by_its_time_to_live_only(world: World) -> None:
    """A login has five calls of the table, and none of them is for this."""
    place = ("_users", "login", "u1", "totp")
    sealed = fields.seal(*place, "secret")
    world.pass_time(limits.DATA_KEY_TTL_S - 1)
    assert calls(world, lambda: fields.unseal(*place, sealed)) == []
    with pytest.raises(ValueError, match="_users"):
        fields.delete_key("_users")


def test_the_keys_in_memory_are_bounded(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "DATA_KEYS_OPEN", 3)
    for number in range(5):
        fields.seal(f"t{number}", "a", "b", "c", "d")
    assert [tenant for _, tenant in fields._rings] == ["t2", "t3", "t4"]


def test_a_new_key_is_for_new_values_and_the_old_stay_readable(world: World) -> None:
    old, index = fields.seal(*PLACE, "old"), fields.blind("alfa", "mail", "a@b.it")
    assert fields.rotate_key("alfa") == 2
    new = fields.seal(*PLACE, "new")
    assert (old[1:5], new[1:5]) == (b"\0\0\0\1", b"\0\0\0\2")
    for _ in range(2):
        assert fields.unseal(*PLACE, old) == "old"
        assert fields.unseal(*PLACE, new) == "new"
        assert fields.blind("alfa", "mail", "a@b.it") == index
        fields.forget()
    assert fields.rotate_key("beta") == 2, "a tenant without any gets his first as well"
    assert refused(*PLACE, new[:1] + b"\0\0\0\1" + new[5:]) == "field_tampered"
    assert refused(*PLACE, new[:1] + b"\0\0\0\3" + new[5:]) == "field_tampered"


def test_another_process_sees_the_new_key(world: World) -> None:
    fields.seal(*PLACE, "old")
    warm = dict(fields._rings)
    fields.rotate_key("alfa")
    fields._rings.update(warm)
    world.pass_time(limits.DATA_KEY_RECHECK_S)
    assert fields.seal(*PLACE, "new")[1:5] == b"\0\0\0\2"


def test_keys_are_not_made_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "DATA_KEY_VERSIONS", 2)
    assert fields.rotate_key("alfa") == 2
    with pytest.raises(Rejected) as found:
        fields.rotate_key("alfa")
    assert found.value.code == "data_key_versions"


# ------------------------------------------------------------------ a key that is deleted
def test_nothing_opens_after_the_key_is_deleted(world: World) -> None:
    """In this process, in a new one, and in one that had it open, a second later at most."""
    sealed, other = fields.seal(*PLACE, TEXT), fields.seal("beta", *PLACE[1:], TEXT)
    fields.rotate_key("alfa")
    newer = fields.seal(*PLACE, TEXT)
    warm = dict(fields._rings)
    fields.delete_key("alfa")
    for each in (sealed, newer):
        assert refused(*PLACE, each) == "data_key_deleted"
        fields.forget()
        assert refused(*PLACE, each) == "data_key_deleted"
    fields._rings.update(warm)
    assert limits.DATA_KEY_RECHECK_S <= 1
    world.pass_time(limits.DATA_KEY_RECHECK_S)
    assert refused(*PLACE, sealed) == "data_key_deleted"
    assert not [tenant for _, tenant in fields._rings if tenant == "alfa"]
    assert fields.unseal("beta", *PLACE[1:], other) == TEXT
    assert not any(item.get("wrapped") for item in world.items() if item["pk"] == "T#alfa")


def test_no_new_key_comes_where_one_was_deleted() -> None:
    """It would hide that the old values are gone, and seal what nobody should have any more."""
    fields.seal(*PLACE, TEXT)
    fields.delete_key("alfa")
    fields.delete_key("alfa")
    for act in (
        lambda: fields.seal(*PLACE, TEXT),
        lambda: fields.blind("alfa", "mail", "a@b.it"),
        lambda: fields.rotate_key("alfa"),
    ):
        with pytest.raises(Rejected) as found:
            act()
        assert (found.value.code, found.value.status) == ("data_key_deleted", 410)


def test_a_tenant_without_a_key_can_be_closed_and_reads_nothing() -> None:
    sealed = fields.seal(*PLACE, TEXT)
    assert refused("gamma", *PLACE[1:], sealed) == "data_key_deleted"
    fields.delete_key("gamma")
    assert refused("gamma", *PLACE[1:], sealed) == "data_key_deleted"


def test_what_is_done_with_the_key_is_in_the_same_commit() -> None:
    for number, act in enumerate((fields.rotate_key, fields.delete_key)):
        beside = {"pk": "T#alfa#X", "sk": str(number)}
        act("alfa", [dynamo.Put(beside)])
        assert dynamo.get(("T#alfa#X", str(number))) == beside


# ------------------------------------------------------------------ the world fails
@pytest.mark.parametrize("kind", ["throttle", "broken", "timeout"])
def test_kms_does_not_answer(world: World, kind: Any) -> None:
    world.faults.fault = Fault(kind, 1)
    with world.faults.invocation(), pytest.raises(Transient) as found:
        fields.seal(*PLACE, TEXT)
    assert world.faults.struck == "kms.GenerateDataKey"
    assert found.value.code == "kms_unavailable"
    sealed = fields.seal(*PLACE, TEXT)
    fields.forget()
    world.faults.fault = Fault(kind, 1)
    with world.faults.invocation(), pytest.raises(Transient):
        fields.unseal(*PLACE, sealed)
    assert fields.unseal(*PLACE, sealed) == TEXT


def test_a_clock_that_goes_back_opens_the_key_again(world: World) -> None:
    fields.seal(*PLACE, TEXT)
    world.clock.set(world.clock.at - timedelta(hours=1))
    found = calls(world, lambda: fields.seal(*PLACE, TEXT))
    assert found == ["dynamodb.GetItem", "kms.Decrypt"]


# ------------------------------------------------------------------ read along with other things
def test_a_key_that_was_read_along_is_not_asked_for_again(world: World) -> None:
    sealed = fields.seal(*PLACE, TEXT)
    world.pass_time(limits.DATA_KEY_RECHECK_S)
    fields.renew("alfa", dynamo.get(fields.key_of("alfa")))
    assert calls(world, lambda: fields.unseal(*PLACE, sealed)) == []
    # Its time to live goes on: KMS is asked again when it is over, and the table is not.
    world.pass_time(limits.DATA_KEY_TTL_S)
    item = dynamo.get(fields.key_of("alfa"))
    fields.renew("alfa", item)
    assert calls(world, lambda: fields.unseal(*PLACE, sealed)) == ["kms.Decrypt"]
    fields.forget()
    fields.renew("alfa", item)
    assert calls(world, lambda: fields.unseal(*PLACE, sealed)) == ["kms.Decrypt"]


def test_what_was_read_along_tells_of_other_keys_and_of_a_deleted_one(world: World) -> None:
    sealed = fields.seal(*PLACE, TEXT)
    fields.rotate_key("alfa")
    fields.renew("alfa", dynamo.get(fields.key_of("alfa")))
    assert fields.unseal(*PLACE, sealed) == TEXT
    held = fields._rings.copy()
    fields.delete_key("alfa")
    fields._rings.update(held)
    fields.renew("alfa", dynamo.get(fields.key_of("alfa")))
    assert refused(*PLACE, sealed) == "data_key_deleted"
    fields.renew("gamma", None)
    assert refused("gamma", *PLACE[1:], sealed) == "data_key_deleted"
    del world
