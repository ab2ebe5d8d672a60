"""Signing and sending one document to SdI, from its work row, under its name made before.

A run may be the second one without knowing how far the first got. The signed file is kept before
it is sent and found again, the name is the same, so SdI itself says if it has the file already
(00002): the document is marked `unsure` and outcomes.py resolves that to the first IdSdI.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from chalicelib.base import clock, config, dynamo, limits, log, s3, secrets
from chalicelib.base.dynamo import ConditionFailed
from chalicelib.base.errors import Conflict, NotFound, Rejected, Transient
from chalicelib.base.work import Wakes, Work
from chalicelib.invoicing import authorities, intake, mandates, paying, store
from chalicelib.invoicing.channels import sdicoop
from chalicelib.invoicing.document import Document
from chalicelib.invoicing.signing import cades, signers
from chalicelib.invoicing.signing.holder import Signer


@cache
def signer() -> Signer:
    """The house's own signer (a file, KMS or a remote one), opened once per process. It signs
    for whoever has none of his own (mandates.py)."""
    return signers.open_signer(secrets.channel())


@cache
def _endpoint(url: str) -> sdicoop.Endpoint:
    found = secrets.channel()
    context = sdicoop.context(found["sdi_ca"], found["sdi_certificate"], found["sdi_key"])
    return sdicoop.Endpoint(url, context)


def forget() -> None:
    """Drop what is kept per process (a new secret, a test)."""
    signer.cache_clear()
    _endpoint.cache_clear()
    secrets.forget()
    mandates.forget()
    authorities.forget()


load = store.load


def send(job: Work, document: Document, wakes: Wakes) -> None:
    """One row of the send queue. Transient when SdI did not answer: the row stays."""
    tenant = job.tenant
    if document.state == "awaiting_signature" and job.key[1] == "W#send#term":
        _remind(job, document, wakes, clock.now())
        return
    if document.state != "ready" or job.key[1] != f"W#send#{document.attempt}":
        dynamo.commit([job.done()])
        return
    place, content = _signed(job, document)
    now = clock.now()
    if len(content) > limits.DOCUMENT_BYTES:
        _too_large(job, document, wakes, now)
        return
    name = document.name + (".xml" if document.kind == "xml" and document.arrived_signed
                            else ".xml.p7m")  # fmt: skip
    receipt = sdicoop.send(_endpoint(config.get("SDI_URL")), name, content)
    if receipt.error:
        raise Transient("sdi_refused_call", f"SdI answered {receipt.error}.")
    changes: dict[str, Any] = {
        "name": name,
        "signed": place,
        "sent_at": clock.stamp(now),
        "id_sdi": receipt.id_sdi,
        "unsure": job.again,
    }
    gone, paid = paying.left(document, now, "send")
    changes["credits"] = gone.credits
    try:
        _, ops = store.changed(tenant, document, now, "send", state="sent", **changes)
        wakes.commit([*ops, *paid, job.done()])
    except ConditionFailed as failed:
        if "document" not in failed.found:
            raise
        _answered_already(job, place, name, clock.stamp(now))
    log.write(log.Event.SENT, tenant=tenant, id=document.id)


def _signed(job: Work, document: Document) -> tuple[s3.Place, bytes]:
    """What goes out: as it arrived when it was signed, else signed now and kept first."""
    if document.signed is not None:
        return document.signed, s3.get(document.signed)
    assert document.unsigned is not None
    place = intake.own_place(job.tenant, document.id, f"signed-{document.attempt}.xml.p7m")
    if job.again and (kept := _kept(place)):
        return place, kept
    signing_time = clock.parse(job.item["signing_time"])
    unsigned = s3.get(document.unsigned)
    try:
        own = mandates.signer_for(job.tenant, document.customer) or signer()
        _require_unrevoked(own, clock.now())
        content = cades.sign(unsigned, own, signing_time)
    except Rejected as refusal:
        if refusal.code == "document_too_large":
            return document.unsigned, unsigned  # `send` says so with SdI's code
        # Not the document's fault: it waits until the operator has put in a good key. A wrong
        # PIN is not tried again by itself: three of them lock the credential.
        park = refusal.code == "csc_pin"
        raise Transient(refusal.code, refusal.message, park=park) from refusal
    s3.put(place, content, "application/pkcs7-mime")
    return place, content


def _require_unrevoked(own: Signer, now: datetime) -> None:
    """SdI would reject one file after the other (00101). Asked at most once an hour for each key,
    and only where the operator has said whom to believe; who cannot be asked stops nobody.

    Only this: a list of authorities that lacks our own must not stop all that is sent.
    """
    trust = authorities.trust()
    if not trust.anchors:
        return
    from chalicelib.invoicing.signing.trust import judge

    verdict = judge(own.certificate, own.chain, trust.anchors, now, trust.lists)
    if any(each.code == "00101" for each in verdict.findings):
        raise Rejected("signing_certificate_revoked", "The signing certificate was revoked.")


def _kept(place: s3.Place) -> bytes | None:
    """What an earlier run signed: a remote signature is not made, and paid, twice; and what SdI
    may have already is what is kept, whoever signs by now."""
    try:
        return s3.get(place)
    except NotFound:
        return None


def _remind(job: Work, document: Document, wakes: Wakes, now: datetime) -> None:
    """The term comes near and the customer's own signature is still missing: say so once."""
    flag = "signature_overdue"
    flags = (*document.flags, flag)
    _, ops = store.changed(job.tenant, document, now, "term", flag=flag, flags=flags)
    wakes.commit([*ops, job.done()])


def _too_large(job: Work, document: Document, wakes: Wakes, now: datetime) -> None:
    error = {"code": "00003", "description": "Signed, the file is over 5 MB.", "suggestion": ""}
    kept, back = paying.stays(job.tenant, document, now, "send")
    _, ops = store.changed(
        job.tenant,
        document,
        now,
        "send",
        state="invalid",
        reason=error["code"],
        text=error["description"],
        errors=(error,),
        credits=kept.credits,
    )
    wakes.commit([*ops, *back, job.done()])
    intake.give_back(store.claims_of(job.tenant, document.id), document.id)


def _answered_already(job: Work, place: s3.Place, name: str, sent_at: str) -> None:
    """SdI's answer, or another run, was faster than this commit: add what only we know."""
    now_there = store.get(job.tenant, job.item["document"])
    if now_there is None or now_there.state == "ready":
        raise Conflict()
    # If another run sent it as well, SdI rejects one of the two for its name.
    changes = {
        "name": name,
        "signed": now_there.signed or place,
        "sent_at": now_there.sent_at or sent_at,
        "unsure": True,
    }
    _, ops = store.amended(job.tenant, now_there, **changes)
    dynamo.commit([*ops, job.done()])
