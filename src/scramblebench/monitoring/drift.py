"""Whether a model is still the one that answered first: its name, its provider, its digest."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scramblebench.storage import Database

if TYPE_CHECKING:
    from scramblebench.evaluation import RunProgress
    from scramblebench.evaluation.progress import Served

_PARTS = ("model", "provider", "digest")


@dataclass(frozen=True, slots=True)
class Change:
    """One model that is not the one that answered first; another provider alone is less than another model."""

    label: str
    severity: str
    words: str


class Drift:
    """Watches who answers, against the first answer that is stored of each model."""

    def __init__(self, database: Database, experiment_id: str, progress: "RunProgress") -> None:
        self._database = database
        self._experiment_id = experiment_id
        self._progress = progress
        self._first: dict[int, Served] = {}
        self._n_told: dict[int, int] = {}

    def found(self) -> Iterator[Change]:
        """Yield each model that someone new has answered for since the last look."""
        start = 0
        for index, lane in enumerate(self._progress.lanes):
            served = list(lane.served)
            range_of_lane = range(start, start + lane.n_trials)
            start += lane.n_trials
            if not served:
                continue
            first = self._first_of(index, range_of_lane) or served[0]
            others = [who for who in served if who != first]
            if len(others) > self._n_told.get(index, 0):
                self._n_told[index] = len(others)
                yield _change(lane.label, first, others[-1])

    def _first_of(self, index: int, trials: range) -> "Served | None":
        """Return who gave the first answer that is stored, in the order of the plan; read once."""
        if index not in self._first:
            stored = self._database.trials.responses(
                self._experiment_id, trials.start, trials.stop, with_bodies=False
            )
            for record in stored:
                response = record.response
                if response.is_cached:
                    continue
                self._first[index] = (
                    response.served_model,
                    response.served_provider,
                    response.model_digest,
                )
                break
        return self._first.get(index)


def _change(label: str, first: "Served", other: "Served") -> Change:
    changed = {
        part: f"{part} {after or 'not told'} in place of {before or 'not told'}"
        for part, before, after in zip(_PARTS, first, other, strict=True)
        if before != after
    }
    severity = "warning" if set(changed) == {"provider"} else "critical"
    words = f"{label} is answered by another: " + ", ".join(changed.values())
    return Change(label, severity, words)
