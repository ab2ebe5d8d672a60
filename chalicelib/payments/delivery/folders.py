"""The channels to a body's own servers, by SFTP and by FTPS (F001-076, F001-080).

A profile is for one purpose. The area of a website gets an index file beside the notices: of every
notice that ever came there by this profile, whichever run brought it.

T#<tenant>#AREA#<profile>   FILE#<iuv>   a notice that stands there; its line is sealed
T#<tenant>#AREA#<profile>   LINES        `n` changes whenever there are more
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import Any, Final

from chalicelib.base import dynamo, fields, ids, keys, limits
from chalicelib.base.dynamo import Put
from chalicelib.base.errors import Rejected
from chalicelib.payments.delivery import areas, ftps, index, profiles, sftp, wishes
from chalicelib.payments.delivery.areas import Area, Files, Secrets
from chalicelib.payments.delivery.channels import Channel, Finishing, Options, Parcel
from chalicelib.payments.delivery.profiles import Carrier


@contextmanager
def opened(tenant: str, carrier: Carrier) -> Iterator[tuple[Files, Area]]:
    """The area of a profile. Raises as `sftp.connect`, `ftps.connect`."""
    secrets = Secrets(**profiles.secrets_of(tenant, carrier))
    setting = carrier.setting
    if isinstance(setting, sftp.Profile):
        with sftp.connect(setting, secrets) as files:
            yield files, setting
    else:
        assert isinstance(setting, ftps.Profile)
        with ftps.connect(setting, secrets) as files:
            yield files, setting


def area_of(tenant: str, code: str, kind: str) -> tuple[Carrier, Area]:
    """Rejected as `profiles.require`."""
    carrier = profiles.require(tenant, code, kind)
    assert isinstance(carrier.setting, Area)
    return carrier, carrier.setting


class _Folder:
    """The open area of a run (channels.Carrier)."""

    def __init__(self, files: Files, area: Area) -> None:
        self._files, self._area = files, area

    def deliver(self, parcel: Parcel) -> str:
        put = areas.put(self._files, self._area, parcel.file_name, parcel.pdf())
        return "" if put == "written" else "it was there already"


def _channel(kind: profiles.Kind) -> Channel:
    def check(tenant: str, profile: str, options: Options) -> dict[str, Any]:
        _, area = area_of(tenant, profile, kind)
        if area.purpose == "postal":
            raise Rejected("area_purpose", "That area is the print service's.", status=409)
        return wishes.printed(options)

    @contextmanager
    def open(tenant: str, profile: str, options: Options) -> Iterator[_Folder]:
        carrier, _ = area_of(tenant, profile, kind)
        with opened(tenant, carrier) as (files, area):
            yield _Folder(files, area)

    def finish(job: Finishing) -> bool:
        carrier, area = area_of(job.tenant, job.profile, kind)
        return area.purpose != "website" or _indexed(job, carrier)

    return Channel(name=kind, check=check, open=open, repeatable=True, finish=finish)


SFTP: Final = _channel("sftp")
FTPS: Final = _channel("ftps")


# ------------------------------------------------------------------ the index of a website
def _partition(tenant: str, profile: str) -> str:
    return keys.pk(tenant, "AREA", profile)


def _indexed(job: Finishing, carrier: Carrier) -> bool:
    """The lines of this run are kept, then the file is made of all that are. False: not yet."""
    if not _kept_lines(job):
        return False
    while True:
        seen = _count(job.tenant, job.profile)
        data = index.write(_lines(job.tenant, job.profile))
        with opened(job.tenant, carrier) as (files, area):
            areas.put(files, area, index.FILE_NAME, data)
        # Another run that ended meanwhile may have been overwritten by what was read before it.
        if _count(job.tenant, job.profile) == seen:
            return True
        if not job.has_time():
            return False


def _kept_lines(job: Finishing) -> bool:
    if job.kept.get("indexed"):
        return True
    place = str(job.kept.get("place", ""))
    while True:
        some = list(islice(job.sent(place), limits.DELIVERY_PLANNED_AT_ONCE))
        lines = {}
        for one in some:
            iuv = one.position.payments[0].iuv
            lines[iuv] = index.line(one.person.tax_code, iuv, one.file_name)
            place = one.place
        if lines:
            add_lines(job.tenant, job.profile, lines)
        last = len(some) < limits.DELIVERY_PLANNED_AT_ONCE
        job.keep(place=place, indexed=last)
        if last:
            return True
        if not job.has_time():
            return False


def add_lines(tenant: str, profile: str, lines: Mapping[str, str]) -> None:
    """Keep lines by IUV; the same again takes its place."""
    counter = dynamo.Update(
        (_partition(tenant, profile), keys.sk("LINES")), add={"n": 1}, when=dynamo.ANY
    )
    dynamo.commit([counter, *(_put_line(tenant, profile, *one) for one in lines.items())])


def _put_line(tenant: str, profile: str, iuv: str, line: str) -> Put:
    name = ids.derive("area", profile, iuv)
    item = {
        "pk": _partition(tenant, profile),
        "sk": keys.sk("FILE", iuv),
        "line": fields.seal(tenant, "area", name, "line", line),
    }
    return Put(item, when=dynamo.ANY, label=f"line:{iuv}")


def _count(tenant: str, profile: str) -> int:
    item = dynamo.get((_partition(tenant, profile), keys.sk("LINES")))
    return int(item["n"]) if item else 0


def _lines(tenant: str, profile: str) -> Iterator[str]:
    for item in dynamo.query(_partition(tenant, profile), prefix=keys.sk("FILE", "")):
        name = ids.derive("area", profile, item["sk"].partition("#")[2])
        yield fields.unseal(tenant, "area", name, "line", item["line"])
