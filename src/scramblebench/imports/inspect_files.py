"""The two file formats of Inspect AI: header and samples, one after the other."""

import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

from scramblebench.core.errors import MissingDependency, UsageError
from scramblebench.imports.sources import MAX_LINE_BYTES, SourceFile
from scramblebench.imports.values import Fields, fields_of, parse_object

MAX_DOCUMENT_BYTES = 256 << 20
"""256 MiB: the largest .json log, which is read as a whole; an .eval log may have any size."""
_ZSTANDARD = 93
_LOCAL_HEADER_BYTES = 30
_BLANKS = " \t\r\n"

Sample = tuple[str, bytes, Fields]
"""Name, bytes as they stand in the file, and content (inspect_files -> inspect_logs)."""


_ZIP = b"PK\x03\x04"
_DOCUMENT = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{\s*"version"\s*:\s*\d+\s*,\s*"status"')


def is_log(start: bytes) -> bool:
    """Whether a file that begins so is a log of Inspect AI, or a zip file, which no other format is."""
    return start.startswith(_ZIP) or _DOCUMENT.match(start) is not None


def read_samples(source: SourceFile) -> tuple[Fields, Iterator[Sample]]:
    """Return the header of a log and its samples, in the order of the file."""
    with source.open() as handle:
        is_zip = handle.read(len(_ZIP)) == _ZIP
    return _from_zip(source) if is_zip else _from_document(source)


def _from_zip(source: SourceFile) -> tuple[Fields, Iterator[Sample]]:
    try:
        with zipfile.ZipFile(source.path) as archive:
            names = set(archive.namelist())
            header = "header.json" if "header.json" in names else "_journal/start.json"
            if header not in names:
                raise source.wrong("is a zip file without header.json, so no log of Inspect AI")
            return parse_object(_member(archive, header, source)), _zip_samples(source)
    except zipfile.BadZipFile as error:
        raise source.wrong(f"the zip file is damaged: {error}; fetch it anew") from error


def _zip_samples(source: SourceFile) -> Iterator[Sample]:
    with zipfile.ZipFile(source.path) as archive:
        for name in archive.namelist():
            if name.startswith("samples/") and name.endswith(".json"):
                raw = _member(archive, name, source)
                try:
                    yield name, raw, parse_object(raw)
                except UsageError as error:
                    raise source.wrong(str(error), name) from error


def _member(archive: zipfile.ZipFile, name: str, source: SourceFile) -> bytes:
    info = archive.getinfo(name)
    if info.file_size > MAX_LINE_BYTES:
        raise source.wrong(f"is larger than {MAX_LINE_BYTES >> 20} MiB", name)
    try:
        if info.compress_type == _ZSTANDARD:
            return _unpacked(archive, info, source)
        return archive.read(info)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise source.wrong(f"is damaged: {error}; fetch the file anew", name) from error


def _unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo, source: SourceFile) -> bytes:
    """Return a member packed with Zstandard, which zipfile knows from Python 3.14 on only."""
    try:
        import zstandard
    except ImportError as error:
        raise MissingDependency(
            f"{source.path} is packed with Zstandard: pip install 'scramblebench[inspect]', or "
            "write it as .json: inspect log convert --to json"
        ) from error
    handle = archive.fp
    assert handle is not None
    handle.seek(info.header_offset)
    header = handle.read(_LOCAL_HEADER_BYTES)
    lengths = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    handle.seek(lengths, 1)
    packed = handle.read(info.compress_size)
    try:
        reader = zstandard.ZstdDecompressor().stream_reader(packed, read_across_frames=True)
        content = reader.read(info.file_size + 1)
    except zstandard.ZstdError as error:
        raise zipfile.BadZipFile(str(error)) from error
    if len(content) != info.file_size or zlib.crc32(content) != info.CRC:
        raise zipfile.BadZipFile("its checksum is another")
    return content


def _from_document(source: SourceFile) -> tuple[Fields, Iterator[Sample]]:
    with source.open() as handle:
        data = handle.read(MAX_DOCUMENT_BYTES + 1)
    if len(data) > MAX_DOCUMENT_BYTES:
        raise source.wrong(
            f"is larger than {MAX_DOCUMENT_BYTES >> 20} MiB; write it as .eval: "
            "inspect log convert --to eval"
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise source.wrong(f"byte 0x{data[error.start]:02x} is not UTF-8") from error
    del data
    try:
        header, start = _header(text)
    except (ValueError, RecursionError) as error:
        raise source.wrong(f"not JSON: {error}; is the file cut off?") from error
    if "eval" not in header:
        raise source.wrong("has no `eval`, so it is no log of Inspect AI")
    return header, _document_samples(text, start)


_DECODER = json.JSONDecoder()


def _header(text: str) -> tuple[dict[str, Any], int]:
    """Return the members of the log but its samples, and where their list begins; ValueError."""
    header: dict[str, Any] = {}
    start = len(text)
    at = _after(text, 0, "{")
    while text[at : at + 1] != "}":
        key, at = _DECODER.raw_decode(text, at)
        at = _after(text, at, ":")
        if key == "samples" and text[at : at + 1] == "[":
            start = at
            end = max((end for _, _, end in _elements(text, start)), default=start + 1)
            at = _after(text, _comma(text, end), "]")
        else:
            header[str(key)], at = _DECODER.raw_decode(text, at)
        at = _comma(text, at)
    return header, start


def _document_samples(text: str, start: int) -> Iterator[Sample]:
    """Yield the samples of a list that ``_header`` has found to be sound."""
    for value, begin, end in _elements(text, start):
        sample = fields_of(value)
        name = f"sample {sample.get('id')} epoch {sample.get('epoch')}"
        yield name, text[begin:end].encode("utf-8", "surrogatepass"), sample


def _elements(text: str, start: int) -> Iterator[tuple[Any, int, int]]:
    """Yield the elements of the list at ``start``, where each begins, and where the next may."""
    at = _skip(text, start + 1)
    while text[at : at + 1] not in ("]", ""):
        value, end = _DECODER.raw_decode(text, at)
        yield value, at, end
        at = _comma(text, end)


def _comma(text: str, at: int) -> int:
    at = _skip(text, at)
    return _skip(text, at + 1) if text[at : at + 1] == "," else at


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in _BLANKS:
        at += 1
    return at


def _after(text: str, at: int, wanted: str) -> int:
    at = _skip(text, at)
    if text[at : at + 1] != wanted:
        raise ValueError(f"expected {wanted} at character {at}")
    return _skip(text, at + 1)
