"""From a package back to a publication, without the database: what it says itself, and what is made of it again."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from scramblebench.analysis import declared_row, make_cube, make_report, options_of
from scramblebench.core.errors import UsageError
from scramblebench.core.questions import Question
from scramblebench.core.trials import AnswerStatus, Response, Score
from scramblebench.plan import Plan
from scramblebench.publication.exports import read_export
from scramblebench.publication.package.configuration import FACTS
from scramblebench.publication.package.facts import PackageFacts, read_facts
from scramblebench.publication.source import Publication
from scramblebench.scoring import score
from scramblebench.storage import ResponseRecord, ScoreColumns

IMPORTED = "imported@1"
"""The scorer of judgements that came with imported files: they cannot be made again."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not as the package says: where, what it says, what it is when made again."""

    where: str
    stated: str
    found: str


@dataclass(frozen=True, slots=True)
class Restored:
    """A publication from a package, with what did not agree on the way.

    Its statistics rest on the scores that were made again (``n_rescored``), and on the stored ones where
    files were imported with their judgements (``n_kept``).
    """

    publication: Publication
    n_responses: int
    n_rescored: int
    n_kept: int
    texts: tuple[Difference, ...]
    scores: tuple[Difference, ...]


def read_package_facts(folder: Path) -> PackageFacts:
    """Return the facts of a package; raises UsageError where it has none."""
    path = folder / FACTS
    if not path.is_file():
        raise UsageError(f"{folder} is no package: {FACTS} is missing")
    return read_facts(path.read_text("utf-8", "surrogatepass"), str(path))


def restored_plan(folder: Path, facts: PackageFacts) -> Plan:
    """Return the plan of a package."""
    questions = tuple(map(_question, _rows(folder, "questions")))
    return Plan(facts.spec, questions, facts.conditions, facts.benchmarks)


def restore(folder: Path) -> Restored:
    """Judge every response of a package again, and make its publication anew.

    Raises UsageError where data are missing or do not fit together.
    """
    facts = read_package_facts(folder)
    plan = restored_plan(folder, facts)
    if len(plan) != facts.record.n_trials:
        raise UsageError(
            f"{folder}: {facts.record.n_trials:,} trials were planned, the data are of {len(plan):,}"
        )
    judged = _Judged(plan)
    for record, stated_sha256 in stored_responses(folder):
        judged.add(record, stated_sha256)
    columns = judged.columns()
    cube = make_cube(plan, columns)
    report = make_report(
        facts.record.name, cube, options_of(facts.spec.statistical_analysis),
        declared=declared_row(plan, columns),
    )  # fmt: skip
    publication = Publication(
        title=facts.title,
        authors=facts.authors,
        abstract=facts.abstract,
        record=facts.record,
        source_text=(folder / "config" / "experiment.yaml").read_text("utf-8", "surrogatepass"),
        plan=plan,
        cube=cube,
        report=report,
        models=facts.models,
        events=facts.events,
        ledger=facts.ledger,
        responses=lambda: (
            _with_score(record, judged.found) for record, _ in stored_responses(folder)
        ),
        environments=facts.environments,
        preregistration=facts.preregistration,
        licence=facts.licence,
        data_licence=facts.data_licence,
        keywords=facts.keywords,
        is_anonymous=facts.is_anonymous,
    )
    return Restored(
        publication, judged.n_responses, judged.n_rescored, judged.n_kept,
        tuple(judged.texts), tuple(judged.scores),
    )  # fmt: skip


class _Judged:
    """Scores made again, response by response, with what they differ in from the stored ones."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.found: dict[int, Score] = {}
        self.n_responses = self.n_rescored = self.n_kept = 0
        self.texts: list[Difference] = []
        self.scores: list[Difference] = []

    def add(self, record: ResponseRecord, stated_sha256: str) -> None:
        self.n_responses += 1
        where, text = self._where(record.trial_index), record.response.text
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        if digest != stated_sha256:
            self.texts.append(Difference(where, f"sha256 {stated_sha256}", f"sha256 {digest}"))
        stored = record.score
        if stored is None:
            return
        self.found[record.trial_index] = stored
        if stored.scorer == IMPORTED:
            self.n_kept += 1
            return
        question = self._plan.trial(record.trial_index).question
        again = score(
            question, text, self._plan.scorer(question), is_truncated=record.response.is_truncated
        )
        self.n_rescored += 1
        self.found[record.trial_index] = again
        if again != stored:
            self.scores.append(Difference(where, _said(stored), _said(again)))

    def columns(self) -> ScoreColumns:
        """Return the scores in order of trial index."""
        indices = sorted(self.found)
        found = [self.found[index] for index in indices]
        return ScoreColumns(
            np.array(indices, dtype=np.int64),
            np.array([one.value for one in found], dtype=np.float64),
            np.array([one.status.is_answer for one in found], dtype=np.bool_),
        )

    def _where(self, index: int) -> str:
        try:
            trial = self._plan.trial(index)
        except IndexError:
            raise UsageError(f"data/responses: trial {index} is not in the plan") from None
        model = self._plan.spec.models[trial.model_index].shown_name
        question, level = trial.question, trial.condition.level_pct
        return (
            f"trial {index} ({model}, {question.benchmark} {question.source_id}, level {level:g})"
        )


def _said(judged: Score) -> str:
    return f"{judged.value:g} ({judged.status}, answer {judged.answer!r}, {judged.scorer})"


def _with_score(record: ResponseRecord, found: dict[int, Score]) -> ResponseRecord:
    return ResponseRecord(
        record.trial_index, record.response, found.get(record.trial_index), record.n_attempts,
        record.responded_at,
    )  # fmt: skip


def _rows(folder: Path, table: str) -> Iterator[dict[str, Any]]:
    path = folder / "data" / f"{table}.csv.gz"
    if not path.is_file():
        raise UsageError(
            f"{folder}: data/{path.name} is missing: a package without data cannot be checked"
        )
    yield from read_export(path).dicts()


def _question(row: dict[str, Any]) -> Question:
    return Question(
        id=row["question_id"],
        benchmark=row["benchmark"],
        text=row["question"],
        answers=tuple(row["expected"]),
        choices=tuple(row["choices"]),
        correct_choice=row["correct_choice"],
        context=row["context"],
        domain=row["domain"],
        difficulty=row["difficulty"],
        source_id=row["source_id"],
    )


def stored_responses(folder: Path) -> Iterator[tuple[ResponseRecord, str]]:
    """Yield the responses with their stored scores, and the sha256 that the package states of the text."""
    scores = _rows(folder, "scores")
    waiting = next(scores, None)
    for row in _rows(folder, "responses"):
        judged = None
        if waiting is not None and waiting["trial_index"] == row["trial_index"]:
            judged, waiting = waiting, next(scores, None)
        yield _record(row, judged), row["text_sha256"]
    if waiting is not None:
        raise UsageError(f"data/scores: trial {waiting['trial_index']} has a score and no response")


def _record(row: dict[str, Any], judged: dict[str, Any] | None) -> ResponseRecord:
    response = Response(
        text=row["text"],
        finish_reason=row["finish_reason"],
        latency_s=row["latency_s"] or 0.0,
        raw=b'{"seed": 0}'
        if row["seed"] == 0
        else None,  # the bodies are not packaged; this one word is
        **{name: row[name] for name in _AS_THEY_ARE},
    )
    found = None
    if judged is not None:
        found = Score(
            judged["value"], AnswerStatus(judged["status"]), judged["answer"], judged["rule"],
            judged["scorer"],
        )  # fmt: skip
    at = datetime.fromisoformat(row["responded_at"])
    return ResponseRecord(row["trial_index"], response, found, row["n_attempts"], at)


_AS_THEY_ARE = (
    "prompt_tokens", "completion_tokens", "cost_microusd", "cost_source", "served_model",
    "served_provider", "model_digest", "provider_response_id", "is_truncated", "is_prompt_cut",
    "is_cached",
)  # fmt: skip
