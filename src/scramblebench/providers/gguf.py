"""The header of a GGUF file: what a model says of itself, without loading it.

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md (versions 2 and 3, little-endian).
"""

import hashlib
import mmap
import struct
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

_SCALARS: Final = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}  # fmt: skip
_STRING: Final = 8
_ARRAY: Final = 9
_QUANTIZATIONS: Final = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K",
    11: "Q3_K_S", 12: "Q3_K_M", 13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S",
    17: "Q5_K_M", 18: "Q6_K", 25: "IQ4_NL", 30: "IQ4_XS", 32: "BF16",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class GGUFHeader:
    """What the header says; None where it does not."""

    quantization: str | None
    context_length: int | None
    parameter_size: str | None


def file_digest(path: Path) -> str:
    """Return the sha256 of a file, computed anew only where its size or time has changed."""
    status = path.stat()
    return _digest(path, (status.st_size, status.st_mtime_ns))


@lru_cache(maxsize=8)
def _digest(path: Path, _stamp: tuple[int, int]) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_header(path: Path) -> GGUFHeader:
    """Read the header; raises ValueError where the file is no GGUF file."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            fields = _read_fields(data)
        except (struct.error, UnicodeDecodeError, KeyError, OverflowError) as error:
            raise ValueError(f"damaged header: {error}") from error
    architecture = fields.get("general.architecture")
    context_length = fields.get(f"{architecture}.context_length")
    size_label = fields.get("general.size_label")
    file_type = fields.get("general.file_type")
    return GGUFHeader(
        quantization=_QUANTIZATIONS.get(file_type) if isinstance(file_type, int) else None,
        context_length=context_length if isinstance(context_length, int) else None,
        parameter_size=size_label if isinstance(size_label, str) else None,
    )


def _read_fields(data: mmap.mmap) -> dict[str, object]:
    magic, version, _, n_fields = struct.unpack_from("<4sIQQ", data, 0)
    if magic != b"GGUF" or version not in (2, 3):
        raise ValueError("not a GGUF file of version 2 or 3")
    fields: dict[str, object] = {}
    position = struct.calcsize("<4sIQQ")
    for _ in range(n_fields):
        key, position = _read_text(data, position)
        (kind,) = struct.unpack_from("<I", data, position)
        fields[key], position = _read_value(data, position + 4, kind)
    return fields


def _read_value(data: mmap.mmap, position: int, kind: int) -> tuple[object, int]:
    if kind == _STRING:
        return _read_text(data, position)
    if kind == _ARRAY:
        return None, _skip_array(data, position)
    form = "<" + _SCALARS[kind]
    (value,) = struct.unpack_from(form, data, position)
    return value, position + struct.calcsize(form)


def _read_text(data: mmap.mmap, position: int) -> tuple[str, int]:
    (size,) = struct.unpack_from("<Q", data, position)
    start = position + 8
    return data[start : start + size].decode(), start + size


def _skip_array(data: mmap.mmap, position: int) -> int:
    kind, n_items = struct.unpack_from("<IQ", data, position)
    position += 12
    if kind in _SCALARS:
        return position + n_items * struct.calcsize("<" + _SCALARS[kind])
    for _ in range(n_items):
        if kind == _ARRAY:
            position = _skip_array(data, position)
        else:
            (size,) = struct.unpack_from("<Q", data, position)
            position += 8 + size
    return position
