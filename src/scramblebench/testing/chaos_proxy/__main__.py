"""``python -m scramblebench.testing.chaos_proxy``: the proxy as a process of its own.

Prints one JSON line with its port. Each line of its input is a command, answered with a JSON line of
what passed so far: ``counts``, ``blackhole``, ``restore``, ``cut``, or ``use [FAULT ...]``. Serves until
SIGTERM, SIGINT or the end of its input.
"""

import argparse
import asyncio
import signal
import sys
from threading import Thread

import orjson

from scramblebench.testing.chaos_proxy.faults import parse_wire_fault
from scramblebench.testing.chaos_proxy.proxy import ChaosProxy


def main() -> None:
    """Serve as the command line says."""
    asyncio.run(_serve(_parser().parse_args()))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m scramblebench.testing.chaos_proxy",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--to", required=True, metavar="HOST:PORT", help="the server")
    parser.add_argument("--listen", default="127.0.0.1:0", metavar="HOST:PORT")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--fault",
        type=parse_wire_fault,
        action="append",
        default=[],
        metavar="KIND[:ARG][=SHARE][@SKIP]",
        help="reset:40=0.05, latency:1..5, cut-after:COMMIT; kinds are listed in faults.py",
    )
    return parser


async def _serve(options: argparse.Namespace) -> None:
    host, _, port = options.to.rpartition(":")
    listen_host, _, listen_port = options.listen.rpartition(":")
    proxy = ChaosProxy(
        host,
        int(port),
        options.fault,
        seed=options.seed,
        listen_host=listen_host,
        listen_port=int(listen_port),
    )
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    async with proxy:
        _say({"port": proxy.port})
        Thread(target=_obey, args=(loop, proxy, stopped), daemon=True).start()
        await stopped.wait()


def _obey(loop: asyncio.AbstractEventLoop, proxy: ChaosProxy, stopped: asyncio.Event) -> None:
    for line in sys.stdin:
        loop.call_soon_threadsafe(_do, proxy, line.split())
    loop.call_soon_threadsafe(stopped.set)


def _do(proxy: ChaosProxy, words: list[str]) -> None:
    match words:
        case ["blackhole"]:
            proxy.blackhole()
        case ["restore"]:
            proxy.restore()
        case ["cut"]:
            proxy.cut()
        case ["use", *faults]:
            try:
                proxy.use([parse_wire_fault(text) for text in faults])
            except ValueError as error:
                _say({"error": str(error)})
                return
        case ["counts"]:
            pass
        case _:
            _say({"error": f"unknown command {' '.join(words)!r}"})
            return
    _say(proxy.counts)


def _say(what: object) -> None:
    print(orjson.dumps(what).decode(), flush=True)


if __name__ == "__main__":
    main()
