"""Documents, signatures and a clock for the tests of the SdI simulator.

The signatures here are made by other hands than the simulator's: OpenSSL, signxml, and a small
CMS writer whose every attribute can be left out or made wrong.
"""

from __future__ import annotations

import hashlib
import http.client
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from lxml import etree

from infra.local.authority import Authority
from infra.local.sdi.outcomes import Delays
from infra.local.sdi.seal import verify_seal
from infra.local.sdi.simulator import Simulator
from infra.local.sdi.soap import RECEIVE_ACTION, SOAP, TYPES
from infra.local.sdi.store import Delivery, ReceivedFile

REPOSITORY = Path(__file__).parents[2]
SHARED = REPOSITORY.parent / "shared" / "schemas" / "fatturapa"
NOW = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
DAY_S = 86_400

INVOICE = """<?xml version="1.0" encoding="UTF-8"?>
<p:FatturaElettronica xmlns:p="http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fatture/v1.2"
 versione="FPR12"><FatturaElettronicaHeader><DatiTrasmissione><IdTrasmittente><IdPaese>IT</IdPaese>
<IdCodice>01234567897</IdCodice></IdTrasmittente><ProgressivoInvio>1</ProgressivoInvio>
<FormatoTrasmissione>FPR12</FormatoTrasmissione><CodiceDestinatario>ABC1234</CodiceDestinatario>
</DatiTrasmissione><CedentePrestatore><DatiAnagrafici><IdFiscaleIVA><IdPaese>IT</IdPaese>
<IdCodice>01234567897</IdCodice></IdFiscaleIVA><Anagrafica><Denominazione>Studio Uno</Denominazione>
</Anagrafica><RegimeFiscale>RF01</RegimeFiscale></DatiAnagrafici><Sede>
<Indirizzo>Via Po 1</Indirizzo><CAP>10100</CAP><Comune>Torino</Comune><Nazione>IT</Nazione></Sede>
</CedentePrestatore><CessionarioCommittente><DatiAnagrafici><IdFiscaleIVA><IdPaese>IT</IdPaese>\
<IdCodice>09876543217</IdCodice></IdFiscaleIVA><Anagrafica>
<Denominazione>Cliente Due</Denominazione></Anagrafica></DatiAnagrafici><Sede>
<Indirizzo>Via Arno 2</Indirizzo><CAP>50100</CAP><Comune>Firenze</Comune>
<Nazione>IT</Nazione></Sede></CessionarioCommittente></FatturaElettronicaHeader>
<FatturaElettronicaBody><DatiGenerali><DatiGeneraliDocumento><TipoDocumento>TD01</TipoDocumento>
<Divisa>EUR</Divisa><Data>2026-03-10</Data><Numero>1/2026</Numero><DatiCassaPrevidenziale>
<TipoCassa>TC01</TipoCassa><AlCassa>4.00</AlCassa><ImportoContributoCassa>4.00\
</ImportoContributoCassa><AliquotaIVA>22.00</AliquotaIVA></DatiCassaPrevidenziale>
</DatiGeneraliDocumento></DatiGenerali><DatiBeniServizi><DettaglioLinee><NumeroLinea>1</NumeroLinea>
<Descrizione>Parere</Descrizione><Quantita>2.00</Quantita><PrezzoUnitario>50.00</PrezzoUnitario>
<PrezzoTotale>100.00</PrezzoTotale><AliquotaIVA>22.00</AliquotaIVA></DettaglioLinee><DettaglioLinee>
<NumeroLinea>2</NumeroLinea><Descrizione>Spese</Descrizione><PrezzoUnitario>10.00</PrezzoUnitario>
<PrezzoTotale>10.00</PrezzoTotale><AliquotaIVA>0.00</AliquotaIVA><Natura>N1</Natura></DettaglioLinee>
<DatiRiepilogo><AliquotaIVA>22.00</AliquotaIVA><ImponibileImporto>104.00</ImponibileImporto>
<Imposta>22.88</Imposta></DatiRiepilogo><DatiRiepilogo><AliquotaIVA>0.00</AliquotaIVA>
<Natura>N1</Natura><ImponibileImporto>10.00</ImponibileImporto><Imposta>0.00</Imposta>
</DatiRiepilogo></DatiBeniServizi></FatturaElettronicaBody></p:FatturaElettronica>
"""

SIMPLIFIED = """<?xml version="1.0" encoding="UTF-8"?>
<p:FatturaElettronicaSemplificata versione="FSM10"
 xmlns:p="http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fatture/v1.0"><FatturaElettronicaHeader>
<DatiTrasmissione><IdTrasmittente><IdPaese>IT</IdPaese><IdCodice>01234567897</IdCodice>
</IdTrasmittente><ProgressivoInvio>1</ProgressivoInvio><FormatoTrasmissione>FSM10\
</FormatoTrasmissione><CodiceDestinatario>ABC1234</CodiceDestinatario></DatiTrasmissione>
<CedentePrestatore><IdFiscaleIVA><IdPaese>IT</IdPaese><IdCodice>01234567897</IdCodice></IdFiscaleIVA>
<Denominazione>Studio Uno</Denominazione><Sede><Indirizzo>Via Po 1</Indirizzo><CAP>10100</CAP>
<Comune>Torino</Comune><Nazione>IT</Nazione></Sede><RegimeFiscale>RF01</RegimeFiscale>
</CedentePrestatore><CessionarioCommittente><IdentificativiFiscali><CodiceFiscale>09876543217\
</CodiceFiscale></IdentificativiFiscali></CessionarioCommittente></FatturaElettronicaHeader>
<FatturaElettronicaBody><DatiGenerali><DatiGeneraliDocumento><TipoDocumento>TD07</TipoDocumento>
<Divisa>EUR</Divisa><Data>2026-03-10</Data><Numero>S1</Numero></DatiGeneraliDocumento></DatiGenerali>
<DatiBeniServizi><Descrizione>Parere</Descrizione><Importo>122.00</Importo><DatiIVA>
<Aliquota>22.00</Aliquota></DatiIVA></DatiBeniServizi></FatturaElettronicaBody>
</p:FatturaElettronicaSemplificata>
"""


def edited(document: str, *changes: tuple[str, str]) -> str:
    """`document` with each (old, new) applied once; an `old` that is not there is a test's bug."""
    for old, new in changes:
        assert old in document, old
        document = document.replace(old, new, 1)
    return document


def pa_invoice(office: str = "UFABCD", *changes: tuple[str, str]) -> bytes:
    """A valid FPA12 for an office, still to be signed."""
    to_pa = (
        ('versione="FPR12"', 'versione="FPA12"'),
        (">FPR12<", ">FPA12<"),
        ("ABC1234", office),
    )
    return edited(INVOICE, *to_pa, *changes).encode()


@dataclass
class Clock:
    """A clock that only moves when told."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass(frozen=True)
class Signer:
    """What `cades` may be asked to do wrong."""

    p12: bytes
    password: str
    signed_at: datetime | None = NOW - timedelta(minutes=5)
    certificate_v2: bool = True
    attached: bool = True


def cades(signer: Signer, content: bytes) -> bytes:
    """CMS SignedData in DER over `content`, by RSA and SHA-256."""
    key, certificate = opened(signer.p12, signer.password)
    der = certificate.public_bytes(serialization.Encoding.DER)
    asn1 = asn1_x509.Certificate.load(der)
    sha256 = algos.DigestAlgorithm({"algorithm": "sha256"})
    attributes = [
        {"type": "content_type", "values": [cms.ContentType("data")]},
        {"type": "message_digest", "values": [hashlib.sha256(content).digest()]},
    ]
    if signer.signed_at is not None:
        moment = cms.Time({"utc_time": core.UTCTime(signer.signed_at)})
        attributes.append({"type": "signing_time", "values": [moment]})
    if signer.certificate_v2:
        binding = tsp.SigningCertificateV2(
            {"certs": [{"hash_algorithm": sha256, "cert_hash": hashlib.sha256(der).digest()}]}
        )
        attributes.append({"type": "signing_certificate_v2", "values": [binding]})
    signed = cms.CMSAttributes(attributes)
    value = key.sign(signed.dump(), padding.PKCS1v15(), hashes.SHA256())
    identifier = cms.IssuerAndSerialNumber(
        {"issuer": asn1.issuer, "serial_number": asn1.serial_number}
    )
    info = {
        "version": "v1",
        "sid": cms.SignerIdentifier({"issuer_and_serial_number": identifier}),
        "digest_algorithm": sha256,
        "signed_attrs": signed,
        "signature_algorithm": {"algorithm": "rsassa_pkcs1v15"},
        "signature": value,
    }
    inner = {"content_type": "data"} | ({"content": content} if signer.attached else {})
    data = {
        "version": "v1",
        "digest_algorithms": [sha256],
        "encap_content_info": inner,
        "certificates": [asn1],
        "signer_infos": [info],
    }
    envelope = cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(data)})
    return bytes(envelope.dump())


@cache
def opened(p12: bytes, password: str) -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    """Key and certificate of a PKCS#12 file; opening one takes longer than signing with it."""
    key, certificate, _ = pkcs12.load_key_and_certificates(p12, password.encode())
    assert isinstance(key, rsa.RSAPrivateKey)
    assert certificate is not None
    return key, certificate


def shared_authority(factory: pytest.TempPathFactory) -> Authority:
    """One authority for all the modules of a test run."""
    return Authority.load_or_create(factory.getbasetemp() / "sdi-authority", NOW)


def schema_folder() -> Path:
    """The official invoice schemas, or the test is skipped."""
    named = os.environ.get("SPORTELLO_SCHEMAS")
    folder = Path(named) if named else REPOSITORY / ".local" / "layers" / "schemas"
    if not (folder / "FatturaPA_FPR12_v1.2.3.xsd").is_file():
        pytest.skip("the official invoice schemas are not built; set SPORTELLO_SCHEMAS")
    return folder


@dataclass
class World:
    """A simulator with what it delivered; the front door is `take` unless a test is about TLS."""

    simulator: Simulator
    authority: Authority
    clock: Clock
    delivered: list[Delivery] = field(default_factory=list)

    @property
    def signer(self) -> Signer:
        return Signer(self.authority.signer_p12, self.authority.password)

    def take(self, name: str, data: bytes) -> ReceivedFile:
        """Hand a file over past the socket, and look at the verdict."""
        self.simulator.receive(name, data)
        return self.simulator.files()[-1]

    def run(self, seconds: float = DAY_S) -> list[tuple[str, int]]:
        """Let time go by and deliver; gives (operation, id) of what came."""
        self.clock.advance(seconds)
        before = len(self.delivered)
        self.simulator.step()
        return [(d.operation, d.id_sdi) for d in self.delivered[before:]]


@contextmanager
def world(
    folder: Path,
    authority: Authority,
    schemas: Path,
    clock: Clock | None = None,
    deliver_to: str | Callable[[Delivery], None] | None = None,
    mtom: bool = False,
    serve: bool = False,
) -> Iterator[World]:
    """A simulator, stopped at the end; with `serve` it listens on its socket."""
    clock = clock or Clock()
    delivered: list[Delivery] = []
    target = deliver_to if deliver_to is not None else delivered.append
    simulator = Simulator(folder, authority, schemas, target, clock, Delays(), mtom)
    if serve:
        simulator.start()
    try:
        yield World(simulator, authority, clock, delivered)
    finally:
        simulator.stop()


def children(xml: bytes) -> dict[str, str]:
    """Local name and text of the elements of a message, the seal left out; the last one wins."""
    root = etree.fromstring(xml)
    return {e.tag: (e.text or "").strip() for e in root.iter() if not e.tag.startswith("{")}


def assert_genuine(message: bytes, authority: Authority) -> None:
    """The message is valid against the official schema of its family, and its seal holds."""
    verify_seal(message, authority.seal_ca_pem)
    root = etree.fromstring(message)
    family_b = "ivaservizi" in root.tag
    name = "MessaggiFatturaTypes_v1.0" if family_b else "MessaggiTypes_v1.1"
    file = SHARED / f"{name}.local.xsd"
    if not file.is_file():
        pytest.skip("the official message schemas are not beside the repository")
    etree.XMLSchema(etree.parse(str(file))).assertValid(root)


def post(
    sdi: World, body: bytes, content_type: str = "text/xml", action: str = RECEIVE_ACTION
) -> tuple[int, bytes]:
    """One POST by the plain standard library."""
    parts = urlsplit(sdi.simulator.url)
    context = sdi.authority.client_context("sportello")
    connection = http.client.HTTPSConnection("127.0.0.1", parts.port, context=context, timeout=5)
    try:
        headers = {"Content-Type": content_type, "SOAPAction": f'"{action}"'}
        connection.request("POST", parts.path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def envelope(name: str, file: str) -> bytes:
    return (
        f'<s:Envelope xmlns:s="{SOAP}"><s:Body><t:fileSdIAccoglienza xmlns:t="{TYPES}">'
        f"<NomeFile>{name}</NomeFile><File>{file}</File></t:fileSdIAccoglienza></s:Body>"
        "</s:Envelope>"
    ).encode()
