"""Signing against the bare RSA operation, and the examination against a bare parse, in turns."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from lxml import etree

from chalicelib.invoicing import reading
from chalicelib.invoicing.fatturapa import schema
from chalicelib.invoicing.fatturapa.reader import ORDINARY
from chalicelib.invoicing.signing import cades, pkcs12
from infra.bench import samples
from infra.bench.figures import Figure, Measured
from infra.local.authority import Authority
from infra.local.cloud import LAYERS
from infra.local.house import AUTHORITY_FOLDER

SCHEMAS = LAYERS / "schemas"
SIGN_TARGET = 2.0
EXAMINE_TARGET = 6.0
SIGNED_BYTES = 4096
WARM_UP = 20


def in_turns(
    first: Callable[[], object], second: Callable[[], object], rounds: int
) -> tuple[float, float]:
    """Median seconds of each. In turns: what disturbs the machine disturbs both."""
    taken: tuple[list[float], list[float]] = ([], [])
    for number in range(WARM_UP + rounds):
        for run, times in zip((first, second), taken, strict=True):
            begun = time.perf_counter()
            run()
            if number >= WARM_UP:
                times.append(time.perf_counter() - begun)
    return statistics.median(taken[0]), statistics.median(taken[1])


def measure(folder: Path, *, quick: bool, say: Callable[[str], None]) -> Measured:
    rounds = 50 if quick else 500
    now = datetime.now(UTC).replace(microsecond=0)
    invoice = samples.invoice(1, now.date().isoformat())
    figures = [_signing(invoice, now, rounds), _examining(invoice, now, rounds)]
    say(f"signing and examining, {rounds} times each")
    return Measured(figures)


def _signing(invoice: bytes, now: datetime, rounds: int) -> Figure:
    authority = Authority.load_or_create(AUTHORITY_FOLDER, now)
    signer = pkcs12.load(authority.signer_p12, authority.password)
    content = invoice.ljust(SIGNED_BYTES, b"\n")
    signed, bare = in_turns(
        lambda: cades.sign(content, signer, now),
        lambda: signer.key.sign(content, padding.PKCS1v15(), hashes.SHA256()),
        rounds,
    )
    note = f"{signed * 1000:.2f} ms over {bare * 1000:.2f} ms, {len(content)} bytes"
    return Figure("sign_over_rsa", round(signed / bare, 2), "ratio", SIGN_TARGET, note=note)


class _Local(etree.Resolver):
    """xmldsig, which the schema takes from the web, from the same folder."""

    def resolve(self, system_url: str, public_id: str, context: Any) -> Any:
        return self.resolve_string((SCHEMAS / schema.XMLDSIG).read_bytes(), context)


def compiled_schema() -> Any:
    """The official schema, for those who measure what validation costs alone."""
    parser = etree.XMLParser(no_network=True, load_dtd=False)
    parser.resolvers.add(_Local())
    text = (SCHEMAS / schema.FILES[ORDINARY]).read_bytes()
    return etree.XMLSchema(etree.fromstring(text, parser))


def _examining(invoice: bytes, now: datetime, rounds: int) -> Figure:
    examined = reading.examine(invoice, now, SCHEMAS)
    assert examined.state == "ready", examined.errors
    compiled = compiled_schema()

    def plain() -> None:
        assert compiled.validate(etree.fromstring(invoice))

    whole, bare = in_turns(lambda: reading.examine(invoice, now, SCHEMAS), plain, rounds)
    note = f"{whole * 1000:.2f} ms over {bare * 1000:.2f} ms, {len(invoice)} bytes"
    return Figure("examine_per_parse", round(whole / bare, 2), "ratio", EXAMINE_TARGET, note=note)
