"""Items of the credits domain.

    T#<t>#CREDITS
        <product>#<lot>                  a lot: what was bought, what of it is in the pool
        <product>#overdraft              what was drawn beyond the last credit
        <product>#~level                 which low thresholds were told
    T#<t>#CREDITS#OF#<customer>
        ALLOWED                          his policy: how he may use credits
        BAG#<product>#<lot>              what is assigned to him, by lot
        DID#<key>                        what an Idempotency-Key did
        GIVEN#<at>#<id>                  one assignment (history)
        SUM#<day>#<product>#<lot>#<nn>   what he consumed on a day: one shard of it (index list)
    T#<t>#CREDITS#HELD#<customer>
        <product>#<lot>#<document>       what a document holds
    T#<t>#CREDITS#HOLDERS
        <product>#<lot>#<customer>       who ever had credits of a lot assigned
    T#<t>#CREDITS#SUMS
        <product>#<lot>#<nn>             one shard of a lot's sums
    T#<t>#CREDITS#BOOK#<month>
        <at>#<id>                        an entry (indexes list: reference, customer, state: lot)
    T#<t>#CREDITS#WAITING
        <product>#<received>#<document>  a document without credit
    T#<t>#CREDITS#PURSE#<name>
        PURSE                            credits set aside for one run over many documents
    T#<t>#CREDITS#WORK
        W#credits#<name>                 work (base/work.py)
    T#_credits#EXPIRING
        <day>#<t>#<product>#<lot>        lots of all tenants by their last day

The pool and what is assigned are single items, because only they can run out; sums that only grow
are spread over CREDIT_SHARDS items, so that documents that leave together do not wait for each
other. A lot's name begins with its last day: what is usable is a range of keys. Entries and sums
are in book.py; holds, purses and what waits in holding.py; work in agenda.py.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Final

from chalicelib.base import dynamo, keys, limits
from chalicelib.base.dynamo import ANY, NEW, Condition, Item, Key, Put, Update
from chalicelib.credits import lots, policy
from chalicelib.credits.levels import UNTOLD, Level
from chalicelib.credits.lots import Bag, Lot, Part
from chalicelib.credits.policy import Policy

_LEVEL: Final = "~level"
_END: Final = "~~"


def _pool_pk(tenant: str) -> str:
    return keys.pk(tenant, "CREDITS")


def own_partition(tenant: str, customer: str) -> str:
    return keys.pk(tenant, "CREDITS", "OF", customer)


def _from_today(product: str, today: date) -> tuple[str, str]:
    """The range of what may still be used: lots by their last day, then what never expires."""
    return keys.sk(product, f"{today:%Y%m%d}"), keys.sk(product, _END)


# --- the pool ------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Pool:
    """What of one product is in the pool and usable. `overdraft` is below zero when credits were
    drawn beyond the last, above it when such credits were given back after a lot had paid them."""

    product: str
    bags: tuple[Bag, ...]
    overdraft: int = 0
    level: Level | None = None

    @property
    def left(self) -> int:
        return sum(bag.left for bag in self.bags) + self.surplus

    @property
    def surplus(self) -> int:
        return max(0, self.overdraft)


def get_pool(tenant: str, product: str, today: date) -> Pool:
    """One read."""
    bags: list[Bag] = []
    overdraft, level = 0, None
    for item in dynamo.query(_pool_pk(tenant), between=_from_today(product, today)):
        name = item["sk"].split("#", 1)[1]
        if name == _LEVEL:
            level = Level(item["full"], item["told"], item["crossings"])
        elif name == lots.OVERDRAFT:
            overdraft = item["left"]
        else:
            bags.append(Bag(item["lot"], item["left"]))
    return Pool(product, tuple(bags), overdraft, level)


def lot_key(tenant: str, product: str, lot: str) -> Key:
    return _pool_pk(tenant), keys.sk(product, lot)


def put_lot(tenant: str, lot: Lot, left: int, at: str) -> Put:
    """A lot is made once: the same again fails on label `lot:<product>`."""
    pk, sk = lot_key(tenant, lot.product, lot.id)
    item = {
        "pk": pk,
        "sk": sk,
        "product": lot.product,
        "lot": lot.id,
        "quantity": lot.quantity,
        "left": left,
        "order": lot.order,
        "ordered_on": lot.ordered_on.isoformat(),
        "price_cents": lot.price_cents,
        "source": lot.source,
        "at": at,
    }
    return Put(item, label=f"lot:{lot.product}")


def take_from_pool(tenant: str, product: str, lot: str, quantity: int, label: str) -> Update:
    """Fails on `label` when the lot has no longer as many."""
    return Update(
        lot_key(tenant, product, lot),
        add={"left": -quantity},
        when=({"left": dynamo.at_least(quantity)},),
        label=label,
    )


def take_from_overdraft(tenant: str, product: str, quantity: int, at: str, label: str) -> Update:
    """Fails on `label` when it is used up (limits.CREDIT_OVERDRAFT)."""
    lowest = quantity - limits.CREDIT_OVERDRAFT
    return Update(
        lot_key(tenant, product, lots.OVERDRAFT),
        add={"left": -quantity},
        default={"at": at},
        when=({"pk": dynamo.ABSENT}, {"left": dynamo.at_least(lowest)}),
        label=label,
    )


def give_to_pool(tenant: str, product: str, lot: str, quantity: int) -> Update:
    return Update(
        lot_key(tenant, product, lot), add={"left": quantity}, label=f"pool:{product}:{lot}"
    )


def settle_overdraft(tenant: str, product: str, quantity: int) -> Update:
    """Fails on label `overdraft:<product>` when it has become less than that meanwhile."""
    return Update(
        lot_key(tenant, product, lots.OVERDRAFT),
        add={"left": quantity},
        when=({"left": dynamo.at_most(-quantity)},),
        label=f"overdraft:{product}",
    )


def renew_level(tenant: str, product: str, full: int) -> Update:
    """Credits came: everything may be told again, whatever was told before."""
    return Update(
        lot_key(tenant, product, _LEVEL),
        put={"full": full, "told": UNTOLD},
        default={"crossings": 0},
        when=ANY,
        label=f"level:{product}",
    )


def put_level(tenant: str, product: str, new: Level, old: Level | None) -> Put:
    """Over the level that was read (None: over nothing); label `credit:level:<product>`."""
    pk, sk = lot_key(tenant, product, _LEVEL)
    when: Condition = (asdict(old),) if old else NEW
    return Put({"pk": pk, "sk": sk, **asdict(new)}, when=when, label=f"credit:level:{product}")


def list_lots(tenant: str) -> list[tuple[Lot, int]]:
    """Every lot with what of it is in the pool, expired ones too; by product and expiry."""
    return [
        (_read_lot(item), item["left"])
        for item in dynamo.query(_pool_pk(tenant))
        if "quantity" in item
    ]


def _read_lot(item: Item) -> Lot:
    return Lot(
        product=item["product"],
        quantity=item["quantity"],
        order=item["order"],
        ordered_on=date.fromisoformat(item["ordered_on"]),
        price_cents=item["price_cents"],
        source=item["source"],
    )


def get_lot(tenant: str, product: str, lot: str) -> tuple[Lot, int] | None:
    """The lot and what of it is in the pool."""
    item = dynamo.get(lot_key(tenant, product, lot))
    return (_read_lot(item), item["left"]) if item and "quantity" in item else None


def overdrafts(tenant: str, products: tuple[str, ...]) -> dict[str, int]:
    """What stands in the overdraft, by product (see Pool)."""
    wanted = {lot_key(tenant, product, lots.OVERDRAFT): product for product in products}
    return {wanted[key]: item["left"] for key, item in dynamo.batch_get(wanted).items()}


def beginnings(tenant: str) -> list[str]:
    """When each lot was entered, and each overdraft begun (instants)."""
    return [item["at"] for item in dynamo.query(_pool_pk(tenant)) if "at" in item]


# --- customers -----------------------------------------------------------------------------------
@dataclass(frozen=True)
class OwnBag:
    """What is assigned to a customer out of one lot: `left` of `given` (what was returned is taken
    off), `expired` with the lot."""

    product: str
    lot: str
    left: int
    given: int
    expired: int


@dataclass(frozen=True)
class Own:
    """A customer's policy and what is assigned to him, expired lots too."""

    policy: Policy
    bags: tuple[OwnBag, ...]

    def of(self, product: str) -> list[Bag]:
        """His bags of a product, as `lots.drawn` takes them."""
        return [Bag(one.lot, one.left) for one in self.bags if one.product == product]


def policy_key(tenant: str, customer: str) -> Key:
    return own_partition(tenant, customer), "ALLOWED"


def bag_key(tenant: str, customer: str, product: str, lot: str) -> Key:
    return own_partition(tenant, customer), keys.sk("BAG", product, lot)


def get_own(tenant: str, customer: str) -> Own:
    """One read: policy and bags stand side by side."""
    found, bags = policy.DEFAULT, []
    for item in dynamo.query(own_partition(tenant, customer), between=("ALLOWED", "BAG$")):
        if item["sk"] == "ALLOWED":
            found = _read_policy(item)
        else:
            bags.append(_read_bag(item))
    return Own(found, tuple(bags))


def _read_bag(item: Item) -> OwnBag:
    return OwnBag(item["product"], item["lot"], item["left"], item["given"], item["expired"])


def _read_policy(item: Item) -> Policy:
    return Policy(
        modes=item["modes"],
        at_zero=item["at_zero"],
        enablement=item["enablement"],
        enabled=item["enabled"],
        version=item["version"],
    )


def put_policy(tenant: str, customer: str, new: Policy, old_version: int) -> Put:
    """Over the version that was read (0: none yet); label `policy`."""
    pk, sk = policy_key(tenant, customer)
    item = {**asdict(new), "pk": pk, "sk": sk, "version": old_version + 1}
    when: Condition = ({"version": old_version},) if old_version else NEW
    return Put(item, when=when, label="policy")


def close_policy(tenant: str, customer: str) -> Update:
    """Out of credit where the reseller enables by hand: nothing goes until he does it again."""
    return Update(
        policy_key(tenant, customer),
        put={"enabled": False},
        when=({"enablement": "manual"},),
        label="credit:policy",
    )


def take_from_bag(
    tenant: str, customer: str, product: str, lot: str, quantity: int, label: str, **more: int
) -> Update:
    """Fails on `label` when there are no longer as many."""
    return Update(
        bag_key(tenant, customer, product, lot),
        add={"left": -quantity, **more},
        when=({"left": dynamo.at_least(quantity)},),
        label=label,
    )


def add_to_bag(tenant: str, customer: str, product: str, lot: str, **more: int) -> Update:
    """Add to a customer's bag (left, given, expired); a new one begins with nothing."""
    return Update(
        bag_key(tenant, customer, product, lot),
        put={"product": product, "lot": lot},
        add={"left": 0, "given": 0, "expired": 0} | more,
        when=ANY,
        label=f"bag:{product}:{lot}",
    )


def mark_holder(tenant: str, customer: str, product: str, lot: str) -> Put:
    """So that the expiry of the lot finds what is assigned to this customer."""
    pk = keys.pk(tenant, "CREDITS", "HOLDERS")
    item = {"pk": pk, "sk": keys.sk(product, lot, customer), "customer": customer}
    return Put(item, when=ANY, label=f"holder:{product}:{lot}")


def holders(tenant: str, product: str, lot: str) -> dict[str, OwnBag]:
    """What is assigned of a lot, by customer."""
    marks = dynamo.query(keys.pk(tenant, "CREDITS", "HOLDERS"), prefix=keys.sk(product, lot, ""))
    wanted = {bag_key(tenant, one["customer"], product, lot): one["customer"] for one in marks}
    found = dynamo.batch_get(wanted)
    return {wanted[key]: _read_bag(item) for key, item in found.items()}


def put_given(
    tenant: str,
    customer: str,
    id: str,
    at: str,
    product: str,
    quantity: int,
    parts: list[Part],
    by: str,
    note: str,
) -> Put:
    """One line of the history of assignments; `quantity` is negative for what was returned."""
    return Put(
        {
            "pk": own_partition(tenant, customer),
            "sk": keys.sk("GIVEN", at, id),
            "id": id,
            "at": at,
            "product": product,
            "quantity": quantity,
            "lots": [asdict(part) for part in parts],
            "by": by,
            "note": note,
        },
        label="given",
    )  # fmt: skip


def list_given(tenant: str, customer: str, before: str, limit: int) -> list[Item]:
    """Assignments, newest first, before a position (`<at>#<id>`; "" from the newest)."""
    high = keys.sk("GIVEN", "") + (before or "~")
    found = dynamo.query(
        own_partition(tenant, customer), between=("GIVEN#", high), descending=True, limit=limit + 1
    )
    return [item for item in found if not before or item["sk"] < high][:limit]


def did_key(tenant: str, customer: str, name: str) -> Key:
    return own_partition(tenant, customer), keys.sk("DID", name)


def did(tenant: str, customer: str, name: str, request: str, answer: Item) -> Put:
    """What a request under an Idempotency-Key came to. For credits it is kept for ever."""
    pk, sk = did_key(tenant, customer, name)
    return Put({"pk": pk, "sk": sk, "request": request, "answer": answer}, label="did")


def get_did(tenant: str, customer: str, name: str) -> tuple[str, Item] | None:
    """(the request, its answer)."""
    item = dynamo.get(did_key(tenant, customer, name))
    return (item["request"], item["answer"]) if item else None
