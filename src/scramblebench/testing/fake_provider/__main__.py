"""``python -m scramblebench.testing.fake_provider``: the fake server as a process of its own.

Prints one JSON line with its addresses, and serves until SIGTERM, SIGINT or the end of its input.
"""

import argparse
import asyncio
import json
import signal
import sys
from pathlib import Path
from threading import Thread

from scramblebench.testing.fake_provider.faults import parse_fault
from scramblebench.testing.fake_provider.server import (
    DEFAULT_MODELS,
    DEFAULT_WINDOW,
    FakeProviderServer,
)


def main() -> None:
    """Serve as the command line says."""
    options = _parser().parse_args()
    try:
        import uvloop
    except ImportError:
        asyncio.run(_serve(options))
    else:
        uvloop.run(_serve(options))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m scramblebench.testing.fake_provider", description=__doc__
    )
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--ledger", type=Path, help="JSON Lines file of what was answered")
    parser.add_argument("--latency-ms", type=float, default=0.0)
    parser.add_argument("--latency-spread", type=float, default=0.0, help="0 to 1")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rpm", type=float, help="requests per minute; beyond them, 429")
    parser.add_argument("--window", type=int, default=DEFAULT_WINDOW, help="context, in tokens")
    parser.add_argument(
        "--api-key", help="the only key that is accepted; without it, none is needed"
    )
    parser.add_argument("--model", action="append", help="a model it has; may be repeated")
    parser.add_argument(
        "--fault",
        type=parse_fault,
        action="append",
        default=[],
        metavar="KIND[:ARG][=SHARE]",
        help="429=0.05, 503:1=0.02, drop-before=0.01; kinds are listed in faults.py",
    )
    parser.add_argument("--ignore-stdin", action="store_true", help="serve until a signal")
    return parser


async def _serve(options: argparse.Namespace) -> None:
    server = FakeProviderServer(
        models=options.model or DEFAULT_MODELS,
        window=options.window,
        api_key=options.api_key,
        seed=options.seed,
        latency_s=options.latency_ms / 1000,
        latency_spread=options.latency_spread,
        faults=options.fault,
        ledger_path=options.ledger,
        requests_per_minute=options.rpm,
        port=options.port,
    )
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    async with server:
        addresses = {
            "url": server.url,
            "url_ollama": server.url_ollama,
            "url_openrouter": server.url_openrouter,
            "url_openai": server.url_openai,
        }
        print(json.dumps(addresses), flush=True)
        if not options.ignore_stdin:
            waiting = Thread(target=_wait_for_end_of_input, args=(loop, stopped), daemon=True)
            waiting.start()
        await stopped.wait()


def _wait_for_end_of_input(loop: asyncio.AbstractEventLoop, stopped: asyncio.Event) -> None:
    sys.stdin.read()
    loop.call_soon_threadsafe(stopped.set)


if __name__ == "__main__":
    main()
