"""An archive, in pieces that each fit any time limit and go on where they stopped.

    open    read the directory by ranges, write one manifest per chunk, plan the chunks
    chunk   read members by windows; a checkpoint every few; stop in order when time runs out
    finish  when every chunk is done: the archive is `unpacked`, its reseller is told once

Members in = documents + refusals: each entry of the directory becomes one or the other.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime

from chalicelib.base import archives, clock, dynamo, ids, limits, log, s3, work
from chalicelib.base.archives import Member
from chalicelib.base.dynamo import Check, Op, Update
from chalicelib.base.errors import Rejected
from chalicelib.base.s3 import Place
from chalicelib.base.work import Wakes, Work
from chalicelib.invoicing import intake, names, store
from chalicelib.invoicing.document import Document
from chalicelib.invoicing.intake import Arrival, Session

Remaining = Callable[[], int]


load = store.load


def do(job: Work, archive: Document, session: Session, remaining_ms: Remaining) -> None:
    """One task of the receive queue."""
    now = clock.now()
    task = job.item["task"]
    if archive.state != "unpacking":
        dynamo.commit([job.done()])
    elif task == "open":
        _open(job, archive, session, now)
    elif task == "chunk":
        _Chunk(job, archive, session, remaining_ms).run()
    else:
        _finish(job, archive, session, now)


def _manifest(tenant: str, archive: str, chunk: int) -> Place:
    return intake.own_place(tenant, archive, f"manifest-{chunk:04d}.json")


def _open(job: Work, archive: Document, session: Session, now: datetime) -> None:
    try:
        plan = archives.plan(s3.Ranged(archive.raw, archive.size))
    except Rejected as refusal:
        _, ops = store.changed(
            job.tenant,
            archive,
            now,
            "intake",
            state="refused_file",
            reason=refusal.code,
            text=refusal.message,
        )
        session.wakes.commit([*ops, job.done()])
        return
    members = plan.members
    size = max(limits.CHUNK_MEMBERS, math.ceil(len(members) / limits.CHUNKS))
    starts = range(0, len(members), size)
    for chunk, start in enumerate(starts):
        found = [_to_json(member) for member in members[start : start + size]]
        place = _manifest(job.tenant, archive.id, chunk)
        s3.put(place, json.dumps(found).encode(), "application/json")
    _, ops = store.amended(job.tenant, archive, members=len(members), chunks=len(starts))
    pk = store.partition(job.tenant, archive.id)
    ops += [
        work.row(
            "receive",
            pk,
            f"chunk-{chunk:04d}",
            now,
            task="chunk",
            document=archive.id,
            chunk=chunk,
            next=0,
            documents=0,
            refusals=0,
            label=f"chunk:{chunk}",
        )
        for chunk in range(len(starts))
    ]
    session.wakes.commit([*ops, job.done()])
    log.write(log.Event.ARCHIVE_OPENED, tenant=job.tenant, id=archive.id, members=len(members))


def _to_json(member: Member) -> dict[str, object]:
    return asdict(member) | {"raw_name": base64.b64encode(member.raw_name).decode()}


def _from_json(found: dict[str, object]) -> Member:
    raw = base64.b64decode(str(found["raw_name"]))
    return Member(**(found | {"raw_name": raw}))  # type: ignore[arg-type]


class _Chunk:
    """One run over a chunk's members from where the last run stopped."""

    def __init__(
        self, job: Work, archive: Document, session: Session, remaining_ms: Remaining
    ) -> None:
        self.job = job
        self.archive = archive
        self.session = session
        self.remaining_ms = remaining_ms
        self.chunk = int(job.item["chunk"])
        self.saved = self.next = int(job.item["next"])
        self.documents = int(job.item["documents"])
        self.refusals = int(job.item["refusals"])

    def run(self) -> None:
        manifest = s3.get(_manifest(self.job.tenant, self.archive.id, self.chunk))
        members = [_from_json(found) for found in json.loads(manifest)]
        source = s3.Ranged(self.archive.raw, self.archive.size)
        run = ids.derive(self.archive.id, "chunk", str(self.chunk))
        to_come = len(members) - self.next
        self.session.expect(run, len(members), to_come, again=self.job.again)
        # In a fixed order, so that `next` means the same in every run: the refused ones, which
        # have no bytes, then the others as they stand in the file.
        refused = [one for one in members if one.refusal]
        readable = sorted((one for one in members if not one.refusal), key=lambda one: one.offset)
        for member in refused[self.next :]:
            if not self._member(member, b"", 0):
                return
        left = readable[self.next - len(refused) :]
        for window in archives.windows(left, limits.ARCHIVE_WINDOW_BYTES):
            data = source.read(window.start, window.length)
            for member in window.members:
                if not self._member(member, data, window.start):
                    return
        assert self.next == len(members)
        self._done()

    def _member(self, member: Member, data: bytes, start: int) -> bool:
        """Take one member in; False when the time is up (the place is kept)."""
        if self.remaining_ms() < limits.REMAINING_MS:
            self._stop()
            return False
        tenant, now = self.job.tenant, clock.now()
        arrival = Arrival(
            tenant=tenant,
            id=ids.derive(self.archive.id, str(member.index)),
            file_name=names.base(member.name)[: limits.FILE_NAME_CHARS] or "-",
            channel=self.archive.channel,
            sender=self.archive.sender,
            received_at=clock.parse(self.archive.received_at),
            raw=self.archive.raw,
            size=member.size,
            customer=self.archive.customer,
            archive=self.archive.id,
            keep=self.archive.keep,
        )
        try:
            if member.refusal:
                raise Rejected(member.refusal, f"{member.name[:200]!r} in the archive is refused.")
            content = archives.extract(data, start, member)
        except Rejected as refusal:
            # Its bytes could not be taken out: they are the archive's, which is kept whole.
            intake.refuse(tenant, intake.flow_of(arrival), refusal, self.session, now)
            self.refusals += 1
        else:
            raw = intake.own_place(tenant, arrival.id, "raw")
            s3.put(raw, content, "application/octet-stream")
            stored = intake.receive(replace(arrival, raw=raw), content, self.session, now)
            if stored.state == "refused_file":
                self.refusals += 1
            else:
                self.documents += 1
        self.next += 1
        if self.next - self.saved >= limits.CHECKPOINT_MEMBERS:
            self._save()
        return True

    def _progress(self) -> Update:
        return Update(
            self.job.key,
            put={"next": self.next, "documents": self.documents, "refusals": self.refusals},
            when=({"next": self.saved},),
            label="work",
        )

    def _save(self) -> None:
        # Before the place is kept: a run that dies here takes these members again, and looks.
        self.session.till.look_again(clock.now())
        dynamo.commit([self._progress()])
        self.saved = self.next

    def _stop(self) -> None:
        """Out of time: the row keeps the place, a new message goes on from there."""
        if self.next != self.saved:
            self._save()
        self.session.wakes.add(self.job.queue, self.job.key)

    def _done(self) -> None:
        self.session.till.look_again(clock.now())
        self.session.till.close(clock.now())
        pk, sk = store.key(self.job.tenant, self.archive.id)
        totals = {"chunks_done": 1, "documents": self.documents, "refusals": self.refusals}
        finish = work.row(
            "receive",
            pk,
            "finish",
            clock.now(),
            task="finish",
            document=self.archive.id,
            when=dynamo.ANY,
            label="finish",
        )
        self.session.wakes.commit([self.job.done(), Update((pk, sk), add=totals), finish])
        log.write(
            log.Event.ARCHIVE_CHUNK,
            tenant=self.job.tenant,
            id=self.archive.id,
            count=self.documents + self.refusals,
        )


def _finish(job: Work, archive: Document, session: Session, now: datetime) -> None:
    if archive.chunks_done < archive.chunks:
        # The next chunk to end plans this work again; if one ended just now the check fails.
        seen = {"chunks_done": archive.chunks_done}
        check = Check(store.key(job.tenant, archive.id), when=(seen,), label="archive")
        dynamo.commit([job.done(), check])
        return
    assert archive.members == archive.documents + archive.refusals
    ops: list[Op]
    _, ops = store.changed(job.tenant, archive, now, "intake", state="unpacked")
    session.wakes.commit([*ops, job.done()])


def session_for(wakes: Wakes, tasks: int) -> Session:
    """Names are taken in blocks as large as what is saved at once."""
    return Session(wakes, limits.CHECKPOINT_MEMBERS if tasks else 1)
