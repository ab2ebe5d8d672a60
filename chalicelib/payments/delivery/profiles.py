"""A body's profiles of carriers: where notices go, and what opens it.

T#<tenant>#BODY   CARRIER#<code>   a profile; its secrets sealed for it alone

Secrets can be written and never read. Whoever changes where they would be shown must know them:
else he could have them told to a server of his own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Final, Literal

from chalicelib.base import dynamo, keys, limits
from chalicelib.base import fields as sealing
from chalicelib.base.dynamo import ConditionFailed, Delete, Item, Key, Op, Put
from chalicelib.base.errors import Conflict, NotFound, Rejected
from chalicelib.payments import bodies
from chalicelib.payments.delivery import appio, areas, ftps, members, postal, sftp

Kind = Literal["sftp", "ftps", "members", "appio", "postal"]
KINDS: Final[tuple[Kind, ...]] = Kind.__args__  # type: ignore[attr-defined]
Setting = sftp.Profile | ftps.Profile | members.Profile | appio.Profile | postal.Profile
_TYPES: Final[dict[Kind, type[Setting]]] = {
    "sftp": sftp.Profile,
    "ftps": ftps.Profile,
    "members": members.Profile,
    "appio": appio.Profile,
    "postal": postal.Profile,
}
# What a secret is shown to, and by what the other side is known.
_TARGETS: Final[dict[Kind, tuple[str, ...]]] = {
    "sftp": ("host", "port", "user", "fingerprint"),
    "ftps": ("host", "port", "user", "authority"),
    "members": ("url", "probe", "login", "header", "authority"),
    "appio": (),
    "postal": (),
}
_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}", re.ASCII)


@dataclass(frozen=True)
class Carrier:
    """`code` is the body's own name for it; `version` 0 before it is stored. `secrets`: whether
    there are any."""

    code: str
    kind: Kind
    setting: Setting
    version: int = 0
    secrets: bool = False
    sealed: bytes = field(default=b"", repr=False)


def parse(kind: str, values: Mapping[str, Any]) -> Setting:
    """A setting out of plain values. Rejected `carrier_kind`, `carrier_fields`, and as the kind's
    own profile."""
    if kind not in KINDS:
        raise Rejected("carrier_kind", "There is no such carrier.", known=list(KINDS))
    made: Callable[..., Setting] = _TYPES[kind]
    known = {one.name for one in fields(_TYPES[kind])}
    if unknown := sorted(set(values) - known):
        raise Rejected("carrier_fields", "It has no such fields.", unknown=unknown)
    found = {
        name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
    }
    try:
        return made(**found)
    except TypeError as error:
        raise Rejected("carrier_fields", "Something is missing, or of another kind.") from error


def plain(setting: Setting) -> dict[str, Any]:
    """Its values, as `parse` takes them."""
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in asdict(setting).items()
    }


def check_secrets(setting: Setting, secrets: Mapping[str, str]) -> None:
    """Rejected as the kind's own check, `carrier_secrets` for one that it does not know."""
    known = {"password", "key", "passphrase"} if isinstance(setting, areas.Area) else {"key"}
    if not set(secrets) <= known or isinstance(setting, postal.Profile):
        raise Rejected("carrier_secrets", "It has no such secret.", known=sorted(known))
    if isinstance(setting, sftp.Profile):
        sftp.check_secrets(areas.Secrets(**secrets))
    elif isinstance(setting, ftps.Profile):
        ftps.check_secrets(areas.Secrets(**secrets))
    elif isinstance(setting, members.Profile):
        members.check_secret(setting, secrets.get("key", ""))
    elif isinstance(setting, appio.Profile):
        appio.check_key(secrets.get("key", ""))


# ------------------------------------------------------------------ the table
def _key(tenant: str, code: str) -> Key:
    return keys.pk(tenant, "BODY"), keys.sk("CARRIER", code)


def _read(item: Item) -> Carrier:
    setting = parse(item["kind"], item["values"])
    sealed = item["sealed"]
    return Carrier(item["code"], item["kind"], setting, item["version"], bool(sealed), sealed)


def find(tenant: str, code: str) -> Carrier | None:
    item = dynamo.get(_key(tenant, code))
    return None if item is None else _read(item)


def get(tenant: str, code: str) -> Carrier:
    """NotFound."""
    found = find(tenant, code)
    if found is None:
        raise NotFound("carrier")
    return found


def list_carriers(tenant: str, kind: str = "") -> list[Carrier]:
    """By code."""
    found = dynamo.query(keys.pk(tenant, "BODY"), prefix=keys.sk("CARRIER", ""))
    return [_read(item) for item in found if not kind or item["kind"] == kind]


def require(tenant: str, code: str, kind: str) -> Carrier:
    """The profile by which something is to go. Rejected `carrier_unknown`, `carrier_not_ready` (no
    secret)."""
    found = find(tenant, code)
    if found is None or found.kind != kind:
        raise Rejected("carrier_unknown", "There is no such profile.", profile=code)
    if kind != "postal" and not found.secrets:
        raise Rejected("carrier_not_ready", "Its secret is not set.", profile=code)
    return found


def save(
    tenant: str,
    wanted: Carrier,
    secrets: Mapping[str, str] | None,
    also: Sequence[Op] = (),
) -> Carrier:
    """Say a profile, on the `version` that was read (0: a new one). `secrets` None leaves those
    that are kept, {} removes them.

    Rejected `carrier_code`, `carriers` (too many), `carrier_kind` (it was another one),
    `carrier_secret_needed` when it leads elsewhere and they are not given again; Conflict.
    NotFound of a tenant that is no body.
    """
    bodies.get(tenant)
    if not _CODE.fullmatch(wanted.code):
        raise Rejected("carrier_code", "A code is small letters, digits, - and _.")
    old = find(tenant, wanted.code)
    if wanted.version != (old.version if old else 0):
        raise Conflict()
    if old is None and len(list_carriers(tenant)) >= limits.CARRIERS_OF_BODY:
        raise Rejected("carriers", "So many are not kept.", most=limits.CARRIERS_OF_BODY)
    if old is not None and old.kind != wanted.kind:
        raise Rejected("carrier_kind", "It is of another kind: take another code.")
    sealed = old.sealed if old else b""
    if secrets is None:
        if old is not None and sealed and _target(old) != _target(wanted):
            raise Rejected(
                "carrier_secret_needed", "Give the secret again: it goes to another place."
            )
    elif secrets:
        check_secrets(wanted.setting, secrets)
        sealed = sealing.seal(tenant, "carrier", wanted.code, "secrets", json.dumps(dict(secrets)))
    else:
        sealed = b""
    new = replace(wanted, sealed=sealed, secrets=bool(sealed), version=wanted.version + 1)
    pk, sk = _key(tenant, new.code)
    item = {
        "pk": pk,
        "sk": sk,
        "code": new.code,
        "kind": new.kind,
        "values": plain(new.setting),
        "sealed": sealed,
        "version": new.version,
    }
    when: dynamo.Condition = ({"version": wanted.version},) if wanted.version else dynamo.NEW
    try:
        dynamo.commit([Put(item, when=when, label="carrier"), *also])
    except ConditionFailed as failed:
        raise Conflict() from failed
    return new


def _target(carrier: Carrier) -> tuple[Any, ...]:
    return tuple(getattr(carrier.setting, name) for name in _TARGETS[carrier.kind])


def remove(tenant: str, code: str, also: Sequence[Op] = ()) -> None:
    """Forget a profile and its secrets. NotFound."""
    get(tenant, code)
    dynamo.commit([Delete(_key(tenant, code), when=dynamo.ANY, label="carrier"), *also])


def secrets_of(tenant: str, carrier: Carrier) -> dict[str, str]:
    """For the one who logs in with them; {} where there are none."""
    if not carrier.sealed:
        return {}
    text = sealing.unseal(tenant, "carrier", carrier.code, "secrets", carrier.sealed)
    found: dict[str, str] = json.loads(text)
    return found
