"""The progress of running experiments: live bars on a terminal, plain lines elsewhere."""

import asyncio
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from scramblebench.cli.output import console, duration, money, note, safe, share, short

if TYPE_CHECKING:
    from rich.table import Table

    from scramblebench.evaluation import LaneProgress, RunProgress

REFRESH_S = 0.25
LINE_EVERY_S = 10.0


class LiveView:
    """Shows every running experiment until it is closed; belongs to one event loop."""

    def __init__(self) -> None:
        self._runs: dict[str, RunProgress] = {}

    def add(self, experiment_id: str, progress: "RunProgress") -> None:
        """Show one more experiment."""
        kept, lost = progress.n_answered, progress.before.n_unknown + progress.before.n_open
        words = f", {kept:,} kept from before" if kept else ""
        if lost:
            unconfirmed = progress.before.unknown_microusd + progress.before.open_microusd
            cost = f" ({money(unconfirmed)} at most)" if unconfirmed else ""
            words += f"; {lost:,} requests of unknown outcome{cost}: those trials are asked again"
        note(f"{short(experiment_id)}: {progress.n_trials:,} trials{words}")
        self._runs[experiment_id] = progress

    def remove(self, experiment_id: str) -> None:
        """Show an experiment no longer."""
        del self._runs[experiment_id]

    async def show(self) -> None:
        """Draw until cancelled."""
        if sys.stderr.isatty():
            await self._draw()
        else:
            await self._print()

    async def _draw(self) -> None:
        from rich.live import Live

        with Live(console=console(to_stderr=True), refresh_per_second=8, transient=True) as live:
            with suppress(asyncio.CancelledError):
                while True:
                    live.update(self._table())
                    await asyncio.sleep(REFRESH_S)
            live.update("")

    async def _print(self) -> None:
        with suppress(asyncio.CancelledError):
            while True:
                await asyncio.sleep(LINE_EVERY_S)
                for experiment_id, progress in self._runs.items():
                    _say_lines(experiment_id, progress)

    def _table(self) -> "Table":
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        table = Table.grid(padding=(0, 1), expand=True)
        table.add_column(no_wrap=True, overflow="ellipsis", max_width=24)
        table.add_column(ratio=1, min_width=8)
        for _ in range(4):
            table.add_column(no_wrap=True, justify="right")
        for experiment_id, progress in self._runs.items():
            for lane in progress.lanes:
                bar = ProgressBar(
                    total=lane.n_trials,
                    completed=lane.n_answered,
                    complete_style="blue",
                    finished_style="green",
                )
                table.add_row(Text(safe(lane.label)), bar, *_figures(lane, progress))
            table.add_row(Text(short(experiment_id)), Text(_outlook(progress)))
        return table


def _figures(lane: "LaneProgress", progress: "RunProgress") -> tuple[str, str, str, str]:
    rate = lane.rate_per_s(progress.now_s)
    return (
        f"{lane.n_answered:,}/{lane.n_trials:,}",
        f"{rate:.1f}/s" if rate else "–/s",
        _accuracy(lane, progress),
        _trouble(lane) or _cost(lane),
    )


def _accuracy(lane: "LaneProgress", progress: "RunProgress") -> str:
    """Return the accuracy at the lowest level: one over all levels would mean nothing."""
    cell = lane.cells.get(progress.reference_condition)
    if cell is None or not cell.n_answered:
        return ""
    accuracy = share(cell.score_sum / cell.n_answered, 2)
    return f"level {progress.reference_level_pct:g}: {accuracy} (n={cell.n_answered:,})"


def _cost(lane: "LaneProgress") -> str:
    if not lane.is_cost_known:
        return f"{money(lane.cost_microusd)} and more, not known"
    return money(lane.cost_microusd) if lane.cost_microusd else ""


def _trouble(lane: "LaneProgress") -> str:
    if lane.stop:
        return "budget" if lane.stop.budget else "stopped"
    return f"{lane.n_failures} failed attempts" if lane.n_failures else ""


def _say_lines(experiment_id: str, progress: "RunProgress") -> None:
    for lane in progress.lanes:
        figures = "  ".join(part for part in _figures(lane, progress) if part)
        note(f"{short(experiment_id)}  {lane.label}  {figures}")
    note(f"{short(experiment_id)}  {_outlook(progress)}")


def _outlook(progress: "RunProgress") -> str:
    """Return what all models wait for, else when they will be done."""
    if progress.trouble():
        return f"waiting for {safe(progress.waiting() or '')}"
    waiting = progress.waiting()
    return f"ETA {_eta(progress)}" + (f", waiting for {safe(waiting)}" if waiting else "")


def _eta(progress: "RunProgress") -> str:
    if progress.n_answered >= progress.n_trials:
        return "done"
    ends = progress.eta_s()
    if ends is None:
        return "not known yet"
    low, high = (duration(end) for end in ends)
    return low if low == high else f"{low} to {high}"
