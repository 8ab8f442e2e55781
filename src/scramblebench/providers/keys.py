"""API keys: taken from the environment, put into one header, written nowhere else."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from scramblebench.core.errors import ErrorKind, ProviderError
from scramblebench.providers.redaction import Redaction


@dataclass(frozen=True, slots=True)
class ApiKey:
    """The key of an environment variable; empty where it is not set. Its repr does not show it."""

    variable: str
    value: str = field(repr=False)

    @property
    def headers(self) -> Mapping[str, str]:
        """The header that carries the key; none without a key."""
        return {"Authorization": f"Bearer {self.value}"} if self.value else {}

    @property
    def redaction(self) -> Redaction:
        """What keeps the key out of messages."""
        return Redaction((self.value,) if self.value else ())

    def check(self, who: str) -> None:
        """Raise ProviderError unless there is a key that a header can carry."""
        if not self.value:
            raise _key_error(f"{who} needs a key: export {self.variable}=...")
        if not (self.value.isascii() and self.value.isprintable()):
            raise _key_error(f"{self.variable} holds characters that no key has")


def _key_error(message: str) -> ProviderError:
    return ProviderError(message, kind=ErrorKind.AUTHENTICATION)


def read_key(variable: str, environment: Mapping[str, str]) -> ApiKey:
    """Return the key that an environment variable holds, without white space around it."""
    return ApiKey(variable, environment.get(variable, "").strip())
