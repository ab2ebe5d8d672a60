"""The house's signer, whoever holds its key, and many documents signed by it in one go."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from cryptography import x509

from chalicelib.base import limits
from chalicelib.base.errors import Rejected
from chalicelib.invoicing.signing import cades, pkcs12, xades
from chalicelib.invoicing.signing.holder import Prepared, Signer, complete

Form = Literal["cades", "xades"]

# What a configuration may hold, by kind: what everybody may see, and what nobody may.
OPEN = {
    "pkcs12": frozenset[str](),
    "kms": frozenset({"signer_key", "signer_certificate"}),
    "csc": frozenset({"signer_url", "signer_credential", "signer_ca", "signer_timeout_s"}),
}
SECRET = {
    "pkcs12": frozenset({"signer_p12", "signer_password"}),
    "kms": frozenset[str](),
    "csc": frozenset(
        {"signer_token", "signer_user", "signer_password", "signer_client", "signer_secret",
         "signer_pin", "signer_otp"}
    ),
}  # fmt: skip


def open_signer(config: Mapping[str, str]) -> Signer:
    """The signer that a configuration (a part of the channel's secret) describes.

    `signer` is one of
    * `pkcs12` (also when it is absent): `signer_p12` (base64), `signer_password`;
    * `kms`: `signer_key` (id, ARN or alias), `signer_certificate` (PEM: the signer's, then those
      above it);
    * `csc`: `signer_url` (up to and with the version), `signer_credential` (may be absent when
      there is one only), `signer_ca` (PEM, absent: public authorities), `signer_timeout_s` (a
      whole number of seconds for one call, absent: limits.HTTP_TIMEOUT_S, which is also the
      most), `signer_pin`, `signer_otp`, and one of `signer_token`; `signer_user` and
      `signer_password`; `signer_client` and `signer_secret`.

    Keep it: opening costs tens of milliseconds, or calls. Raises Rejected `signer_config` (its
    `reason` names what is missing or unknown), and as pkcs12.load, open_kms or open_csc do.
    """
    kind = config.get("signer", "pkcs12")
    if kind == "pkcs12":
        return pkcs12.load(_p12(_needed(config, "signer_p12")), config.get("signer_password", ""))
    if kind == "kms":
        # The imports of one kind are no cost to the others' cold start.
        from chalicelib.invoicing.signing.kms import open_kms

        return open_kms(_needed(config, "signer_key"), _certificates(config))
    if kind == "csc":
        return _open_csc(config)
    raise _bad("signer")


def sign_all(
    signer: Signer, form: Form, contents: Sequence[bytes], signing_time: datetime
) -> list[bytes]:
    """The contents signed, in their order, by one call of the key's holder.

    One that cannot be signed refuses them all: they are prepared first, so no signature is spent.
    Raises as `cades.sign` or `xades.sign`.
    """
    prepared: list[Prepared] = [
        cades.prepare(each, signer, signing_time)
        if form == "cades"
        else xades.prepare(each, signer, signing_time)
        for each in contents
    ]
    return complete(signer, prepared) if prepared else []


def _open_csc(config: Mapping[str, str]) -> Signer:
    from chalicelib.invoicing.signing import csc, csc_http

    access = csc.Access(
        token=config.get("signer_token", ""),
        user=config.get("signer_user", ""),
        password=config.get("signer_password", ""),
        client=config.get("signer_client", ""),
        secret=config.get("signer_secret", ""),
        pin=config.get("signer_pin", ""),
        otp=config.get("signer_otp", ""),
    )
    if not (access.token or access.user or access.client):
        raise _bad("signer_token")
    service = csc_http.service(
        _needed(config, "signer_url"), config.get("signer_ca", ""), _timeout_s(config)
    )
    return csc.open_csc(service, access, config.get("signer_credential", ""))


def _timeout_s(config: Mapping[str, str]) -> int:
    text = config.get("signer_timeout_s", str(limits.HTTP_TIMEOUT_S))
    if not text.isdecimal() or not 1 <= int(text) <= limits.HTTP_TIMEOUT_S:
        raise _bad("signer_timeout_s")
    return int(text)


def _p12(text: str) -> bytes:
    try:
        return base64.b64decode(text)
    except (binascii.Error, ValueError):
        raise _bad("signer_p12") from None


def _certificates(config: Mapping[str, str]) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(_needed(config, "signer_certificate").encode())
    except ValueError as error:
        raise _bad("signer_certificate") from error


def _needed(config: Mapping[str, str], name: str) -> str:
    value = config.get(name)
    if not isinstance(value, str) or not value:
        raise _bad(name)
    return value


def _bad(name: str) -> Rejected:
    return Rejected("signer_config", "The configuration of the signer is not whole.", reason=name)
