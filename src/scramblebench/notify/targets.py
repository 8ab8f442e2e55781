"""Whether every target of a configuration has an address here, before anything depends on it."""

from collections.abc import Mapping

from scramblebench.core.errors import ConfigError
from scramblebench.notify.channels import Channel, open_channel
from scramblebench.settings import MonitoringSpec
from scramblebench.settings.monitoring import EMAIL_VARIABLE, SLACK_VARIABLE

_EXAMPLES = {
    "email": "mailtos://user:password@example.org?to=me@example.org",
    "slack": "slack://tokenA/tokenB/tokenC",
}
_USUAL = "json://example.org/path"


def open_targets(spec: MonitoringSpec, environment: Mapping[str, str]) -> dict[str, Channel]:
    """Return the channels of a configuration by target name; nothing is sent.

    Raises ConfigError naming the variable to set, MissingDependency without Apprise.
    """
    named = dict(spec.targets)
    why = {name: f"monitoring.targets.{name}" for name in named}
    for is_on, name, variable in (
        (spec.email_alerts, "email", EMAIL_VARIABLE),
        (spec.slack_alerts, "slack", SLACK_VARIABLE),
    ):
        if is_on and name not in named:
            named[name] = variable
            why[name] = f"monitoring.{name}_alerts"
    return {
        name: _opened(name, variable, why[name], environment) for name, variable in named.items()
    }


def _opened(name: str, variable: str, why: str, environment: Mapping[str, str]) -> Channel:
    url = environment.get(variable, "").strip()
    example = _EXAMPLES.get(name, _USUAL)
    if not url:
        raise ConfigError(
            f"{why}: {variable} is not set, so there is nobody to tell; "
            f"export {variable}='{example}' (an Apprise URL), or take the target out"
        )
    return open_channel(url, variable)
