"""Export of 1,000,000 responses: CPU seconds and peak memory, each format in a process of its own.

``python -m benchmarks.export_speed [--responses 1000000] [--formats parquet csv jsonl]``. The responses are
drawn and stored, not asked for. The CPU is that of ``export_data`` alone, by the process's own clock; what
comes before it (reading scores, the analysis with 999 resamples) is said beside it. The memory is the most
that the whole process ever had.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from benchmarks.dashboard_load import store_large
from scramblebench.publication.collecting import collect
from scramblebench.publication.exports import export_data
from scramblebench.storage import open_database

FORMATS = ("parquet", "csv", "jsonl")
_BARS_S = {"parquet": 20, "csv": 40, "jsonl": 40}
_BAR_MB = 512


def main() -> int:
    """Fill a database and export it, once per format; print a line each beside the bars."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--responses", type=int, default=1_000_000)
    parser.add_argument("--formats", nargs="+", default=FORMATS)
    parser.add_argument("--tables", nargs="+", default=["responses"])
    parser.add_argument("--database-url", help="one that is filled; with it, a single export")
    given = parser.parse_args()
    if given.database_url:
        print(json.dumps(_measured(given.database_url, given.formats, given.tables)))
        return 0
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/large.db"
        database = open_database(url)
        database.migrate()
        statistics = {"n_resamples": 999}
        _, n = store_large(database, given.responses, Path(folder), statistical_analysis=statistics)
        database.close()
        print(f"{n:,} responses, tables {', '.join(given.tables)}")
        for name in given.formats:
            words = [sys.executable, "-m", "benchmarks.export_speed", "--database-url", url]
            words += ["--formats", name, "--tables", *given.tables]
            done = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True)
            _say(name, json.loads(done.stdout))
    return 0


def _measured(url: str, formats: list[str], tables: list[str]) -> dict[str, float]:
    """Export once; return what it took."""
    database = open_database(url)
    with TemporaryDirectory() as folder:
        publication = collect(database, database.experiments.find("@last"), allow_simulated=True)
        before_s, before_mb = time.process_time(), _peak_mb()
        written = export_data(publication, Path(folder), formats, tables=tables)
        return {
            "before_s": before_s,
            "cpu_s": time.process_time() - before_s,
            "before_mb": before_mb,
            "peak_mb": _peak_mb(),
            "file_mb": sum(path.stat().st_size for path in written) / 1e6,
        }


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _say(name: str, taken: dict[str, float]) -> None:
    bar_s = _BARS_S.get(name)
    print(
        f"{name}: {taken['cpu_s']:.1f} CPU s (bar {bar_s or '–'}), peak {taken['peak_mb']:.0f} MB "
        f"(bar {_BAR_MB}), files {taken['file_mb']:.0f} MB; before it {taken['before_s']:.1f} CPU s, "
        f"{taken['before_mb']:.0f} MB",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
