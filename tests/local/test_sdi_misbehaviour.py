"""SdI's simulator when it misbehaves, when it is restarted, and when many call at once."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.authority import Authority
from infra.local.sdi.behaviours import Behaviour
from tests.local.sdi_world import (
    DAY_S,
    INVOICE,
    World,
    assert_genuine,
    cades,
    children,
    edited,
    envelope,
    pa_invoice,
    post,
    schema_folder,
    shared_authority,
    world,
)

PRIVATE = INVOICE.encode()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return shared_authority(tmp_path_factory)


@pytest.fixture
def sdi(tmp_path: Path, authority: Authority) -> Iterator[World]:
    with world(tmp_path / "sdi", authority, schema_folder(), serve=True) as made:
        yield made


# Misbehaviour


def test_late_repeated_reordered_contradictory_and_unknown(sdi: World) -> None:
    sdi.simulator.behave(Behaviour(match="it*_late1", late_s=1000, repeat=3))
    sdi.simulator.behave(Behaviour(match="*_R*", reorder=True, contradict=True))
    sdi.simulator.behave(Behaviour(match="*_U*", unknown_id=True))
    late = sdi.take("IT01234567890_LATE1.xml", PRIVATE)
    assert sdi.run(1001) == []
    assert sdi.run(1) == [("RicevutaConsegna", late.id_sdi)] * 3

    term = sdi.take(
        "IT01234567890_R1.xml.p7m", cades(sdi.signer, pa_invoice("UFDT01", ("1/2026", "2/2026")))
    )
    assert term.accepted, term.codes
    assert [d for d, _ in sdi.run(3)] == ["NotificaEsito"]
    assert [d for d, _ in sdi.run(16 * DAY_S)] == ["NotificaDecorrenzaTermini", "RicevutaConsegna"]

    sdi.take("IT01234567890_U1.xml", edited(INVOICE, ("1/2026", "3/2026")).encode())
    told = sdi.run()
    assert [d for d, _ in told] == ["RicevutaConsegna"] * 2
    assert told[1][1] not in {f.id_sdi for f in sdi.simulator.files()}
    assert_genuine(sdi.delivered[-1].content, sdi.authority)


def test_dropped_connections(sdi: World) -> None:
    sdi.simulator.behave(Behaviour(drop_connection_after=True))
    sdi.simulator.behave(Behaviour(match="*_B*", drop_connection_before=2))
    file = "PGEvPg=="
    with pytest.raises(http.client.RemoteDisconnected):
        post(sdi, envelope("IT01234567890_A1.xml", file))
    assert [f.name for f in sdi.simulator.files()] == ["IT01234567890_A1.xml"]
    assert post(sdi, envelope("IT01234567890_A1.xml", file))[0] == 200
    assert sdi.simulator.files()[1].codes == ("00002",), "the name was taken the first time"
    for _ in range(2):
        with pytest.raises(http.client.RemoteDisconnected):
            post(sdi, envelope("IT01234567890_B1.xml", file))
    assert len(sdi.simulator.files()) == 2
    assert post(sdi, envelope("IT01234567890_B1.xml", file))[0] == 200
    assert sdi.simulator.files()[2].codes == ("00200",)


def test_errors_and_faults_on_order(sdi: World) -> None:
    request = envelope("IT01234567890_00001.xml", "PGEvPg==")
    sdi.simulator.behave(Behaviour(error="EI02", error_times=2))
    for _ in range(2):
        assert b"<Errore>EI02</Errore>" in post(sdi, request)[1]
    sdi.simulator.behave(Behaviour(fault=1))
    assert post(sdi, request)[0] == 500
    assert sdi.simulator.files() == []
    sdi.simulator.behave_well()
    assert b"Errore" not in post(sdi, request)[1]
    assert len(sdi.simulator.files()) == 1


# Memory


def test_state_survives_a_restart(tmp_path: Path, authority: Authority) -> None:
    schemas = schema_folder()
    with world(tmp_path, authority, schemas) as first:
        kept = first.take("IT01234567890_00001.xml", PRIVATE)
    with world(tmp_path, authority, schemas) as second:
        assert second.simulator.files() == [kept]
        assert second.take("it01234567890_00001.xml", PRIVATE).codes == ("00001",)
        assert second.take("IT01234567890_00001.xml.p7m", PRIVATE).codes == ("00002",)
        again = second.take("IT01234567890_00002.xml", PRIVATE)
        assert again.codes == ("00404",)
        assert again.id_sdi > kept.id_sdi
        assert second.run()[0] == ("RicevutaConsegna", kept.id_sdi)
    ids = [children(message.content)["MessageId"] for message in second.delivered]
    assert len(set(ids)) == len(ids) == 4


def test_one_name_sent_by_many_at_once_is_taken_once(sdi: World) -> None:
    threads = [
        threading.Thread(target=post, args=(sdi, envelope("IT01234567890_00001.xml", "PGEvPg==")))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    codes = sorted(file.codes for file in sdi.simulator.files())
    assert codes == [("00002",)] * 5 + [("00200",)]
