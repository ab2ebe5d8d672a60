"""Dues, persons, imports and mappings in the table.

T#<tenant>#DUE#<id>             DUE             a due; in the lists of all and of its state
T#<tenant>#DUE#<id>             ASSESSMENT      what it makes the body's books expect
T#<tenant>#PERSON#<blind>       PERSON          who owes, sealed; in the list of his tax code
T#<tenant>#DUES#IMPORT#<id>     IMPORT          a file on its way
T#<tenant>#BODY                 MAPPING#<name>  where the fields are in a file
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import date
from typing import Any, Final

from chalicelib.base import dynamo, fields, keys
from chalicelib.base.dynamo import Item, Key, Put
from chalicelib.payments.dues.mapping import Mapping
from chalicelib.payments.dues.model import Counts, Due, DueState, Import, Person
from chalicelib.payments.stamps import Stamp

# The house's own tenant of what the portal keeps.
PORTAL: Final = "_portal"
_KEYS = ("pk", "sk", "list_pk", "list_sk", "state_pk")


def _same(version: int) -> dynamo.Condition:
    return ({"version": version},) if version else dynamo.NEW


def _fields(item: Item) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name not in _KEYS}


# ------------------------------------------------------------------ dues
def due_key(tenant: str, due_id: str) -> Key:
    return keys.pk(tenant, "DUE", due_id), keys.sk("DUE")


def put_due(tenant: str, due: Due, old_version: int) -> Put:
    """Write `due`, whose version is the new one, on the one that was read (0: it is new)."""
    pk, sk = due_key(tenant, due.id)
    item = asdict(due) | {
        "pk": pk,
        "sk": sk,
        "list_pk": keys.pk(tenant, "DUES"),
        "list_sk": keys.sk(due.created_at, due.id),
        "state_pk": keys.pk(tenant, "DUES", due.state),
    }
    # A key of the index of work has that name too: it holds text or is not there.
    del item["due"]
    if due.due:
        item["due"] = due.due.isoformat()
    if due.stamp is None:  # as nearly all of them
        del item["stamp"]
    return Put(item, when=_same(old_version), label=f"due:{due.id}")


def put_assessment(tenant: str, due: Due) -> Put:
    """What the books expect of a due: one for each, under its id, as it is now."""
    pk, _ = due_key(tenant, due.id)
    item = {
        "pk": pk,
        "sk": keys.sk("ASSESSMENT"),
        "id": due.id,
        "chapter": due.chapter,
        "provenance": due.provenance,
        "year": due.year,
        "cents": due.cents,
        "service": due.service,
        "assessed_at": due.created_at,
    }
    return Put(item, when=dynamo.ANY, label=f"assessment:{due.id}")


def _read_due(item: Item) -> Due:
    found, stamp = _fields(item), item.get("stamp")
    found["due"] = date.fromisoformat(item["due"]) if item.get("due") else None
    return Due(**found | {"stamp": Stamp(**stamp) if stamp else None})


def get_due(tenant: str, due_id: str) -> Due | None:
    item = dynamo.get(due_key(tenant, due_id))
    return None if item is None else _read_due(item)


def get_dues(tenant: str, due_ids: Iterable[str]) -> dict[str, Due]:
    """Those that are there, by id."""
    found = dynamo.batch_get(due_key(tenant, one) for one in due_ids)
    return {item["id"]: _read_due(item) for item in found.values()}


def list_dues(
    tenant: str, state: DueState | None, after: str = "", page: int = 0
) -> Iterator[tuple[str, Due]]:
    """With their places in the list, oldest first; `after` one of these places."""
    index = "state" if state else "list"
    partition = keys.pk(tenant, "DUES", state) if state else keys.pk(tenant, "DUES")
    between = (after + "\x00", "~") if after else None
    for item in dynamo.query(partition, between=between, index=index, page=page):
        yield item["list_sk"], _read_due(item)


def get_assessment(tenant: str, due_id: str) -> Item | None:
    """As `put_assessment` writes it."""
    item = dynamo.get((due_key(tenant, due_id)[0], keys.sk("ASSESSMENT")))
    return None if item is None else _fields(item)


# ------------------------------------------------------------------ persons
def person_id(tenant: str, tax_code: str) -> str:
    """The blind index of a tax code: who has it is found, and nobody can read it back."""
    return fields.blind(tenant, "tax_code", tax_code)


def person_key(tenant: str, person: str) -> Key:
    return keys.pk(tenant, "PERSON", person), keys.sk("PERSON")


def put_person(tenant: str, person: str, values: Person, old: Item | None) -> Put:
    """Write a person, on the item that was read."""
    pk, sk = person_key(tenant, person)
    text = json.dumps(asdict(values), ensure_ascii=False, sort_keys=True)
    version = old["version"] if old else 0
    item = {
        "pk": pk,
        "sk": sk,
        "sealed": fields.seal(tenant, "person", person, "values", text),
        "version": version + 1,
        # Whoever has a tax code finds what is his without saying of which body.
        "list_pk": _known_partition(values.tax_code),
        "list_sk": keys.sk(tenant, person),
    }
    return Put(item, when=_same(version), label=f"person:{person}")


def _known_partition(tax_code: str) -> str:
    return keys.pk(PORTAL, "PERSON", fields.blind(PORTAL, "tax_code", tax_code))


def find_persons(tax_code: str, most: int) -> dict[tuple[str, str], Item]:
    """Who has this tax code in any body, as (tenant, person); as old as an index may be. One call
    whether there is anybody or not. For the portal, where nobody is logged in."""
    found = dynamo.query(_known_partition(tax_code), index="list", limit=most)
    return {(keys.tenant_of(item["pk"]), item["pk"].rpartition("#")[2]): item for item in found}


def persons_of(tenant: str, tax_code: str, most: int) -> tuple[str, ...]:
    """Who has this tax code in one body; more than one where people said it of themselves."""
    found = dynamo.query(
        _known_partition(tax_code), prefix=keys.sk(tenant, ""), index="list", limit=most
    )
    return tuple(item["pk"].rpartition("#")[2] for item in found)


def open_person(tenant: str, person: str, item: Item) -> Person:
    """What the item says."""
    return Person(**json.loads(fields.unseal(tenant, "person", person, "values", item["sealed"])))


def get_persons(tenant: str, persons: Iterable[str]) -> dict[str, Person]:
    """Those that are there, by id."""
    wanted = {person_key(tenant, one): one for one in persons}
    found = dynamo.batch_get(wanted)
    return {wanted[key]: open_person(tenant, wanted[key], item) for key, item in found.items()}


# ------------------------------------------------------------------ imports
def import_partition(tenant: str, import_id: str) -> str:
    return keys.pk(tenant, "DUES", "IMPORT", import_id)


def put_import(tenant: str, batch: Import, old_version: int) -> Put:
    """Write `batch`, whose version is the new one, on the one that was read (0: it is new)."""
    item = asdict(batch) | {
        "pk": import_partition(tenant, batch.id),
        "sk": keys.sk("IMPORT"),
        "list_pk": keys.pk(tenant, "DUES", "IMPORTS"),
        "list_sk": keys.sk(batch.created_at, batch.id),
    }
    return Put(item, when=_same(old_version), label="import")


def _read_import(item: Item) -> Import:
    return Import(**_fields(item) | {"counts": Counts(**item["counts"])})


def get_import(tenant: str, import_id: str) -> Import | None:
    item = dynamo.get((import_partition(tenant, import_id), keys.sk("IMPORT")))
    return None if item is None else _read_import(item)


def list_imports(tenant: str, limit: int) -> list[Import]:
    """The newest first."""
    partition = keys.pk(tenant, "DUES", "IMPORTS")
    found = dynamo.query(partition, index="list", descending=True, limit=limit)
    return [_read_import(item) for item in found]


# ------------------------------------------------------------------ mappings
def _mapping_key(tenant: str, name: str) -> Key:
    return keys.pk(tenant, "BODY"), keys.sk("MAPPING", name)


def put_mapping(tenant: str, mapping: Mapping) -> Put:
    """Write the version after the one that `mapping` was read with."""
    pk, sk = _mapping_key(tenant, mapping.name)
    item = asdict(mapping) | {"pk": pk, "sk": sk, "version": mapping.version + 1}
    return Put(item, when=_same(mapping.version), label="mapping")


def get_mapping(tenant: str, name: str) -> Mapping | None:
    item = dynamo.get(_mapping_key(tenant, name))
    return None if item is None else Mapping(**_fields(item))


def list_mappings(tenant: str) -> list[Mapping]:
    found = dynamo.query(keys.pk(tenant, "BODY"), prefix=keys.sk("MAPPING", ""))
    return [Mapping(**_fields(item)) for item in found]
