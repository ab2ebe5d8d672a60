"""ZIPs made piece by piece are what any program reads."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.payments.delivery import zipping

AT = datetime(2026, 11, 21, 9, 30, 8)
FILES = st.dictionaries(
    st.from_regex(r"\A[A-Z0-9_]{1,40}\.pdf\Z"), st.binary(max_size=300), min_size=1, max_size=12
)


@given(files=FILES, cut=st.integers(0, 12))
def test_pieces_put_together_are_one_archive(files: dict[str, bytes], cut: int) -> None:
    listed = list(files.items())
    first, members = zipping.packed(listed[:cut], 0, AT)
    second, more = zipping.packed(listed[cut:], len(first), AT)
    end = zipping.directory([*members, *more], len(first) + len(second), AT)
    with zipfile.ZipFile(io.BytesIO(first + second + end)) as found:
        assert found.testzip() is None
        assert {one.filename: found.read(one) for one in found.infolist()} == files
        assert {one.date_time for one in found.infolist()} == {(2026, 11, 21, 9, 30, 8)}
        assert {one.external_attr >> 16 for one in found.infolist()} == {0o100644}
