"""A worker in the foreground: takes shards of what others run, until there are none or it is stopped."""

import asyncio
import gc
import sys
from threading import Thread

from scramblebench.cli.output import note, say, say_json
from scramblebench.cli.running import event_loop
from scramblebench.cli.signals import StopSignals
from scramblebench.evaluation import SHARD_LEASE_S
from scramblebench.experiment_tracking import ExperimentTracker

PATIENCE_S = 60.0
"""How long a worker that is not continuous waits for work: for a coordinator to begin, or the next experiment."""


def work_until_stopped(
    tracker: ExperimentTracker,
    *,
    is_continuous: bool,
    is_until_closed: bool = False,
    lease_s: float | None = None,
    as_json: bool = False,
) -> int:
    """Take shards until there are none for a minute, or for ever; return the exit code.

    With ``is_until_closed`` it also ends when its standard input does: with the process that started it.
    """
    signals = StopSignals()
    if not is_until_closed:
        note("taking a share of what others run; Ctrl-C ends")
    gc.freeze()  # what is imported by now stays
    try:
        with asyncio.Runner(loop_factory=event_loop) as runner:
            n_done = runner.run(
                _work(
                    tracker,
                    signals,
                    None if is_continuous else PATIENCE_S,
                    lease_s or SHARD_LEASE_S,
                    is_until_closed=is_until_closed,
                )
            )
    except asyncio.CancelledError:
        note("what is answered is kept")
        return signals.exit_code or 130
    if as_json:
        say_json({"n_shards": n_done})
    elif not is_until_closed:
        say(f"{n_done:,} shards done")
    return signals.exit_code or 0


async def _work(
    tracker: ExperimentTracker,
    signals: StopSignals,
    patience_s: float | None,
    lease_s: float,
    *,
    is_until_closed: bool,
) -> int:
    await tracker.db.initialize_database()
    work = asyncio.ensure_future(tracker.work(patience_s, stop=signals.event, lease_s=lease_s))
    signals.watch(work)
    if is_until_closed:
        _stop_when_closed(signals.event)
    return await work


def _stop_when_closed(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()

    def wait() -> None:
        sys.stdin.buffer.read()
        loop.call_soon_threadsafe(stop.set)

    Thread(target=wait, name="until-closed", daemon=True).start()
