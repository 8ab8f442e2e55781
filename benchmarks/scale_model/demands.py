"""What so many responses need: arithmetic on measured costs, per order of magnitude."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.scale_model.points import POSTGRESQL, SQLITE

ORDERS = (10**6, 10**7, 10**8, 10**9)
MEMORY_BAR_MB = 512
RESUME_BAR_S = 6.0
SHEET_ROWS = 1_048_576
SHARD_TRIALS = 5_000
LIMITS_PER_MINUTE = (500, 10_000, 100_000)
LATENCY_S = 1.0
SERVER_MEMORY_GB = 64
_MICRO = 1e-6


@dataclass(frozen=True, slots=True)
class Workload:
    """What is asked: stated, not measured. An answer's text is in the provider's body a second time."""

    prompt_tokens: int = 150
    answer_tokens: int = 60
    answer_bytes: int = 240


@dataclass(frozen=True, slots=True)
class Line:
    """A cost that is a line in the number of responses: ``fixed`` + ``each`` x n."""

    fixed: float
    each: float

    def at(self, n: int) -> float:
        """Return the cost of so many."""
        return self.fixed + self.each * n

    def reached(self, limit: float) -> float:
        """Return how many reach a limit."""
        return (limit - self.fixed) / self.each


@dataclass(frozen=True, slots=True)
class Unit:
    """What one response costs, from first to last, in the units of the names."""

    runner_cpu_s: Mapping[str, float]
    server_cpu_s: float
    wal_bytes: float
    stored_bytes: Mapping[str, float]
    index_bytes: float
    dump_bytes: float
    dump_cpu_s: float
    read_answered_s: Mapping[str, float]
    read_scores_s: Mapping[str, float]
    stream_s: Mapping[str, float]


def unit(measured: Mapping[str, Any], workload: Workload) -> Unit:
    """Return the costs of one response of a workload; what was measured had ``text_bytes`` of text."""
    runs = {name: measured[f"run, {name}"] for name in (SQLITE, POSTGRESQL)}
    server = runs[POSTGRESQL]
    longer = {name: _longer_bytes(run, workload) for name, run in runs.items()}
    dumped_share = server["dump_bytes"] / sum(server["table_bytes"].values())
    return Unit(
        runner_cpu_s={name: run["runner_cpu_us"] * _MICRO for name, run in runs.items()},
        server_cpu_s=server["server_cpu_us"] * _MICRO,
        wal_bytes=server["wal_bytes"] + longer[POSTGRESQL],
        stored_bytes={
            name: sum(run["table_bytes"].values()) + longer[name] for name, run in runs.items()
        },
        index_bytes=server["index_bytes"],
        dump_bytes=server["dump_bytes"] + longer[POSTGRESQL] * dumped_share,
        dump_cpu_s=server["dump_cpu_us"] * _MICRO,
        read_answered_s={n: run["read_answered_cpu_us"] * _MICRO for n, run in runs.items()},
        read_scores_s={n: run["read_scores_cpu_us"] * _MICRO for n, run in runs.items()},
        stream_s={n: run["stream_responses_cpu_us"] * _MICRO for n, run in runs.items()},
    )


def _longer_bytes(run: Mapping[str, Any], workload: Workload) -> float:
    """Return how many bytes more an answer of the workload takes: in its text, and in the body if kept."""
    more = workload.answer_bytes - run["text_bytes"]
    return more * (2 if run["raw_bytes"] else 1)


def analysis_line(measured: Mapping[str, Any], name: str) -> Line:
    """Return CPU seconds or megabytes of the statistics alone: through the fewest and the most measured."""
    return _through(measured["analysis"], name)


def large_line(measured: Mapping[str, Any], name: str) -> Line:
    """Return what collecting or exporting takes, by the measured experiments."""
    return _through(measured["large experiments"], name)


def _through(found: Mapping[str, Mapping[str, float]], name: str) -> Line:
    few, many = min(found, key=int), max(found, key=int)
    each = (found[many][name] - found[few][name]) / (int(many) - int(few))
    return Line(found[few][name] - each * int(few), each)
