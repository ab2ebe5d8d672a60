"""Lists and answers about revocation: what counts, and what counts for nothing."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.invoicing.signing.revocation import known
from chalicelib.invoicing.signing.trust import Verdict, judge

from .authorities import (
    LIST,
    LONG,
    NOW,
    all_good,
    answer,
    build,
    codes,
    crl,
    der,
    judged,
    leaf,
    middle,
    trusted,
)

# --- revocation

HOLD, STOLEN = x509.ReasonFlags.certificate_hold, x509.ReasonFlags.key_compromise
BEFORE, AFTER = NOW - timedelta(days=2), NOW + timedelta(minutes=1)
OLD = {"made": NOW - timedelta(days=9), "until": NOW - timedelta(days=8)}


def issuing(**fields: object) -> tuple[x509.ExtensionType, bool]:
    empty: dict[str, object] = {
        "full_name": None, "relative_name": None, "only_contains_user_certs": False,
        "only_contains_ca_certs": False, "only_some_reasons": None, "indirect_crl": False,
        "only_contains_attribute_certs": False,
    }  # fmt: skip
    return x509.IssuingDistributionPoint(**{**empty, **fields}), True  # type: ignore[arg-type]


def web(url: str) -> list[x509.GeneralName]:
    return [x509.UniformResourceIdentifier(url)]


LISTS = {
    "revoked": (lambda: crl("mezzo", {7: (BEFORE, None)}), ["00101"], ()),
    "stolen": (lambda: crl("mezzo", {7: (BEFORE, STOLEN)}), ["00101"], ()),
    "suspended": (lambda: crl("mezzo", {7: (BEFORE, HOLD)}), ["00101"], ()),
    "revoked later": (lambda: crl("mezzo", {7: (AFTER, None)}), [], ()),
    "another revoked": (lambda: crl("mezzo", {8: (BEFORE, None)}), [], ()),
    "old list, revoked": (lambda: crl("mezzo", {7: (BEFORE, None)}, **OLD), ["00101"], ()),
    "old list, suspended": (lambda: crl("mezzo", {7: (BEFORE, HOLD)}, **OLD), [], ("revocation",)),
    "old list": (lambda: crl("mezzo", **OLD), [], ("revocation",)),
    "made afterwards": (
        lambda: crl("mezzo", made=NOW + timedelta(days=1), until=NOW + timedelta(days=2)), [], ()
    ),
    "made after the certificate's end": (
        lambda: crl("mezzo", made=NOW + LONG * 2, until=NOW + LONG * 3), [], ("revocation",)
    ),
    "signed by another": (lambda: crl("mezzo", signed_by="altra"), [], ("revocation",)),
    "of another authority": (lambda: crl("altra"), [], ("revocation",)),
    "unreadable": (lambda: b"\x30\x03abc", [], ("revocation",)),
    "delta": (lambda: crl("mezzo", None, (x509.DeltaCRLIndicator(1), True)), [], ("revocation",)),
    "only authorities": (
        lambda: crl("mezzo", None, issuing(only_contains_ca_certs=True)), [], ("revocation",)
    ),
    "only users": (lambda: crl("mezzo", None, issuing(only_contains_user_certs=True)), [], ()),
    "indirect": (lambda: crl("mezzo", None, issuing(indirect_crl=True)), [], ("revocation",)),
    "this partition": (lambda: crl("mezzo", None, issuing(full_name=web(LIST))), [], ()),
    "another partition": (
        lambda: crl("mezzo", None, issuing(full_name=web(LIST + "x"))), [], ("revocation",)
    ),
    "some reasons": (
        lambda: crl("mezzo", None, issuing(only_some_reasons=frozenset({STOLEN}))),
        [],
        ("revocation",),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("make", "wanted", "open_"), LISTS.values(), ids=LISTS.keys())
def test_lists(make, wanted: list[str], open_: tuple[str, ...]) -> None:  # type: ignore[no-untyped-def]
    verdict = judged(lists=known([make(), crl("radice")]))
    assert (codes(verdict), verdict.not_evaluated) == (wanted, open_)
    both = known([make(), crl("mezzo"), crl("radice")])
    assert set(codes(judged(lists=both))) == set(wanted)


def test_lists_of_the_authorities() -> None:
    revoked = known([crl("mezzo"), crl("radice", {6: (BEFORE, None)})])
    assert codes(judged(lists=revoked)) == ["00104"]
    assert judged(lists=known([crl("mezzo")])).not_evaluated == ("revocation_of_authorities",)
    assert judged(lists=known()).not_evaluated == ("revocation", "revocation_of_authorities")


def responder(*, check: bool = True, usage_: bool = True, by: str = "mezzo") -> x509.Certificate:
    extensions: list[tuple[x509.ExtensionType, bool]] = []
    if usage_:
        extensions.append((x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), False))
    if check:
        extensions.append((x509.OCSPNoCheck(), False))
    end = datetime.now(NOW.tzinfo) + LONG  # produced_at is when the test runs
    return build("risponditore", "mezzo", *extensions, signed_by=by, serial=12, end=end)


REVOKED, GOOD, UNKNOWN = (
    ocsp.OCSPCertStatus.REVOKED,
    ocsp.OCSPCertStatus.GOOD,
    ocsp.OCSPCertStatus.UNKNOWN,
)
ANSWERS = {
    "good": (lambda: answer(), [], ()),
    "good by SHA-256": (lambda: answer(algorithm=hashes.SHA256()), [], ()),
    "revoked": (lambda: answer(REVOKED, when=BEFORE), ["00101"], ()),
    "suspended": (lambda: answer(REVOKED, when=BEFORE, reason=HOLD), ["00101"], ()),
    "revoked later": (lambda: answer(REVOKED, when=AFTER), [], ()),
    "unknown": (lambda: answer(UNKNOWN), [], ("revocation",)),
    "old": (lambda: answer(**OLD), [], ("revocation",)),
    "without an end": (lambda: answer(until=None), [], ()),
    "old without an end": (
        lambda: answer(made=NOW - timedelta(days=2), until=None), [], ("revocation",)
    ),
    "about another": (
        lambda: answer(about=build("x", "mezzo", serial=99)), [], ("revocation",)
    ),
    "signed by another": (lambda: answer()[:-1] + b"\0", [], ("revocation",)),
    "delegate": (lambda: answer(responder=responder(), signed_by="risponditore"), [], ()),
    "delegate without right": (
        lambda: answer(responder=responder(usage_=False), signed_by="risponditore"),
        [],
        ("revocation",),
    ),
    "delegate to be asked about": (
        lambda: answer(responder=responder(check=False), signed_by="risponditore"),
        [],
        ("revocation",),
    ),
    "delegate of another": (
        lambda: answer(responder=responder(by="altra"), signed_by="risponditore"),
        [],
        ("revocation",),
    ),
    "no success": (
        lambda: ocsp.OCSPResponseBuilder.build_unsuccessful(
            ocsp.OCSPResponseStatus.TRY_LATER
        ).public_bytes(Encoding.DER),
        [],
        ("revocation",),
    ),
    "junk": (lambda: b"no", [], ("revocation",)),
}  # fmt: skip


@pytest.mark.parametrize(("make", "wanted", "open_"), ANSWERS.values(), ids=ANSWERS.keys())
def test_answers(make, wanted: list[str], open_: tuple[str, ...]) -> None:  # type: ignore[no-untyped-def]
    verdict = judged(lists=known([crl("radice")], [make()]))
    assert (codes(verdict), verdict.not_evaluated) == (wanted, open_)


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_certificates_and_lists_never_pass_as_good(data: st.DataObject) -> None:
    def damaged(what: bytes) -> bytes:
        at = data.draw(st.integers(0, len(what) - 1))
        return what[:at] + bytes((what[at] ^ data.draw(st.integers(1, 255)),)) + what[at + 1 :]

    own, between = der(leaf())[0], der(middle())[0]
    assert not judge(damaged(own), [between], trusted(), NOW, all_good()).passed
    judge(own, [damaged(between)], trusted(), NOW, all_good())
    verdict = judge(own, [between], trusted(), NOW, known([damaged(crl("mezzo")), crl("radice")]))
    assert not verdict.passed
    verdict = judge(own, [between], trusted(), NOW, known([crl("radice")], [damaged(answer())]))
    assert isinstance(verdict, Verdict)
