"""Movements of the bank and the statements that brought them, in the table (keys: `store`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from typing import Any, Final, Literal

from chalicelib.accounting import store, wording
from chalicelib.accounting.remittance import Found
from chalicelib.accounting.statements import Movement
from chalicelib.base import dynamo, fields, keys
from chalicelib.base.dynamo import Item, Key, Op, Put

_SIGNS: Final = wording.FLOW_ID_CHARS
NOTHING_FOUND: Final = Found("none", "none")
_RUNS: Final = 4  # places in a text where an id may begin; one is usual
LinkKind = Literal["flow", "payment", "none"]
Outcome = Literal["exact", "prefix", "single", "proposed", "none", "linked", "aside"]
StatementState = Literal["awaited", "reading", "read", "failed"]


@dataclass(frozen=True)
class Link:
    """What an operator said of a movement: it is of that flow, of that payment, or of none."""

    kind: LinkKind
    flow: str = ""
    flow_id: str = ""
    iuv: str = ""


@dataclass(frozen=True)
class Banked:
    """A movement as it is kept. `found`: what its text names among the flows known by now."""

    identity: str
    day: date
    cents: int
    text: str = field(repr=False)
    account: str
    statement: str
    row: int
    provisional: str = ""
    value_day: date | None = None
    cancelled: bool = False
    found: Found = NOTHING_FOUND
    link: Link | None = None
    version: int = 0

    @property
    def target(self) -> tuple[str, str, str]:
        """("flow", its id, the flow a person chose), ("iuv", an IUV, "hand" or ""), or nothing."""
        if self.link is not None:
            if self.link.kind == "flow":
                return "flow", self.link.flow_id.upper(), self.link.flow
            return ("iuv", self.link.iuv, "hand") if self.link.kind == "payment" else ("", "", "")
        if self.found.confidence in ("exact", "prefix") and self.found.flow_id:
            return "flow", "".join(self.found.flow_id.split()).upper(), ""
        if self.found.kind == "single" and self.found.iuv:
            return "iuv", self.found.iuv, ""
        return "", "", ""

    @property
    def outcome(self) -> Outcome:
        """What became of it: how sure its text is, or what an operator said."""
        if self.link is not None:
            return "aside" if self.link.kind == "none" else "linked"
        return self.found.confidence

    @property
    def labels(self) -> tuple[str, ...]:
        """What is said of it while it has no target; () where there is nothing to say."""
        if self.target[0] or self.cents < 0 or (self.link and self.link.kind == "none"):
            return ()
        if self.found.confidence == "proposed":
            return ("TES_PROPOSED",)
        named = self.found.flow_id or self.found.read_id
        return ("TES_NO_IUF_OR_IUV" if named else "TES_NO_MATCH",)


def of_movement(movement: Movement, account: str, statement: str) -> Banked:
    """As a statement has it; nobody has looked for its flow yet."""
    return Banked(
        movement.identity, movement.day, movement.cents, movement.text, account, statement,
        movement.row, movement.provisional, movement.value_day, movement.cancelled,
    )  # fmt: skip


def key_of(tenant: str, identity: str) -> Key:
    return keys.pk(tenant, "MOVEMENT", identity), keys.sk("MOVEMENT")


def put(tenant: str, one: Banked) -> Put:
    """Write the version after the one that was read."""
    pk, sk = key_of(tenant, one.identity)
    item: Item = {
        "pk": pk,
        "sk": sk,
        "identity": one.identity,
        "day": one.day.isoformat(),
        "cents": one.cents,
        "account": one.account,
        "statement": one.statement,
        "row": one.row,
        "provisional": one.provisional,
        "value_day": one.value_day.isoformat() if one.value_day else "",
        "cancelled": one.cancelled,
        "found": asdict(one.found),
        "link": asdict(one.link) if one.link else None,
        # A transfer for one payment carries the name of whoever made it.
        "text": fields.seal(tenant, "movement", one.identity, "text", one.text),
        "version": one.version + 1,
        "list_pk": keys.pk(tenant, "MOVEMENTS"),
        "list_sk": keys.sk(one.day.isoformat(), f"b.{one.identity}"),
        "customer_pk": keys.pk(tenant, "MOVEMENTS", "OF", one.statement),
        "state_pk": keys.pk(tenant, "MOVEMENTS", "open" if one.labels else "fine"),
    }
    return Put(item, when=store.same(one.version), label=f"movement:{one.identity}")


def sought(tenant: str, one: Banked) -> list[Op]:
    """By which beginnings of ids, and by which amount, flows that come later find it."""
    said = wording.read(one.text)
    amount = keys.pk(tenant, "SOUGHT", str(one.cents))
    places = [
        (keys.pk(tenant, "SOUGHT"), keys.sk(signs, one.identity))
        for signs in list(dict.fromkeys(run.signs.upper()[:_SIGNS] for run in said.runs))[:_RUNS]
    ]
    if said.keyword:
        places.append((amount, keys.sk(one.day.isoformat(), one.identity)))
    return [
        Put({"pk": pk, "sk": sk, "identity": one.identity}, when=dynamo.ANY, label=f"sought:{sk}")
        for pk, sk in places
    ]


def sought_by_head(tenant: str, head: str) -> list[str]:
    """Identities of movements whose text may name an id that begins so."""
    found = dynamo.query(keys.pk(tenant, "SOUGHT"), prefix=keys.escape(head))
    return [item["identity"] for item in found]


def sought_by_cents(tenant: str, cents: int, first: date, last: date) -> list[str]:
    """Identities of movements of that amount of those days that speak of some flow."""
    between = first.isoformat(), last.isoformat() + "~"
    found = dynamo.query(keys.pk(tenant, "SOUGHT", str(cents)), between=between)
    return [item["identity"] for item in found]


def read(tenant: str, item: Item) -> Banked:
    """What an item of `key_of` says, its text opened."""
    return replace(_bare(item), text=_opened(tenant, item))


def _opened(tenant: str, item: Item) -> str:
    return fields.unseal(tenant, "movement", item["identity"], "text", item["text"])


def _bare(item: Item) -> Banked:
    value_day = item["value_day"]
    return Banked(
        identity=item["identity"],
        day=date.fromisoformat(item["day"]),
        cents=item["cents"],
        text="",
        account=item["account"],
        statement=item["statement"],
        row=item["row"],
        provisional=item["provisional"],
        value_day=date.fromisoformat(value_day) if value_day else None,
        cancelled=item["cancelled"],
        found=Found(**item["found"]),
        link=Link(**item["link"]) if item["link"] else None,
        version=item["version"],
    )


def get(tenant: str, identity: str) -> Banked | None:
    item = dynamo.get(key_of(tenant, identity))
    return None if item is None else read(tenant, item)


def get_many(tenant: str, identities: Iterable[str]) -> dict[str, Banked]:
    """Those that are there, by identity, texts opened."""
    found = dynamo.batch_get(key_of(tenant, one) for one in identities)
    return {item["identity"]: read(tenant, item) for item in found.values()}


def list_movements(
    tenant: str, *, desk: str = "", statement: str = "", first: str = "0", last: str = "~",
    descending: bool = True, page: int = 0,
) -> Iterator[tuple[str, Banked]]:  # fmt: skip
    """Movements with their places, by day; `desk` "open": those that need somebody."""
    index, partition = "list", keys.pk(tenant, "MOVEMENTS")
    if statement:
        index, partition = "customer", keys.pk(tenant, "MOVEMENTS", "OF", statement)
    elif desk:
        index, partition = "state", keys.pk(tenant, "MOVEMENTS", desk)
    found = dynamo.query(
        partition, between=(first, last), index=index, descending=descending, page=page
    )
    for item in found:
        if item["list_sk"] != last:
            yield item["list_sk"], read(tenant, item)


def count_outcomes(tenant: str, statement: str) -> dict[Outcome, int]:
    """How many of the movements that a statement brought first were found to be what."""
    found = dynamo.query(keys.pk(tenant, "MOVEMENTS", "OF", statement), index="customer")
    return dict(Counter(_bare(item).outcome for item in found))


# ------------------------------------------------------------------ what an operator said
def put_note(tenant: str, one: Banked, note: str, by: str, at: str) -> Put:
    """A link with the reason for it; kept for ever, under the version that it made."""
    pk, _ = key_of(tenant, one.identity)
    name = f"{one.version + 1:06d}"
    item: Item = {
        "pk": pk,
        "sk": keys.sk("LINK", name),
        "link": asdict(one.link) if one.link else None,
        "by": by,
        "at": at,
        "note": fields.seal(tenant, "movement", one.identity, f"note-{name}", note),
    }
    return Put(item, label=f"note:{one.identity}")


def notes(tenant: str, identity: str) -> list[dict[str, Any]]:
    """What operators said of a movement, oldest first: link, note, by, at."""
    pk, _ = key_of(tenant, identity)
    found = []
    for item in dynamo.query(pk, prefix=keys.sk("LINK", "")):
        name = item["sk"].rpartition("#")[2]
        note = fields.unseal(tenant, "movement", identity, f"note-{name}", item["note"])
        found.append({"link": item["link"], "by": item["by"], "at": item["at"], "note": note})
    return found


# ------------------------------------------------------------------ statements
@dataclass(frozen=True)
class Statement:
    """A statement on its way. `columns`: name of the remembered columns, "" for the file's own;
    `counts`: rows by what became of them; `fresh` of `movements` were not there before; `done`:
    how many movements are stored and looked at."""

    id: str
    state: StatementState
    file_name: str
    account: str
    created_at: str
    bucket: str
    key: str
    object_version: str = ""
    columns: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[tuple[int, str], ...] = ()
    movements: int = 0
    ignored: int = 0
    fresh: int = 0
    cents: int = 0
    done: int = 0
    code: str = ""
    version: int = 0


def statement_partition(tenant: str, statement: str) -> str:
    return keys.pk(tenant, "STATEMENT", statement)


def put_statement(tenant: str, one: Statement) -> Put:
    """Write the version after the one that was read."""
    item = asdict(one) | {
        "pk": statement_partition(tenant, one.id),
        "sk": keys.sk("STATEMENT"),
        "problems": [list(each) for each in one.problems],
        "list_pk": keys.pk(tenant, "STATEMENTS"),
        "list_sk": keys.sk(one.created_at, one.id),
        "version": one.version + 1,
    }
    return Put(item, when=store.same(one.version), label="statement")


def _read_statement(item: Item) -> Statement:
    found = {name: item[name] for name in Statement.__dataclass_fields__}
    return Statement(**found | {"problems": tuple((row, code) for row, code in item["problems"])})


def get_statement(tenant: str, statement: str) -> Statement | None:
    item = dynamo.get((statement_partition(tenant, statement), keys.sk("STATEMENT")))
    return None if item is None else _read_statement(item)


def list_statements(tenant: str, limit: int) -> list[Statement]:
    """The newest first."""
    found = dynamo.query(keys.pk(tenant, "STATEMENTS"), index="list", descending=True, limit=limit)
    return [_read_statement(item) for item in found]


# ------------------------------------------------------------------ columns that are remembered
@dataclass(frozen=True)
class Columns:
    """Columns of a body's statements, by name, and the account that they are of."""

    name: str
    account: str
    mapping: Mapping[str, Any]
    version: int = 0


def _columns_key(tenant: str, name: str) -> Key:
    return keys.pk(tenant, "BODY"), keys.sk("COLUMNS", name)


def put_columns(tenant: str, one: Columns) -> Put:
    pk, sk = _columns_key(tenant, one.name)
    item = {**asdict(one), "mapping": dict(one.mapping), "pk": pk, "sk": sk}
    return Put(item | {"version": one.version + 1}, when=store.same(one.version), label="columns")


def _read_columns(item: Item) -> Columns:
    return Columns(item["name"], item["account"], item["mapping"], item["version"])


def get_columns(tenant: str, name: str) -> Columns | None:
    item = dynamo.get(_columns_key(tenant, name))
    return None if item is None else _read_columns(item)


def list_columns(tenant: str) -> list[Columns]:
    found = dynamo.query(keys.pk(tenant, "BODY"), prefix=keys.sk("COLUMNS", ""))
    return [_read_columns(item) for item in found]
