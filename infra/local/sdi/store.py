"""What SdI remembers, in one SQLite file: names, fiscal keys, files, messages to deliver."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_TABLES = """
create table if not exists counters (name text primary key, value integer not null);
create table if not exists names (name text primary key);
create table if not exists files (
    id_sdi integer primary key, name text not null, sha256 text not null, codes text not null,
    accepted integer not null, received_at real not null, archive_id integer, content blob not null
);
create table if not exists keys (key text not null, id_sdi integer not null, released_at real);
create index if not exists keys_by_key on keys (key);
create table if not exists messages (
    sequence integer primary key autoincrement, operation text not null, id_sdi integer not null,
    file_name text not null, content blob not null, due real not null,
    attempts integer not null default 0, delivered_at real, last_error text
);
create index if not exists messages_by_due on messages (delivered_at, due);
"""
_FIRST_VALUES = {"id_sdi": 100_000_000, "message_id": 20_000_000, "unknown_id": 999_999_000_000}


@dataclass(frozen=True)
class ReceivedFile:
    """A file as SdI knows it. `codes` are the distinct codes of its rejection, in order.

    `archive_id` is the IdentificativoSdI of the zip that it came in.
    """

    name: str
    id_sdi: int
    sha256: str
    codes: tuple[str, ...]
    accepted: bool
    archive_id: int | None = None


@dataclass(frozen=True)
class Delivery:
    """A message for the sender: `operation` of TrasmissioneFatture and its fileSdI."""

    operation: str
    id_sdi: int
    file_name: str
    content: bytes


@dataclass(frozen=True)
class PendingMessage:
    """A delivery in the queue, with its place in it and the attempts already made."""

    sequence: int
    attempts: int
    delivery: Delivery


class Store:
    """One connection behind one lock; times are seconds since the epoch.

    Methods that write are to be called inside `transaction`.
    """

    def __init__(self, file: Path) -> None:
        self._lock = threading.RLock()
        self._db = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        # What a simulator remembers must outlive the process, not a power cut.
        self._db.execute("pragma synchronous = off")
        self._db.executescript(_TABLES)

    def close(self) -> None:
        """Give the file back; the store is of no use afterwards."""
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, and nobody else meanwhile."""
        with self._lock:
            self._db.execute("begin immediate")
            try:
                yield
            except BaseException:
                self._db.execute("rollback")
                raise
            self._db.execute("commit")

    def next_number(self, counter: str) -> int:
        """The next value of a counter, each given once for ever."""
        first = _FIRST_VALUES.get(counter, 0)
        row = self._db.execute(
            "insert into counters values (?, ?) on conflict (name)"
            " do update set value = value + 1 returning value",
            (counter, first + 1),
        ).fetchone()
        return int(row[0])

    def take_name(self, key: str) -> bool:
        """Take a name for ever; False when it was taken before."""
        done = self._db.execute("insert or ignore into names values (?)", (key,))
        return done.rowcount == 1

    def add_file(self, file: ReceivedFile, received_at: float, content: bytes) -> None:
        """Remember a file with SdI's verdict."""
        self._db.execute(
            "insert into files values (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                file.id_sdi,
                file.name,
                file.sha256,
                json.dumps(file.codes),
                file.accepted,
                received_at,
                file.archive_id,
                content,
            ),
        )

    def key_holder(self, key: str, at: float) -> int | None:
        """IdentificativoSdI of the invoice that holds a fiscal key at a time."""
        row = self._db.execute(
            "select id_sdi from keys where key = ? and (released_at is null or released_at > ?)",
            (key, at),
        ).fetchone()
        return int(row[0]) if row else None

    def hold_key(self, key: str, id_sdi: int, released_at: float | None) -> None:
        """Hold a fiscal key, until the invoice is refused when that is already decided."""
        self._db.execute("insert into keys values (?, ?, ?)", (key, id_sdi, released_at))

    def add_message(self, delivery: Delivery, due: float) -> None:
        """Queue a message."""
        self._db.execute(
            "insert into messages (operation, id_sdi, file_name, content, due)"
            " values (?, ?, ?, ?, ?)",
            (delivery.operation, delivery.id_sdi, delivery.file_name, delivery.content, due),
        )

    def due_messages(self, at: float) -> list[PendingMessage]:
        """What is due by a time, the oldest first."""
        with self._lock:
            rows = self._db.execute(
                "select sequence, attempts, operation, id_sdi, file_name, content from messages"
                " where delivered_at is null and due <= ? order by due, sequence",
                (at,),
            ).fetchall()
        return [PendingMessage(row[0], row[1], Delivery(*row[2:])) for row in rows]

    def next_due(self) -> float | None:
        """When the next undelivered message is due; None when there is none."""
        with self._lock:
            row = self._db.execute(
                "select min(due) from messages where delivered_at is null"
            ).fetchone()
        return None if row[0] is None else float(row[0])

    def mark_delivered(self, sequence: int, at: float) -> None:
        """Take a message out of the queue."""
        self._db.execute("update messages set delivered_at = ? where sequence = ?", (at, sequence))

    def postpone(self, sequence: int, due: float, reason: str) -> None:
        """Put a message back after a failed attempt."""
        self._db.execute(
            "update messages set due = ?, attempts = attempts + 1, last_error = ?"
            " where sequence = ?",
            (due, reason, sequence),
        )

    def files(self) -> list[ReceivedFile]:
        """All files in order of receipt."""
        with self._lock:
            rows = self._db.execute(
                "select name, id_sdi, sha256, codes, accepted, archive_id from files"
                " order by id_sdi"
            ).fetchall()
        return [
            ReceivedFile(row[0], row[1], row[2], tuple(json.loads(row[3])), bool(row[4]), row[5])
            for row in rows
        ]
