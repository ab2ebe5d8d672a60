"""Messages of SdI in both families, as the schemas have them and as the world sends them."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from collections.abc import Callable

import pytest
from asn1crypto import cms

from chalicelib.base import limits
from chalicelib.base.errors import Rejected
from chalicelib.invoicing.fatturapa import messages
from chalicelib.invoicing.fatturapa.messages import ArchiveRef, InvoiceRef, SdiError, SdiMessage
from infra.local.invoices import make

PA = "http://www.fatturapa.gov.it/sdi/messaggi/v1.0"
PRIVATE = "http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fattura/messaggi/v1.0"
SIGNATURE = '<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"/>'
STEM = "IT11001000154_00001"
HASH = "A" * 63 + "B"

HEAD = f"<IdentificativoSdI>111</IdentificativoSdI><NomeFile>{STEM}.xml.p7m</NomeFile>"
PRIVATE_HEAD = f"{HEAD}<Hash>{HASH}</Hash>"
RECEIVED = "<DataOraRicezione>2026-11-21T10:00:00.000+01:00</DataOraRicezione>"
DELIVERED = "<DataOraConsegna>2026-11-21T10:05:00.000+01:00</DataOraConsegna>"
RECIPIENT = (
    "<Destinatario><Codice>ABC1234</Codice><Descrizione>Ferramenta Colombo</Descrizione>"
    "</Destinatario>"
)
ARCHIVE = (
    "<RiferimentoArchivio><IdentificativoSdI>110</IdentificativoSdI>"
    "<NomeFile>IT11001000154_0000Z.zip</NomeFile></RiferimentoArchivio>"
)
ERRORS = (
    "<ListaErrori><Errore><Codice>00423</Codice><Descrizione>Prezzo errato</Descrizione>"
    "{hint}</Errore><Errore><Codice>00404</Codice><Descrizione>Fattura duplicata</Descrizione>"
    "</Errore></ListaErrori>"
)
REFERENCE = (
    "<RiferimentoFattura><NumeroFattura>7/A</NumeroFattura><AnnoFattura>2026</AnnoFattura>"
    "<PosizioneFattura>2</PosizioneFattura></RiferimentoFattura>"
)
TAIL = f"<MessageId>998</MessageId><PecMessageId>pec-1</PecMessageId><Note>nota</Note>{SIGNATURE}"


def message(root: str, namespace: str, inner: str, prefix: str = "ns3") -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><{prefix}:{root} xmlns:{prefix}="{namespace}" '
        f'versione="1.0">{inner}</{prefix}:{root}>'
    ).encode()


def read(data: bytes, type: str = "RC", extension: str = "xml") -> SdiMessage:
    return messages.read(f"{STEM}_{type}_001.{extension}", data)


def answer(outcome: str) -> str:
    return (
        f"<IdentificativoSdI>111</IdentificativoSdI>{REFERENCE}<Esito>{outcome}</Esito>"
        "<Descrizione>Ordine mancante</Descrizione>"
        "<MessageIdCommittente>c-5</MessageIdCommittente>"
    )


# --- as the schemas have them -------------------------------------------------------------------
@pytest.mark.parametrize(
    ("namespace", "family", "head", "hash"),
    [(PA, "pa", HEAD, ""), (PRIVATE, "private", PRIVATE_HEAD, HASH.lower())],
)
def test_delivery(namespace: str, family: str, head: str, hash: str) -> None:
    inner = head + RECEIVED + DELIVERED + RECIPIENT + ARCHIVE + TAIL
    found = read(message("RicevutaConsegna", namespace, inner))
    assert found == SdiMessage(
        type="RC",
        family=family,  # type: ignore[arg-type]
        id_sdi="111",
        file_name=f"{STEM}.xml.p7m",
        message_id="998",
        received_at="2026-11-21T10:00:00.000+01:00",
        delivered_at="2026-11-21T10:05:00.000+01:00",
        recipient_code="ABC1234",
        recipient_name="Ferramenta Colombo",
        note="nota",
        hash=hash,
        archive=ArchiveRef("110", "IT11001000154_0000Z.zip"),
        pec_message_id="pec-1",
        signed=True,
    )


@pytest.mark.parametrize(
    ("root", "namespace", "head", "hint"),
    [
        ("NotificaScarto", PA, HEAD, ""),
        ("RicevutaScarto", PRIVATE, PRIVATE_HEAD, "<Suggerimento>Rifare i conti</Suggerimento>"),
    ],
)
def test_rejection(root: str, namespace: str, head: str, hint: str) -> None:
    inner = head + RECEIVED + ERRORS.format(hint=hint) + TAIL
    found = read(message(root, namespace, inner), "NS")
    assert (found.type, found.warnings, found.archive) == ("NS", (), None)
    assert found.errors == (
        SdiError("00423", "Prezzo errato", "Rifare i conti" if hint else ""),
        SdiError("00404", "Fattura duplicata", ""),
    )


@pytest.mark.parametrize(
    ("root", "namespace", "head", "day"),
    [
        ("NotificaMancataConsegna", PA, HEAD, ""),
        ("RicevutaImpossibilitaRecapito", PRIVATE, PRIVATE_HEAD, "2026-11-22"),
    ],
)
def test_not_delivered(root: str, namespace: str, head: str, day: str) -> None:
    available = f"<DataMessaADisposizione>{day}</DataMessaADisposizione>" if day else ""
    inner = head + RECEIVED + available + "<Descrizione>Casella piena</Descrizione>" + TAIL
    found = read(message(root, namespace, inner), "MC")
    assert (found.type, found.available_on, found.description, found.warnings) == (
        "MC", day, "Casella piena", (),
    )  # fmt: skip


@pytest.mark.parametrize("outcome", ["EC01", "EC02"])
def test_outcome_of_the_office(outcome: str) -> None:
    inner = f"{HEAD}<EsitoCommittente>{answer(outcome)}</EsitoCommittente>{TAIL}"
    found = read(message("NotificaEsito", PA, inner), "NE")
    assert (found.type, found.outcome, found.description) == ("NE", outcome, "Ordine mancante")
    assert found.invoice == InvoiceRef("7/A", "2026", "2")
    assert (found.customer_message_id, found.message_id, found.warnings) == ("c-5", "998", ())
    direct = read(message("NotificaEsitoCommittente", PA, answer(outcome)), "EC")
    assert (direct.type, direct.outcome, direct.invoice) == ("EC", outcome, found.invoice)
    assert (direct.id_sdi, direct.customer_message_id, direct.warnings) == ("111", "c-5", ())


def test_refused_outcome() -> None:
    inner = f"<IdentificativoSdI>111</IdentificativoSdI>{REFERENCE}<Scarto>EN01</Scarto>{TAIL}"
    found = read(message("ScartoEsitoCommittente", PA, inner), "SE")
    assert (found.type, found.refusal, found.outcome, found.warnings) == ("SE", "EN01", "", ())


def test_term_expiry() -> None:
    inner = (
        "<IdentificativoSdI>111</IdentificativoSdI>"
        f"<NomeFile>{STEM}.xml</NomeFile><Descrizione>Termine decorso</Descrizione>{TAIL}"
    )
    found = read(message("NotificaDecorrenzaTermini", PA, inner), "DT")
    assert (found.type, found.description, found.invoice) == ("DT", "Termine decorso", None)
    assert found.warnings == ()


@pytest.mark.parametrize(
    ("root", "namespace", "head"),
    [("MetadatiInvioFile", PA, HEAD), ("FileMetadati", PRIVATE, PRIVATE_HEAD)],
)
def test_metadata(root: str, namespace: str, head: str) -> None:
    inner = (
        f"{head}<CodiceDestinatario>ABC1234</CodiceDestinatario><Formato>FPR12</Formato>"
        "<TentativiInvio>2</TentativiInvio><MessageId>5</MessageId>"
    )
    found = read(message(root, namespace, inner), "MT")
    assert (found.type, found.format, found.attempts) == ("MT", "FPR12", 2)
    assert (found.recipient_code, found.warnings) == ("ABC1234", ())


# --- the attestation in its archive -------------------------------------------------------------
def attestation() -> bytes:
    inner = f"{HEAD}{RECEIVED}{RECIPIENT}<MessageId>7</MessageId>"
    inner += f"<HashFileOriginale>{HASH}</HashFileOriginale>{SIGNATURE}"
    return message("AttestazioneTrasmissioneFattura", PA, inner)


def archive(*members: tuple[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in members:
            packed.writestr(name, data)
    return stream.getvalue()


INVOICE = (f"{STEM}.xml", make(format="FPA12").replace(
    b"<Descrizione>", b"<Descrizione><![CDATA[<AttestazioneTrasmissioneFattura>]]>"))  # fmt: skip


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize("first", [0, 1])
def test_attestation_is_found_in_its_archive(first: int, wrapped: bool) -> None:
    members = [INVOICE, (f"{STEM}_AT_001.xml", attestation())]
    data = archive(members[first], members[1 - first]) if wrapped else attestation()
    found = read(data, "AT", "zip" if wrapped else "xml")
    assert (found.type, found.id_sdi, found.hash, found.warnings) == ("AT", "111", HASH.lower(), ())


@pytest.mark.parametrize(
    "data",
    [
        archive(INVOICE),
        archive(("a.txt", b"nothing")),
        archive((f"{STEM}_AT_001.xml", attestation()))[:-30],
        archive((f"{STEM}_AT_001.xml", attestation() + b" " * limits.MESSAGE_BYTES)),
        archive(*((f"{n}.xml", b"<a/>") for n in range(limits.ATTESTATION_MEMBERS + 1))),
        b"PK\x03\x04" + b"\0" * 100,
    ],
    ids=["only-invoice", "no-xml", "cut", "bomb", "too-many", "noise"],
)
def test_archives_without_an_attestation_are_refused(data: bytes) -> None:
    with pytest.raises(Rejected) as caught:
        read(data, "AT", "zip")
    assert caught.value.code in ("sdi_message_unreadable", "sdi_message_unknown")


def cms_of(content: bytes) -> bytes:
    """A CMS envelope without signers: enough for who only wants the content."""
    return bytes(
        cms.ContentInfo(
            {
                "content_type": "signed_data",
                "content": {
                    "version": "v1",
                    "digest_algorithms": [],
                    "encap_content_info": {"content_type": "data", "content": content},
                    "signer_infos": [],
                },
            }
        ).dump()
    )


def armoured(data: bytes) -> bytes:
    return b"-----BEGIN PKCS7-----\r\n" + base64.encodebytes(data) + b"-----END PKCS7-----\n"


@pytest.mark.parametrize(
    "wrap",
    [cms_of, lambda data: base64.b64encode(cms_of(data)), lambda data: armoured(cms_of(data))],
    ids=["der", "base64", "pem"],
)
def test_a_message_in_an_envelope_is_the_same_message(wrap: Callable[[bytes], bytes]) -> None:
    data = message("RicevutaConsegna", PA, HEAD + RECEIVED + DELIVERED + RECIPIENT)
    assert read(wrap(data), extension="xml.p7m") == read(data)
    packed = archive(INVOICE, (f"{STEM}_AT_001.xml.p7m", wrap(attestation())))
    assert read(packed, "AT", "zip") == read(attestation(), "AT")


# --- as the world sends them --------------------------------------------------------------------
def test_a_genuine_receipt_of_old_is_read() -> None:
    # 2018: no Hash, nothing inside Destinatario.
    inner = f"{HEAD}{RECEIVED}{DELIVERED}<Destinatario/><MessageId>1</MessageId>{SIGNATURE}"
    found = read(message("RicevutaConsegna", PRIVATE, inner))
    assert (found.recipient_code, found.hash) == ("", "")
    assert found.warnings == ("recipient_missing", "hash_missing")


def test_a_missing_signature_is_said() -> None:
    inner = f"{HEAD}{RECEIVED}{DELIVERED}{RECIPIENT}<MessageId>1</MessageId>"
    found = read(message("RicevutaConsegna", PA, inner))
    assert (found.signed, found.warnings) == (False, ("signature_missing",))


def test_an_empty_message_of_each_type_is_read() -> None:
    for root, type in messages.ROOTS.items():
        found = read(f"<{root}/>".encode(), type)
        assert found.type == type
        assert found.family == ("private" if root in messages._PRIVATE_ROOTS else "pa")
        assert {"namespace_unknown", "id_missing"} <= set(found.warnings)


def test_the_hash_tells_the_family_where_the_namespace_does_not() -> None:
    data = message("RicevutaConsegna", "urn:other", PRIVATE_HEAD)
    assert read(data).family == "private"


def test_a_missing_message_id_is_made_from_the_content() -> None:
    data = message("RicevutaConsegna", PA, HEAD)
    found = read(data)
    assert found.message_id == "h-" + hashlib.sha256(data).hexdigest()[:32]
    assert len(found.message_id) <= 36
    assert found.message_id == messages.read("other.xml", data).message_id
    assert found.message_id != read(message("RicevutaConsegna", PA, HEAD + RECEIVED)).message_id


@pytest.mark.parametrize("prefix", ["types", "a"])
def test_any_prefix_is_as_good(prefix: str) -> None:
    inner = HEAD + RECEIVED + DELIVERED + RECIPIENT + TAIL
    assert read(message("RicevutaConsegna", PA, inner, prefix)) == read(
        message("RicevutaConsegna", PA, inner)
    )


def test_a_default_namespace_is_as_good() -> None:
    inner = HEAD + RECEIVED + DELIVERED + RECIPIENT + TAIL
    data = f'<RicevutaConsegna xmlns="{PA}">{inner}</RicevutaConsegna>'.encode()
    assert read(data) == read(message("RicevutaConsegna", PA, inner))


def test_unknown_words_are_left_out_and_said() -> None:
    found = read(message("NotificaEsitoCommittente", PA, answer("EC09")), "EC")
    assert (found.outcome, found.warnings) == ("", ("outcome_unknown", "outcome_missing"))


def test_repairs_are_said() -> None:
    inner = HEAD + RECEIVED + DELIVERED + RECIPIENT + TAIL
    found = read(b"\n " + message("RicevutaConsegna", PA, inner))
    assert found.warnings == ("xml_repaired",)


def test_names_only_warn() -> None:
    data = message("RicevutaConsegna", PA, HEAD + RECEIVED + DELIVERED + RECIPIENT + TAIL)
    assert messages.read(f"{STEM}_NS_001.xml", data).warnings == ("name_type_differs",)
    assert messages.read("IT9_1_RC_001.xml", data).warnings == ("name_unknown",)
    other = messages.read("IT11001000154_00002_RC_001.xml", data)
    assert (other.type, other.warnings) == ("RC", ("name_stem_differs",))


def test_base64_that_holds_no_signature_is_unreadable() -> None:
    with pytest.raises(Rejected) as caught:
        read(base64.b64encode(b"\x30\x03\x02\x01\x05"))
    assert caught.value.code == "sdi_message_unreadable"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "sdi_message_unreadable"),
        (b"not xml", "sdi_message_unreadable"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "sdi_message_unreadable"),
        (b"<a/>" + b" " * limits.ATTESTATION_BYTES, "sdi_message_unreadable"),
        (b"<Ricevuta/>", "sdi_message_unknown"),
        (make(), "sdi_message_unknown"),
    ],
    ids=["empty", "text", "doctype", "long", "other", "invoice"],
)
def test_what_is_no_message_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(Rejected) as caught:
        read(data)
    assert caught.value.code == code


# --- names --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("IT01234567890_11111_RC_001.xml", ("IT01234567890_11111", "RC", "001")),
        ("IT01234567890_11111_AT_1.zip", ("IT01234567890_11111", "AT", "1")),
        ("IT01234567890_1_NS_a2.XML.P7M", ("IT01234567890_1", "NS", "a2")),
        ("IT01234567890_11111_MC.xml", ("IT01234567890_11111", "MC", "")),
        ("ZGEXQROO37831_0001_NE_002.xml", ("ZGEXQROO37831_0001", "NE", "002")),
        ("inbox/IT01234567890_11111_RC_001.xml", ("IT01234567890_11111", "RC", "001")),
    ],
)
def test_names_are_taken_apart(name: str, parts: tuple[str, str, str]) -> None:
    found = messages.parse_name(name)
    assert found is not None
    assert (found.stem, found.type, found.progressive) == parts


@pytest.mark.parametrize(
    "name",
    [
        "IT01234567890_11111.xml", "IT01234567890_11111_XX_001.xml", "it01234567890_1_RC_001.xml",
        "IT01234567890_123456_RC_001.xml", "IT01234567890_1_RC_0001.xml",
        "IT01234567890_1_RC_1.pdf", "", "IT01234567890_1_RC_001.xml\n",
    ],
)  # fmt: skip
def test_other_names_are_none(name: str) -> None:
    assert messages.parse_name(name) is None
