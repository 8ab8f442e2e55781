"""What benchmarks/engine measured, read out of docs/performance.md: the points that the simulation must meet."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PERFORMANCE = Path(__file__).parents[2] / "docs" / "performance.md"
SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"
_ROW = re.compile(r"\| (\d+) ms, (\d+), ([\d,]+)[^|]*\|[^|]*\|([^|]*)\|([^|]*)\|([^|]*)\|")
_RATE_COLUMNS = {SQLITE: -2, POSTGRESQL: -1}


@dataclass(frozen=True, slots=True)
class Point:
    """One setting of one database: CPU per request of the whole process, and requests per second."""

    database: str
    latency_ms: int
    concurrency: int
    n_trials: int
    cpu_us: float
    rate_per_s: float

    def __str__(self) -> str:
        return f"{self.database}, {self.latency_ms} ms, {self.concurrency}, {self.n_trials:,}"


def read_points(path: Path = PERFORMANCE) -> Sequence[Point]:
    """Return the engine's points of the first table; raises ValueError where there are none."""
    section = (
        path.read_text("utf-8")
        .partition("## The engine beside bare loops")[2]
        .partition("\n## ")[0]
    )
    found = [point for row in _ROW.finditer(section) for point in _points(row)]
    if not found:
        raise ValueError(f"{path} has no table of the engine's settings")
    return found


def _points(row: re.Match[str]) -> list[Point]:
    latency_ms, concurrency, n_trials = (int(text.replace(",", "")) for text in row.groups()[:3])
    rates = [text.strip().replace(",", "") for text in row[6].split("/")]
    points: list[Point] = []
    for database, cell in ((SQLITE, row[4]), (POSTGRESQL, row[5])):
        cpu, rate = cell.split("(")[0].strip(), rates[_RATE_COLUMNS[database]]
        if cpu and rate not in ("", "–"):
            size = (latency_ms, concurrency, n_trials)
            points.append(Point(database, *size, float(cpu) * 1e3, float(rate)))
    return points
