"""All that is known about the signatures of one file: intact, in time, by whom, and trusted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from chalicelib.base.errors import Rejected
from chalicelib.invoicing.signing import cms, xades_verify
from chalicelib.invoicing.signing.cms import Cms, Finding, SignerInfo
from chalicelib.invoicing.signing.revocation import Known
from chalicelib.invoicing.signing.trust import Anchors, Ask, Verdict, judge

# SdI's code that an open question of trust.Verdict leaves open.
_OPEN = {
    "certificate": ("00101", "00104", "00107"),
    "authority": ("00104",),
    "revocation": ("00101",),
    # An authority that was revoked is none (00104).
    "revocation_of_authorities": ("00104",),
    "qc_statements": ("00107",),
}
_UNREADABLE = Verdict(not_evaluated=("certificate",))


@dataclass(frozen=True)
class Assessment:
    """`findings` as of cms.verify and trust.judge, each said once; `signer` counts through all
    layers, outermost first. `not_evaluated` as in trust.Verdict, of any signer."""

    findings: tuple[Finding, ...] = ()
    not_evaluated: tuple[str, ...] = ()
    signers: tuple[SignerInfo, ...] = field(default=(), repr=False)
    verdicts: tuple[Verdict, ...] = field(default=(), repr=False)

    @property
    def refused(self) -> bool:
        """Whether SdI would reject the file for a signature."""
        return any(f.severity == "error" for f in self.findings)

    @property
    def open(self) -> frozenset[str]:
        """The codes of SdI that what is not evaluated leaves open."""
        codes = {code for one in self.not_evaluated for code in _OPEN.get(one, ("00107",))}
        return frozenset(codes)


_Judged = tuple[SignerInfo, Sequence[bytes], tuple[Finding, ...]]


def assess(
    layers: Sequence[Cms],
    xades: bytes | None,
    received_at: datetime,
    trusted: Anchors,
    lists: Known | Ask = Known(),  # noqa: B008 - frozen and empty
    *,
    qualified_required: bool = True,
) -> Assessment:
    """Assess a file as `envelope.unwrap` gives it: its CMS layers, or the XML of a XAdES file.

    Without `trusted` (trust.NOBODY) authority and revocation are left open, and said to be.
    `lists` may be a function: it is called only for a signature that is intact and in order.
    Raises nothing for what the file holds; unreadable XML is 00102, as with SdI.
    """
    findings: list[Finding] = []
    verdicts: list[Verdict] = []
    signers: list[SignerInfo] = []
    for signer, others, found in (*_of_cms(layers, received_at), *_of_xml(xades, received_at)):
        number = len(signers)
        signers.append(signer)
        # The addresses in a certificate are not called because of a file that is no good anyway.
        broken = any(one.severity == "error" for one in found)
        verdict = _UNREADABLE
        if signer.certificate:
            verdict = judge(
                signer.certificate,
                others,
                trusted,
                received_at,
                Known() if broken and callable(lists) else lists,
                qualified_required=qualified_required,
            )
        verdicts.append(verdict)
        said = {f.code for f in found}
        for each in (*found, *(f for f in verdict.findings if f.code not in said)):
            findings.append(Finding(each.code, each.severity, each.message, number))
    open_ = dict.fromkeys(one for verdict in verdicts for one in verdict.not_evaluated)
    return Assessment(tuple(findings), tuple(open_), tuple(signers), tuple(verdicts))


def _of_cms(layers: Sequence[Cms], received_at: datetime) -> Iterator[_Judged]:
    for layer in layers:
        found = cms.verify(layer, received_at)
        if not layer.signers:
            yield SignerInfo(), (), found
        for index, signer in enumerate(layer.signers):
            yield signer, layer.certificates, tuple(f for f in found if f.signer == index)


def _of_xml(document: bytes | None, received_at: datetime) -> Iterator[_Judged]:
    if document is None:
        return
    try:
        signatures = xades_verify.open_xades(document)
    except Rejected as refusal:
        message = f"The signed document cannot be read: {refusal.code}."
        yield SignerInfo(), (), (Finding("00102", "error", message),)
        return
    if not signatures:
        yield SignerInfo(), (), xades_verify.findings((), received_at)
    for each in signatures:
        yield each.signer, each.certificates, xades_verify.findings((each,), received_at)
