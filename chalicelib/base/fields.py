"""Sensitive fields, sealed one by one before they reach the table, and searched for blindly.

Each tenant has a data key of 256 bits, wrapped by the house's KMS key for this tenant only
(encryption context). Wrapped it is the item DATAKEY of his partition; unwrapped it is only in the
memory of a process. A field is AES-256-GCM under a key derived from it; tenant, entity, id and
name of the field are authenticated with it, so that a value put somewhere else does not open.

    one byte     format, 1
    four bytes   number of the data key, from 1
    12 bytes     nonce, random (NIST SP 800-38D section 8.2.2: at most 2**32 under one key)
    the rest     ciphertext, and 16 bytes of tag

What has to be found by its value gets beside it `blind`: HMAC-SHA256 under a key derived by HKDF
(RFC 5869) for that field, cut to 128 bits. It comes from the first data key for ever, because
rotation must not lose what is found by it.

`delete_key` makes all of it unreadable at once, in every process: a key that was opened is used for
DATA_KEY_RECHECK_S at most before the table is asked whether it is still there. What a backup of the
table still holds is in infra/decisions/0011-sealed-fields.md.

The house's own keys (`_users`) cannot be deleted, so they are asked for every DATA_KEY_TTL_S only.
"""

from __future__ import annotations

import hmac
import secrets
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from chalicelib.base import clock, config, dynamo, keys, kms, limits, log
from chalicelib.base.dynamo import ConditionFailed, Item, Key, Op, Put, Update
from chalicelib.base.errors import Rejected

_FORMAT: Final = b"\x01"
_NUMBER_BYTES, _NONCE_BYTES, _TAG_BYTES = 4, 12, 16
_HEAD_BYTES = len(_FORMAT) + _NUMBER_BYTES
_BLIND_BYTES = 16


class _Key:
    """An opened data key, and the cipher under what is derived from it."""

    def __init__(self, data_key: bytes) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        self.data_key = data_key
        self.cipher = AESGCM(_derived(data_key, "seal"))


@dataclass
class _Ring:
    """A tenant's keys in this process: `wrapped` as the table has them, `opened` by number."""

    wrapped: tuple[bytes, ...]
    since: datetime
    checked: datetime
    opened: dict[int, _Key] = field(default_factory=dict, repr=False)


# By table and tenant: one process may see more than one table, though not in Lambda.
_rings: OrderedDict[tuple[str, str], _Ring] = OrderedDict()
_guard = threading.Lock()


def key_of(tenant: str) -> Key:
    """Where the wrapped keys of a tenant are."""
    return keys.pk(tenant), keys.sk("DATAKEY")


def seal(tenant: str, entity: str, id: str, field: str, text: str) -> bytes:
    """The text as it may be stored: never the same twice, and of no use anywhere else.

    Makes the tenant's key when there is none. Rejected `data_key_deleted`, `field_too_long`;
    Transient `kms_unavailable`, `table_busy`.
    """
    data = text.encode()
    if len(data) > limits.FIELD_BYTES:
        raise Rejected("field_too_long", "The text is too long.", limit_bytes=limits.FIELD_BYTES)
    ring = _ring(tenant)
    number = len(ring.wrapped)
    head = _FORMAT + number.to_bytes(_NUMBER_BYTES, "big")
    nonce = secrets.token_bytes(_NONCE_BYTES)
    cipher = _opened(tenant, ring, number).cipher
    return head + nonce + cipher.encrypt(nonce, data, _bound(head, tenant, entity, id, field))


def unseal(tenant: str, entity: str, id: str, field: str, sealed: bytes) -> str:
    """What was sealed for exactly this field of this thing of this tenant.

    Rejected `data_key_deleted` (410), or `field_tampered` (500) for what was changed, or moved here
    from somewhere else; Transient as `seal`.
    """
    from cryptography.exceptions import InvalidTag

    head, nonce = sealed[:_HEAD_BYTES], sealed[_HEAD_BYTES : _HEAD_BYTES + _NONCE_BYTES]
    number = int.from_bytes(head[len(_FORMAT) :], "big")
    ring = _ring(tenant, make=False)
    long_enough = len(sealed) >= _HEAD_BYTES + _NONCE_BYTES + _TAG_BYTES
    if head[:1] != _FORMAT or not long_enough or not 1 <= number <= len(ring.wrapped):
        raise _tampered()
    cipher = _opened(tenant, ring, number).cipher
    try:
        plain: bytes = cipher.decrypt(
            nonce, sealed[len(head) + len(nonce) :], _bound(head, tenant, entity, id, field)
        )
    except InvalidTag as error:
        raise _tampered() from error
    return plain.decode()


def blind(tenant: str, field: str, normalised: str) -> str:
    """32 hex digits that only equal values of this field of this tenant share.

    Normalise first: what is written differently is different. Raises as `seal`.
    """
    ring = _ring(tenant)
    key = _derived(_opened(tenant, ring, 1).data_key, f"blind:{field}")
    return hmac.digest(key, normalised.encode(), "sha256")[:_BLIND_BYTES].hex()


def delete_key(tenant: str, also: Sequence[Op] = ()) -> None:
    """For ever: nothing of this tenant's sealed data opens any more. Repeating it is the same.

    `also` joins the commit. The house's own keys are none of a tenant's: ValueError.
    """
    if not keys.is_tenant(tenant):
        raise ValueError(f"{tenant} is no tenant")
    there = dynamo.get(key_of(tenant))
    if there is None or not there["deleted_at"]:
        version = there["version"] if there else 0
        gone = _item(tenant, (), version + 1, deleted_at=clock.stamp(clock.now()))
        dynamo.commit([Put(gone, when=_same(version), label="data_key"), *also])
    _drop(tenant)


def rotate_key(tenant: str, also: Sequence[Op] = ()) -> int:
    """A new key for what is sealed from now on; gives its number. What is sealed stays readable.

    Rejected `data_key_deleted`, `data_key_versions`; Conflict when two rotate at once.
    """
    there = dynamo.get(key_of(tenant)) or _first(tenant)[0]
    wrapped = _wrapped(there)
    if len(wrapped) >= limits.DATA_KEY_VERSIONS:
        raise Rejected("data_key_versions", "This tenant has too many keys already.")
    _, new = kms.new_data_key(config.get("DATA_KEY"), _context(tenant))
    change = Update(
        key_of(tenant),
        put={"wrapped": [*wrapped, new]},
        add={"version": 1},
        when=({"version": there["version"]},),
        label="data_key",
    )
    dynamo.commit([change, *also])
    _drop(tenant)
    return len(wrapped) + 1


def renew(tenant: str, item: Item | None) -> None:
    """Take note of the item of `key_of`, just read consistently together with other things, so that
    opening what is sealed need not ask the table by itself. A deleted key is dropped at once."""
    if item is None or item["deleted_at"]:
        _drop(tenant)
        return
    now, place, wrapped = clock.now(), _place(tenant), tuple(item["wrapped"])
    with _guard:
        held = _rings.get(place)
    if held and held.wrapped == wrapped and _within(held.since, now, limits.DATA_KEY_TTL_S):
        held.checked = now
    else:
        _remember(place, _Ring(wrapped, now, now))


def forget() -> None:
    """As a new process: no key is open."""
    with _guard:
        _rings.clear()


# ------------------------------------------------------------------ the keys of this process
def _place(tenant: str) -> tuple[str, str]:
    return config.get("TABLE"), tenant


def _drop(tenant: str) -> None:
    with _guard:
        _rings.pop(_place(tenant), None)


def _ring(tenant: str, *, make: bool = True) -> _Ring:
    """The tenant's keys as they are by now, to the second."""
    now, place = clock.now(), _place(tenant)
    with _guard:
        held = _rings.get(place)
        if held is not None:
            _rings.move_to_end(place)
    if held is not None and not _within(held.since, now, limits.DATA_KEY_TTL_S):
        held = None
    if held is not None:
        lasting = not keys.is_tenant(tenant)
        if lasting or _within(held.checked, now, limits.DATA_KEY_RECHECK_S):
            return held
    there = dynamo.get(key_of(tenant))
    opened: dict[int, _Key] = {}
    if there is None:
        if not make:
            raise _gone()
        there, opened = _first(tenant)
    try:
        wrapped = _wrapped(there)
    except Rejected:
        _drop(tenant)
        raise
    if held is not None and held.wrapped == wrapped:
        held.checked = now
        return held
    return _remember(place, _Ring(wrapped, now, now, opened))


def _remember(place: tuple[str, str], found: _Ring) -> _Ring:
    with _guard:
        _rings[place] = found
        _rings.move_to_end(place)
        while len(_rings) > limits.DATA_KEYS_OPEN:
            _rings.popitem(last=False)
    return found


def _within(then: datetime, now: datetime, seconds: int) -> bool:
    # By the clock on the wall: the other one stands still while Lambda freezes a process.
    return 0 <= (now - then).total_seconds() < seconds


def _first(tenant: str) -> tuple[Item, dict[int, _Key]]:
    """The first key of a tenant, by whoever was first; opened already where that was us."""
    plain, wrapped = kms.new_data_key(config.get("DATA_KEY"), _context(tenant))
    item = _item(tenant, (wrapped,), 1)
    try:
        dynamo.commit([Put(item, label="data_key")])
    except ConditionFailed as failed:
        there = failed.found["data_key"] or dynamo.get(key_of(tenant))
        assert there is not None
        return there, {}
    return item, {1: _Key(plain)}


def _opened(tenant: str, ring: _Ring, number: int) -> _Key:
    if number not in ring.opened:
        wrapped = ring.wrapped[number - 1]
        plain = kms.open_data_key(config.get("DATA_KEY"), wrapped, _context(tenant))
        if plain is None:
            raise _tampered()
        ring.opened[number] = _Key(plain)
    return ring.opened[number]


def _item(tenant: str, wrapped: Sequence[bytes], version: int, deleted_at: str = "") -> Item:
    pk, sk = key_of(tenant)
    return {
        "pk": pk,
        "sk": sk,
        "wrapped": list(wrapped),
        "version": version,
        "deleted_at": deleted_at,
    }


def _same(version: int) -> dynamo.Condition:
    return ({"version": version},) if version else dynamo.NEW


def _wrapped(item: Item) -> tuple[bytes, ...]:
    if item["deleted_at"]:
        raise _gone()
    return tuple(item["wrapped"])


def _context(tenant: str) -> dict[str, str]:
    # `use` keeps these apart from what base/secrets.py seals for the same tenant.
    return {"tenant": tenant, "use": "fields"}


def _gone() -> Rejected:
    return Rejected(
        "data_key_deleted", "The key of this data was deleted: nobody can read it.", status=410
    )


def _tampered() -> Rejected:
    log.metric("FieldTampered", 1)
    return Rejected("field_tampered", "What is stored here is not what was sealed.", status=500)


# ------------------------------------------------------------------ arithmetic
def _bound(head: bytes, *parts: str) -> bytes:
    """The head and the parts, each with its length before it: no two lists look the same."""
    found = [head]
    for part in parts:
        data = part.encode()
        found += [len(data).to_bytes(4, "big"), data]
    return b"".join(found)


def _derived(key: bytes, use: str) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(SHA256(), length=32, salt=None, info=f"sportello:{use}".encode()).derive(key)
