"""From a survey to a plan: the same files give the same order of trials, whatever the order they come in."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from scramblebench.core.conditions import Condition
from scramblebench.core.errors import UsageError
from scramblebench.imports.questions import make_questions, natural
from scramblebench.imports.record import ImportedResponse, ImportOptions
from scramblebench.imports.sources import SourceFile
from scramblebench.imports.survey import Survey
from scramblebench.plan import BenchmarkSummary, Cell, Plan
from scramblebench.settings import (
    BenchmarkSpec,
    ExperimentSpec,
    ModelSpec,
    ProviderName,
    ScramblingSpec,
)
from scramblebench.settings.sections import ExecutionSpec

VERSION = 1
"""Raised whenever the same files may give another plan or other judgements."""
_MOST_TRIALS = 200_000_000


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """A plan, where each thing of the files stands in it, and what was imported, as text."""

    plan: Plan
    source_text: str
    models: dict[str, int]
    conditions: dict[Condition, int]
    questions: dict[tuple[str, str], int]
    n_responses: int

    def index(self, record: ImportedResponse) -> int:
        """Return the trial of a response; raises UsageError where the files changed meanwhile."""
        assert record.condition is not None
        try:
            cell = Cell(
                self.models[record.model],
                record.repeat,
                self.questions[record.benchmark, record.source_id],
                self.conditions[record.condition],
            )
            return self.plan.grid.index(cell)
        except LookupError:
            raise UsageError("the file changed while it was imported; import it again") from None


def make_import_plan(
    survey: Survey, sources: Sequence[SourceFile], options: ImportOptions, name: str
) -> ImportPlan:
    """Return the plan of what a survey found; models, conditions and questions are sorted."""
    models = sorted(survey.models, key=lambda model: (natural(model), model))
    conditions = sorted(survey.conditions, key=_condition_order)
    questions, numbers = make_questions(survey.questions.values(), options.n_choices)
    by_number = {number: position for position, number in enumerate(numbers)}
    hashed = [(source.path.name, source.sha256()) for source in sources]
    benchmarks = [
        BenchmarkSummary(
            benchmark,
            sum(question.benchmark == benchmark for question in questions),
            tuple(hashed[position] for position in survey.files[benchmark]),
            _notes(survey, benchmark),
        )
        for benchmark in sorted(survey.files)
    ]
    spec = _spec(name, models, conditions, benchmarks, survey.n_repeats)
    plan = Plan(spec, questions, conditions, benchmarks)
    if len(plan) > _MOST_TRIALS:
        raise UsageError(
            f"{survey.n_responses:,} responses of {len(plan):,} trials: models, conditions and "
            "questions of the files have little in common; import them apart"
        )
    return ImportPlan(
        plan,
        _source_text(sources, hashed, options),
        {model: position for position, model in enumerate(models)},
        {condition: position for position, condition in enumerate(conditions)},
        {key: by_number[draft.number] for key, draft in survey.questions.items()},
        survey.n_responses,
    )


def _condition_order(
    condition: Condition,
) -> tuple[bool, str, tuple[tuple[str, str], ...], int, float]:
    """Sort as configurations do: the baseline, then method by method, levels rising."""
    is_asked = not condition.is_baseline
    return is_asked, condition.method, condition.parameters, condition.seed, condition.level_pct


def _spec(
    name: str,
    models: Sequence[str],
    conditions: Sequence[Condition],
    benchmarks: Sequence[BenchmarkSummary],
    n_repeats: int,
) -> ExperimentSpec:
    """Return the configuration that an experiment must have, as far as the files tell it."""
    methods = dict.fromkeys(c.method for c in conditions if not c.is_baseline)
    return ExperimentSpec(
        experiment_name=name[:200],
        models=tuple(ModelSpec(name=model, provider=ProviderName.IMPORTED) for model in models),
        benchmarks={
            part.name: BenchmarkSpec(paths=tuple(file for file, _ in part.files))
            for part in benchmarks
        },
        scrambling=ScramblingSpec(
            levels=tuple(sorted({condition.level_pct for condition in conditions})),
            methods=tuple(methods),
        ),
        execution=ExecutionSpec(repeats=n_repeats),
    )


def _notes(survey: Survey, benchmark: str) -> tuple[str, ...]:
    judges = ", ".join(sorted(survey.judges))
    drafts = [draft for draft in survey.questions.values() if draft.benchmark == benchmark]
    n_without = sum(not draft.text for draft in drafts)
    notes = [f"judged by the files: {judges}"] if judges else []
    if n_without:
        notes.append(f"the files do not have the text of {n_without:,} of its questions")
    return tuple(notes)


def _source_text(
    sources: Sequence[SourceFile], hashed: Sequence[tuple[str, str]], options: ImportOptions
) -> str:
    """Return what was imported and how: two imports of the same text are the same."""
    files = sorted(
        ({"name": name, "sha256": digest, **_said(source)} for source, (name, digest) in zip(sources, hashed, strict=True)),
        key=lambda file: (file["name"], file["sha256"]),
    )  # fmt: skip
    said = {**asdict(options), "ignored": sorted(options.ignored)}
    return json.dumps({"import": VERSION, "files": files, "options": said}, indent=2) + "\n"


def _said(source: SourceFile) -> dict[str, str]:
    return {key: str(value) for key, value in asdict(source.words).items() if value is not None}
