"""Signing a flow of orders by the key that is bound to its body, from its row of work.

The signed file is kept before anything says that it is there, and found again: a remote signature
is neither made nor paid twice. XAdES, enveloped, as the schema has room for (`ds:Signature`).
"""

from __future__ import annotations

from datetime import datetime

from chalicelib.accounting.posting import treasury
from chalicelib.accounting.posting.treasury import Flow
from chalicelib.base import clock, config, dynamo, s3
from chalicelib.base.dynamo import Update
from chalicelib.base.errors import Rejected, Transient
from chalicelib.base.s3 import Place
from chalicelib.base.work import Work
from chalicelib.invoicing import mandates
from chalicelib.invoicing.signing import xades


def sign(job: Work, now: datetime) -> None:
    """One flow. Transient while the key does not work: the flow says why, and waits for the
    operator; a wrong PIN is not tried again by itself, for three of them lock a credential."""
    tenant = job.tenant
    year, number = int(job.item["year"]), int(job.item["number"])
    flow = treasury.get_flow(tenant, year, number)
    key = treasury.flow_key(tenant, year, number)
    if flow.signature != "waiting":
        dynamo.commit([job.done()])
        return
    place = Place(config.get("DOCUMENTS_BUCKET"), flow.key.removesuffix(".xml") + "-signed.xml")
    try:
        made = _signed(job, flow, place)
    except Rejected as refused:
        _tell(tenant, flow, refused.code)
        park = refused.code == "csc_pin"
        raise Transient(refused.code, refused.message, park=park) from refused
    change = {"signature": "signed", "signature_code": "", "signed_key": place.key,
              "signed_at": clock.stamp(now)} if made else {"signature": "none"}  # fmt: skip
    dynamo.commit(
        [Update(key, put=change, when=({"signature": "waiting"},), label="flow"), job.done()]
    )


def _signed(job: Work, flow: Flow, place: Place) -> bool:
    """Whether the file is signed; False when nobody signs for the body any more."""
    if job.again and s3.find(place) is not None:
        return True
    signer = mandates.signer_for(job.tenant, "")
    if signer is None:
        return False
    plain = s3.get(Place(place.bucket, flow.key))
    signed = xades.sign(plain, signer, clock.parse(job.item["signing_time"]))
    s3.put(place, signed, "application/xml")
    return True


def _tell(tenant: str, flow: Flow, code: str) -> None:
    if flow.signature_code == code:
        return
    key = treasury.flow_key(tenant, flow.year, flow.number)
    dynamo.commit(
        [Update(key, put={"signature_code": code}, when=({"signature": "waiting"},), label="flow")]
    )
