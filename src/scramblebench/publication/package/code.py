"""The program itself inside the package: a wheel of what is installed, and what it needs, pinned."""

import base64
import hashlib
import re
import zipfile
from collections.abc import Iterator
from datetime import datetime
from importlib import metadata
from pathlib import Path

import scramblebench
from scramblebench.publication.package.archive import EARLIEST

_NAME = "scramblebench"
_NEEDED_EXTRAS = frozenset({"plots", "parquet", "excel"})
"""What making a package again needs beyond the program's own dependencies."""
_WORD = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*")
_EXTRA = re.compile(r"""extra\s*==\s*['"]([^'"]+)['"]""")


def write_wheel(folder: Path, stamp: datetime) -> Path:
    """Write the installed program as a wheel; the same program and ``stamp`` give the same bytes."""
    distribution = metadata.distribution(_NAME)
    version, when = distribution.version, max(stamp.timetuple()[:6], EARLIEST)
    info = f"{_NAME}-{version}.dist-info"
    members = dict(_source_files())
    for name in ("METADATA", "entry_points.txt"):
        members[f"{info}/{name}"] = (distribution.read_text(name) or "").encode()
    tag = "Wheel-Version: 1.0\nGenerator: scramblebench\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    members[f"{info}/WHEEL"] = tag.encode()
    record = [
        f"{name},sha256={_digest(content)},{len(content)}" for name, content in members.items()
    ]
    members[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,"]).encode() + b"\n"
    path = folder / f"{_NAME}-{version}-py3-none-any.whl"
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as wheel:
        for name, content in members.items():
            entry = zipfile.ZipInfo(name, when)
            entry.create_system, entry.external_attr = 3, 0o100644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            wheel.writestr(entry, content)
    return path


def _source_files() -> Iterator[tuple[str, bytes]]:
    root = Path(scramblebench.__file__).parent
    for path in sorted(root.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield f"{_NAME}/{path.relative_to(root).as_posix()}", path.read_bytes()


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def requirements() -> str:
    """Return the installed versions of all that the program needs, a pin a line, sorted."""
    found: dict[str, str] = {}
    waiting = [(_NAME, _NEEDED_EXTRAS)]
    while waiting:
        name, extras = waiting.pop()
        for needed in _needed(name, extras):
            if needed in found:
                continue
            try:
                found[needed] = metadata.version(needed)
            except metadata.PackageNotFoundError:
                continue  # of another platform, or an extra that is not installed here
            waiting.append((needed, frozenset()))
    return "".join(f"{name}=={version}\n" for name, version in sorted(found.items()))


def _needed(name: str, extras: frozenset[str]) -> Iterator[str]:
    for words in metadata.requires(name) or ():
        said, _, marker = words.partition(";")
        wanted = _EXTRA.search(marker)
        if wanted is None or wanted.group(1) in extras:
            word = _WORD.match(said.strip())
            if word is not None:
                yield re.sub(r"[-_.]+", "-", word.group()).lower()
