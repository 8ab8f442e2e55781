"""What ``watch`` shows: bars per model and level on a terminal, plain lines elsewhere."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scramblebench.cli.output import duration, safe, short
from scramblebench.cli.progress_words import (
    cost_words,
    eta_words,
    folded_words,
    level_lines,
    number_words,
    progress_words,
    score_words,
    seconds_words,
    speed_words,
)
from scramblebench.core.states import ExperimentState
from scramblebench.monitoring.history import latest_machines
from scramblebench.monitoring.progress import experiment_progress
from scramblebench.queue import Standing

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from scramblebench.core.clock import Clock
    from scramblebench.monitoring.progress import ExperimentProgress, ModelProgress
    from scramblebench.monitoring.samples import Sample
    from scramblebench.monitoring.tallies import Tally
    from scramblebench.storage import AlertRecord, Database

_GOES_ON = (ExperimentState.QUEUED, ExperimentState.RUNNING)


@dataclass(frozen=True, slots=True)
class Look:
    """One experiment at one moment, its open alerts and the machines that run something."""

    progress: "ExperimentProgress"
    alerts: "Sequence[AlertRecord]"
    machines: "Sequence[Sample]"

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen by itself."""
        place = self.progress.place
        waits = place is not None and place.standing in (Standing.WAITING, Standing.READY)
        is_retried = self.progress.record.state is ExperimentState.FAILED and waits
        return self.progress.record.state not in _GOES_ON and not is_retried


def take_look(database: "Database", experiment_id: str, clock: "Clock") -> Look:
    """Read all that is shown."""
    progress = experiment_progress(database, database.experiments.get(experiment_id), clock)
    alerts = database.monitor.alerts(experiment_id, is_open=True, limit=5)
    of_machines = [a for a in database.monitor.alerts(is_open=True) if a.experiment_id is None]
    machines = latest_machines(database, clock) if progress.is_live else []
    return Look(progress, [*alerts, *of_machines[:3]], machines)


def lines(look: Look) -> Iterator[str]:
    """Yield what a look says, as plain lines."""
    progress = look.progress
    simulated = " (SIMULATED)" if progress.has_simulated else ""
    yield (
        f"{short(progress.record.id)} {progress.record.name}{simulated}: "
        f"{progress.stage}, {progress_words(progress.tally)}"
    )
    is_folded = folded_words(progress) is not None
    for model in progress.models:
        figures = "  ".join(figure for figure in _model_figures(model) if figure)
        yield f"  {model.label}: {figures}"
        if not is_folded:
            yield from (f"    {line}" for line in level_lines(model))
    for label, text in _footer(look):
        yield f"  {label}: {text}"


def screen(look: Look) -> "RenderableType":
    """Return what a look says, with bars."""
    from rich.console import Group
    from rich.text import Text

    progress = look.progress
    simulated = "  SIMULATED" if progress.has_simulated else ""
    head = Text(
        safe(
            f"{progress.record.name}{simulated}  {progress.stage}  {progress_words(progress.tally)}"
        ),
        style="bold",
    )
    foot = [Text(safe(f"{label:<9} {text}")) for label, text in _footer(look)]
    return Group(head, _bars(progress), *foot)


def _bars(progress: "ExperimentProgress") -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 1), expand=True)
    table.add_column(no_wrap=True, overflow="ellipsis", max_width=28)
    table.add_column(ratio=1, min_width=8)
    for _ in range(4):
        table.add_column(no_wrap=True, justify="right")
    is_folded = folded_words(progress) is not None
    for model in progress.models:
        figures = [Text(figure) for figure in _model_figures(model)]
        table.add_row(Text(safe(model.label), style="bold"), _bar(model.tally), *figures)
        if is_folded:
            continue
        for part in model.conditions:
            score, interval = score_words(part.tally)
            name = f"  {part.condition.method} {part.condition.level_pct:g}"
            figures = (_counted(part.tally), score, interval, "")
            table.add_row(Text(name), _bar(part.tally), *map(Text, figures))
    return table


def _bar(tally: "Tally") -> "RenderableType":
    from rich.progress_bar import ProgressBar

    return ProgressBar(
        total=tally.n_planned or 1,
        completed=tally.n_answered,
        complete_style="blue",
        finished_style="green",
    )


def _counted(tally: "Tally") -> str:
    return f"{tally.n_answered:,}/{tally.n_planned:,}"


def _model_figures(model: "ModelProgress") -> tuple[str, str, str, str]:
    speed = "–/min" if model.per_minute is None else f"{number_words(model.per_minute)}/min"
    failed = f"{model.tally.n_failures:,} failed" if model.tally.n_failures else ""
    p95 = f"p95 {seconds_words(model.response_times.p95_s)}"
    return _counted(model.tally), speed, p95, failed


def _footer(look: Look) -> Iterator[tuple[str, str]]:
    progress = look.progress
    if words := folded_words(progress):
        yield "scores", words
    if progress.is_live:
        yield "speed", speed_words(progress)
        yield "done", eta_words(progress.eta, progress.at)
    if progress.waiting_reason:
        yield "waits for" if progress.is_live else "because", progress.waiting_reason
    yield "cost", cost_words(progress.spending)
    yield "elapsed", duration(progress.elapsed_s)
    for machine in look.machines:
        yield "machine", _machine_words(machine)
    for alert in look.alerts:
        seen = f" (seen by {alert.acknowledged_by})" if alert.acknowledged_by else ""
        yield alert.severity, f"{alert.message}{seen}  [{alert.no}]"


def _machine_words(machine: "Sample") -> str:
    names = (("CPU", "cpu_percent"), ("RAM", "memory_percent"), ("disk", "disk_percent"))
    parts = [
        f"{word} {machine.values[name]:.0f} %" for word, name in names if name in machine.values
    ]
    gpus = [name for name in machine.values if name.startswith("gpu") and name.count("_") == 1]
    parts += [f"{name.partition('_')[0].upper()} {machine.values[name]:.0f} %" for name in gpus]
    return f"{machine.runner_id.partition(':')[0]}: {', '.join(parts)}"
