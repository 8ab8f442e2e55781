"""Compares the engine with bare loops and other clients, in one run.

    python -m benchmarks.engine                      # --quick: a few minutes
    python -m benchmarks.engine --full --json full.json
    python -m benchmarks.engine --trials 100000 --concurrency 64 --latency-ms 0 --million
    python -m benchmarks.engine --peers-python /path/to/python   # which has openai, inspect-ai

Every client is a process of its own, start-up included; CPU and peak memory are the operating
system's account of it. Clients take turns; medians are printed. The experiment is created before.
"""

import argparse
import json
from collections.abc import Generator, Sequence
from compileall import compile_dir
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import scramblebench
from benchmarks.engine.bars import bars, print_bars
from benchmarks.engine.contenders import Contender, contenders, those_of
from benchmarks.engine.servers import Server, fake_provider
from benchmarks.engine.settings import (
    MILLION,
    QUICK_TRIALS,
    Setting,
    every_setting,
    full_settings,
    quick_settings,
)
from benchmarks.engine.table import Round, Row, make_row, print_table
from scramblebench.testing.postgres import start_postgres

_ONCE_FROM = 100_000
"""From this size on one round says enough: noise is averaged within it."""


def main() -> None:
    """Measure, print, and write the JSON file where one is asked for."""
    parser = _parser()
    options = parser.parse_args()
    if options.server_url and len(options.latency_ms or ()) != 1:
        parser.error("--server-url needs one --latency-ms: what that server was started with")
    compile_dir(Path(scramblebench.__file__).parent, quiet=1)  # as pip leaves it, and the peers
    postgres = start_postgres()
    everybody = contenders(postgres, options.peers_python)
    rows: list[Row] = []
    for setting in _settings(options):
        rows += _compared(setting, those_of(setting, everybody), options)
    found = bars(rows)
    print_bars(found)
    if options.json:
        everything = {"rows": [asdict(row) for row in rows], "bars": [asdict(bar) for bar in found]}
        options.json.write_text(json.dumps(everything, indent=1))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.engine",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    extent = parser.add_mutually_exclusive_group()
    extent.add_argument("--quick", action="store_true", help="five settings; the default")
    extent.add_argument("--full", action="store_true", help="all settings: more than an hour")
    parser.add_argument("--million", action="store_true", help="a million trials too, once")
    parser.add_argument("--trials", type=_numbers, metavar="N,...")
    parser.add_argument("--concurrency", type=_numbers, metavar="N,...")
    parser.add_argument("--latency-ms", type=_numbers, metavar="MS,...")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers-python", help="interpreter that has openai and inspect-ai")
    parser.add_argument("--server-url", help="ask this OpenAI-compatible server (.../v1) instead")
    parser.add_argument("--server-pid", type=int, default=0, help="its process, for its CPU share")
    parser.add_argument("--json", type=Path, metavar="FILE")
    return parser


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))


def _settings(options: argparse.Namespace) -> Sequence[Setting]:
    if options.full:
        found = full_settings()
    elif options.trials or options.concurrency or options.latency_ms:
        axes = (options.latency_ms or (0,), options.concurrency or (64,))
        found = every_setting(*axes, options.trials or (QUICK_TRIALS,))
    else:
        found = quick_settings()
    return [*found, *([Setting(0, 64, MILLION)] if options.million else [])]


def _compared(
    setting: Setting, everybody: Sequence[Contender], options: argparse.Namespace
) -> Sequence[Row]:
    n_rounds = 1 if setting.n_trials >= _ONCE_FROM else options.rounds
    present = [contender for contender in everybody if contender.run]
    rounds: dict[str, list[Round]] = {contender.name: [] for contender in present}
    with _server(setting, options) as server:
        for n_before in range(n_rounds):
            for contender in (one for one in present if n_before < one.most_rounds):
                rounds[contender.name].append(_ran(contender, setting, server))
    rows: list[Row] = []
    for contender in present:
        n_requests = contender.share_of(setting).n_requests
        bare = rows[0] if rows else None
        rows.append(make_row(contender.name, setting, n_requests, rounds[contender.name], bare))
    print_table(setting, rows, [c.name for c in everybody if not c.run])
    return rows


@contextmanager
def _server(setting: Setting, options: argparse.Namespace) -> Generator[Server]:
    if options.server_url:
        yield Server(options.server_url, options.server_pid, counts=False)
        return
    with fake_provider("--latency-ms", str(setting.latency_ms)) as server:
        yield server


def _ran(contender: Contender, setting: Setting, server: Server) -> Round:
    """Run a client once; raises SystemExit where it asked less than it was to ask."""
    assert contender.run is not None
    own = contender.share_of(setting)
    before_s, n_before = server.cpu_s(), server.n_chats() if server.counts else 0
    measured = contender.run(own, server.url)
    cpu_s = server.cpu_s() - before_s
    if server.counts and (n_asked := server.n_chats() - n_before) < own.n_requests:
        raise SystemExit(f"{contender.name} sent {n_asked:,} of {own.n_requests:,} requests")
    return Round(measured, cpu_s)


if __name__ == "__main__":
    main()
