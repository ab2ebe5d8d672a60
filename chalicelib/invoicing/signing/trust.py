"""Who stands behind a signature: the chain to a trusted authority, usage, term and revocation.

Findings carry SdI's codes (fatturapa.md section 7): 00100 expired, 00101 revoked or suspended,
00104 no trusted authority, 00107 not a certificate for qualified signatures, or not valid yet.
What could not be evaluated is said, and is never the same as passed. Everything is given: the
authorities, the lists, the time. Sources: RFC 5280 section 6, ETSI EN 319 412-2 and -5.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Literal

from asn1crypto import core
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import ExtensionOID, ObjectIdentifier

from chalicelib.base.errors import Rejected
from chalicelib.invoicing.signing.cms import BROKEN, Finding
from chalicelib.invoicing.signing.revocation import UNREADABLE, Known, status

_QC_STATEMENTS = ObjectIdentifier("1.3.6.1.5.5.7.1.3")
_QC_COMPLIANCE = "0.4.0.1862.1.1"
_KNOWN_EXTENSIONS = {
    ExtensionOID.BASIC_CONSTRAINTS,
    ExtensionOID.KEY_USAGE,
    ExtensionOID.EXTENDED_KEY_USAGE,
    ExtensionOID.CERTIFICATE_POLICIES,
    ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
    ExtensionOID.CRL_DISTRIBUTION_POINTS,
    ExtensionOID.AUTHORITY_KEY_IDENTIFIER,
    ExtensionOID.SUBJECT_KEY_IDENTIFIER,
    _QC_STATEMENTS,
}
_PATH_MAX = 6
_OTHERS_MAX = 50  # certificates that a file may offer for building the chain
_TRIES_MAX = 100  # signatures of issuers checked for one chain


@dataclass(frozen=True)
class Anchors:
    """Trusted authorities by subject name (DER)."""

    by_subject: Mapping[bytes, tuple[x509.Certificate, ...]] = field(repr=False)

    def __bool__(self) -> bool:
        return bool(self.by_subject)


@dataclass(frozen=True)
class Verdict:
    """What is known about a signer's certificate.

    `path` runs from the certificate to the anchor, DER; empty when there is none. `qualified` is
    None when the certificate's statements cannot be read. `not_evaluated` holds any of:
    `certificate` (unreadable: nothing else was evaluated), `authority` (no anchors were given),
    `revocation` and `revocation_of_authorities` (no current list or answer),
    `qc_statements`, `critical_extension:<oid>` (one that has to be understood and is not).
    """

    findings: tuple[Finding, ...] = ()
    not_evaluated: tuple[str, ...] = ()
    path: tuple[x509.Certificate, ...] = field(default=(), repr=False)
    qualified: bool | None = None

    @property
    def passed(self) -> bool:
        """Nothing found and nothing left open."""
        return not self.findings and not self.not_evaluated


NOBODY = Anchors({})

# How one comes to know about the revocation of the certificates of a path, as Verdict.path has it.
Ask = Callable[[Sequence[x509.Certificate]], Known]


@dataclass(frozen=True)
class Trust:
    """Whom a house believes: its authorities, and what is known, or can be asked, of revocation."""

    anchors: Anchors = NOBODY
    lists: Known | Ask = field(default_factory=Known)


NO_TRUST = Trust()

# unasked: no authority that is believed has issued the certificate, or it names nobody to ask.
Revocation = Literal["good", "revoked", "unknown", "unasked"]
# Who needs it asks for it: reading it costs, and most files are not signed.
TrustSource = Callable[[], Trust]


def anchors(pem_bundle: bytes) -> Anchors:
    """The authorities in a bundle of PEM certificates, for instance made from the trusted lists.

    Raises Rejected `trust_bundle` when it cannot be read or is empty.
    """
    try:
        found = x509.load_pem_x509_certificates(pem_bundle)
        grouped: dict[bytes, tuple[x509.Certificate, ...]] = {}
        for each in found:
            name = each.subject.public_bytes()
            grouped[name] = (*grouped.get(name, ()), each)
    except UNREADABLE as error:
        raise Rejected("trust_bundle", "The trusted certificates cannot be read.") from error
    return Anchors(grouped)


def judge(
    certificate: bytes,
    others: Sequence[bytes],
    trusted: Anchors,
    at: datetime,
    lists: Known | Ask = Known(),  # noqa: B008 - frozen and empty
    *,
    qualified_required: bool = True,
    signer: int = 0,
) -> Verdict:
    """Judge the DER `certificate` of a signer at the instant `at` (aware): SdI's is the receipt.

    `others` are further certificates of the file, in any order; they are only steps towards an
    anchor. `lists` may be asked for: it is only for a path that leads to an anchor, and only when
    nothing is wrong already, so nobody is asked about a stranger's certificate. `signer` goes into
    the findings. Never raises for what the certificates hold.
    """
    try:
        own = x509.load_der_x509_certificate(certificate)
        found, unknown, qualified = _usage(own, qualified_required)
        found += _term(own, at)
        path = _path(own, _readable(others), trusted, at)
    except UNREADABLE:
        return Verdict(not_evaluated=("certificate",))
    if not trusted:
        unknown += ["authority", "revocation"]
    elif not path:
        found.append(("00104", "The certificate is not of a trusted authority."))
        unknown.append("revocation")
    else:
        if callable(lists):
            lists = Known() if found else lists(path)
        more, open_ = _revoked(path, lists, at)
        found += more
        unknown += open_
        unknown += [one for each in path[1:-1] for one in _not_understood(each, authority=True)]
    return Verdict(
        tuple(Finding(code, "error", message, signer) for code, message in found),
        tuple(dict.fromkeys(unknown)),
        tuple(path),
        qualified,
    )


def _term(own: x509.Certificate, at: datetime) -> list[tuple[str, str]]:
    if at > own.not_valid_after_utc:
        return [("00100", "The certificate of the signer had expired.")]
    if at < own.not_valid_before_utc:
        return [("00107", "The certificate of the signer was not valid yet.")]
    return []


def _usage(
    own: x509.Certificate, qualified_required: bool
) -> tuple[list[tuple[str, str]], list[str], bool | None]:
    """Findings, what is not evaluated, and whether the certificate says that it is qualified."""
    found: list[tuple[str, str]] = []
    unknown = _not_understood(own, authority=False)
    try:
        usage = own.extensions.get_extension_for_class(x509.KeyUsage).value
        allowed = usage.content_commitment
    except x509.ExtensionNotFound:
        allowed = False  # compulsory in a qualified certificate (EN 319 412-2, 4.3.2)
    if not allowed:
        found.append(("00107", "The certificate is not for signatures (non-repudiation)."))
    qualified = _qualified(own)
    if qualified is None:
        unknown.append("qc_statements")
    elif qualified_required and not qualified:
        found.append(("00107", "The certificate does not say that it is qualified."))
    return found, unknown, qualified


def _qualified(own: x509.Certificate) -> bool | None:
    """By QcCompliance; None when the statements cannot be read."""
    try:
        value = own.extensions.get_extension_for_oid(_QC_STATEMENTS).value
    except x509.ExtensionNotFound:
        return False
    if not isinstance(value, x509.UnrecognizedExtension):
        return None
    try:
        statements = core.SequenceOf.load(value.value, strict=True, spec=core.Sequence)
        named = [core.ObjectIdentifier.load(s.contents).dotted for s in statements]
    except BROKEN:
        return None
    return _QC_COMPLIANCE in named


def _not_understood(certificate: x509.Certificate, *, authority: bool) -> list[str]:
    return [
        f"critical_extension:{each.oid.dotted_string}"
        for each in certificate.extensions
        if (each.critical and each.oid not in _KNOWN_EXTENSIONS)
        # Constraints on names bind what is below an authority, and are not checked here.
        or (authority and each.oid == ExtensionOID.NAME_CONSTRAINTS)
    ]


def _readable(others: Sequence[bytes]) -> list[x509.Certificate]:
    read: list[x509.Certificate] = []
    for der in dict.fromkeys(others[:_OTHERS_MAX]):
        try:
            read.append(x509.load_der_x509_certificate(der))
        except UNREADABLE:
            continue  # a stranger that cannot be read is no step of a chain
    return read


def _path(
    own: x509.Certificate, others: Sequence[x509.Certificate], trusted: Anchors, at: datetime
) -> list[x509.Certificate]:
    """From `own` to an anchor; empty when there is no way. Depth first, within bounds."""
    tries = 0
    waiting: list[list[x509.Certificate]] = [[own]]
    while waiting:
        path = waiting.pop()
        top = path[-1]
        anchored = trusted.by_subject.get(top.issuer.public_bytes(), ())
        steps = [each for each in others if each.subject == top.issuer and each not in path]
        for each in (*anchored, *steps):
            tries += 1
            if tries > _TRIES_MAX:
                return []
            final = each in anchored
            if not _issues(each, top, len(path) - 1) or not (final or _in_term(each, at)):
                continue
            if final:
                return [*path, each]
            if len(path) < _PATH_MAX:
                waiting.append([*path, each])
    return []


def _in_term(each: x509.Certificate, at: datetime) -> bool:
    return each.not_valid_before_utc <= at <= each.not_valid_after_utc


def _issues(issuer: x509.Certificate, below: x509.Certificate, authorities_below: int) -> bool:
    """Whether `issuer` may issue certificates and has issued `below`."""
    try:
        basic = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = issuer.extensions.get_extension_for_class(x509.KeyUsage).value
    except (x509.ExtensionNotFound, *UNREADABLE):
        return False
    long = basic.path_length is not None and authorities_below > basic.path_length
    if not basic.ca or long or not usage.key_cert_sign:
        return False
    try:
        below.verify_directly_issued_by(issuer)
    except (InvalidSignature, *UNREADABLE):
        return False
    return True


def revocation(
    certificate: bytes,
    others: Sequence[bytes],
    trusted: Trust,
    at: datetime,
    names_somebody: Callable[[x509.Certificate], bool],
) -> Revocation:
    """Whether the DER `certificate` of somebody who is known by it, whatever it is for, counted at
    the instant `at`. `names_somebody`: whether a certificate tells where it is asked about.

    Suspended is revoked; so is what an authority issued that was revoked itself. Never raises for
    what the certificates hold.
    """
    try:
        own = x509.load_der_x509_certificate(certificate)
        path = _path(own, _readable(others), trusted.anchors, at)
    except UNREADABLE:
        return "unasked"
    if not path or not names_somebody(own):
        return "unasked"
    lists = trusted.lists(path) if callable(trusted.lists) else trusted.lists
    found = {
        status(each, issuer, lists, at).state
        for _, each, issuer in _links(path)
        if names_somebody(each)
    }
    if found & {"revoked", "suspended"}:
        return "revoked"
    return "unknown" if "unknown" in found else "good"


def _revoked(
    path: Sequence[x509.Certificate], lists: Known, at: datetime
) -> tuple[list[tuple[str, str]], list[str]]:
    found: list[tuple[str, str]] = []
    unknown: list[str] = []
    for own, each, issuer in _links(path):
        state = status(each, issuer, lists, at)
        if state.state == "unknown":
            unknown.append("revocation" if own else "revocation_of_authorities")
        elif state.state != "good" and own:
            found.append(("00101", f"The certificate of the signer was {state.state}."))
        elif state.state != "good":
            found.append(("00104", f"The certificate of an authority was {state.state}."))
    return found, unknown


def _links(
    path: Sequence[x509.Certificate],
) -> Iterator[tuple[bool, x509.Certificate, x509.Certificate]]:
    """Each certificate with its issuer, the signer's first and marked; not the anchor itself."""
    for index, (each, issuer) in enumerate(pairwise(path)):
        yield index == 0, each, issuer
