"""Whom the house believes about signatures: put there by the operator, read by those who verify.

Two bundles, each with its history: `qualified`, the authorities that issue certificates for
qualified signatures (those of the trusted lists, eIDAS art. 22), and `seal`, the tax agency's own
under which SdI seals its messages. The certificates stand in the SdI bucket under their hash and
are never changed; a row for each version says which ones count, since when and by whose word.

    pk T#_house#TRUST  sk <kind>#<number>   sha256, size, certificates, at, by, until

Until something is put there nobody is believed: 00101, 00104 and 00107 stay open, seals unproved.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, get_args

from chalicelib.base import clock, config, dynamo, ids, keys, limits, s3
from chalicelib.base.dynamo import ConditionFailed, Item, Put
from chalicelib.base.errors import Conflict, NotFound, Transient
from chalicelib.base.s3 import Place

if TYPE_CHECKING:
    from chalicelib.invoicing.signing.lookup import Lookup
    from chalicelib.invoicing.signing.seal import SealTrust
    from chalicelib.invoicing.signing.trust import Revocation, Trust

Kind = Literal["qualified", "seal"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class Version:
    """One state of a bundle. `sha256` is of its PEM as kept ("" and `certificates` 0: nobody is
    believed any more), `at` when it was put, `by` who did, `until` the day on which the first
    of its certificates ends."""

    kind: Kind
    number: int
    sha256: str
    certificates: int
    at: str
    by: str
    until: str


def _place(sha256: str) -> Place:
    return Place(config.get("SDI_BUCKET"), f"trust/{sha256}.pem")


# --- what the operator does ---------------------------------------------------------------------
def put(kind: Kind, pem: bytes | None, by: str, now: datetime) -> Version:
    """Believe these authorities from now on, and no others; None believes nobody.

    The same bundle again is the same version. Raises as bundle.authorities, `seal_authority` for
    a seal's that is not the tax agency's, and Conflict when somebody else was faster.
    """
    from chalicelib.invoicing.signing import bundle, seal

    found = [] if pem is None else bundle.authorities(pem, now)
    data = bundle.written(found)
    if kind == "seal":
        seal.seal_trust(data)
    before = current(kind)
    sha256 = ids.sha256(data) if found else ""
    if before and before.sha256 == sha256:
        return before
    if found:
        s3.put(_place(sha256), data, "application/x-pem-file")
    new = Version(
        kind=kind,
        number=before.number + 1 if before else 1,
        sha256=sha256,
        certificates=len(found),
        at=clock.stamp(now),
        by=by,
        until=min((each.not_valid_after_utc for each in found), default=now).date().isoformat(),
    )
    try:
        dynamo.commit([_row(new)])
    except ConditionFailed as failed:
        raise Conflict(
            "trust_changed", "Somebody else changed it meanwhile: look again."
        ) from failed
    forget()
    return new


def versions(kind: Kind) -> list[Version]:
    """All that ever counted, the newest first."""
    return [_read(item) for item in dynamo.query(_PARTITION, prefix=f"{kind}#", descending=True)]


def current(kind: Kind) -> Version | None:
    """What counts; None when nothing was ever put there."""
    found = list(dynamo.query(_PARTITION, prefix=f"{kind}#", descending=True, limit=1))
    return _read(found[0]) if found else None


_PARTITION = keys.pk(keys.HOUSE, "TRUST")


def _row(version: Version) -> Put:
    sk = keys.sk(version.kind, f"{version.number:06}")
    return Put({**vars(version), "pk": _PARTITION, "sk": sk}, label="trust")


def _read(item: Item) -> Version:
    return Version(**{name: item[name] for name in Version.__dataclass_fields__})


# --- what those who verify do -------------------------------------------------------------------
@dataclass
class _Kept:
    """A bundle in use: which version it is, when that was last looked up, what was made of it."""

    number: int
    looked_at: datetime
    made: Any = field(repr=False)


_kept: dict[Kind, _Kept] = {}
_lock = threading.Lock()


def trust() -> Trust:
    """Whose signatures count, and who is asked about revocation. A `trust.TrustSource`.

    Looked up anew after limits.TRUST_AGE_S. Raises Transient `trust_damaged`: the certificates
    are not those that were put, and better nobody is judged than by others.
    """
    from chalicelib.invoicing.signing import trust as leaf

    def made(pem: bytes) -> Trust:
        return leaf.Trust(leaf.anchors(pem), _lookup()) if pem else leaf.NO_TRUST

    found: Trust = _use("qualified", made)
    return found


def seal_trust() -> SealTrust:
    """Under whom SdI seals. Raises as `trust`."""
    from chalicelib.invoicing.signing import seal

    found: SealTrust = _use("seal", seal.seal_trust)
    return found


def revocation(certificate: bytes, others: Sequence[bytes], at: datetime) -> Revocation:
    """Whether the DER `certificate` was revoked at the instant `at`, asked as `trust` asks: only
    about what a believed authority has issued, remembered, within limits.REVOCATION_TOTAL_S.

    `others` are further certificates of the file. `unknown`: nobody who was asked could tell now.
    Raises as `trust`.
    """
    from chalicelib.invoicing.signing import trust as leaf
    from chalicelib.invoicing.signing.lookup import names_somebody

    return leaf.revocation(certificate, others, trust(), at, names_somebody)


def forget() -> None:
    """Look everything up again when next asked, answers about revocation included."""
    _kept.clear()
    _lookup.cache_clear()


def _use(kind: Kind, make: Callable[[bytes], Any]) -> Any:
    now = clock.now()
    with _lock:
        kept = _kept.get(kind)
        # A clock that was set back must not make a bundle last for ever.
        if kept and abs(now - kept.looked_at) < timedelta(seconds=limits.TRUST_AGE_S):
            return kept.made
        version = current(kind)
        if kept and kept.number == (version.number if version else 0):
            kept.looked_at = now
            return kept.made
        made = make(_bundle(version))
        _kept[kind] = _Kept(version.number if version else 0, now, made)
        return made


def _bundle(version: Version | None) -> bytes:
    if version is None or not version.sha256:
        return b""
    try:
        data = s3.get(_place(version.sha256))
    except NotFound:
        data = b""
    if ids.sha256(data) != version.sha256:
        raise Transient("trust_damaged", "The trusted certificates are not those that were put.")
    return data


@cache
def _lookup() -> Lookup:
    from chalicelib.invoicing.signing.lookup import Lookup

    # On one machine the authority answers on loopback; in AWS nothing private is reached.
    local = config.get("REVOCATION_PRIVATE", "") == "allow"
    return Lookup(clock.now, allow_private=local)
