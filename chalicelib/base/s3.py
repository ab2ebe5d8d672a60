"""Objects: whole, by range, and by short-lived link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO
from urllib.parse import quote

from botocore.exceptions import ClientError

from chalicelib.base import aws
from chalicelib.base.errors import NotFound


@dataclass(frozen=True)
class Place:
    """Where an object is; `version` "" means the newest."""

    bucket: str
    key: str
    version: str = ""

    def _call(self) -> dict[str, Any]:
        call: dict[str, Any] = {"Bucket": self.bucket, "Key": self.key}
        if self.version:
            call["VersionId"] = self.version
        return call


_GONE = {"NoSuchKey", "NoSuchVersion", "404", "NoSuchBucket"}


def get(place: Place) -> bytes:
    """The object's bytes; NotFound when it is not there."""
    try:
        answer = aws.client("s3").get_object(**place._call())
    except ClientError as error:
        if error.response["Error"]["Code"] in _GONE:
            raise NotFound("object") from error
        raise
    body: bytes = answer["Body"].read()
    return body


def find(place: Place) -> tuple[Place, int] | None:
    """The object as it is now, with its version, and its size in bytes; None when there is none."""
    try:
        answer = aws.client("s3").head_object(**place._call())
    except ClientError as error:
        if error.response["Error"]["Code"] in _GONE:
            return None
        raise
    version = str(answer.get("VersionId", ""))
    return Place(place.bucket, place.key, version), int(answer["ContentLength"])


def put(place: Place, data: bytes | BinaryIO, content_type: str) -> None:
    """Write the object, of a file from where it stands, without holding it; the same bytes under
    the same key twice is one object (two versions)."""
    aws.client("s3").put_object(
        Bucket=place.bucket, Key=place.key, Body=data, ContentType=content_type
    )


def put_new(place: Place, data: bytes, content_type: str) -> bool:
    """Write only if nothing is there; False when something is."""
    try:
        aws.client("s3").put_object(
            Bucket=place.bucket,
            Key=place.key,
            Body=data,
            ContentType=content_type,
            IfNoneMatch="*",
        )
    except ClientError as error:
        if error.response["Error"]["Code"] in ("PreconditionFailed", "412"):
            return False
        raise
    return True


def get_many(places: Sequence[Place], readers: int) -> list[bytes]:
    """The bytes of objects, in their order, so many read at once. Raises as `get`."""
    from concurrent.futures import ThreadPoolExecutor

    aws.client("s3")  # made once, before there are threads
    with ThreadPoolExecutor(readers) as pool:
        return list(pool.map(get, places))


def begin_parts(place: Place, content_type: str) -> str:
    """Begin an object that is written in parts (5 MiB or more, but for the last); its upload."""
    answer = aws.client("s3").create_multipart_upload(
        Bucket=place.bucket, Key=place.key, ContentType=content_type
    )
    return str(answer["UploadId"])


def put_part(place: Place, upload: str, number: int, data: bytes) -> str:
    """Write a part (from 1), or write it again; its mark. NotFound when the upload has ended."""
    try:
        answer = aws.client("s3").upload_part(
            Bucket=place.bucket, Key=place.key, UploadId=upload, PartNumber=number, Body=data
        )
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchUpload":
            raise NotFound("upload") from error
        raise
    return str(answer["ETag"])


def end_parts(place: Place, upload: str, marks: Sequence[str]) -> None:
    """Make the object of its parts. NotFound when the upload has ended."""
    parts = [{"PartNumber": number, "ETag": mark} for number, mark in enumerate(marks, 1)]
    try:
        aws.client("s3").complete_multipart_upload(
            Bucket=place.bucket, Key=place.key, UploadId=upload, MultipartUpload={"Parts": parts}
        )
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchUpload":
            raise NotFound("upload") from error
        raise


@dataclass(frozen=True)
class Created:
    """An object that came, as its event says: `size` in bytes, `at` the event's own time."""

    place: Place
    size: int
    at: datetime


class Ranged:
    """An object read by ranges (archives.Ranged)."""

    def __init__(self, place: Place, size: int) -> None:
        self.place = place
        self.size = size

    def read(self, start: int, length: int) -> bytes:
        answer = aws.client("s3").get_object(
            **self.place._call(), Range=f"bytes={start}-{start + length - 1}"
        )
        body: bytes = answer["Body"].read()
        return body


def download_link(place: Place, file_name: str, seconds: int) -> str:
    """A presigned GET that always downloads under `file_name` (RFC 6266)."""
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\' else "_"
                    for c in file_name)  # fmt: skip
    disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file_name, safe='')}"
    link: str = aws.client("s3").generate_presigned_url(
        "get_object",
        Params={**place._call(), "ResponseContentDisposition": disposition},
        ExpiresIn=seconds,
    )
    return link


def shown_link(place: Place, content_type: str, seconds: int) -> str:
    """A presigned GET that a browser shows as that type, whatever the object was put as."""
    link: str = aws.client("s3").generate_presigned_url(
        "get_object",
        Params={
            **place._call(),
            "ResponseContentDisposition": "inline",
            "ResponseContentType": content_type,
        },
        ExpiresIn=seconds,
    )
    return link


def upload_form(place: Place, max_bytes: int, seconds: int) -> dict[str, Any]:
    """A presigned POST for exactly this key: `{"url": …, "fields": {…}}`."""
    form: dict[str, Any] = aws.client("s3").generate_presigned_post(
        place.bucket,
        place.key,
        Conditions=[["content-length-range", 1, max_bytes]],
        ExpiresIn=seconds,
    )
    return form
