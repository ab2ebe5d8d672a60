"""`make run`: the house on one machine, a demo reseller, a ZIP dropped, what becomes of it; then a
body that collects, and the citizens who pay.

ONCE=1          end after the table, with status 0
ZIP=<path>      this ZIP instead of the demo's
RESELLER=<id>   under this reseller (default: demo)
REGISTRY=<path> what SdI finds in the tax registry and in IPA (JSON, as `Registry` has it)
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sys
import tempfile
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from chalicelib.base import keys
from chalicelib.base.errors import Failure
from chalicelib.invoicing import dispatch
from chalicelib.invoicing.document import Document
from chalicelib.invoicing.signing import cades
from chalicelib.invoicing.states import NOT_DOCUMENTS, is_final
from infra.local import collecting, demo, holders
from infra.local.collecting import Collected
from infra.local.engines import ROOT, EngineError
from infra.local.gateway import DEFAULT_PORT, GatewayError
from infra.local.house import AUTHORITY_FOLDER, House, Reseller
from infra.local.sdi.outcomes import Delays
from infra.local.sdi.registry import USUAL, Registry, read_registry
from infra.local.smtp import MailServer

RESULT = ROOT / ".local" / "run.json"
# SdI takes days to say some things; here they come within seconds of each other.
DELAYS = Delays(outcome_s=1, answer_s=2, term_s=4, attestation_s=4, retry_s=1)
LOOK_EVERY_S = 0.7
# Nothing at all happening for this long is a fault, not patience.
SILENCE_MAX_S = 120
# A line for every change is good to watch up to here; beyond, only the counts.
LINES_MAX = 600
RESTING = frozenset(
    {"awaiting_signature", "own_sending", "held", "invalid", "to_convert", "discarded",
     "refused_file", "unpacked"}
)  # fmt: skip


@dataclass
class Watch:
    """What was seen so far: the version of each file, and how many lines were written."""

    reseller: str
    versions: dict[str, int] = field(default_factory=dict)
    lines: int = 0
    changed_at: float = field(default_factory=time.monotonic)

    def look(self, documents: list[Document], now: datetime) -> None:
        for document in documents:
            if self.versions.get(document.id) == document.version:
                continue
            self.versions[document.id] = document.version
            self.changed_at = time.monotonic()
            self.lines += 1
            if self.lines <= LINES_MAX:
                print(_line(document, now), flush=True)
            elif self.lines == LINES_MAX + 1:
                print("  … and so on; the table at the end counts them all", flush=True)


def _line(document: Document, now: datetime) -> str:
    said = document.said
    what = f"{said.type} {said.number}" if said else document.kind
    more = [document.reason or "", document.clash and f"same {document.clash}",
            document.id_sdi and f"IdSdI {document.id_sdi}"]  # fmt: skip
    tail = ", ".join(part for part in more if part)
    return (
        f"  {now:%H:%M:%S}  {document.file_name[:32]:32}  {what[:22]:22}  "
        f"{document.state:14} {tail}"
    )


def main() -> int:
    """Returns the exit status: 0 when everything came to rest."""
    once = os.environ.get("ONCE", "") not in ("", "0")
    zip_path = os.environ.get("ZIP", "")
    reseller = os.environ.get("RESELLER") or "demo"
    if not keys.is_tenant(reseller):
        return _wrong(f"RESELLER={reseller}: use a-z, 0-9 and dashes, at most 40 characters.")
    if zip_path and not Path(zip_path).is_file():
        return _wrong(f"ZIP={zip_path}: there is no such file.")
    if zip_path and not zipfile.is_zipfile(zip_path):
        return _wrong(f"ZIP={zip_path}: this is not a ZIP archive.")
    try:
        registry = _registry(os.environ.get("REGISTRY", ""))
    except (OSError, ValueError) as error:
        return _wrong(f"REGISTRY: {error}")
    try:
        return _run(once, zip_path, reseller, registry)
    except (EngineError, GatewayError) as error:
        return _wrong(str(error))
    except KeyboardInterrupt:
        print("\nStopped.")
        return 0


def _registry(path: str) -> Registry:
    return read_registry(Path(path)) if path else USUAL


def _wrong(text: str) -> int:
    print(text, file=sys.stderr)
    return 2


def _run(once: bool, zip_path: str, reseller: str, registry: Registry) -> int:
    logging.getLogger("infra.local").setLevel(logging.ERROR)
    print("Starting the local cloud (tables, buckets, queues, Sistema di Interscambio) …")
    with (
        tempfile.TemporaryDirectory() as folder,
        # A port that is taken matters only to somebody who stays to use it.
        House(
            Path(folder),
            real_time=True,
            port=0 if once else DEFAULT_PORT,
            delays=DELAYS,
            registry=registry,
            # The mail server's certificate is the test authority's.
            variables={"SSL_CERT_FILE": str(AUTHORITY_FOLDER / "ca.pem")},
        ) as house,
    ):
        known = _settle_people(house, reseller, bool(zip_path))
        name, data = _input(house, zip_path)
        with _quiet_handlers(folder), house.working():
            begun = time.monotonic()
            house.drop(f"{reseller}/{name}", data)
            print(f"Dropped {name} ({len(data):,} bytes) into the intake bucket, drop/{reseller}/")
            rested = _watch(house, reseller)
            seconds = round(time.monotonic() - begun, 1)
            documents = house.documents(reseller)
            _write_table(documents, seconds)
            with MailServer(house.authority) as mail:
                collected = collecting.play(house, mail)
            write_result(documents, seconds, collected)
            for error in house.cloud.pump.errors:
                print(f"  problem: {error}", file=sys.stderr)
            if not rested:
                print("Some documents did not come to rest.", file=sys.stderr)
                waiting = {q: n for q, n in house.cloud.pump.waiting().items() if n}
                print(f"  queues: {waiting}; SdI: {house.sdi.next_due()}", file=sys.stderr)
                return 1
            if not once:
                _serve(house, known, collected)
    return 0


def _settle_people(house: House, reseller: str, own_zip: bool) -> Reseller:
    # With somebody's own ZIP nobody has entered his customers yet.
    unknown = "register" if own_zip else "hold"
    known = house.add_reseller(reseller, unknown_seller=unknown)
    for customer in demo.customers():
        house.add_customer(reseller, customer.code, customer.subject)
    if not own_zip:
        # One of each: whoever has no key of his own is signed for by the house's file.
        _, in_kms, remote = (customer.code for customer in demo.customers())
        holders.bind_kms(house, reseller, in_kms)
        holders.bind_remote(house, reseller, remote)
        print(f"Signing for {in_kms} by a key in KMS, for {remote} by a remote signing service")
    return known


def _input(house: House, zip_path: str) -> tuple[str, bytes]:
    if zip_path:
        return Path(zip_path).name, Path(zip_path).read_bytes()
    now = house.cloud.clock.now()
    return "demo.zip", demo.build_zip(now, lambda data: cades.sign(data, dispatch.signer(), now))


@contextlib.contextmanager
def _quiet_handlers(folder: str) -> Iterator[None]:
    """The functions write JSON lines for CloudWatch; here they go into a file."""
    from chalicelib.base import log

    with (Path(folder) / "functions.log").open("w", encoding="utf-8") as lines:
        log.use(lines)
        try:
            yield
        finally:
            log.use(None)


def _watch(house: House, reseller: str) -> bool:
    """Show what happens until nothing more will; False when it got stuck."""
    watch = Watch(reseller)
    while True:
        time.sleep(LOOK_EVERY_S)
        documents = house.documents(reseller)
        watch.look(documents, house.cloud.clock.now())
        if documents and _at_rest(house, documents):
            return True
        if time.monotonic() - watch.changed_at > SILENCE_MAX_S:
            return False


def _at_rest(house: House, documents: list[Document]) -> bool:
    if house.sdi.next_due() is not None or any(house.cloud.pump.waiting().values()):
        return False
    return all(
        document.state in RESTING
        # A PA that never answers leaves its invoice delivered.
        or document.state == "delivered"
        or (document.said is not None and is_final(document.said.family, document.state))
        for document in documents
    )


def _write_table(documents: list[Document], seconds: float) -> None:
    files = [one for one in documents if one.kind != "zip" or one.state == "refused_file"]
    rows: Counter[tuple[str, str]] = Counter()
    for document in files:
        codes = " ".join(sorted({error["code"] for error in document.errors}))
        held = f"{document.reason}: same {document.clash}" if document.clash else document.reason
        rows[document.state, codes or held] += 1
    print(f"\n  {'state':16} {'code or reason':44} documents")
    print(f"  {'-' * 16} {'-' * 44} {'-' * 9}")
    for (state, codes), count in sorted(rows.items()):
        print(f"  {state:16} {codes:44} {count:9}")
    refused = sum(count for (state, _), count in rows.items() if state == "refused_file")
    print(f"  {'':16} {'files in':44} {len(files):9}")
    print(f"\n  {len(files) - refused} documents and {refused} refused files in {seconds} s\n")


def write_result(documents: list[Document], seconds: float, collected: Collected) -> None:
    """`.local/run.json`: each file that came is a flow; of these the documents by state; the
    citizens' part by itself."""
    files = [one for one in documents if one.kind != "zip" or one.state == "refused_file"]
    states = Counter(one.state for one in files if one.state not in NOT_DOCUMENTS)
    content = {
        "flows": len(files),
        "documents": dict(sorted(states.items())),
        "refusals": len(files) - sum(states.values()),
        "seconds": seconds,
        **collected.result,
    }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _serve(house: House, known: Reseller, collected: Collected) -> None:
    url = house.gateway.url
    print(f"Serving at {url} until Ctrl-C. Try:\n")
    print(f"  curl -H 'Authorization: Bearer {known.token}' '{url}/v1/documents?state=held'")
    print(f"  curl {url}/v1/openapi.json\n")
    notice, code = collected.town.unpaid()
    print(f"The citizens' portal is at {url}/ . A notice that nobody has paid:\n")
    print(f"  {collected.town.link()}")
    print(f"  codice avviso {notice}, codice fiscale {code}\n", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        threading.Event().wait()
    print("\nStopping …")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        sys.exit(_wrong(str(failure)))
