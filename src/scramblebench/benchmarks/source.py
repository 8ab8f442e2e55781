"""Where a benchmark comes from and what loading it gives."""

from dataclasses import dataclass
from pathlib import Path

from scramblebench.core.errors import Place
from scramblebench.core.questions import Question

GENERATED_DOMAINS = ("arithmetic", "facts", "language", "logic", "reading")
DIFFICULTIES = ("easy", "medium", "hard")


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """Which field of a record is what; None means found by name.

    ``question`` and ``choices`` may name several fields: ``Body+Question`` joins the two texts,
    ``A+B+C+D`` is one choice per field. A field named here has to be in every record.
    """

    question: str | None = None
    answer: str | None = None
    context: str | None = None
    choices: str | None = None
    domain: str | None = None
    difficulty: str | None = None
    id: str | None = None


@dataclass(frozen=True, slots=True)
class GeneratedSpec:
    """A part of the bundled benchmark; another ``variant`` (any integer) is another set of questions.

    ``per_domain`` questions are spread evenly over the difficulties, the first ones getting the rest.
    """

    variant: int = 1
    domains: tuple[str, ...] = GENERATED_DOMAINS
    per_domain: int = 30
    difficulties: tuple[str, ...] = DIFFICULTIES


@dataclass(frozen=True, slots=True)
class BenchmarkSource:
    """A benchmark as the configuration names it: files, or the bundled generated one.

    ``paths`` are relative to ``base_dir`` and may be globs. ``format`` is json, jsonl, csv, tsv or
    parquet; None tells it from name and content. ``choice_seed`` orders the choices of files that
    always put the right one first. ``origin`` is where the YAML file speaks of it, for errors.
    """

    name: str
    paths: tuple[str, ...] = ()
    base_dir: Path = Path(".")
    format: str | None = None
    fields: FieldMapping = FieldMapping()
    choice_seed: int = 0
    origin: Place | None = None
    generated: GeneratedSpec | None = None


@dataclass(frozen=True, slots=True)
class LoadedBenchmark:
    """The questions of a benchmark in file order, what a reader should know of them, and the files.

    ``files`` holds (name relative to the base folder, sha256 of the bytes read) in reading order.
    """

    name: str
    questions: tuple[Question, ...]
    notes: tuple[str, ...] = ()
    files: tuple[tuple[str, str], ...] = ()
