"""The remote signature: both versions of the API, and a service that goes wrong."""

from __future__ import annotations

import hashlib
import ssl
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.base.errors import Failure, Rejected, Transient
from chalicelib.invoicing.signing import cades, cms, csc, csc_http
from chalicelib.invoicing.signing.csc import Access, CscSigner, open_csc
from infra.local.authority import Authority
from infra.local.csc import SigningService
from infra.local.csc_vault import RSA, Credential, certified
from tests.world import START

from .. import key
from . import INVOICE

BASIC = Access(user="firma", password="segreta", pin="1234")
CLIENT = Access(client="sportello", secret="molto-segreta", pin="1234")
DIGESTS = [hashlib.sha256(bytes((n,))).digest() for n in range(5)]


@pytest.fixture(scope="module")
def credential(signing_authority: Authority) -> Credential:
    return certified("c1", key("remote"), signing_authority, START, pin="1234")


@contextmanager
def running(*credentials: Credential, **options: Any) -> Iterator[SigningService]:
    with SigningService(credentials, options.pop("clock", lambda: START), **options) as service:
        yield service


def at(service: SigningService, version: int = 1, timeout_s: float = 5) -> csc_http.Service:
    return csc_http.service(service.url(version), timeout_s=timeout_s)


def methods(service: SigningService) -> list[str]:
    return [method for method, _ in service.requests]


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("access", [BASIC, CLIENT], ids=["basic", "oauth2"])
def test_signs_in_both_versions(credential: Credential, version: int, access: Access) -> None:
    with running(credential) as service:
        signer = open_csc(at(service, version), access)
        assert signer.version == version
        assert len(signer.sign_digests(DIGESTS)) == 5
        assert "Anna Bianchi" in signer.subject
        assert len(signer.chain) == 1
        _, authorized = service.requests[-2]
        _, signed = service.requests[-1]
    name = "hash" if version == 1 else "hashes"
    assert authorized["numSignatures"] == 5
    assert authorized[name] == signed[name]
    assert ("hashAlgo" in signed) is (version == 1)
    assert ("hashAlgorithmOID" in signed) is (version == 2)


def test_a_given_token_is_used(credential: Credential) -> None:
    with running(credential) as service:
        signer = open_csc(at(service), Access(token=service.vault.new_token(), pin="1234"))
        signer.sign_digests(DIGESTS)
        assert "auth/login" not in methods(service)
        with pytest.raises(Rejected) as refused:
            open_csc(at(service), Access(token="old", pin="1234"))
    assert refused.value.code == "csc_session"


@pytest.mark.parametrize(("multisign", "calls"), [(1, 5), (2, 3), (5, 1), (1000, 1)])
def test_batches_are_as_large_as_the_credential_allows(
    credential: Credential, multisign: int, calls: int
) -> None:
    with running(replace(credential, multisign=multisign)) as service:
        signer = open_csc(at(service), BASIC)
        assert len(signer.sign_digests(DIGESTS)) == 5
        assert methods(service).count("signatures/signHash") == calls
        assert methods(service).count("credentials/authorize") == calls
        assert methods(service).count("auth/login") == 2


def test_no_call_is_made_for_nothing(credential: Credential) -> None:
    with running(credential) as service:
        signer = open_csc(at(service), BASIC)
        before = len(service.requests)
        assert signer.sign_digests([]) == []
        assert len(service.requests) <= before + 1


@pytest.mark.parametrize("version", [1, 2])
def test_one_time_passwords(credential: Credential, version: int) -> None:
    wanted = replace(credential, otp="998877", multisign=3)
    with running(wanted) as service:
        with pytest.raises(Rejected) as refused:
            open_csc(at(service, version), BASIC)
        assert refused.value.code == "csc_otp_missing"
        signer = open_csc(at(service, version), replace(BASIC, otp="998877"))
        csc.send_otp(signer)
        assert service.vault.challenges == 1
        assert len(signer.sign_digests(DIGESTS[:3])) == 3
        with pytest.raises(Rejected) as refused:
            signer.sign_digests(DIGESTS)
        assert refused.value.code == "csc_otp_used"
        wrong = open_csc(at(service, version), replace(BASIC, otp="000000"))
        with pytest.raises(Rejected) as refused:
            wrong.sign_digests(DIGESTS[:1])
        assert refused.value.code == "csc_otp"


def test_a_wrong_pin_is_sent_once(credential: Credential) -> None:
    """The third one locks the credential, and a queue repeats what fails."""
    with running(credential) as service:
        signer = open_csc(at(service), replace(BASIC, pin="9999"))
        for _ in range(3):
            with pytest.raises(Rejected) as refused:
                signer.sign_digests(DIGESTS)
            assert refused.value.code == "csc_pin"
        assert service.vault.pin_failures == 1
        with pytest.raises(Rejected) as refused:
            open_csc(at(service), replace(BASIC, pin=""))
        assert refused.value.code == "csc_pin_missing"


def test_the_only_credential_is_found_and_several_are_not_guessed(
    credential: Credential,
) -> None:
    more = [replace(credential, id=f"c{n}") for n in range(2, 7)]
    with running(credential, *more) as service:
        token = csc.login(at(service), BASIC)
        assert csc.credentials(at(service), token) == [f"c{n}" for n in range(1, 7)]
        with pytest.raises(Rejected) as refused:
            open_csc(at(service), BASIC)
        assert (refused.value.code, refused.value.details["count"]) == ("csc_credential", 6)
        assert open_csc(at(service), BASIC, "c4").credential.id == "c4"
        with pytest.raises(Rejected) as refused:
            open_csc(at(service), BASIC, "c9")
        assert refused.value.code == "csc_credential"


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"status": "disabled"}, "csc_credential"),
        ({"mode": "oauth2code"}, "csc_authorization_mode"),
        ({"algorithms": ("1.2.840.10045.4.3.2",)}, "csc_algorithm"),
        ({"multisign": 0}, "csc_answer"),
    ],
)
def test_credentials_that_cannot_sign(
    credential: Credential, change: dict[str, Any], code: str, version: int
) -> None:
    with running(replace(credential, **change)) as service, pytest.raises(Failure) as failed:
        open_csc(at(service, version), BASIC)
    assert failed.value.code == code


def test_plain_rsa_names_its_hash(credential: Credential) -> None:
    with running(replace(credential, algorithms=(RSA,))) as service:
        for version in (1, 2):
            open_csc(at(service, version), BASIC).sign_digests(DIGESTS)
            assert service.requests[-1][1]["signAlgo"] == RSA


def test_another_version_is_refused(credential: Credential) -> None:
    with running(credential, specs={1: "0.1.7.9", 2: "2.1.0.1"}) as service:
        with pytest.raises(Rejected) as refused:
            open_csc(at(service, 1), BASIC)
        assert refused.value.code == "csc_version"
        assert open_csc(at(service, 2), BASIC).version == 2


@pytest.mark.parametrize(
    "access",
    [replace(BASIC, password="x"), replace(CLIENT, secret="x"), Access(user="", password="")],
)
def test_wrong_logins(credential: Credential, access: Access) -> None:
    with running(credential) as service, pytest.raises(Rejected) as refused:
        open_csc(at(service), access)
    assert refused.value.code == "csc_login"
    assert "segreta" not in str(refused.value) + repr(refused.value.details)


# --- a service that goes wrong

SIGN, LEAVE = "signatures/signHash", "credentials/authorize"
WRONG: list[tuple[str, str, type[Failure], str]] = [
    ("error", SIGN, Transient, "csc_unavailable"),
    ("error", LEAVE, Transient, "csc_unavailable"),
    ("error", "auth/login", Transient, "csc_unavailable"),
    ("busy", SIGN, Transient, "csc_unavailable"),
    ("slow", SIGN, Transient, "csc_unreachable"),
    ("garbage", SIGN, Transient, "csc_answer"),
    ("garbage", LEAVE, Transient, "csc_answer"),
    ("garbage", "auth/login", Transient, "csc_answer"),
    ("huge", SIGN, Transient, "csc_answer"),
    ("empty", SIGN, Transient, "csc_answer"),
    ("empty", LEAVE, Transient, "csc_answer"),
    ("list", SIGN, Transient, "csc_answer"),
    ("fewer", SIGN, Transient, "csc_answer"),
    ("not_base64", SIGN, Transient, "csc_answer"),
    ("other_key", SIGN, Rejected, "signing_key_mismatch"),
    ("other_hash", SIGN, Rejected, "signing_key_mismatch"),
    ("session", LEAVE, Rejected, "csc_session"),
]


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize(("kind", "method", "type_", "code"), WRONG)
def test_what_goes_wrong_has_a_name_and_passes(
    credential: Credential, kind: str, method: str, type_: type[Failure], code: str, version: int
) -> None:
    with running(credential) as service:
        signer = open_csc(at(service, version, timeout_s=0.3 if kind == "slow" else 5), BASIC)
        service.faults.plan(kind, method)
        with pytest.raises(type_) as failed:
            signer.sign_digests(DIGESTS)
        assert failed.value.code == code
        service.faults.release()
        assert len(signer.sign_digests(DIGESTS)) == 5


@pytest.mark.parametrize("version", [1, 2])
def test_leave_that_expires_is_asked_for_again_once(credential: Credential, version: int) -> None:
    with running(credential) as service:
        signer = open_csc(at(service, version), BASIC)
        service.faults.plan("expired_sad", LEAVE)
        assert len(signer.sign_digests(DIGESTS)) == 5
        assert methods(service).count(LEAVE) == 2
        service.faults.plan("expired_sad", LEAVE, times=2)
        with pytest.raises(Transient) as failed:
            signer.sign_digests(DIGESTS)
        assert failed.value.code == "csc_authorization"
        assert methods(service).count(LEAVE) == 4


def test_nobody_listens(credential: Credential) -> None:
    with running(credential) as service:
        signer = open_csc(at(service), BASIC)
    with pytest.raises(Transient) as failed:
        signer.sign_digests(DIGESTS)
    assert failed.value.code == "csc_unreachable"


def test_opening_survives_any_answer(credential: Credential) -> None:
    for method in ("info", "auth/login", "credentials/list", "credentials/info"):
        for kind in ("error", "garbage", "empty", "list", "huge", "session"):
            with running(credential) as service:
                service.faults.plan(kind, method)
                with pytest.raises((Rejected, Transient)):
                    open_csc(at(service), BASIC)


# --- over TLS, and judged by another client


def test_over_tls(credential: Credential, signing_authority: Authority) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(signing_authority.server_path)
    with running(credential, tls=context) as service:
        trusted = csc_http.service(service.url(2), signing_authority.ca_pem.decode(), 5)
        assert len(open_csc(trusted, BASIC).sign_digests(DIGESTS)) == 5
        with pytest.raises(Transient) as failed:  # not of an authority that the public trusts
            open_csc(csc_http.service(service.url(2), timeout_s=5), BASIC)
    assert failed.value.code == "csc_unreachable"


def test_the_simulator_serves_pyhankos_client(
    credential: Credential, signing_authority: Authority
) -> None:
    """So that both ends do not merely agree on the same mistake: a client that is not ours."""
    program = textwrap.dedent(
        """
        import asyncio, sys
        import aiohttp
        from pyhanko.sign.signers import csc_signer as csc
        async def main(url, token):
            about = csc.CSCServiceSessionInfo(url, "c1", oauth_token=token)
            async with aiohttp.ClientSession() as session:
                info = await csc.fetch_certs_in_csc_credential(session, about)
                class Leave(csc.CSCAuthorizationManager):
                    async def authorize_signature(self, hash_b64s):
                        body = self.format_csc_auth_request(hash_b64s=hash_b64s, pin="1234")
                        where = self.csc_session_info.endpoint_url("credentials/authorize")
                        async with session.post(where, json=body, headers=self.auth_headers) as r:
                            return self.parse_csc_auth_response(await r.json())
                signer = csc.CSCSigner(session, Leave(about, info))
                made = await signer.async_sign_general_data(
                    sys.stdin.buffer.read(), "sha256", detached=False, use_cades=True)
                print(made.dump().hex())
        asyncio.run(main(sys.argv[1], sys.argv[2]))
        """
    )
    with running(credential) as service:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", program, service.root,
             service.vault.new_token()],
            input=INVOICE, capture_output=True, timeout=60, check=False,
        )  # fmt: skip
    if b"ModuleNotFoundError" in done.stderr or b"ImportError" in done.stderr:
        pytest.skip("pyHanko's CSC client (pyhanko[async-http]) is not installed here")
    opened = cms.open_cms(bytes.fromhex(done.stdout.decode()))
    assert opened.content == INVOICE
    assert [f.code for f in cms.verify(opened) if f.code == "00102"] == []


def test_signers_work_side_by_side(credential: Credential) -> None:
    made: list[bytes] = []
    with running(credential) as service:
        signer = open_csc(at(service), BASIC)
        one = threading.Thread(target=lambda: made.append(cades.sign(INVOICE, signer, START)))
        one.start()
        made.append(cades.sign(INVOICE, signer, START))
        one.join(10)
    assert made[0] == made[1]


def test_certificates_end(credential: Credential) -> None:
    with running(credential) as service:
        signer: CscSigner = open_csc(at(service), BASIC)
        with pytest.raises(Rejected) as refused:
            cades.sign(INVOICE, signer, START + timedelta(days=4000))
        assert refused.value.code == "signing_certificate_expired"
        assert SIGN not in methods(service)
