"""The credits worker's tasks, but for releasing documents (invoicing/release.py knows those)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from chalicelib.accounts import letters
from chalicelib.accounts import service as accounts
from chalicelib.base import clock, dynamo
from chalicelib.base.dynamo import Op
from chalicelib.base.work import Wakes, Work
from chalicelib.credits import expiry, levels, purse, store
from chalicelib.credits.levels import Level
from chalicelib.credits.store import Pool


def do(job: Work, wakes: Wakes, now: datetime) -> None:
    """One row: `purse`, `low` or `expire`. Any other is a bug."""
    task = job.item["task"]
    if task == "purse":
        if not purse.close(job.tenant, job.item["purse"], None, now, wakes):
            dynamo.commit([job.done()])
    elif task == "low":
        _tell_low(job, wakes, now)
    else:
        assert task == "expire", task
        expiry.expire(job, wakes, now)


def _tell_low(job: Work, wakes: Wakes, now: datetime) -> None:
    """Write to the reseller, once for each threshold that the pool is below by now.

    A run may have given back meanwhile what it had set aside: then a threshold counts as not
    crossed, and may be crossed again later.
    """
    tenant, product, share = job.tenant, job.item["product"], job.item["share"]
    pool = store.get_pool(tenant, product, clock.rome_day(now))
    level = pool.level
    if level is None or level.told != share:
        wakes.commit([job.done()])  # new credits came, or a lower threshold has its own row
        return
    before = job.item["before"]
    found = levels.crossed(Level(level.full), pool.left)
    by_now = levels.UNTOLD if found is None else found
    ops: list[Op] = [job.done()]
    if by_now != share:
        ops.append(
            store.put_level(tenant, product, replace(level, told=min(by_now, before)), level)
        )
    if by_now < before:
        ops.append(_letter(tenant, pool, by_now, job.item["crossing"], now))
    wakes.commit(ops)


def _letter(tenant: str, pool: Pool, share: int, crossing: int, now: datetime) -> Op:
    reseller = accounts.get_reseller(tenant)
    return letters.row(
        tenant,
        "credits_low",
        reseller.mail,
        {"product": pool.product, "left": str(pool.left), "share": str(share)},
        now,
        name=f"{pool.product}-{crossing}",
        language=reseller.language,
    )
