"""Medians over the rounds, and the table of them."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.engine.measuring import Measured
from benchmarks.engine.settings import Setting

_HEAD = (
    f"{'client':<24}{'requests':>10}{'req/s':>8}{'CPU s/1,000':>13}{'peak MB':>9}"
    f"{'CPU ratio':>11}{'rate ratio':>12}{'of ideal':>10}{'server':>8}"
)


@dataclass(frozen=True, slots=True)
class Round:
    """One run of a client; ``server_cpu_s`` is what the fake provider took meanwhile."""

    measured: Measured
    server_cpu_s: float


@dataclass(frozen=True, slots=True)
class Row:
    """A client at a setting, medians over its rounds.

    ``server_share`` is the share of one core that the fake provider took, ``ideal_share`` None where
    there is no latency. Ratios are to the bare loop of the same setting.
    """

    client: str
    setting: Setting
    n_requests: int
    rounds: Sequence[Round]
    requests_per_s: float
    cpu_s_per_1000: float
    peak_mb: float
    server_share: float
    cpu_ratio: float
    rate_ratio: float
    ideal_share: float | None


def make_row(
    client: str, setting: Setting, n_requests: int, rounds: Sequence[Round], bare: Row | None
) -> Row:
    """Return the row of a client; without ``bare`` it is the bare loop itself."""
    rate = n_requests / median(one.measured.wall_s for one in rounds)
    cpu = median(one.measured.cpu_s for one in rounds) / n_requests * 1000
    return Row(
        client,
        setting,
        n_requests,
        rounds,
        requests_per_s=rate,
        cpu_s_per_1000=cpu,
        peak_mb=median(one.measured.peak_mb for one in rounds),
        server_share=median(one.server_cpu_s / one.measured.wall_s for one in rounds),
        cpu_ratio=cpu / bare.cpu_s_per_1000 if bare else 1.0,
        rate_ratio=rate / bare.requests_per_s if bare else 1.0,
        ideal_share=rate / setting.ideal_per_s if setting.latency_ms else None,
    )


def print_table(setting: Setting, rows: Sequence[Row], absent: Iterable[str]) -> None:
    """Print the rows of one setting."""
    print(f"\n{setting}, median of {len(rows[0].rounds)} interleaved rounds")
    print(_HEAD)
    for row in rows:
        is_once = len(row.rounds) < len(rows[0].rounds)
        client = f"{row.client}, once" if is_once else row.client
        ideal = f"{row.ideal_share:.0%}" if row.ideal_share is not None else "-"
        print(
            f"{client:<24}{row.n_requests:>10,}{row.requests_per_s:>8,.0f}"
            f"{row.cpu_s_per_1000:>13.3f}{row.peak_mb:>9.0f}{row.cpu_ratio:>11.2f}"
            f"{row.rate_ratio:>12.2f}{ideal:>10}{row.server_share:>8.0%}"
        )
    for name in absent:
        print(f"{name:<24}  not installed")
    sys.stdout.flush()
