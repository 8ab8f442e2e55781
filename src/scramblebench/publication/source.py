"""What everything in a publication is made from: one frozen value, from a database or from a package.

Tables, figures, texts and metadata are functions of it and of nothing else: no clock, no environment
variable, no database. So the same publication has the same bytes wherever it is made.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from scramblebench.analysis import Report, ScoreCube
from scramblebench.plan import Plan
from scramblebench.publication.names import checked_orcid, split_name
from scramblebench.settings import ModelSpec, ProviderName
from scramblebench.storage import EventRecord, ExperimentRecord, LedgerTotals, ResponseRecord


@dataclass(frozen=True, slots=True)
class Author:
    """A person, or a group, as a citation names one.

    Titles are no part of a name; "Smith, Jane" says which part is the family name. A name in braces is
    that of a group and stays whole: "{Reading Lab}". ``orcid`` may be given as an address and is kept as
    its digits; raises UsageError where its check digit is wrong.
    """

    name: str
    affiliation: str | None = None
    orcid: str | None = None

    def __post_init__(self) -> None:
        if self.orcid is not None:
            object.__setattr__(self, "orcid", checked_orcid(self.orcid, self.name))

    @property
    def is_group(self) -> bool:
        """Whether the name is not a person's."""
        return len(self.name) > 2 and self.name.startswith("{") and self.name.endswith("}")

    @property
    def family(self) -> str:
        """The family name; the whole name of a group."""
        return self.name[1:-1].strip() if self.is_group else split_name(self.name)[1]

    @property
    def given(self) -> str:
        """The given names; "" for a group or a single word."""
        return "" if self.is_group else split_name(self.name)[0]

    @property
    def full(self) -> str:
        """Given and family name, without titles."""
        return f"{self.given} {self.family}".strip()


@dataclass(frozen=True, slots=True)
class Served:
    """What really answered, as the responses say, and how many of them."""

    model: str | None
    provider: str | None
    digest: str | None
    n_responses: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """What happened with one model of the experiment.

    Counts are of trials (``n_planned``, ``n_answered``, ``n_no_answer``, ``n_cached``) and of attempts
    (``failures`` by kind, ``n_lost``: sent, and perhaps charged, without an answer). Cost is micro-dollars,
    of ``n_cost_unknown`` responses nobody knows it. ``latencies_s`` are the 5, 50 and 95 % quantiles, None
    where none is known. Times are those of the first and the last response.
    """

    spec: ModelSpec
    n_planned: int
    n_answered: int
    n_no_answer: int
    n_cached: int
    n_lost: int
    failures: Mapping[str, int]
    prompt_tokens: int
    completion_tokens: int
    cost_microusd: int
    n_cost_unknown: int
    latencies_s: tuple[float, float, float] | None
    first_at: datetime | None
    last_at: datetime | None
    served: tuple[Served, ...]

    @property
    def name(self) -> str:
        """The name in all tables, labelled where the answers are simulated."""
        return f"{self.spec.shown_name} (simulated)" if self.is_simulated else self.spec.shown_name

    @property
    def is_simulated(self) -> bool:
        """Whether nobody was asked."""
        return self.spec.provider is ProviderName.SIMULATED

    @property
    def n_missing(self) -> int:
        """Planned trials without a response."""
        return self.n_planned - self.n_answered


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """An experiment with its analysis, ready to be shown.

    ``responses`` streams the stored responses in order of trial index, each time anew.
    ``environments`` are the snapshots that runners took, oldest first; ``preregistration`` what was frozen
    before the first response, None where nothing was. With ``is_anonymous`` no name of a person, an
    institution or a machine is to be written.
    """

    title: str
    authors: tuple[Author, ...]
    abstract: str
    record: ExperimentRecord
    source_text: str
    plan: Plan
    cube: ScoreCube
    report: Report
    models: tuple[ModelFacts, ...]
    events: tuple[EventRecord, ...]
    ledger: LedgerTotals
    responses: Callable[[], Iterator[ResponseRecord]]
    environments: tuple[Mapping[str, Any], ...] = ()
    preregistration: Mapping[str, Any] | None = None
    licence: str = "MIT"
    data_licence: str = "CC-BY-4.0"
    keywords: Sequence[str] = field(
        default=("language models", "evaluation", "scrambling", "robustness", "reproducibility")
    )
    is_anonymous: bool = False

    @property
    def stamp(self) -> datetime:
        """The time that the publication bears: of the last response, else of the experiment's creation.

        Aware and in UTC, whole seconds; never the time of writing.
        """
        last = [facts.last_at for facts in self.models if facts.last_at is not None]
        return stamp_of(max(last, default=self.record.created_at))

    @property
    def n_answered(self) -> int:
        """How many responses there are."""
        return sum(facts.n_answered for facts in self.models)

    @property
    def has_simulated(self) -> bool:
        """Whether any model is simulated: everything that is made must say so."""
        return any(facts.is_simulated for facts in self.models)

    @property
    def shown_authors(self) -> tuple[Author, ...]:
        """The authors, or one who is anonymous."""
        return (Author("Anonymous"),) if self.is_anonymous else self.authors


def stamp_of(at: datetime) -> datetime:
    """Return a time as publications bear it."""
    return at.astimezone(UTC).replace(microsecond=0)
