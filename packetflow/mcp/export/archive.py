"""Archives that are the same bytes whenever their files are."""

from __future__ import annotations

import base64
import io
import lzma
import zipfile
from collections.abc import Mapping
from typing import Final

EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a ZIP archive can say."""

_MODE: Final = 0o644 << 16
_UNIX: Final = 3
_LINE: Final = 100


def zipped(files: Mapping[str, bytes], *, compress: bool = True) -> bytes:
    """A ZIP archive, in the order of its paths.

    Args:
        files: Their content by path.
        compress: Whether each file is compressed.

    >>> zipped({"b": b"2", "a": b"1"}) == zipped({"a": b"1", "b": b"2"})
    True
    """
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for path, content in sorted(files.items()):
            entry = zipfile.ZipInfo(path, EPOCH)
            entry.create_system, entry.external_attr = _UNIX, _MODE
            entry.compress_type = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
            archive.writestr(entry, content, compresslevel=9)
    return made.getvalue()


def packed(files: Mapping[str, bytes]) -> str:
    """Files as lines of text: a ZIP archive that is compressed as a whole, in base64.

    Compressed file by file it would be two thirds larger.
    """
    return in_lines(lzma.compress(zipped(files, compress=False), preset=6))


def in_lines(content: bytes) -> str:
    """Bytes in base64, in lines that editors can show."""
    text = base64.b64encode(content).decode("ascii")
    return "\n".join(text[at : at + _LINE] for at in range(0, len(text), _LINE))
