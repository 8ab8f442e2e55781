"""Every error that ScrambleBench raises on purpose.

ScrambleBenchError                  exit 1
├── UsageError                      exit 2   something the user typed or wrote; says the remedy
│   ├── PlacedError                          ... and the place
│   │   ├── ConfigError                      the YAML file
│   │   ├── BenchmarkFileError               a benchmark file
│   │   └── ImportFileError                  a file of responses
│   ├── ExperimentNotFound
│   └── MissingDependency                    an optional extra is not installed
├── StateError                      exit 1   a change of state that the transition table does not know
├── StorageError                    exit 1   the database refused or is not there
│   └── DatabaseMissing                      nothing was ever stored there
├── ProviderError                   exit 1   a model did not answer (see ErrorKind); never a wrong answer
└── LeaseLost                       exit 75  another runner has taken this experiment over
"""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import ClassVar


class ScrambleBenchError(Exception):
    """Base of the tree; the message is one line fit for a user."""

    exit_code: ClassVar[int] = 1


class UsageError(ScrambleBenchError):
    """What the user gave cannot be used as it is."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a file something stands; line counts from 1."""

    path: Path | str
    line: int | None = None

    def __str__(self) -> str:
        return f"{self.path}:{self.line}" if self.line is not None else str(self.path)


class PlacedError(UsageError):
    """A usage error at a place: ``study.yaml:14: level 170 is not between 0 and 100``."""

    def __init__(self, message: str, place: Place | None = None) -> None:
        super().__init__(f"{place}: {message}" if place else message)
        self.place = place


class ConfigError(PlacedError):
    """The configuration is not valid."""


class BenchmarkFileError(PlacedError):
    """A benchmark file cannot be read as questions."""


class ImportFileError(PlacedError):
    """A file of responses cannot be read as what it is taken for."""


class ExperimentNotFound(UsageError):
    """No experiment, or more than one, goes by that name."""


class MissingDependency(UsageError):
    """An optional extra is needed and not installed; the message has the command that installs it."""


class StateError(ScrambleBenchError):
    """The transition table does not allow this change of state."""


class StorageError(ScrambleBenchError):
    """The database cannot be reached, is too old or too new, or refused a write."""


class DatabaseMissing(StorageError):
    """There is no database yet, or one without a schema; the message has the command that makes it."""


class LeaseLost(ScrambleBenchError):
    """Another runner holds this experiment now, or it may no longer run."""

    exit_code = 75


class ErrorKind(StrEnum):
    """Why a model did not answer; decides whether and how the trial is tried again."""

    RATE_LIMIT = "rate_limit"  # 429
    OVERLOADED = "overloaded"  # 503, 529
    TIMEOUT = "timeout"  # 408, 504, 524 or our own deadline
    CONNECTION = "connection"  # refused, reset, cut
    SERVER = "server"  # 500, 502
    BAD_RESPONSE = "bad_response"  # a body that is not what the protocol says
    NO_CONTENT = "no_content"  # 200 without an answer
    AUTHENTICATION = "authentication"  # 401, 403
    CREDITS = "credits"  # 402
    MODEL_MISSING = "model_missing"  # 404
    CONTEXT_LENGTH = "context_length"  # prompt longer than the window
    CONTENT_FILTER = "content_filter"  # moderation refused the prompt
    INVALID_REQUEST = "invalid_request"  # 400, 413, 422
    NOT_SENT = "not_sent"  # reserved, and never sent: the run was stopped first

    @property
    def is_retryable(self) -> bool:
        """Whether the same request may be answered later."""
        return self in _RETRYABLE

    @property
    def stops_model(self) -> bool:
        """Whether every further trial of this model would fail the same way."""
        return self in _STOPS_MODEL


_RETRYABLE = frozenset(
    {
        ErrorKind.RATE_LIMIT,
        ErrorKind.OVERLOADED,
        ErrorKind.TIMEOUT,
        ErrorKind.CONNECTION,
        ErrorKind.SERVER,
        ErrorKind.BAD_RESPONSE,
        ErrorKind.NO_CONTENT,
        ErrorKind.NOT_SENT,
    }
)
_STOPS_MODEL = frozenset({ErrorKind.AUTHENTICATION, ErrorKind.CREDITS, ErrorKind.MODEL_MISSING})


class ProviderError(ScrambleBenchError):
    """A model did not answer.

    ``retry_after_s`` is the wait the provider asked for in seconds (None = it asked for none);
    ``status`` the HTTP status where there was one. ``may_be_charged`` says that the request was sent
    and that nothing tells whether it was paid for. The message never holds a key.
    """

    def __init__(
        self,
        message: str,
        *,
        kind: ErrorKind,
        status: int | None = None,
        retry_after_s: float | None = None,
        may_be_charged: bool = False,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.status = status
        self.retry_after_s = retry_after_s
        self.may_be_charged = may_be_charged


def known_error(error: BaseException) -> ScrambleBenchError | None:
    """Return the first error of ours in an error or a group of errors, None where there is none."""
    if isinstance(error, ScrambleBenchError):
        return error
    if isinstance(error, BaseExceptionGroup):
        inner: tuple[BaseException, ...] = error.exceptions
        return next((known for part in inner if (known := known_error(part))), None)
    return None
