"""The smaller sections: metadata, execution, statistics, preregistration, reproducibility, export."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, model_validator

from scramblebench.settings.base import Section

Share = Annotated[float, Field(ge=0, le=1)]
Percent = Annotated[float, Field(gt=0, le=100)]
Positive = Annotated[float, Field(gt=0)]
Rate = Annotated[float, Field(ge=0.01)]
Money = Annotated[Decimal, Field(ge=0, le=1_000_000_000)]
PrimaryAnalysis = Literal[
    "levels", "dependency", "thresholds", "trends", "mean_accuracy", "single_levels",
    "dependency_differences", "contrasts",
]  # fmt: skip


class ResearchMetadata(Section):
    """Who asks what, for titles, methods sections and citations."""

    research_question: str = ""
    hypothesis: str | None = None
    researcher_name: str = ""
    institution: str | None = None
    tags: tuple[str, ...] = ()


class ExecutionSpec(Section):
    """How requests are sent."""

    max_concurrent_requests: Annotated[int, Field(ge=1, le=4096)] = 8
    """Requests in flight at once per model, where the model does not say otherwise."""
    timeout_per_question: Positive = 120.0
    """Seconds one request may take in all."""
    retry_attempts: Annotated[int, Field(ge=0, le=100)] = 5
    """How often a trial is tried again after a passing error, before it is left missing."""
    retry_wait_s: Positive = 1.0
    """Wait before the first retry in seconds; it doubles each time, with jitter."""
    max_retry_wait_s: Positive = 60.0
    """No wait is longer, whatever the provider asks for."""
    repeats: Annotated[int, Field(ge=1, le=1000)] = 1
    """How often every trial is asked."""
    cost_limit: Money | None = None
    """Most that the experiment may cost, in US dollars; at the limit it pauses, and everything is kept."""
    cost_limit_per_day: Money | None = None
    """Most that it may cost on one day (UTC), in US dollars."""
    executor: Literal["local", "processes", "ray", "dask"] = "local"
    """Who asks: this process, processes of this machine, or workers that Ray or Dask places; `run --executor` says otherwise."""
    n_processes: Annotated[int, Field(ge=0, le=10_000)] | None = None
    """Workers of an executor that is not `local`; None takes as many as there are cores, 0 leaves all to `run --worker`."""
    shard_size: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    """Trials that a worker takes at a time; None takes 500 to 5,000 by how many there are."""


class ProviderLimits(Section):
    """Limits that all models of one provider share, and all runners on one database."""

    requests_per_minute: Rate | None = None
    tokens_per_minute: Rate | None = None


class OptimizationSpec(Section):
    """Memory and caching."""

    batch_size: Annotated[int, Field(ge=1, le=10_000)] = 50
    """Most reservations and results in one transaction, where up to 40 requests are in flight; else in proportion."""
    clear_cache_threshold: Share = 0.8
    """Share of the memory in use above which caches are emptied."""
    enable_response_caching: bool = False
    """Answer a request from the store when exactly the same one was answered before."""


class EarlyStoppingSpec(Section):
    """One question, declared before the first answer, that ends the experiment when it is settled.

    Answers are looked at as they come by intervals that hold at every look.
    """

    compare: Literal["models", "levels"] = "models"
    """Two models at one level, or one model's level against the baseline."""
    models: Annotated[tuple[str, ...], Field(min_length=1, max_length=2)]
    """Names or labels: two for `models`, one for `levels`."""
    level: Annotated[float, Field(ge=0, le=100)] = 0
    """The level at which models are compared, or that is compared with level 0."""
    method: str | None = None
    """The method whose level it is, where several are used."""
    margin: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Settle whether the difference is within this margin, or beyond it; None asks for its sign."""
    half_width: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Settle when the interval is this narrow, wherever it lies."""
    min_questions: Annotated[int, Field(ge=1)] = 50
    """Never stop before so many questions were answered on both sides."""

    @model_validator(mode="after")
    def _refuse_contradictions(self) -> "EarlyStoppingSpec":
        wanted = 2 if self.compare == "models" else 1
        if len(set(self.models)) != wanted:
            raise ValueError(f"compare {self.compare} needs {wanted} of models")
        if self.compare == "levels" and self.level == 0:
            raise ValueError("compare levels needs a level above 0 to hold against the baseline")
        if self.margin is not None and self.half_width is not None:
            raise ValueError("margin and half_width are two questions; declare one")
        return self


class StatisticsSpec(Section):
    """What is computed from the scores, and which comparisons belong together."""

    calculate_language_dependency: bool = True
    """Whether dependency coefficients are computed, and compared between models."""
    threshold_analysis: bool = True
    """Whether thresholds are computed: the level where accuracy has fallen to a stated share."""
    threshold_definitions: Annotated[tuple[str, ...], Field(min_length=1)] = (
        "50% of above-chance baseline",
        "50% of baseline",
    )
    """Also "accuracy below 0.4"."""
    confidence_level: Annotated[float, Field(gt=0.5, le=0.9999)] = 0.95
    """Of every interval; tests are two-sided at one minus it."""
    correction_method: Literal["bonferroni", "holm", "fdr", "fdr_bh", "fdr_by", "max_t", "none"] = (
        "holm"
    )
    """For many comparisons; raw and adjusted p-values are always both reported."""
    family: Literal["model", "experiment"] = "model"
    """Levels against the baseline are corrected together within a model and method, or in all."""
    paired_test: Literal["mid_p", "exact"] = "mid_p"
    """McNemar's test for right-or-wrong scores."""
    n_resamples: Annotated[int, Field(ge=999, le=1_000_000)] = 9_999
    """Bootstrap resamples of questions, or of passages where questions share them."""
    accuracy_margin: Annotated[float, Field(gt=0, lt=1)] = 0.02
    """Differences of accuracy within it are equivalent; fix it before looking."""
    dependency_margin: Annotated[float, Field(gt=0, lt=1)] = 0.05
    """Differences of dependency coefficients within it are equivalent; fix it before looking."""
    control_benchmark: str | None = None
    """A benchmark that models cannot have seen: drops are compared with the drops on it."""
    floor_method: str | None = None
    """A method whose highest level leaves nothing to read: what is still right then is the measured floor."""
    early_stopping: EarlyStoppingSpec | None = None
    """Stop asking once a declared question is settled; None asks everything."""


class PreregistrationSpec(Section):
    """What is fixed before the first response; `create --preregister` freezes it with the rest of the plan."""

    hypotheses: tuple[str, ...] = ()
    """In whole sentences; without any, `research_metadata.hypothesis` is taken."""
    primary: Annotated[tuple[PrimaryAnalysis, ...], Field(min_length=1)] = ("levels", "dependency")
    """What is confirmatory; all else is exploratory. `levels` is each level against the baseline with the
    accuracies compared, `mean_accuracy`, `single_levels` and `dependency_differences` compare models,
    `contrasts` are those with `control_benchmark` and `floor_method`."""
    pairs: tuple[tuple[str, ...], ...] = ()
    """Models, by name or label, whose comparisons are confirmatory; without any, those of all pairs are."""
    exclusions: tuple[str, ...] = ()
    """Which responses or questions will be left out, and by which rule, in whole sentences."""

    @model_validator(mode="after")
    def _refuse_odd_pairs(self) -> "PreregistrationSpec":
        compared = ("mean_accuracy", "single_levels", "dependency_differences")
        wrong = [pair for pair in self.pairs if not len(pair) == len(set(pair)) == 2]
        if wrong:
            raise ValueError(f"pairs: [{', '.join(wrong[0])}] is not two different models")
        if self.pairs and not set(compared) & set(self.primary):
            raise ValueError(f"pairs needs one of {', '.join(compared)} among primary")
        return self


class ReproducibilitySpec(Section):
    """What is kept so that others can check and repeat."""

    capture_environment_snapshot: bool = True
    generate_replication_package: bool = False
    """Write a replication package, folder and zip, when the experiment is completed."""
    validation_tolerance: Literal["strict", "moderate", "loose", "lenient"] = "moderate"


class ExportSpec(Section):
    """What is written when an experiment is exported."""

    formats: tuple[Literal["csv", "json", "jsonl", "excel", "parquet"], ...] = ("csv", "json")
    """What `export` writes where --format does not say."""
    generate_latex_tables: bool = False
    """Write LaTeX tables when the experiment is completed; a package has them too."""
    create_publication_package: bool = False
    """Write a publication package when the experiment is completed."""
