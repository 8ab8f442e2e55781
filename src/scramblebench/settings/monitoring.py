"""What is recorded while an experiment runs, when somebody is told, and where."""

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from scramblebench.settings.base import Section

Share = Annotated[float, Field(ge=0, le=1)]
Percent = Annotated[float, Field(gt=0, le=100)]
Positive = Annotated[float, Field(gt=0)]
Name = Annotated[str, Field(min_length=1, max_length=100)]
Metric = Literal[
    "cpu_percent",
    "memory_percent",
    "disk_percent",
    "api_calls_per_minute",
    "cost_per_hour",
    "error_rate",
    "response_time_p95",
]

EMAIL_VARIABLE = "SCRAMBLEBENCH_EMAIL_URL"
SLACK_VARIABLE = "SCRAMBLEBENCH_SLACK_URL"
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")


class AlertThresholds(Section):
    """Values above which an alert is raised; None raises none."""

    cpu_percent: Percent | None = None
    """Of all cores of the machine that runs it."""
    memory_percent: Percent | None = None
    api_calls_per_minute: Positive | None = None
    cost_per_hour: Positive | None = None
    """In US dollars."""
    error_rate: Share | None = None
    """Failed calls as a share of all calls."""


class AlertRuleSpec(Section):
    """One rule; where its name is a metric of `resource_alert_thresholds`, it says more about that one."""

    metric: Metric
    """`response_time_p95` is in seconds, `disk_percent` is of the disk that holds the database."""
    name: Name | None = None
    """What alerts call it; the metric where it is left out."""
    threshold: Positive | None = None
    """Raised above it; that of `resource_alert_thresholds` where it is left out."""
    window_s: Annotated[float, Field(ge=1, le=86_400)] | None = None
    """Seconds that are looked at together: 60, or 300 for costs and error rates."""
    hysteresis: Share = 0.1
    """Over when the value has fallen below the threshold by this share of it."""
    cooldown_s: Annotated[float, Field(ge=0, le=604_800)] = 600.0
    """Seconds after an alert is over in which it is not raised again."""
    no_data: Literal["keep", "resolve", "alert"] = "keep"
    """Without anything to measure: leave the alert as it is, end it, or raise it."""
    severity: Literal["info", "warning", "critical"] = "warning"
    min_calls: Annotated[int, Field(ge=1)] = 20
    """Calls in the window that an error rate or a response time needs."""


class MonitoringSpec(Section):
    """Alerts and where they go."""

    resource_alert_thresholds: AlertThresholds = AlertThresholds()
    rules: tuple[AlertRuleSpec, ...] = ()
    """Windows, hysteresis, severity and more metrics, rule by rule."""
    email_alerts: bool = False
    """Send alerts to the target `email`, by default the address in `SCRAMBLEBENCH_EMAIL_URL`."""
    slack_alerts: bool = False
    """Send alerts to the target `slack`, by default the address in `SCRAMBLEBENCH_SLACK_URL`."""
    targets: Mapping[Name, str] = Field(default={})
    """Names of environment variables that hold Apprise URLs (`mailtos://`, `slack://`, `json://`, ...)."""

    @field_validator("targets")
    @classmethod
    def _refuse_addresses(cls, targets: Mapping[str, str]) -> Mapping[str, str]:
        for name, variable in targets.items():
            if not _VARIABLE.fullmatch(variable):  # it may be a secret: it is not repeated
                raise ValueError(
                    f"{name} must name an environment variable that holds the address, such as "
                    f"{_suggested(name)}; addresses hold passwords and are stored nowhere"
                )
        return targets

    @model_validator(mode="after")
    def _refuse_two_of_one_name(self) -> "MonitoringSpec":
        names = [rule.name or rule.metric for rule in self.rules]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f'rules: "{twice}" is listed twice; give each its own name')
        return self

    @property
    def variables(self) -> tuple[str, ...]:
        """The environment variables whose addresses get the alerts, in order and once each."""
        targets = dict(self.targets)
        if self.email_alerts:
            targets.setdefault("email", EMAIL_VARIABLE)
        if self.slack_alerts:
            targets.setdefault("slack", SLACK_VARIABLE)
        return tuple(dict.fromkeys(targets.values()))


class TrackingSpec(Section):
    """What is recorded while an experiment runs."""

    enable_progress_monitoring: bool = True
    """Whether its totals are sampled: for graphs, for the rate of the last minutes, for alerts on it."""
    enable_resource_monitoring: bool = True
    """Whether CPU, memory, disk, network and GPU of the machine are sampled."""
    sample_every_s: Annotated[float, Field(ge=0.2, le=3600)] = 5.0
    """Seconds between samples; after an hour one a minute is kept, after a day one in ten minutes."""
    keep_samples_days: Annotated[float, Field(gt=0, le=36_500)] = 90.0
    """After so many days samples are deleted."""
    auto_retry_failures: bool = True
    """Whether passing errors are tried again at all."""
    resource_alert_thresholds: AlertThresholds = AlertThresholds()
    """The same as ``monitoring.resource_alert_thresholds``."""


def _suggested(name: str) -> str:
    return re.sub(r"[^A-Z0-9]+", "_", name.upper()).strip("_") + "_URL"
