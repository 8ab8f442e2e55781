"""Where each part breaks first: the number, where it comes from, and what is done then."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.scale_model.demands import (
    MEMORY_BAR_MB,
    RESUME_BAR_S,
    SERVER_MEMORY_GB,
    SHARD_TRIALS,
    SHEET_ROWS,
    Unit,
    analysis_line,
    large_line,
)
from benchmarks.scale_model.points import POSTGRESQL, SQLITE
from benchmarks.scale_model.saturation import Layout, Steady

_NIGHT_S = 8 * 3600
_LINK_BYTES_PER_S = 1e9 / 8
_DISK_BYTES = 1e12
_CLAIM_S = 1.0


@dataclass(frozen=True, slots=True)
class Break:
    """A part, the responses (or requests a second) at which it breaks, the reason, the source, the remedy."""

    part: str
    at: float
    is_rate: bool
    why: str
    source: str
    then: str


def breaks(
    measured: Mapping[str, Any], per: Unit, found: Mapping[Layout, Steady], usual: Layout
) -> Sequence[Break]:
    """Return what breaks: sizes first, then rates, whatever breaks soonest first."""
    rows = [*_sizes(measured, per), *_rates(per, found, usual)]
    return sorted(rows, key=lambda row: (row.is_rate, row.at))


def _sizes(measured: Mapping[str, Any], per: Unit) -> Iterator[Break]:
    yield Break(
        "an Excel sheet",
        SHEET_ROWS,
        False,
        "rows of a sheet",
        "the format",
        "refused before anything is written; Parquet, CSV, JSON Lines (built)",
    )
    yield Break(
        f"export in {MEMORY_BAR_MB} MB",
        large_line(measured, "export_peak_mb").reached(MEMORY_BAR_MB),
        False,
        "what is collected stays in memory while rows are streamed",
        "measured, linear",
        "export by model or in ranges of trials, a file each (not built); a machine with more memory",
    )
    yield Break(
        f"reading for `analyze` in {MEMORY_BAR_MB} MB",
        large_line(measured, "collect_peak_mb").reached(MEMORY_BAR_MB),
        False,
        "17 bytes a score twice over, then the cube",
        "measured, linear",
        "sums per question and condition in SQL (repeats and text never leave the database), or from a "
        "Parquet archive by DuckDB (not built)",
    )
    yield Break(
        f"the statistics in {MEMORY_BAR_MB} MB",
        analysis_line(measured, "peak_mb").reached(MEMORY_BAR_MB),
        False,
        "the cube of models x questions x conditions",
        "measured, linear",
        "benchmark by benchmark; one pass of sums, squares and cross products per cluster, which is all that "
        "cells, paired differences and their clustered errors need (not built); resampling of a sample of clusters",
    )
    yield Break(
        f"resuming in {RESUME_BAR_S:g} s, unsharded",
        RESUME_BAR_S / per.read_answered_s[SQLITE],
        False,
        "every stored key is read before the first request",
        "measured, linear",
        "a worker reads its own shard only; the coordinator still reads all of them once, when it begins",
    )
    n_shards = max(map(int, measured["claims, SQLite"]))
    claim_s = measured["claims, SQLite"][f"{n_shards}"]["median_ms"] / 1e3
    yield Break(
        "claiming a shard of SQLite in 1 s",
        n_shards * _CLAIM_S / claim_s * SHARD_TRIALS,
        False,
        "the claim reads every shard, under the file's lock",
        f"measured to {n_shards:,} shards, linear",
        f"PostgreSQL ({_server_claim_words(measured)}, measured); larger `execution.shard_size`",
    )
    yield Break(
        "SQLite on a disk of 1 TB",
        _DISK_BYTES / per.stored_bytes[SQLITE],
        False,
        "one file, one machine, one writer",
        "measured, linear",
        "PostgreSQL",
    )
    yield Break(
        f"PostgreSQL's indexes in {SERVER_MEMORY_GB} GB",
        SERVER_MEMORY_GB * 1e9 / per.index_bytes,
        False,
        "keys grow at their right end, so writing keeps its speed longer than that; looking up does not",
        "measured, linear",
        "`responses`, `attempts`, `scores` partitioned by experiment; finished experiments to Parquet and dropped (not built)",
    )
    yield Break(
        "`pg_dump` within a night of 8 h",
        _NIGHT_S / per.dump_cpu_s,
        False,
        "one core compresses",
        "measured, linear",
        "a base backup and the archived write-ahead log (PostgreSQL's own, nothing of ours)",
    )


def _server_claim_words(measured: Mapping[str, Any]) -> str:
    found = measured["claims, PostgreSQL"]
    n_shards = max(found, key=int)
    return f"{found[n_shards]['median_ms']:.0f} ms with {int(n_shards):,} shards"


def _rates(per: Unit, found: Mapping[Layout, Steady], usual: Layout) -> Iterator[Break]:
    yield Break(
        "one runner's interpreter",
        1 / per.runner_cpu_s[POSTGRESQL],
        True,
        "one core",
        "measured",
        "more runners: `run --worker`",
    )
    yield Break(
        "writing to one experiment",
        found[usual].rate_per_s,
        True,
        "its batches take turns, since budget and fence are checked under its row's lock",
        f"simulated: {usual.n_runners} runners, {usual.round_trip_ms:g} ms to the server",
        "`batch_size: 500`; then several experiments, which have a lock each; then money granted to each "
        "shard in advance, so that batches need no common row (not built)",
    )
    yield Break(
        "write-ahead log over 1 Gbit/s",
        _LINK_BYTES_PER_S / per.wal_bytes,
        True,
        "a replica or an archive falls behind",
        "measured, linear",
        "10 Gbit/s; a database per group of experiments",
    )
    yield Break(
        "eight cores of a database server",
        8 / per.server_cpu_s,
        True,
        "parsing, constraints, indexes",
        "measured on one core",
        "bigger batches (a trial of 100 costs the server 0.6 of one of 25); a database per group of experiments. "
        "COPY gains nothing, see below",
    )


def break_lines(rows: Sequence[Break]) -> list[str]:
    """Return the table."""
    lines = ["| What | Breaks at | Because | From | Then |", "|---|---|---|---|---|"]
    for row in rows:
        at = f"{_digits(row.at):,} requests/s" if row.is_rate else f"{_digits(row.at):,}"
        lines.append(f"| {row.part} | {at} | {row.why} | {row.source} | {row.then} |")
    return lines


def _digits(value: float) -> int:
    """Return two digits: no more are worth anything here; what is exact stays."""
    return int(value) if value == SHEET_ROWS else int(float(f"{value:.2g}"))
