"""An experiment's plan: which models, conditions and questions, and every trial from its index alone."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scramblebench.core.conditions import Condition
from scramblebench.core.errors import ConfigError, PlacedError, UsageError
from scramblebench.core.questions import Question
from scramblebench.core.trials import Trial
from scramblebench.plan.conditions import make_conditions
from scramblebench.plan.grid import Grid
from scramblebench.plan.prompts import Prompt, PromptWriter, check_words
from scramblebench.plan.questions import LoadedQuestions, interleave, load_questions
from scramblebench.settings import ExperimentSpec, ModelSpec, ProviderName, SpecSource
from scramblebench.settings.yaml_tree import KeyPath, YamlTree


@dataclass(frozen=True, slots=True)
class BenchmarkSummary:
    """What is known of a benchmark's files; ``files`` are (name, sha256)."""

    name: str
    n_questions: int
    files: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


class Plan:
    """Trials by index, prompts by trial; memory does not grow with the number of trials.

    ``questions`` may be read only when they are asked for.
    """

    def __init__(
        self,
        spec: ExperimentSpec,
        questions: Sequence[Question],
        conditions: Sequence[Condition],
        benchmarks: Sequence[BenchmarkSummary] = (),
    ) -> None:
        self.spec = spec
        self.questions = questions
        self.conditions = tuple(conditions)
        self.benchmarks = tuple(benchmarks)
        self.grid = Grid(
            len(spec.models), len(self.conditions), len(self.questions), spec.execution.repeats
        )
        self._writers = _prompt_writers(spec)

    def __len__(self) -> int:
        return len(self.grid)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the results should know before anything is asked, a sentence each."""
        of_files = [f"{part.name}: {words}" for part in self.benchmarks for words in part.notes]
        single = [
            f"{method.name}: one shared alphabet is a sample of one; no interval covers the choice of it"
            for method in self.spec.scrambling.method_specs
            if method.alphabet == "shared" and method.n_alphabets == 1
        ]
        idle = self.spec.keys_without_effect()
        unused = [f"without effect in this release: {', '.join(idle)}"] if idle else []
        return (*of_files, *single, *unused)

    def trial(self, index: int) -> Trial:
        """Return the trial at an index; raises IndexError outside the plan."""
        model, repeat, question, condition = self.grid.cell(index)
        return Trial(
            index=index,
            question=self.questions[question],
            condition=self.conditions[condition],
            condition_index=condition,
            model_index=model,
            repeat=repeat,
        )

    def prompt(self, trial: Trial) -> Prompt:
        """Return what is sent for a trial; raises UsageError for an imported one: nobody knows it."""
        model = self.spec.models[trial.model_index]
        if model.provider is ProviderName.IMPORTED:
            raise UsageError(
                f"the responses of {model.shown_name} were imported: their prompts are not known, "
                "and what the files say of them is kept as raw"
            )
        system = model.system_prompt
        return self._writers[trial.question.benchmark].write(
            trial.question, trial.condition, system
        )

    def scorer(self, question: Question) -> str:
        """Return the name of the scorer that judges a question's responses."""
        return self._writers[question.benchmark].scorer(question)


def make_plan(source: SpecSource) -> Plan:
    """Load the benchmarks of a configuration and plan its trials.

    The plan's ``spec`` is the resolved one: few-shot examples are written out, so that the plan can
    be made again without the files. Raises ConfigError or BenchmarkFileError with place and remedy.
    """
    spec = source.spec
    if not spec.models:
        raise ConfigError("models: names no model; add one under `models:`", source.tree.place(()))
    for position, model in enumerate(spec.models):
        if model.provider is ProviderName.IMPORTED:
            raise ConfigError(
                "provider imported cannot be asked; responses in files are taken in with `import`",
                source.tree.place(("models", position, "provider")),
            )
    with _placed(source.tree, ("scrambling", "methods")):
        conditions = make_conditions(spec.scrambling)
    loaded: list[LoadedQuestions] = []
    for name, benchmark in spec.benchmarks.items():
        with _placed(source.tree, ("benchmarks", name)):
            check_words(benchmark)
            loaded.append(load_questions(name, benchmark, source.base_dir))
    resolved = spec.model_copy(
        update={
            "benchmarks": {part.name: part.spec for part in loaded},
            "models": tuple(_with_absolute_path(model, source.base_dir) for model in spec.models),
        }
    )
    summaries = [
        BenchmarkSummary(part.name, len(part.questions), part.files, part.notes) for part in loaded
    ]
    return Plan(resolved, interleave([p.questions for p in loaded]), conditions, summaries)


def _with_absolute_path(model: ModelSpec, base_dir: Path) -> ModelSpec:
    if model.path is None:
        return model
    return model.model_copy(update={"path": str(base_dir / Path(model.path).expanduser())})


def _prompt_writers(spec: ExperimentSpec) -> Mapping[str, PromptWriter]:
    fields = spec.scrambling.fields
    return {name: PromptWriter(part, fields) for name, part in spec.benchmarks.items()}


@contextmanager
def _placed(tree: YamlTree, path: KeyPath) -> Generator[None]:
    """Give errors that know no place the place of a key, and its name."""
    try:
        yield
    except UsageError as error:
        if isinstance(error, PlacedError) and error.place is not None:
            raise
        name = ".".join(str(part) for part in path)
        raise ConfigError(f"{name}: {error}", tree.place(path)) from error
