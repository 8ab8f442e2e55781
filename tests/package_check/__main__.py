"""A replication package in an empty folder with a fresh virtual environment: verified, made again, tampered with.

Exit code 0 where every number, table and figure is equal, and every change is found and named.
"""

import argparse
import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Sequence
from pathlib import Path

from scramblebench.experiment_tracking import AcademicExporter, DatabaseManager

_FLIPPED = 25
"""Files of which one byte is flipped, spread over the package; the tests flip one in every file."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Check one experiment's package; return how many of the checks failed."""
    options = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="package-check-") as name:
        place = Path(name)
        _say("build the package, twice")
        folder = _built(options, place / "made" / "replication")
        again = _built(options, place / "again" / "replication")
        bench = _Bench(folder, again)
        bench.same_archive()
        _say("move it to an empty folder; a virtual environment from what is in it")
        bench.move_to(place / "elsewhere")
        shutil.rmtree(place / "made")
        bench.verify()
        bench.check()
        bench.flip_bytes()
        bench.tamper("responses", "text")
        bench.tamper("scores", "value")
        return bench.n_failed


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.package_check", description=__doc__)
    parser.add_argument("--database-url", required=True)
    parser.add_argument("--experiment", default="@last")
    return parser


def _built(options: argparse.Namespace, folder: Path) -> Path:
    exporter = AcademicExporter(DatabaseManager(options.database_url))
    data = exporter.sync.create_publication_package(
        options.experiment, folder, "Reading or remembering?", ["Dr. Smith"], with_archive=True
    )
    return Path(data.folder)


def _say(words: str) -> None:
    print(words, flush=True)


class _Bench:
    """The package under test, and what has failed so far."""

    def __init__(self, folder: Path, again: Path) -> None:
        self.folder, self._again = folder, again
        self.n_failed = 0

    def expect(self, is_right: bool, words: str) -> None:
        """Say whether something is as it should be."""
        _say(f"  {'ok  ' if is_right else 'FAIL'} {words}")
        self.n_failed += not is_right

    def same_archive(self) -> None:
        first, second = (
            f.with_name("replication.zip").read_bytes() for f in (self.folder, self._again)
        )
        self.expect(first == second, f"built twice: the same {len(first):,} bytes")

    def move_to(self, place: Path) -> None:
        place.mkdir()
        self.folder = Path(shutil.copytree(self.folder, place / "replication"))
        begin = time.monotonic()
        venv.create(self.folder / ".venv", with_pip=True)
        pip = [str(self.folder / ".venv" / "bin" / "pip"), "install", "--quiet"]
        (wheel,) = (self.folder / "code").glob("*.whl")
        words = [*pip, "-r", str(self.folder / "environment" / "requirements.txt"), str(wheel)]
        subprocess.run(words, check=True, env=_bare(), stderr=subprocess.DEVNULL)
        _say(f"  installed in {time.monotonic() - begin:.0f} s")

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a script of the package from another folder, with no variable that leads back."""
        return subprocess.run(
            [str(self.folder / words[0]), *words[1:]],
            capture_output=True, text=True, cwd="/", env=_bare(), check=False,
        )  # fmt: skip

    def verify(self) -> None:
        found = self.run("verify.sh")
        self.expect(found.returncode == 0, f"verify.sh: {found.stdout.strip()}")

    def check(self) -> None:
        begin = time.monotonic()
        found = self.run("reproduce.sh", "check")
        _say(found.stdout)
        took = f"{time.monotonic() - begin:.0f} s"
        self.expect(found.returncode == 0, f"reproduce.sh check: everything is equal ({took})")
        if found.returncode:
            _say(found.stderr[-3000:])

    def flip_bytes(self) -> None:
        lines = (self.folder / "MANIFEST.sha256").read_text("utf-8").splitlines()
        names = [line[66:] for line in lines if not line.endswith("  verify.sh")]
        chosen = names[:: max(1, len(names) // _FLIPPED)]
        unnamed = [name for name in chosen if not self._is_flip_named(name)]
        self.expect(
            not unnamed, f"one byte flipped in each of {len(chosen)} files: named {unnamed or ''}"
        )

    def _is_flip_named(self, name: str) -> bool:
        path = self.folder / name
        content, mode = path.read_bytes(), path.stat().st_mode
        place = len(content) // 2
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        found = self.run("verify.sh")
        path.write_bytes(content)
        path.chmod(mode)
        return found.returncode == 1 and f"{name}: FAILED" in found.stdout

    def tamper(self, table: str, column: str) -> None:
        """Change one cell of a table, seal the package anew, and see whether the row is named all the same."""
        path = self.folder / "data" / f"{table}.csv.gz"
        content = path.read_bytes()
        lines = gzip.decompress(content).decode().split("\n")
        place = lines[0].split(",").index(column)
        row = next(n for n in range(5, len(lines)) if '"' not in lines[n] and lines[n])
        cells = lines[row].split(",")
        trial = cells[lines[0].split(",").index("trial_index")]
        cells[place] = f"{1 - float(cells[place])}" if column == "value" else "Something else."
        lines[row] = ",".join(cells)
        path.write_bytes(gzip.compress("\n".join(lines).encode(), mtime=0))
        manifest = self.folder / "MANIFEST.sha256"
        sealed = manifest.read_text("utf-8")
        seal = "from scramblebench.publication.package.manifest import write_manifest as w; from pathlib import Path; w(Path('.'))"
        python = str(self.folder / ".venv" / "bin" / "python")
        subprocess.run([python, "-c", seal], check=True, cwd=self.folder, env=_bare())
        found = self.run("reproduce.sh", "check", "--json")
        parts = json.loads(found.stdout)["parts"]
        wheres = [
            d["where"] for part in parts if part["name"] == table for d in part["differences"]
        ]
        is_named = wheres and all(where.startswith(f"trial {trial} (") for where in wheres)
        self.expect(
            bool(is_named),
            f"one {column} of data/{table} altered: {', '.join(wheres) or 'not found'}",
        )
        path.write_bytes(content)
        manifest.write_text(sealed, "utf-8")


def _bare() -> dict[str, str]:
    """Return an environment without what would lead back to the experiment."""
    kept = (
        "PATH",
        "HOME",
        "PIP_INDEX_URL",
        "PIP_EXTRA_INDEX_URL",
        "PIP_CONFIG_FILE",
        "PIP_FIND_LINKS",
    )
    return {name: os.environ[name] for name in kept if name in os.environ}


if __name__ == "__main__":
    sys.exit(main())
