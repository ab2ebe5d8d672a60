"""Items of grants: the object under its tenant, a copy beside the user's sessions.

pk T#<tenant>            sk GRANT#<id>            the grant
                         sk GRANTLOG#<id>#<n>     each version it had
pk T#_users#U#<user>     sk GRANT#<tenant>#<id>   the copy that every request reads, until revoked

The copy makes a session check one read. Both are written in one transaction, so they agree.
"""

from __future__ import annotations

import dataclasses
from typing import Any, Final

from chalicelib.accounts.grants import Grant
from chalicelib.base import dynamo, keys
from chalicelib.base.dynamo import Delete, Item, Key, Op, Put

USERS: Final = "_users"


def user_partition(user: str) -> str:
    """Where a user, his sessions and copies of his grants stand."""
    return keys.pk(USERS, "U", user)


def user_prefix() -> str:
    """Sort keys of the copies begin so."""
    return "GRANT#"


def user_key(user: str, tenant: str, grant_id: str) -> Key:
    """The copy of one grant."""
    return user_partition(user), keys.sk("GRANT", tenant, grant_id)


def grant_key(tenant: str, grant_id: str) -> Key:
    return keys.pk(tenant), keys.sk("GRANT", grant_id)


def _fields(grant: Grant) -> dict[str, Any]:
    found = dataclasses.asdict(grant)
    found["cabinets"] = None if grant.cabinets is None else list(grant.cabinets)
    return found


def read(item: Item) -> Grant:
    """Back from either item."""
    known = {field.name for field in dataclasses.fields(Grant)}
    values = {name: value for name, value in item.items() if name in known}
    cabinets = values.get("cabinets")
    values["cabinets"] = None if cabinets is None else tuple(cabinets)
    return Grant(**values)


def write(tenant: str, grant: Grant, old: Grant | None, label: str = "") -> list[Op]:
    """The grant in its next version, the version's record, the copy (or its end). `label` is added
    to those of the operations, for several grants in one commit."""
    assert grant.tenant == tenant
    assert grant.version == (old.version if old else 0) + 1
    fields = _fields(grant)
    pk, sk = grant_key(tenant, grant.id)
    log_sk = keys.sk("GRANTLOG", grant.id, f"{grant.version:06d}")
    when: dynamo.Condition = ({"version": old.version},) if old else dynamo.NEW
    ops: list[Op] = [
        Put({**fields, "pk": pk, "sk": sk}, when=when, label="grant" + label),
        Put({**fields, "pk": pk, "sk": log_sk}, label="grant_log" + label),
    ]
    copy_pk, copy_sk = user_key(grant.user, tenant, grant.id)
    if grant.revoked_at:
        ops.append(Delete((copy_pk, copy_sk), when=dynamo.ANY, label="grant_copy" + label))
    else:
        copy = {**fields, "pk": copy_pk, "sk": copy_sk}
        ops.append(Put(copy, when=dynamo.ANY, label="grant_copy" + label))
    return ops


def still_there(tenant: str, grant: Grant) -> dynamo.Check:
    """The commit fails unless the grant is as it was read."""
    return dynamo.Check(
        grant_key(tenant, grant.id), ({"version": grant.version},), label="other_head"
    )


def as_read(tenant: str, grant_id: str, found: Grant | None) -> dynamo.Check:
    """The commit fails unless what that name names (None: nothing) is as it was read."""
    when: dynamo.Condition = ({"version": found.version},) if found else dynamo.NEW
    return dynamo.Check(grant_key(tenant, grant_id), when, label=f"grant:{grant_id}")


def get(tenant: str, grant_id: str) -> Grant | None:
    item = dynamo.get(grant_key(tenant, grant_id))
    return read(item) if item else None


def of_tenant(tenant: str) -> list[Grant]:
    """Every grant of a tenant, revoked ones too, in order of id."""
    return [read(item) for item in dynamo.query(keys.pk(tenant), prefix="GRANT#")]


def history(tenant: str, grant_id: str) -> list[Grant]:
    """Every version of a grant, oldest first."""
    prefix = keys.sk("GRANTLOG", grant_id) + "#"
    return [read(item) for item in dynamo.query(keys.pk(tenant), prefix=prefix)]


def of_user(user: str) -> list[Grant]:
    """What a user holds, by tenant; revoked ones are not among them."""
    found = dynamo.query(user_partition(user), prefix=user_prefix())
    return [read(item) for item in found]
