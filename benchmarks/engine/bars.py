"""The bars, held against the rows of one run."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.engine.contenders import (
    BARE,
    ENGINE_POSTGRES,
    ENGINE_SQLITE,
    INSPECT,
    OPENAI_SDK,
)
from benchmarks.engine.table import Row

ENGINES = (ENGINE_SQLITE, ENGINE_POSTGRES)
_SHORTEST_IDEAL_S = 15
"""Below this the second of start-up is more than the 5 % that the bar leaves."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar and what was seen; ``is_met`` None: this run cannot tell."""

    what: str
    limit: str
    seen: str
    is_met: bool | None


def bars(rows: Sequence[Row]) -> Sequence[Bar]:
    """Return every bar, at its worst setting."""
    found = [_server_bar(rows)]
    for engine in ENGINES:
        own = [row for row in rows if row.client == engine]
        found += [
            _most(f"{engine}: CPU against bare", 2.5, own, lambda row: row.cpu_ratio, " x"),
            _least(
                f"{engine}: rate at 20 ms against bare",
                0.6,
                _at(own, 20),
                lambda row: row.rate_ratio,
            ),
            _ideal_bar(engine, _at(own, 200), rows),
            _most(f"{engine}: peak memory", 120, own, lambda row: row.peak_mb, " MB"),
            _growth_bar(engine, own),
            _peer_bar(engine, own, rows, OPENAI_SDK, 4),
            _peer_bar(engine, own, rows, INSPECT, 30),
        ]
    return found


def print_bars(found: Sequence[Bar]) -> None:
    """Print one line for each bar."""
    verdicts = {True: "met", False: "NOT MET", None: "not measured"}
    print(f"\n{'bar (worst setting of this run)':<56}{'limit':>16}  {'':<12}  seen")
    for bar in found:
        print(f"{bar.what:<56}{bar.limit:>16}  {verdicts[bar.is_met]:<12}  {bar.seen}")


def _at(rows: Sequence[Row], latency_ms: float) -> Sequence[Row]:
    return [row for row in rows if row.setting.latency_ms == latency_ms]


def _most(
    what: str, limit: float, rows: Sequence[Row], value: Callable[[Row], float], unit: str = ""
) -> Bar:
    if not rows:
        return Bar(what, f"<= {limit:g}{unit}", "", None)
    worst = max(rows, key=value)
    seen = f"{value(worst):.3g}{unit} ({worst.setting})"
    return Bar(what, f"<= {limit:g}{unit}", seen, value(worst) <= limit)


def _least(what: str, limit: float, rows: Sequence[Row], value: Callable[[Row], float]) -> Bar:
    if not rows:
        return Bar(what, f">= {limit:g}", "", None)
    worst = min(rows, key=value)
    return Bar(
        what, f">= {limit:g}", f"{value(worst):.3g} ({worst.setting})", value(worst) >= limit
    )


def _server_bar(rows: Sequence[Row]) -> Bar:
    at_once = [row for row in rows if not row.setting.latency_ms]
    return _most(
        "fake provider: share of a core at 0 ms", 0.8, at_once, lambda row: row.server_share
    )


def _ideal_bar(engine: str, rows: Sequence[Row], everybody: Sequence[Row]) -> Bar:
    """Judge by runs that are long enough for start-up not to decide; else show the bare loop's share."""
    what = f"{engine}: share of the ideal rate at 200 ms"
    long = [row for row in rows if row.setting.ideal_s >= _SHORTEST_IDEAL_S]
    if long or not rows:
        return _least(what, 0.95, long, lambda row: row.ideal_share or 0)
    bare = _same_setting(everybody, BARE, rows[0])
    shares = f"{rows[0].ideal_share:.2f}, bare {bare.ideal_share:.2f}" if bare else ""
    return Bar(what, ">= 0.95", f"{shares}: too short to tell start-up from speed", None)


def _growth_bar(engine: str, rows: Sequence[Row]) -> Bar:
    what = f"{engine}: growth of peak memory with N"
    at_once = [r for r in rows if (r.setting.latency_ms, r.setting.concurrency) == (0, 64)]
    by_size = sorted(at_once, key=lambda row: row.n_requests)
    if len(by_size) < 2:
        return Bar(what, "<= 30 MB", "", None)
    first, last = by_size[0], by_size[-1]
    growth_mb = last.peak_mb - first.peak_mb
    sizes = f"{first.setting.n_trials:,} to {last.setting.n_trials:,}"
    return Bar(what, "<= 30 MB", f"{growth_mb:.0f} MB (N = {sizes})", growth_mb <= 30)


def _peer_bar(engine: str, own: Sequence[Row], rows: Sequence[Row], peer: str, limit: float) -> Bar:
    what = f"{engine}: times less CPU than {peer}"
    pairs = [(row, _same_setting(rows, peer, row)) for row in own]
    ratios = [
        (other.cpu_s_per_1000 / row.cpu_s_per_1000, row.setting) for row, other in pairs if other
    ]
    if not ratios:
        return Bar(what, f">= {limit:g} x", "", None)
    ratio, setting = min(ratios, key=lambda found: found[0])
    return Bar(what, f">= {limit:g} x", f"{ratio:.1f} x ({setting})", ratio >= limit)


def _same_setting(rows: Sequence[Row], client: str, row: Row) -> Row | None:
    return next((r for r in rows if r.client == client and r.setting == row.setting), None)
