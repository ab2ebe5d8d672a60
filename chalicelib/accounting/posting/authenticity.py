"""Whether a treasurer's message is his: its signature against the certificates a body has loaded.

The certificates are those of the signers themselves. An authority would not do: a qualified one
certifies whoever pays, so that any of its customers could say that a body's order was executed.
What holds is compared byte for byte; whether it was revoked is asked by who reads the message, of
what `Verdict.proved` holds. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, NamedTuple

from chalicelib.base.errors import Rejected
from chalicelib.base.ids import sha256
from chalicelib.invoicing.fatturapa import envelope
from chalicelib.invoicing.signing import cms, xades_verify

Signature = Literal["verified", "not_verified"]
# Codes of findings: it does not hold; its algorithm is not known here; its certificate's term.
_BROKEN: Final = "00102"
_UNCHECKED: Final = "signature_unverifiable"
_OUT_OF_TERM: Final = frozenset({"00100", "00107"})


@dataclass(frozen=True)
class Proved:
    """A certificate that a body has loaded, DER, and whose signature holds; `others`: what further
    certificates came with it."""

    certificate: bytes = field(repr=False)
    others: tuple[bytes, ...] = field(default=(), repr=False)

    @property
    def sha256(self) -> str:
        return sha256(self.certificate)


@dataclass(frozen=True)
class Verdict:
    """`content` is what was signed. `signer`: the SHA-256 of the certificate that counts, "" where
    the message carries none; `proved`: all that count."""

    content: bytes = field(repr=False)
    signature: Signature
    signer: str = ""
    proved: tuple[Proved, ...] = ()


def judge(data: bytes, trusted: Collection[str], received_at: datetime) -> Verdict:
    """Judge a message as it came (XML, with its signature inside or in CMS around it).

    `trusted`: SHA-256 of the certificates that the body has loaded; with none the verdict is
    `not_verified`, but a signature that does not hold is refused all the same.

    Rejected `outcome_signature_broken` (altered), `outcome_unsigned`, `outcome_signature_unknown`
    (made in a way that cannot be checked here),
    `outcome_signature_untrusted` (somebody else's), `outcome_certificate_expired` (out of its term
    at `received_at`), `outcome_malformed`, and as `envelope.unwrap`.
    """
    found = envelope.unwrap(data)
    if found.kind != "xml":
        raise Rejected("outcome_malformed", "This is no message of outcomes.")
    signers = list(_signers(found, received_at))
    lost = "cut_out" in found.repairs
    if lost or any(_BROKEN in codes for _, codes in signers):
        raise Rejected("outcome_signature_broken", "The signature of the message does not hold.")
    if not trusted:
        return Verdict(found.content, "not_verified", signers[0][0].name if signers else "")
    if not signers:
        raise Rejected("outcome_unsigned", "The message is not signed, and its signer is known.")
    known = [(signer, codes) for signer, codes in signers if signer.name in trusted]
    if not known:
        raise Rejected("outcome_signature_untrusted", "Somebody else than the treasurer signed it.")
    sound = [signer for signer, codes in known if not codes & {_UNCHECKED, *_OUT_OF_TERM}]
    if sound:
        proved = tuple(Proved(one.certificate, one.others) for one in sound)
        return Verdict(found.content, "verified", sound[0].name, proved)
    if any(_UNCHECKED in codes for _, codes in known):
        raise Rejected("outcome_signature_unknown", "The signature cannot be checked here.")
    raise Rejected(
        "outcome_certificate_expired", "The certificate that signed it is not in its term."
    )


class _Signer(NamedTuple):
    certificate: bytes  # b"" where it is not there
    others: tuple[bytes, ...] = ()

    @property
    def name(self) -> str:
        return sha256(self.certificate) if self.certificate else ""


def _signers(
    found: envelope.Unwrapped, received_at: datetime
) -> Iterator[tuple[_Signer, frozenset[str]]]:
    """The certificate of each signature, and the codes of what is wrong with it."""
    for layer in found.cms:
        faults = cms.verify(layer, received_at)
        if not layer.signers:
            yield _Signer(b""), frozenset(one.code for one in faults) | {"00102"}
        for index, signer in enumerate(layer.signers):
            yield (
                _Signer(signer.certificate or b"", layer.certificates),
                frozenset(one.code for one in faults if one.signer == index),
            )
    for each in xades_verify.open_xades(found.content, first_too=True):
        faults = xades_verify.findings((each,), received_at)
        yield (
            _Signer(each.signer.certificate or b"", each.certificates),
            frozenset(one.code for one in faults),
        )
