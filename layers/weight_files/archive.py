"""What zip archives may claim."""

from __future__ import annotations

import struct
import zipfile
import zlib

# What reading a damaged archive raises, besides ValueError.
DAMAGE = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError,
    MemoryError, OverflowError, OSError,
)  # fmt: skip
# A file may unpack to this many bytes, or to so many times its size.
_UNPACKED = 2**30
_RATIO = 20
_EMPTY = 22  # bytes of an archive without entries


def check_sizes(entries: list[zipfile.ZipInfo], size: int) -> None:
    """Refuse an archive whose table of contents cannot be true, or that is a bomb."""
    if not entries and size > _EMPTY:
        raise ValueError(f"its table of contents is empty, and the file has {size} bytes")
    if sum(entry.compress_size for entry in entries) > size:
        raise ValueError(f"its entries claim to be larger than the file of {size} bytes")
    for entry in entries:
        if entry.compress_type == zipfile.ZIP_STORED and entry.compress_size != entry.file_size:
            raise ValueError(f"entry {entry.filename!r} claims two sizes")
    check_unpacked(sum(entry.file_size for entry in entries), size)


def check_unpacked(unpacked: int, size: int) -> None:
    """Refuse to make so many bytes of a file of `size` bytes."""
    if unpacked > max(_UNPACKED, _RATIO * size):
        raise ValueError(f"its {size} bytes claim to unpack to {unpacked}")


def entry_bytes(entry: zipfile.ZipInfo, data: memoryview) -> memoryview:
    """The bytes of an uncompressed entry where they stand in the file, checked by their sum."""
    if entry.compress_type != zipfile.ZIP_STORED or entry.flag_bits & 1:
        raise ValueError(f"entry {entry.filename!r} is compressed or encrypted")
    head = data[entry.header_offset : entry.header_offset + 30]
    if len(head) < 30 or head[:4] != b"PK\x03\x04":
        raise ValueError(f"entry {entry.filename!r} does not begin where the archive says")
    name_length = int.from_bytes(head[26:28], "little")
    begin = entry.header_offset + 30 + name_length + int.from_bytes(head[28:30], "little")
    span = data[begin : begin + entry.file_size]
    if len(span) < entry.file_size or zlib.crc32(span) != entry.CRC:
        raise ValueError(f"entry {entry.filename!r} is damaged: its bytes have another checksum")
    return span
