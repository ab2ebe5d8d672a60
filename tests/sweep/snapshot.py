"""What a world has come to, without what may lawfully differ between two runs of one story.

Left out or replaced: instants; version ids; which of SdI's names and IdSdI a document has got
(they stand as `<document/attempt>`, and must be unique); how often a document was written (its
changes are counted by their order); SdI's refusals of our own repeats. Everything else counts:
items, objects with the hash of their content, queues, mails, webhooks, files that SdI took.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from typing import Any

from chalicelib.accounts import audit_store
from chalicelib.base import keys
from chalicelib.invoicing import names
from chalicelib.invoicing.fatturapa import envelope
from tests.world import World

_MASKS = (
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"), "<instant>"),
    (re.compile(r"\b\d{4}-\d\d-\d\dT\d\d\b"), "<hour>"),
    (re.compile(r"incoming/[0-9a-f]{64}/"), "incoming/<sha256>/"),
    (re.compile(r"<sdi [^>]*>\.xml(\.p7m)?"), lambda found: found[0].split(".xml")[0]),
)
_NOT_KEPT = frozenset({"version", "unsure", "due", "attempts", "woken", "error", "expires"})
_ECHO = "00002"


def snapshot(world: World) -> dict[str, Any]:
    """JSON-ready, and equal for two runs that came to the same."""
    items = world.items()
    text = json.dumps(
        {
            "items": _items(items),
            "objects": _objects(world),
            "queues": world.waiting(),
            "mails": sorted([one.to, one.subject, one.body] for one in world.mails()),
            "posts": _posts(world),
            "sdi": sorted([stem, one.content] for stem, one in world.sdi.files.items()),
        },
        default=_plain,
        sort_keys=True,
    )
    found: dict[str, Any] = json.loads(_masked(text, world, items))
    for name in ("mails", "sdi", "posts"):
        found[name].sort(key=str)
    return found


def _plain(value: Any) -> str:
    # What is sealed is never the same twice.
    return "<sealed>" if isinstance(value, bytes) else str(value)


def _masked(text: str, world: World, items: list[dict[str, Any]]) -> str:
    """Names and IdSdI by the document that has them; then the instants."""
    owners: dict[str, str] = {}
    for item in items:
        if item["sk"] == "NAME":
            owners[item["pk"].rsplit("#", 1)[1]] = f"{item['document']}/{item['attempt']}"
    assert len(set(owners.values())) == len(owners), "a sending has two names"
    for taken in [*world.sdi.files.values(), *world.sdi.echoes]:
        text = text.replace(str(taken.id_sdi), f"<id {owners[names.stem(taken.name)]}>")
    for stem, owner in owners.items():
        text = text.replace(stem, f"<sdi {owner}>")
    for pattern, new in _MASKS:
        text = pattern.sub(new, text)
    return text


def _items(items: list[dict[str, Any]]) -> dict[str, Any]:
    order = _order(items)
    found = {}
    for item in items:
        pk, sk = item["pk"], item["sk"]
        if pk.endswith("#COUNTER") or _is_echo(item):
            continue
        if pk.endswith("#TRAIL"):
            found |= _trail(pk, item)
            continue
        parts = sk.split("#")
        if parts[0] == "H":
            sk = f"H#<{order[pk, sk]}>"
        elif parts[:2] == ["W", "tell"] and (pk, f"H#{parts[2]}") in order:
            sk = f"W#tell#<{order[pk, f'H#{parts[2]}']}>"
        elif parts[0] == "E":
            document = f"{pk.rsplit('#DIGEST', 1)[0]}#D#{parts[1]}"
            sk = f"E#{parts[1]}#<{order[document, f'H#{parts[2]}']}>"
        elif parts[0] == "M":
            sk = f"M#{item['id_sdi']}#{item['type']}#{item['event']}"
            item = {**item, "message_id": "", "place": {**item["place"], "version": ""}}
        kept = {name: value for name, value in item.items() if _counts(name)} | {"sk": sk}
        if parts[0] == "A":
            kept["document"] = {n: v for n, v in item["document"].items() if _counts(n)}
        if sk == "DOC" and "flags" in kept:
            kept["flags"] = [flag for flag in kept["flags"] if flag != "resend_recognised"]
            if not kept["flags"]:
                del kept["flags"]
        key = f"{pk} {sk}"
        assert key not in found, key
        found[key] = kept
    return found


def _trail(pk: str, item: dict[str, Any]) -> dict[str, Any]:
    """Acts by their names: which came first may differ, the chain must hold."""
    tenant = keys.tenant_of(pk)
    if item["sk"] == "HEAD":
        assert audit_store.verify(tenant) is None, tenant
        return {f"{pk} HEAD": item["n"]}
    if item["sk"].startswith("N#"):
        return {f"{pk} {item['sk']}": True}
    return {f"{pk} E#{item['name']}": item["said"]}


def _counts(name: str) -> bool:
    return name not in _NOT_KEPT and not name.startswith("seen_")


def _is_echo(item: dict[str, Any]) -> bool:
    return (
        item["sk"].startswith("M#")
        and bool(item["errors"])
        and {error["code"] for error in item["errors"]} == {_ECHO}
    )


def _order(items: Iterable[dict[str, Any]]) -> dict[tuple[str, str], int]:
    """Each change's place among its document's changes."""
    changes: dict[str, list[str]] = {}
    for item in items:
        if item["sk"].startswith("H#"):
            changes.setdefault(item["pk"], []).append(item["sk"])
    return {
        (pk, sk): number for pk, found in changes.items() for number, sk in enumerate(sorted(found))
    }


def _objects(world: World) -> dict[str, str]:
    signed = {taken.sha256 for taken in world.sdi.files.values()}
    echoes = {str(taken.id_sdi).encode() for taken in world.sdi.echoes}
    found = {}
    for place, data in world.objects().items():
        if "/signed" in place:
            # The bytes hold the moment of signing; those that SdI has are those that we keep.
            assert hashlib.sha256(data).hexdigest() in signed or not signed, place
            found[place] = hashlib.sha256(envelope.unwrap(data).xml).hexdigest()
        elif "/incoming/" in place:
            if any(echo in data for echo in echoes):
                continue
            found[place] = re.sub(r"<(types:)?(Hash|HashFileOriginale|MessageId[^>]*)>[^<]*", "",
                                  data.decode())  # fmt: skip
        else:
            found[place] = hashlib.sha256(data).hexdigest()
    return found


def _posts(world: World) -> list[Any]:
    """A webhook may be called again with the same `id`: one of each, the same each time."""
    found: dict[str, Any] = {}
    for post in world.posts:
        said = {**post, "id": "", "document": {**post["document"], "version": 0, "id_sdi": ""}}
        assert found.setdefault(post["id"], said)["document"]["state"] == said["document"]["state"]
    return list(found.values())


def differences(one: Any, other: Any, where: str = "") -> list[str]:
    """Where two snapshots differ, for people."""
    if isinstance(one, dict) and isinstance(other, dict):
        return [
            found
            for name in sorted(one.keys() | other.keys())
            for found in differences(one.get(name), other.get(name), f"{where}/{name}")
        ]
    if one == other:
        return []
    if isinstance(one, list) and isinstance(other, list):
        less = [each for each in one if each not in other]
        more = [each for each in other if each not in one]
        return [f"{where}: without {less}, with {more}; {len(one)} became {len(other)}"]
    return [f"{where}: {one!r} became {other!r}"]
