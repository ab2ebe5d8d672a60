"""Files come to stand in a body's folder, on real servers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from chalicelib.base.errors import Rejected, Transient
from chalicelib.payments.delivery import areas, ftps, sftp
from chalicelib.payments.delivery.areas import Area, Secrets
from chalicelib.payments.delivery.channels import Refused
from infra.local.authority import Authority
from tests.payments.delivery.servers import PASSWORD, USER, Server, ftps_server, sftp_server

NAME = "RSSMRA80A41H501Y_2026_01000000000000123.pdf"
GOOD = Secrets(PASSWORD)


@pytest.fixture(autouse=True)
def _loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NET_PRIVATE", "allow")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.load_or_create(tmp_path_factory.mktemp("ca"), datetime.now(UTC))


class Place:
    """A server of one protocol, and how to open it."""

    def __init__(self, server: Server, area: Any, connect: Callable[..., Any]) -> None:
        self.server = server
        self.area = area
        self._connect = connect

    def open(self, secrets: Secrets = GOOD, **changed: Any) -> AbstractContextManager[areas.Files]:
        found: AbstractContextManager[areas.Files] = self._connect(
            replace(self.area, **changed), secrets
        )
        return found

    def put(self, name: str, data: bytes, **changed: Any) -> areas.Put:
        with self.open(**changed) as files:
            return areas.put(files, replace(self.area, **changed), name, data)


@contextmanager
def sftp_place(folder: Path, **how: Any) -> Iterator[Place]:
    with sftp_server(folder, **how) as server:
        profile = sftp.Profile(server.host, server.port, USER, fingerprint=server.fingerprint)
        yield Place(server, profile, sftp.connect)


@contextmanager
def ftps_place(
    folder: Path, authority: Authority, certificate: Path | None = None, **how: bool
) -> Iterator[Place]:
    with ftps_server(folder, certificate or authority.server_path, **how) as server:
        pem = authority.ca_pem.decode()
        profile = ftps.Profile(server.host, server.port, USER, authority=pem)
        yield Place(server, profile, ftps.connect)


# What a server may be: of the third version of SFTP, strict about whose data it takes, or unable to
# rename over what is there.
KINDS: dict[str, dict[str, bool]] = {
    "sftp": {}, "sftp 3": {"posix_rename": False}, "ftps": {}, "ftps strict": {"reuse": True},
    "ftps careful": {"replaces": False}, "ftps rude": {"polite": False},
}  # fmt: skip


@pytest.fixture(params=KINDS)
def place(request: Any, tmp_path: Path, authority: Authority) -> Iterator[Place]:
    (tmp_path / "avvisi").mkdir()
    how = KINDS[request.param]
    if request.param.startswith("ftps"):
        with ftps_place(tmp_path, authority, **how) as found:
            yield found
    else:
        with sftp_place(tmp_path, **how) as found:
            yield found


@pytest.mark.feature("F001-076", "F001-080")
def test_a_file_comes_under_another_name_and_stays(place: Place) -> None:
    data = b"%PDF-1.7 " + bytes(range(256)) * 300
    assert place.put(NAME, data, folder="avvisi") == "written"
    assert place.server.files() == {f"avvisi/{NAME}": data}
    wrote = [call for call in place.server.calls if "write" in call or call.startswith("STOR")]
    assert wrote
    assert all(call.endswith(f"{NAME}{areas.PART}") for call in wrote)
    # The same again is done already; another content takes its place.
    before = len(place.server.calls)
    assert place.put(NAME, data, folder="avvisi") == "there"
    again = place.server.calls[before:]
    assert not [call for call in again if call.startswith(("write", "STOR", "rename", "RNFR"))]
    other = data[:-1] + b"!"
    assert place.put(NAME, other, folder="avvisi") == "written"
    assert place.server.files() == {f"avvisi/{NAME}": other}
    with place.open() as files:
        assert files.list("avvisi") == [NAME]
        assert files.size("avvisi/none") is None


def test_what_a_dead_worker_left_does_no_harm(place: Place) -> None:
    (place.server.folder / f"{NAME}{areas.PART}").write_bytes(b"half of ano")
    assert place.put(NAME, b"whole") == "written"
    assert place.server.files() == {NAME: b"whole"}


def test_a_server_says_no_in_its_own_words(place: Place) -> None:
    with pytest.raises(Refused) as refused, place.open(Secrets("wrong")):
        pass
    assert refused.value.code == "area_login"
    assert refused.value.words
    with pytest.raises(Refused) as refused:
        place.put(NAME, b"x", folder="nowhere")
    assert refused.value.code == "area_refused"
    assert refused.value.words


def test_nobody_there_may_be_somebody_later(place: Place) -> None:
    with pytest.raises(Transient) as gone, place.open(port=1):
        pass
    assert gone.value.code == "net_unreachable"


def test_private_addresses_are_nobodys_servers(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NET_PRIVATE")
    with pytest.raises(Rejected) as refused, place.open():
        pass
    assert refused.value.code == "net_address"
    assert place.server.calls == []


def test_another_host_key_is_another_server(tmp_path: Path) -> None:
    with sftp_place(tmp_path) as place:
        other = f"SHA256:{'A' * 43}"
        with pytest.raises(Refused) as refused, place.open(fingerprint=other):
            pass
        assert refused.value.code == "area_host_key"
        assert refused.value.words == place.server.fingerprint


def test_a_private_key_opens_as_well(tmp_path: Path) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    sealed = key.export_private_key("pkcs8-pem", passphrase="apriti").decode()
    with sftp_place(tmp_path, keys=(key,)) as place:
        secrets = Secrets(key=sealed, passphrase="apriti")
        sftp.check_secrets(secrets)
        with place.open(secrets) as files:
            files.write("a", b"1")
        assert place.server.files() == {"a": b"1"}
        with pytest.raises(Rejected) as refused:
            sftp.check_secrets(replace(secrets, passphrase="other"))
        assert refused.value.code == "area_key"


def test_a_certificate_must_be_the_hosts(tmp_path: Path, authority: Authority) -> None:
    with ftps_place(tmp_path, authority) as place:
        with pytest.raises(Refused) as refused, place.open(authority=""):
            pass
        assert refused.value.code == "area_tls"
        # Nothing was said in the open, and the data neither.
        assert not [call for call in place.server.calls if call.startswith(("USER", "PASS"))]
        place.put(NAME, b"x")
        calls = [call.split()[0] for call in place.server.calls]
        assert calls.index("AUTH") < calls.index("USER") < calls.index("PROT")
        assert "PROT P" in place.server.calls
    # Of the right authority, but somebody else's.
    with ftps_place(tmp_path, authority, authority.client_paths["sdi"]) as place:
        with pytest.raises(Refused) as refused, place.open():
            pass
        assert refused.value.code == "area_tls"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"host": "a b"}, "area_host"),
        ({"host": ""}, "area_host"),
        ({"port": 0}, "area_port"),
        ({"user": "a\r\nb"}, "area_user"),
        ({"folder": "a/../b"}, "area_folder"),
        ({"folder": "a\r\nDELE b"}, "area_folder"),
        ({"purpose": "other"}, "area_purpose"),
    ],
)
def test_a_profile_checks_itself(changed: dict[str, Any], code: str) -> None:
    with pytest.raises(Rejected) as refused:
        Area(**{"host": "ftp.ordine.example", "port": 22, "user": "u"} | changed)
    assert refused.value.code == code


def test_profiles_of_each_protocol() -> None:
    with pytest.raises(Rejected) as refused:
        sftp.Profile("h", 22, "u", fingerprint="MD5:00")
    assert refused.value.code == "area_fingerprint"
    with pytest.raises(Rejected) as refused:
        ftps.Profile("h", 21, "u", authority="no PEM")
    assert refused.value.code == "net_authority"
    for secrets, code in ((Secrets(), "area_secret_missing"), (Secrets(key="k"), "area_key")):
        with pytest.raises(Rejected) as refused:
            ftps.check_secrets(secrets)
        assert refused.value.code == code


@pytest.mark.parametrize("name", ["../x.pdf", "a b.pdf", "a/b.pdf", "", ".hidden", "à.pdf"])
def test_names_are_safe(name: str) -> None:
    with pytest.raises(Rejected) as refused:
        Area("h", 22, "u").path(name)
    assert refused.value.code == "area_file_name"
