"""The smaller sections: metadata, execution, tracking, statistics, reproducibility, export, monitoring."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from scramblebench.settings.base import Section

Share = Annotated[float, Field(ge=0, le=1)]
Percent = Annotated[float, Field(gt=0, le=100)]
Positive = Annotated[float, Field(gt=0)]
Rate = Annotated[float, Field(ge=0.01)]
Money = Annotated[Decimal, Field(ge=0, le=1_000_000_000)]


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


class ProviderLimits(Section):
    """Limits that all models of one provider share, and all runners on one database."""

    requests_per_minute: Rate | None = None
    tokens_per_minute: Rate | None = None


class OptimizationSpec(Section):
    """Memory and caching."""

    batch_size: Annotated[int, Field(ge=1, le=10_000)] = 50
    """Most reservations and results committed in one transaction."""
    clear_cache_threshold: Share = 0.8
    """Share of the memory in use above which caches are emptied."""
    enable_response_caching: bool = False
    """Answer a request from the store when exactly the same one was answered before."""


class AlertThresholds(Section):
    """Values above which an alert is raised; None raises none."""

    cpu_percent: Percent | None = None
    memory_percent: Percent | None = None
    api_calls_per_minute: Positive | None = None
    cost_per_hour: Positive | None = None
    error_rate: Share | None = None


class MonitoringSpec(Section):
    """Alerts and where they go."""

    resource_alert_thresholds: AlertThresholds = AlertThresholds()
    email_alerts: bool = False
    slack_alerts: bool = False


class TrackingSpec(Section):
    """What is recorded while an experiment runs."""

    enable_progress_monitoring: bool = True
    enable_resource_monitoring: bool = True
    auto_retry_failures: bool = True
    """Whether passing errors are tried again at all."""
    resource_alert_thresholds: AlertThresholds = AlertThresholds()
    """The same as ``monitoring.resource_alert_thresholds``."""


class StatisticsSpec(Section):
    """What is computed from the scores."""

    calculate_language_dependency: bool = True
    threshold_analysis: bool = True
    confidence_level: Annotated[float, Field(gt=0.5, le=0.9999)] = 0.95
    correction_method: Literal["bonferroni", "holm", "fdr", "fdr_bh", "fdr_by", "max_t", "none"] = (
        "holm"
    )


class ReproducibilitySpec(Section):
    """What is kept so that others can check and repeat."""

    capture_environment_snapshot: bool = True
    generate_replication_package: bool = False
    validation_tolerance: Literal["strict", "moderate", "loose", "lenient"] = "moderate"


class ExportSpec(Section):
    """What is written when an experiment is exported."""

    formats: tuple[Literal["csv", "json", "jsonl", "excel", "parquet"], ...] = ("csv", "json")
    generate_latex_tables: bool = False
    create_publication_package: bool = False
