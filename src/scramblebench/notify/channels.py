"""Messages to e-mail, Slack, webhooks and whatever else Apprise speaks; addresses come from the environment."""

import logging
import re
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

from scramblebench.core.errors import ConfigError, MissingDependency

_LOGGER = logging.getLogger("apprise")
_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
_LONG_ENOUGH = 5
"""Characters that make a piece of an address worth hiding."""
_PAUSE_S = 1.0
"""Between two messages to one address, at most; Apprise's 5.5 s for mail would hold up the end of a run."""
_KINDS = {"info": "info", "warning": "warning", "critical": "failure"}
"""What Apprise calls our severities."""


class Channel(Protocol):
    """One address."""

    def send(self, title: str, body: str, severity: str = "info") -> str | None:
        """Send a message; return None when it was taken, else why not. The reason holds no secret.

        ``severity`` is info, warning or critical; targets that can colour by it do.
        """
        ...


Deliver = Callable[[str], Channel]
"""Opens the channel whose address stands in a variable (notify -> delivery); raises ConfigError."""


def open_variable(variable: str, environment: Mapping[str, str]) -> Channel:
    """Return the channel whose Apprise URL is in an environment variable.

    Raises ConfigError where it is not set or no address, MissingDependency without Apprise.
    """
    url = environment.get(variable, "").strip()
    if not url:
        raise ConfigError(
            f"{variable} is not set; put an Apprise URL into it, such as "
            "mailtos://user:password@example.org?to=me@example.org, "
            "slack://tokenA/tokenB/tokenC or json://example.org/path"
        )
    return open_channel(url, variable)


def open_channel(url: str, name: str) -> Channel:
    """Return the channel of an Apprise URL; ``name`` stands for it in messages, which never show it."""
    try:
        from apprise import Apprise, AppriseAsset
    except ImportError:
        raise MissingDependency(
            'alerts are sent by Apprise, which is not installed: pip install "scramblebench[alerts]"'
        ) from None
    asset = AppriseAsset(app_id="ScrambleBench", app_desc="ScrambleBench", app_url="")
    sender = Apprise(asset=asset)
    with _words_of_apprise():
        is_known = sender.add(url)
    if not is_known or len(sender) != 1:
        raise ConfigError(
            f"{name} holds no address that Apprise knows; write one such as "
            "mailtos://user:password@example.org?to=me@example.org or json://example.org/path"
        )
    for server in sender:
        server.redirects = False  # a webhook that moved is asked at its new place by nobody
        server.request_rate_per_sec = min(server.request_rate_per_sec, _PAUSE_S)
    return _AppriseChannel(sender, url)


class _AppriseChannel:
    """A channel through Apprise: one request, resolved once by the connection itself, no redirects."""

    def __init__(self, sender: Any, url: str) -> None:
        self._sender = sender
        self._url = url

    def send(self, title: str, body: str, severity: str = "info") -> str | None:
        kind = _KINDS.get(severity, "info")
        shown, text = (_CONTROL.sub("\N{REPLACEMENT CHARACTER}", part) for part in (title, body))
        with _words_of_apprise() as words:
            is_taken = self._sender.notify(
                title=shown, body=text, body_format="text", notify_type=kind
            )
        if is_taken:
            return None
        return _without_secrets("; ".join(words), self._url) or "the target did not take it"


class _Words(logging.Handler):
    """Keeps what Apprise says in place of printing it."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.words: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.words.append(" ".join(record.getMessage().split()))


@contextmanager
def _words_of_apprise() -> Generator[list[str]]:
    handler = _Words()
    _LOGGER.addHandler(handler)
    _LOGGER.propagate = False
    try:
        yield handler.words
    finally:
        _LOGGER.removeHandler(handler)


def _without_secrets(text: str, url: str) -> str:
    """Return a text without the pieces of an address but its scheme; long ones first."""
    _, _, rest = url.partition("://")
    pieces = {piece for piece in re.split(r"[/:@?&=,]", rest) if len(piece) >= _LONG_ENOUGH}
    for piece in sorted(pieces, key=len, reverse=True):
        text = text.replace(piece, "***")
    return text
