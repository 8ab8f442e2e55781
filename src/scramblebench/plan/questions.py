"""The ``benchmarks:`` section as questions, in plan order."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scramblebench.benchmarks import (
    BenchmarkSource,
    FieldMapping,
    GeneratedSpec,
    few_shot_examples,
    load_benchmark,
    sample_questions,
)
from scramblebench.core.errors import UsageError
from scramblebench.core.questions import Question
from scramblebench.settings import BenchmarkSpec
from scramblebench.settings.benchmarks import ExampleSpec


@dataclass(frozen=True, slots=True)
class LoadedQuestions:
    """Questions of one benchmark, sampled, with where they came from.

    ``spec`` is the benchmark's section with its few-shot examples written out; ``files`` are (name,
    sha256); ``notes`` say what a reader of the results should know of the files.
    """

    name: str
    spec: BenchmarkSpec
    questions: tuple[Question, ...]
    files: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


def load_questions(name: str, spec: BenchmarkSpec, base_dir: Path) -> LoadedQuestions:
    """Load and sample one benchmark; raises BenchmarkFileError or UsageError."""
    loaded = load_benchmark(_source(name, spec, base_dir))
    examples: Sequence[Question] = ()
    if isinstance(spec.few_shot, int) and spec.few_shot:
        examples = few_shot_examples(loaded.questions, (), spec.few_shot, spec.sample_seed)
    shown = {question.id for question in examples}
    askable = tuple(question for question in loaded.questions if question.id not in shown)
    size = len(askable) if spec.sample_size is None else spec.sample_size  # all, in random order
    sampled = sample_questions(askable, size, spec.sample_seed, spec.stratify_by)
    if not sampled:
        raise UsageError("no questions are left to ask")
    notes = loaded.notes
    if spec.sample_size is not None and len(sampled) < spec.sample_size:
        notes = (
            *notes,
            f"{spec.sample_size} questions were asked for; there are {len(sampled)}",
        )
    return LoadedQuestions(name, _written_out(spec, examples), sampled, loaded.files, notes)


def interleave(groups: Sequence[Sequence[Question]]) -> tuple[Question, ...]:
    """Merge benchmarks so that any prefix holds each in its share of the whole, give or take one."""
    placed = [
        ((position + 0.5) / len(group), number, question)
        for number, group in enumerate(groups)
        for position, question in enumerate(group)
    ]
    placed.sort(key=lambda entry: entry[:2])
    return tuple(question for _, _, question in placed)


def _written_out(spec: BenchmarkSpec, examples: Sequence[Question]) -> BenchmarkSpec:
    if not examples:
        return spec
    written = tuple(
        ExampleSpec(question=q.text, answer=q.answers[0], context=q.context, choices=q.choices)
        for q in examples
    )
    return spec.model_copy(update={"few_shot": written})


def _source(name: str, spec: BenchmarkSpec, base_dir: Path) -> BenchmarkSource:
    fields = FieldMapping(**spec.fields.model_dump())
    generated = None
    if spec.generated is not None:
        values = spec.generated.model_dump(exclude_defaults=True)
        generated = GeneratedSpec(**values)
    return BenchmarkSource(
        name=name,
        paths=spec.paths,
        base_dir=base_dir,
        format=spec.format,
        fields=fields,
        choice_seed=spec.choice_seed,
        generated=generated,
    )
