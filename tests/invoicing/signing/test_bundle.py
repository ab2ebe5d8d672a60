"""A bundle of authorities as an operator gives it: taken whole, or refused with the reason."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from chalicelib.base import limits
from chalicelib.base.errors import Rejected
from chalicelib.invoicing.signing import bundle

from .. import named, pem, usage
from .authorities import NOW, as_authority, build, leaf, middle, root


def refused(data: bytes, days: int = 0) -> Rejected:
    with pytest.raises(Rejected) as failed:
        bundle.authorities(data, NOW + timedelta(days=days))
    return failed.value


def with_key(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey,
) -> bytes:
    builder = (
        x509.CertificateBuilder()
        .subject_name(named("debole"))
        .issuer_name(named("debole"))
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=1))
    )
    for extension, critical in as_authority():
        builder = builder.add_extension(extension, critical=critical)
    own = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.sign(key, own).public_bytes(Encoding.PEM)


def test_each_once_and_the_same_bytes_in_any_order() -> None:
    one, two = pem(root()), pem(middle())
    words = b"# Prestatore di servizi fiduciari\n"
    found = bundle.authorities(words + one + b"\r\n" + words + two + one, NOW)
    assert {bundle.name(each) for each in found} == {
        bundle.name(root()), bundle.name(middle()),
    }  # fmt: skip
    assert len(found) == 2
    written = bundle.written(found)
    assert written == bundle.written(bundle.authorities(two + one, NOW))
    assert bundle.authorities(written, NOW) == found


def test_who_is_no_authority_is_named() -> None:
    failed = refused(pem(root()) + pem(leaf()))
    assert failed.code == "trust_not_authority"
    assert failed.details["certificates"] == [bundle.name(leaf())]
    without = build("radice", "radice")
    may_not = build("radice", "radice", (x509.BasicConstraints(True, None), True), (usage(), True))
    for each in (without, may_not):
        assert refused(pem(each)).code == "trust_not_authority"


def test_term() -> None:
    assert refused(pem(root()), days=401).code == "trust_expired"
    assert refused(pem(root()), days=-401).code == "trust_not_yet_valid"


@pytest.mark.parametrize(
    "key",
    [rsa.generate_private_key(65537, 1024), ec.generate_private_key(ec.SECP192R1()),
     ed25519.Ed25519PrivateKey.generate()],
    ids=["rsa 1024", "192 bits", "ed25519"],
)  # fmt: skip
def test_weak_keys(key: rsa.RSAPrivateKey) -> None:
    assert refused(with_key(key)).code == "trust_key"


@pytest.mark.parametrize("key", [ec.SECP256R1(), ec.SECP521R1()], ids=["256", "521"])
def test_curves(key: ec.EllipticCurve) -> None:
    assert len(bundle.authorities(with_key(ec.generate_private_key(key)), NOW)) == 1


def test_what_cannot_be_read() -> None:
    good = pem(root())
    for data in (b"", b"\n", b"no certificate", root().public_bytes(Encoding.DER)):
        assert refused(data).code == "trust_bundle"
    failed = refused(good + good.replace(b"M", b"-", 3))
    assert (failed.code, failed.details) == ("trust_bundle", {"number": 2})
    cut = good + good[: len(good) // 2]
    assert refused(cut).details["number"] == 2


def test_twice_the_same_extension_is_unreadable() -> None:
    der = root().public_bytes(Encoding.DER)
    # The second extension becomes another of the first's kind, with a length that fits.
    key_usage, basic = bytes.fromhex("0603551d0f"), bytes.fromhex("0603551d13")
    twice = x509.load_der_x509_certificate(der.replace(key_usage, basic))
    with pytest.raises(x509.DuplicateExtension):
        _ = twice.extensions
    assert refused(pem(twice)).code == "trust_bundle"


def test_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "TRUST_CERTIFICATES", 1)
    assert refused(pem(root()) + pem(middle())).code == "trust_too_large"
    monkeypatch.setattr(limits, "TRUST_BYTES", 100)
    assert refused(pem(root())).code == "trust_too_large"
