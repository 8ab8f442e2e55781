"""The ``benchmarks:`` section: which questions, how many, asked in which words."""

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from scramblebench.settings.base import Section


class FieldsSpec(Section):
    """Which field of a record is what, where the names do not tell."""

    question: str | None = None
    """"Body+Question" joins two fields."""
    answer: str | None = None
    context: str | None = None
    choices: str | None = None
    domain: str | None = None
    difficulty: str | None = None
    id: str | None = None


class GeneratedSpec(Section):
    """The bundled benchmark, made from templates."""

    variant: int = 1
    """Every variant is a fresh set of questions."""
    domains: tuple[str, ...] = ()
    """Empty takes all domains."""
    per_domain: Annotated[int, Field(ge=1, le=100_000)] = 30
    difficulties: tuple[Literal["easy", "medium", "hard"], ...] = ("easy", "medium", "hard")


class ExampleSpec(Section):
    """A solved example, shown before the question."""

    question: str
    answer: str
    context: str = ""
    choices: tuple[str, ...] = ()


class BenchmarkSpec(Section):
    """One benchmark: files, or the bundled generator."""

    paths: tuple[str, ...] = ()
    """Files or globs, relative to the configuration file."""
    generated: GeneratedSpec | None = None
    """Take the bundled benchmark instead of files."""
    sample_size: Annotated[int, Field(ge=1)] | None = None
    """How many questions; None takes all."""
    sample_seed: int = 0
    """A larger sample with the same seed contains the smaller one."""
    stratify_by: Literal["domain", "difficulty"] | None = None
    """Keep the shares of the domains or difficulties in the sample."""
    format: Literal["json", "jsonl", "csv", "tsv", "parquet"] | None = None
    """None tells it from name and content."""
    fields: FieldsSpec = FieldsSpec()
    choice_seed: int = 0
    """Order of the options where the file always puts the right one first."""
    scorer: str | None = None
    """exact_match, number, multiple_choice, regex:..., token_f1, contains; None chooses by the answers."""
    prompt_template: str | None = None
    """Words around the question: ``{context}``, ``{question}``, ``{choices}`` are filled in."""
    system_prompt: str | None = None
    """None takes the usual one for the kind of answer; "" sends none."""
    few_shot: Annotated[int, Field(ge=0, le=64)] | tuple[ExampleSpec, ...] = 0
    """Solved examples, unscrambled, before the question: how many of the benchmark's own, which are then
    never asked themselves, or the examples written out."""

    @field_validator("paths", mode="before")
    @classmethod
    def _accept_one(cls, value: object) -> object:
        return (
            (value,)
            if isinstance(value, str)
            else tuple(value)
            if isinstance(value, list)
            else value
        )

    @model_validator(mode="after")
    def _need_one_source(self) -> "BenchmarkSpec":
        if bool(self.paths) == (self.generated is not None):
            raise ValueError("needs either paths (files) or generated (the bundled benchmark)")
        return self


BUNDLED = BenchmarkSpec(generated=GeneratedSpec())
"""What is asked where the configuration names no benchmark."""
