"""The ``scrambling:`` section: methods, levels, and what is kept as it is."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from scramblebench.settings.base import Section

Level = Annotated[float, Field(ge=0, le=100)]
FieldName = Literal["question", "context", "choices"]


class MethodSpec(Section):
    """A method with parameters of its own: ``{name: letter_shuffle, variant: keep_first}``."""

    name: str
    """The method, by its name or an alias."""
    variant: str | None = None
    """A variant of the method, such as keep_first or keep_first_last."""
    chain: Annotated[tuple[str, ...], Field(strict=False)] = ()
    """mixed: the methods applied one after the other."""
    alphabet: Literal["per_question", "shared"] = "per_question"
    """character_substitution: an alphabet for each question, or shared ones."""
    n_alphabets: Annotated[int, Field(ge=1, le=1000)] = 5
    """How many shared alphabets are crossed with the questions; 1 makes no interval cover the choice."""
    preserve_names: bool = False
    """Whether capitalised words inside a sentence stay."""


class ScramblingSpec(Section):
    """How questions are scrambled."""

    levels: Annotated[tuple[Level, ...], Field(min_length=1)] = (0, 17, 33, 50, 67, 83, 100)
    """Percent of the units altered; level 0 is the baseline, asked once for all methods."""
    methods: tuple[str | MethodSpec, ...] = ("character_substitution",)
    """Methods by name, alias, or with parameters."""
    preserve_numbers: bool = True
    """Whether digits stay."""
    random_seed: int = 42
    """Decides every altered position; the same seed gives the same texts on every machine."""
    fields: Annotated[tuple[FieldName, ...], Field(min_length=1)] = ("question", "context")
    """Which parts of a question are scrambled; option letters never are."""

    @field_validator("methods", mode="before")
    @classmethod
    def _accept_one(cls, value: object) -> object:
        return (
            (value,)
            if isinstance(value, str)
            else tuple(value)
            if isinstance(value, list)
            else value
        )

    @field_validator("levels", mode="after")
    @classmethod
    def _refuse_repeats(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        repeated = sorted({level for level in value if value.count(level) > 1})
        if repeated:
            raise ValueError(f"level {repeated[0]:g} is given twice; each level once")
        return value

    @property
    def method_specs(self) -> tuple[MethodSpec, ...]:
        """The methods, those given by name alone included."""
        return tuple(MethodSpec(name=m) if isinstance(m, str) else m for m in self.methods)
