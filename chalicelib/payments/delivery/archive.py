"""The delivery channel "zip": each notice an object of its own name, then all of them in one ZIP.

    <tenant>/notices/<run>/CodiceFiscale_Anno_IUV.pdf
    <tenant>/notices/<run>/avvisi-1.zip, avvisi-2.zip …   ZIP_MEMBERS or ZIP_BYTES each

A ZIP is uploaded in parts while its members are read, so it is never whole in memory. After each
part the run keeps how far it is; what a part held is written down beside it, because the end of a
ZIP names all members. A part that is uploaded again under its number replaces the first.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import Any, Final

from chalicelib.base import config, limits, s3
from chalicelib.base.errors import NotFound, Rejected
from chalicelib.base.s3 import Place
from chalicelib.payments.delivery import zipping
from chalicelib.payments.delivery.channels import (
    Carrier,
    Channel,
    Finishing,
    Options,
    Parcel,
)
from chalicelib.payments.delivery.zipping import Member

NAME: Final = "zip"
_SECONDS: Final = frozenset({"", "person", "en", "fr", "de", "sl"})
_TYPE: Final = "application/zip"


def _check(tenant: str, profile: str, options: Options) -> dict[str, Any]:
    """Rejected `delivery_option` (with its name)."""
    found: dict[str, Any] = {"second": "", "slip": True} | dict(options)
    wrong = sorted(set(found) - {"second", "slip"})
    if found["second"] not in _SECONDS:
        wrong.append("second")
    if not isinstance(found["slip"], bool):
        wrong.append("slip")
    if wrong or profile:
        raise Rejected("delivery_option", "An option is not right.", options=wrong or ["profile"])
    return found


def place_of(tenant: str, run: str, name: str) -> Place:
    """Where a notice, or a ZIP, of a run is."""
    return Place(config.get("DOCUMENTS_BUCKET"), f"{tenant}/notices/{run}/{name}")


class _Shelf:
    def deliver(self, parcel: Parcel) -> str:
        data = parcel.pdf()
        place = place_of(parcel.tenant, parcel.run, parcel.file_name)
        s3.put(place, data, "application/pdf")
        return f"{len(data)} bytes"


@contextmanager
def _open(tenant: str, profile: str, options: Options) -> Iterator[Carrier]:
    yield _Shelf()


# ------------------------------------------------------------------ the ZIP
def zip_name(number: int) -> str:
    return f"avvisi-{number}.zip"


def _aside(job: Finishing, kept: Mapping[str, Any], part: int) -> Place:
    """Where it is written down what a part held."""
    return place_of(job.tenant, job.run, f".zip/{kept['number']}-{part:05d}.json")


def _finish(job: Finishing) -> bool:
    """One part after the other; `kept` says where the next begins."""
    while job.has_time():
        if job.kept.get("complete"):
            return True
        _next_part(job)
    return False


_EMPTY: Final[dict[str, Any]] = {
    "number": 1, "upload": "", "etags": [], "offset": 0, "members": 0, "after": "", "from": "",
    "zips": 0,
}  # fmt: skip


def _next_part(job: Finishing) -> None:
    """The next piece of the archive, whole or as a part of an upload."""
    kept = _EMPTY | dict(job.kept)
    data, members, after = _piece(job, kept)
    last = next(iter(job.sent(after)), None) is None
    inside = kept["members"] + len(members)
    if not inside:
        job.keep(complete=True)  # nothing arrived: there is no ZIP
        return
    offset = kept["offset"] + len(data)
    ends = last or inside >= limits.ZIP_MEMBERS or offset >= limits.ZIP_BYTES
    if ends:
        held = [one for part in range(len(kept["etags"])) for one in _written(job, kept, part)]
        data += zipping.directory([*held, *members], offset, job.begun)
    try:
        parts = _stored(job, kept, data, members, ends)
    except NotFound:
        # S3 has dropped the upload, which it does after some days: the archive begins again.
        job.keep(**_EMPTY | {"number": kept["number"], "after": kept["from"],
                             "from": kept["from"], "zips": kept["zips"]})  # fmt: skip
        return
    if ends:
        number = kept["number"]
        job.keep(**_EMPTY | {"number": number + 1, "after": after, "from": after,
                             "zips": number, "complete": last})  # fmt: skip
    else:
        job.keep(**kept | parts | {"offset": offset, "members": inside, "after": after})


def _piece(job: Finishing, kept: Mapping[str, Any]) -> tuple[bytes, list[Member], str]:
    """As many members as make one part, where the archive begins or goes on."""
    most = limits.ZIP_MEMBERS - kept["members"]
    arrived = islice(job.sent(kept["after"]), most)
    pieces: list[bytes] = []
    members: list[Member] = []
    offset, after = kept["offset"], kept["after"]
    while offset - kept["offset"] < limits.ZIP_PART_BYTES:
        some = list(islice(arrived, limits.DELIVERY_AT_ONCE))
        if not some:
            break
        places = [place_of(job.tenant, job.run, one.file_name) for one in some]
        files = zip(
            (one.file_name for one in some), s3.get_many(places, limits.ZIP_READERS), strict=True
        )
        data, found = zipping.packed(files, offset, job.begun)
        pieces.append(data)
        members += found
        offset, after = offset + len(data), some[-1].place
    return b"".join(pieces), members, after


def _stored(
    job: Finishing, kept: Mapping[str, Any], data: bytes, members: list[Member], ends: bool
) -> dict[str, Any]:
    """Store a piece; gives what to keep of the upload. NotFound when the upload is gone."""
    place = place_of(job.tenant, job.run, zip_name(kept["number"]))
    part = len(kept["etags"])
    if part == 0 and ends:
        s3.put(place, data, _TYPE)
        return {}
    upload = kept["upload"]
    if not upload:
        upload = s3.begin_parts(place, _TYPE)
        job.keep(**dict(kept) | {"upload": upload})
    s3.put(_aside(job, kept, part), _noted(members), "application/json")
    try:
        etags = [*kept["etags"], s3.put_part(place, upload, part + 1, data)]
        if ends:
            s3.end_parts(place, upload, etags)
    except NotFound:
        # Or an earlier run ended it and died before it could say so.
        if not ends or s3.find(place) is None:
            raise
        return {}
    return {"upload": upload, "etags": etags}


def _noted(members: list[Member]) -> bytes:
    return json.dumps([[one.name, one.crc, one.size, one.offset] for one in members]).encode()


def _written(job: Finishing, kept: Mapping[str, Any], part: int) -> list[Member]:
    return [Member(*one) for one in json.loads(s3.get(_aside(job, kept, part)))]


def link(tenant: str, run: str, zips: int, number: int) -> tuple[str, str]:
    """A link to a ZIP of a run and its file name; NotFound."""
    if not 1 <= number <= zips:
        raise NotFound("archive")
    name = zip_name(number)
    place = place_of(tenant, run, name)
    return s3.download_link(place, name, limits.DOWNLOAD_LINK_S), name


CHANNEL: Final = Channel(name=NAME, check=_check, open=_open, repeatable=True, finish=_finish)
