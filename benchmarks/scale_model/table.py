"""The tables of docs/design/scale.md."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from importlib.metadata import version
from typing import Any

from benchmarks.scale_model.demands import (
    LATENCY_S,
    LIMITS_PER_MINUTE,
    MEMORY_BAR_MB,
    ORDERS,
    SHARD_TRIALS,
    Unit,
    Workload,
    analysis_line,
    large_line,
)
from benchmarks.scale_model.points import POSTGRESQL, SQLITE
from benchmarks.scale_model.saturation import Steady
from benchmarks.scale_model.shards_model import Course
from benchmarks.scale_model.validation import TOLERANCE, Prediction
from scramblebench.providers.prices import find_price
from scramblebench.settings import ModelSpec, ProviderName

BEGIN = "<!-- scale model: begin {}, written by `python -m benchmarks.scale_model --write` -->"
END = "<!-- scale model: end {} -->"
PRICED = ("gpt-4o-mini", "gpt-4o")
_TIMES = ((1, "s"), (60, "min"), (3600, "h"), (86_400, "days"), (31_557_600, "years"))
_BYTES = ((1, "B"), (1e3, "KB"), (1e6, "MB"), (1e9, "GB"), (1e12, "TB"), (1e15, "PB"))


def validation_lines(predictions: Sequence[Prediction]) -> list[str]:
    """Return measured and simulated, point by point."""
    lines = [
        "| Database, latency, in flight, trials | Requests/s: measured / simulated | | CPU us per request: measured / simulated | | Trials per commit | Busy: cores / lock |",
        "|---|---|---|---|---|---|---|",
    ]
    for found in predictions:
        point = found.point
        given = "given" if found.is_cpu_given else f"{found.cpu_error:+.0%}"
        lines.append(
            f"| {point} | {point.rate_per_s:,.0f} / {found.rate_per_s:,.0f} | {found.rate_error:+.0%} "
            f"| {point.cpu_us:.0f} / {found.cpu_us:.0f} | {given} "
            f"| {found.n_stored / found.n_transactions:.1f} "
            f"| {found.utilisation:.0%} / {found.lock_share:.0%} |"
        )
    worst = max(abs(found.rate_error) for found in predictions)
    worst_cpu = max(abs(found.cpu_error) for found in predictions)
    lines += [
        "",
        f"{len(predictions)} points; rates off by at most {worst:.0%}, CPU by at most {worst_cpu:.0%} "
        f"(wanted: {TOLERANCE:.0%}).",
    ]
    return lines


def saturation_lines(found: Sequence[Steady]) -> list[str]:
    """Return what layouts of runners do."""
    lines = [
        "| Runners | In flight, each | Experiments | `batch_size` | Round trip, ms | Requests/s | A runner's core | Row lock | Server's cores | Commits/s | Bound by |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for steady in found:
        layout = steady.layout
        lines.append(
            f"| {layout.n_runners} | {layout.concurrency:,} | {layout.n_experiments} | {layout.batch_size} | {layout.round_trip_ms:g} "
            f"| {_round(steady.rate_per_s):,} | {steady.runner_share:.0%} | {steady.lock_share:.0%} "
            f"| {steady.server_share:.0%} | {_round(steady.transactions_per_s):,} | {steady.binds} |"
        )
    return lines


def writing_lines(measured: Mapping[str, Any]) -> list[str]:
    """Return what was measured of several writers, and of two ways into a table."""
    shared, apart = measured["writers, one experiment"], measured["writers, an experiment each"]
    alone = shared["1"]
    ways = measured["ways into a table"]
    words = [
        f"{name} {ways[f'{key} client_cpu_us']:.1f} + {ways[f'{key} server_cpu_us']:.1f}"
        for name, key in (("JSON", "by_json"), ("COPY", "by_copy"))
    ]
    return [
        "| Measured, two cores for everything | 1 | 2 | 4 |",
        "|---|---|---|---|",
        f"| writers on one experiment, trials/s | {_times(shared, alone)} |",
        f"| writers on an experiment each | {_times(apart, alone)} |",
        "",
        f"CPU us a row, client + server: {', '.join(words)}.",
    ]


def _times(found: Mapping[str, float], alone: float) -> str:
    return " | ".join(f"{_round(rate):,} ({rate / alone:.2f})" for rate in found.values())


def demand_lines(
    measured: Mapping[str, Any],
    per: Unit,
    workload: Workload,
    courses: Mapping[int, Course],
    most_per_s: float,
) -> list[str]:
    """Return what each order of magnitude needs, a row for each need."""
    columns = " | ".join(_count(n) for n in ORDERS)
    lines = [f"| Need | {columns} | From |", "|---|" + "---|" * (len(ORDERS) + 1)]
    for name, cells, source in _rows(measured, per, workload, courses, most_per_s):
        lines.append(f"| {name} | {' | '.join(cells)} | {source} |")
    return lines


Row = tuple[str, list[str], str]


def _rows(
    measured: Mapping[str, Any],
    per: Unit,
    workload: Workload,
    courses: Mapping[int, Course],
    most_per_s: float,
) -> Iterator[Row]:
    yield from _asking(workload, courses, most_per_s)
    yield from _storing(per)
    yield from _reading(measured, per)


def _asking(workload: Workload, courses: Mapping[int, Course], most_per_s: float) -> Iterator[Row]:
    for limit in LIMITS_PER_MINUTE:
        in_flight = limit / 60 * LATENCY_S
        yield (
            f"time at {limit:,} requests/min ({in_flight:,.0f} in flight at {LATENCY_S:g} s)",
            [_time(n / limit * 60) for n in ORDERS],
            "arithmetic",
        )
    yield (
        f"time at {most_per_s:,.0f} requests/s, the most one experiment's writes let through",
        [_time(n / most_per_s) for n in ORDERS],
        "simulated",
    )
    last = LIMITS_PER_MINUTE[-1]
    yield (
        f"four runners at {last:,}/min, one of them dying every 6 h: time, and requests asked twice",
        [f"{_time(c.wall_s)}, {c.n_unknown + c.n_refused:,}" for c in courses.values()],
        "simulated",
    )
    yield (
        f"shards of {SHARD_TRIALS:,}",
        [f"{-(-n // SHARD_TRIALS):,}" for n in ORDERS],
        "arithmetic",
    )
    tokens = workload.prompt_tokens + workload.answer_tokens
    yield "tokens", [_count(n * tokens) for n in ORDERS], "stated"
    for model in PRICED:
        each = _price_microusd(model, workload)
        yield (
            f"money, {model}",
            [f"${n * each / 10**6:,.0f}" for n in ORDERS],
            f"genai-prices {version('genai-prices')}",
        )


def _storing(per: Unit) -> Iterator[Row]:
    def row(name: str, values: list[str], source: str = "measured, linear") -> Row:
        return name, values, source

    yield row(
        "runners' CPU, PostgreSQL",
        [_time(n * per.runner_cpu_s[POSTGRESQL]) for n in ORDERS],
    )
    yield row("the database server's CPU", [_time(n * per.server_cpu_s) for n in ORDERS])
    for database in (SQLITE, POSTGRESQL):
        yield row(
            f"{database}, tables and indexes",
            [_bytes(n * per.stored_bytes[database]) for n in ORDERS],
        )
    yield row("of PostgreSQL's, indexes", [_bytes(n * per.index_bytes) for n in ORDERS])
    yield row("write-ahead log in all", [_bytes(n * per.wal_bytes) for n in ORDERS])
    last = LIMITS_PER_MINUTE[-1]
    yield row(f"... per second at {last:,}/min", [_bytes(last / 60 * per.wal_bytes)] * len(ORDERS))
    yield row(
        "`pg_dump`, compressed: size and CPU",
        [f"{_bytes(n * per.dump_bytes)}, {_time(n * per.dump_cpu_s)}" for n in ORDERS],
    )


def _reading(measured: Mapping[str, Any], per: Unit) -> Iterator[Row]:
    yield (
        "resuming without shards: CPU to read what is answered, memory of it",
        [f"{_time(n * per.read_answered_s[POSTGRESQL])}, {_bytes(n)}" for n in ORDERS],
        "measured, linear",
    )
    cpu, memory = analysis_line(measured, "cpu_s"), analysis_line(measured, "peak_mb")
    yield (
        "`analyze`: reading the scores, and the statistics",
        [f"{_time(n * per.read_scores_s[POSTGRESQL])}, {_time(cpu.at(n))}" for n in ORDERS],
        f"measured to {max(map(int, measured['analysis'])):,}, linear",
    )
    yield (
        f"... memory of the statistics alone (bar {MEMORY_BAR_MB} MB)",
        [_bytes(memory.at(n) * 1e6) for n in ORDERS],
        f"measured to {max(map(int, measured['analysis'])):,}, linear",
    )
    large = max(map(int, measured["large experiments"]))
    collected, exported = (
        large_line(measured, name) for name in ("collect_peak_mb", "export_peak_mb")
    )
    yield (
        "... memory, scores and answers' states read",
        [_bytes(collected.at(n) * 1e6) for n in ORDERS],
        f"measured to {large:,}, linear",
    )
    yield (
        "Parquet: CPU, memory",
        [
            f"{_time(large_line(measured, 'export_cpu_s').at(n))}, {_bytes(exported.at(n) * 1e6)}"
            for n in ORDERS
        ],
        f"measured to {large:,}, linear",
    )
    streamed = per.stream_s[POSTGRESQL]
    yield (
        "reading every response once, streamed: CPU",
        [_time(n * streamed) for n in ORDERS],
        "measured, linear",
    )


def _price_microusd(model: str, workload: Workload) -> Decimal:
    price = find_price(ModelSpec(name=model, provider=ProviderName.OPENAI))
    if price is None:
        raise LookupError(f"no price of {model} is listed")
    return Decimal(price.cost_microusd(workload.prompt_tokens, workload.answer_tokens))


def _time(seconds: float) -> str:
    return _scaled(seconds, _TIMES)


def _bytes(size: float) -> str:
    return _scaled(size, _BYTES)


def _scaled(value: float, units: Sequence[tuple[float, str]]) -> str:
    size, name = next((u for u in reversed(units) if value >= u[0]), units[0])
    return f"{value / size:.2g} {name}" if value / size < 100 else f"{value / size:.0f} {name}"


def _count(n: int) -> str:
    exponent = len(str(n)) - 1
    lead = n / 10**exponent
    power = "".join("⁰¹²³⁴⁵⁶⁷⁸⁹"[int(digit)] for digit in str(exponent))
    return f"10{power}" if lead == 1 else f"{lead:.2g} x 10{power}"


def _round(value: float) -> int:
    """Return a number to three digits: no more are worth anything here."""
    return int(float(f"{value:.3g}"))


def replaced(text: str, name: str, lines: Sequence[str]) -> str:
    """Return a document with what is between the markers of a name replaced; raises ValueError without them."""
    begin, end = BEGIN.format(name), END.format(name)
    before, found, rest = text.partition(begin)
    _, found_end, after = rest.partition(end)
    if not (found and found_end):
        raise ValueError(f"there is no place for the table: {begin} ... {end}")
    return before + "\n".join([begin, "", *lines, "", end]) + after
