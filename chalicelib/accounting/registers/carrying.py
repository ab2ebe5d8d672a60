"""How bytes come from a register and go to it: SFTP, our S3 bucket, HTTPS.

By SFTP the body's own profile is used (its host key, its secrets). In S3 a register has a folder of
the intake bucket, `in/` for its file and `out/` for what it is told. Over HTTPS each message has an
Idempotency-Key that is the same at each repetition.
"""

from __future__ import annotations

from urllib.parse import quote

from chalicelib.accounting.registers import store
from chalicelib.accounting.registers.contract import Message, Setting
from chalicelib.accounting.registers.store import Register
from chalicelib.base import config, limits, net, s3
from chalicelib.base.errors import NotFound, Rejected, Transient
from chalicelib.base.s3 import Place
from chalicelib.payments.delivery import areas, folders
from chalicelib.payments.delivery.channels import Refused


def fetch(tenant: str, register: Register, year: int) -> bytes:
    """The file with the dues of a year.

    Refused `register_refused`, `area_…` with the other side's words; Rejected `register_no_file`,
    `register_too_large`; Transient.
    """
    setting = register.setting
    name = setting.file.replace("{year}", str(year))
    if setting.way == "https":
        reply = net.request(
            "GET", setting.url.replace("{year}", str(year)), headers=_headers(tenant, register),
            timeout_s=limits.REGISTER_TIMEOUT_S, most_bytes=limits.REGISTER_FILE_BYTES,
        )  # fmt: skip
        _require(reply)
        return reply.body
    if setting.way == "s3":
        place = _place(tenant, setting, f"in/{name}")
        there = s3.find(place)
        if there is None:
            raise _no_file(name)
        if there[1] > limits.REGISTER_FILE_BYTES:
            raise _too_large()
        try:
            return s3.get(there[0])
        except NotFound as gone:
            raise _no_file(name) from gone
    carrier, area = folders.area_of(tenant, setting.carrier, "sftp")
    with folders.opened(tenant, carrier) as (files, _):
        path = area.path(name)
        size = files.size(path)
        if size is None:
            raise _no_file(name)
        if size > limits.REGISTER_FILE_BYTES:
            raise _too_large()
        return files.read(path, limits.REGISTER_FILE_BYTES)


def bring(tenant: str, register: Register, message: Message, name: str) -> str:
    """Bring a message; gives what was said. `name` is its own, the same again at a repetition.

    Refused with the other side's words, Transient.
    """
    setting = register.setting
    if setting.way == "https":
        url = setting.report_url.replace("{id}", quote(message.id, safe=""))
        reply = net.request(
            message.method, url, message.data,
            _headers(tenant, register)
            | {"Content-Type": message.content_type, "Idempotency-Key": name},
            timeout_s=limits.REGISTER_TIMEOUT_S, most_bytes=limits.REGISTER_REPLY_BYTES,
        )  # fmt: skip
        _require(reply)
        return f"HTTP {reply.status}"
    file = f"{name}-{message.suffix}"
    if setting.way == "s3":
        s3.put(_place(tenant, setting, f"out/{file}"), message.data, message.content_type)
        return file
    carrier, area = folders.area_of(tenant, setting.carrier, "sftp")
    with folders.opened(tenant, carrier) as (files, _):
        areas.put(files, area, file, message.data)
    return file


def _place(tenant: str, setting: Setting, name: str) -> Place:
    return Place(config.get("INTAKE_BUCKET"), f"registers/{tenant}/{setting.code}/{name}")


def _headers(tenant: str, register: Register) -> dict[str, str]:
    secret = store.secret_of(tenant, register)
    return {"Authorization": f"Bearer {secret}"} if secret else {}


def _require(reply: net.Reply) -> None:
    if 200 <= reply.status < 300:
        return
    said = areas.words(f"HTTP {reply.status} {reply.body[:1_000].decode('utf-8', 'replace')}")
    if reply.status == 429 or reply.status >= 500:
        raise Transient("register_unavailable", "The register does not answer now.", words=said)
    raise Refused("register_refused", said)


def _no_file(name: str) -> Rejected:
    return Rejected("register_no_file", "The register has no such file yet.", file=name)


def _too_large() -> Rejected:
    return Rejected(
        "register_too_large", "The file is too large.", limit_bytes=limits.REGISTER_FILE_BYTES
    )
