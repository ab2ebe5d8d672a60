"""An FTP server under explicit TLS (RFC 959, 2428, 3659, 4217) on loopback, strict in what it
takes: no login and no data in the open, a data channel only for the client of the commands.

Ours, and not pyftpdlib, whose TLS needs pyOpenSSL: where that is installed, urllib3 and botocore
use it too, and the tests would no longer see what runs in Lambda.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path

_PATIENCE_S = 10


class FtpServer:
    """`calls`: the commands in order, without passwords. `reuse`: the data channel must resume the
    TLS session of the commands, as vsftpd wants it. `replaces`: renames over what is there.
    `polite`: ends TLS before it closes a data channel."""

    def __init__(
        self, folder: Path, certificate: Path, users: dict[str, str], *, reuse: bool = False,
        replaces: bool = True, polite: bool = True,
    ) -> None:  # fmt: skip
        self.folder, self.users = folder, users
        self.reuse, self.replaces, self.polite = reuse, replaces, polite
        self.calls: list[str] = []
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=_Session(self, sock).run, daemon=True).start()


class _Refused(Exception):
    """A reply of the fourth or fifth hundred."""


class _Session:
    def __init__(self, server: FtpServer, sock: socket.socket) -> None:
        sock.settimeout(_PATIENCE_S)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.server, self.sock = server, sock
        self.secure = self.private = self.entered = False
        self.user = self.renamed = ""
        self.passive: socket.socket | None = None

    def run(self) -> None:
        try:
            self._say("220 prova")
            lines = self.sock.makefile("rb")
            while line := lines.readline(1_000):
                text = line.decode().rstrip("\r\n")
                command, _, argument = text.partition(" ")
                self.server.calls.append(command if command == "PASS" else text)
                if command == "AUTH":
                    self._say("234 TLS")
                    self.sock = self.server.context.wrap_socket(self.sock, server_side=True)
                    lines, self.secure = self.sock.makefile("rb"), True
                    continue
                try:
                    self._say(self._do(command.upper(), argument))
                except _Refused as refused:
                    self._say(str(refused))
                except FileNotFoundError:
                    self._say("550 No such file or directory.")
                except OSError as error:
                    self._say(f"550 {type(error).__name__}")
                if command == "QUIT":
                    return
        except (OSError, ssl.SSLError):
            pass  # the client went away
        finally:
            self.sock.close()
            if self.passive:
                self.passive.close()

    def _say(self, text: str) -> None:
        self.sock.sendall(f"{text}\r\n".encode())

    def _do(self, command: str, argument: str) -> str:
        if not self.secure:
            raise _Refused("550 SSL/TLS required on the control channel.")
        if command in ("USER", "PASS", "QUIT", "PBSZ", "PROT"):
            return self._enter(command, argument)
        if not self.entered:
            raise _Refused("530 Log in with USER and PASS first.")
        simple: dict[str, Callable[[str], str]] = {
            "TYPE": lambda _: "200 Type set.",
            "EPSV": self._listen,
            "PASV": self._listen_old,
            "SIZE": lambda path: f"213 {self._place(path).stat().st_size}",
            "DELE": self._delete,
            "RNFR": self._rename_from,
            "RNTO": self._rename_to,
            "STOR": self._store,
            "RETR": lambda path: self._send(self._place(path).read_bytes()),
            "NLST": self._names,
            "PWD": lambda _: '257 "/" is the folder.',
            "CWD": lambda path: f"250 {self._folder(path).name}",
        }
        if command not in simple:
            raise _Refused("502 Not implemented.")
        return simple[command](argument)

    def _enter(self, command: str, argument: str) -> str:
        if command == "USER":
            self.user = argument
            return "331 And the password."
        if command == "PASS":
            if self.server.users.get(self.user) != argument:
                raise _Refused("530 Authentication failed.")
            self.entered = True
            return "230 Welcome."
        if command == "PROT":
            self.private = argument == "P"
        return "221 Bye." if command == "QUIT" else "200 So be it."

    def _place(self, path: str) -> Path:
        found = (self.server.folder / path.lstrip("/")).resolve()
        if not found.is_relative_to(self.server.folder.resolve()):
            raise _Refused("550 Outside.")
        return found

    def _folder(self, path: str) -> Path:
        found = self._place(path)
        if not found.is_dir():
            raise FileNotFoundError
        return found

    # --- the data channel ---------------------------------------------------------------------
    def _listen(self, _: str) -> str:
        if self.passive:
            self.passive.close()
        self.passive = socket.create_server(("127.0.0.1", 0))
        self.passive.settimeout(_PATIENCE_S)
        return f"229 Entering extended passive mode (|||{self.passive.getsockname()[1]}|)"

    def _listen_old(self, _: str) -> str:
        port = int(self._listen("").partition("|||")[2].partition("|")[0])
        # An address that is not ours: a client that believes it talks to somebody else.
        return f"227 Entering passive mode (192,0,2,1,{port >> 8},{port & 255})."

    def _data(self) -> ssl.SSLSocket:
        if not self.private:
            raise _Refused("522 SSL/TLS required on the data channel.")
        if self.passive is None:
            raise _Refused("425 Use EPSV first.")
        self._say("150 Here it comes.")
        raw, _ = self.passive.accept()
        raw.settimeout(_PATIENCE_S)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        found = self.server.context.wrap_socket(raw, server_side=True)
        if self.server.reuse and not found.session_reused:
            found.close()
            raise _Refused("522 The data channel must resume the TLS session.")
        return found

    def _store(self, path: str) -> str:
        place = self._place(path)
        self._folder(str(place.parent.relative_to(self.server.folder.resolve())))
        with self._data() as data, place.open("wb") as file:
            while block := data.recv(65_536):
                file.write(block)
            self._farewell(data)
        return "226 Transfer complete."

    def _send(self, content: bytes) -> str:
        with self._data() as data:
            data.sendall(content)
            self._farewell(data)
        return "226 Transfer complete."

    def _farewell(self, data: ssl.SSLSocket) -> None:
        if self.server.polite:
            data.unwrap()

    def _names(self, path: str) -> str:
        names = sorted(one.name for one in self._folder(path).iterdir())
        if not names:
            raise _Refused("550 No files found.")
        return self._send("".join(f"{name}\r\n" for name in names).encode())

    # --- files --------------------------------------------------------------------------------
    def _delete(self, path: str) -> str:
        self._place(path).unlink()
        return "250 Gone."

    def _rename_from(self, path: str) -> str:
        self.renamed = path if self._place(path).exists() else ""
        if not self.renamed:
            raise FileNotFoundError
        return "350 And where to?"

    def _rename_to(self, path: str) -> str:
        new = self._place(path)
        if new.exists() and not self.server.replaces:
            raise _Refused("553 There is a file of that name.")
        self._place(self.renamed).replace(new)
        return "250 Renamed."
