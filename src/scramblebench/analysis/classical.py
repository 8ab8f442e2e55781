"""Tests by name, for those who were asked for one: on questions' means over levels, models side by side."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from scramblebench.analysis.cube import Floats
from scramblebench.analysis.panels import Panel
from scramblebench.core.errors import UsageError
from scramblebench.statistics import Estimate, HypothesisTest
from scramblebench.statistics.means.anova import repeated_measures_anova
from scramblebench.statistics.means.dominance import cliffs_delta
from scramblebench.statistics.means.effect_sizes import cohens_d_pooled, d_z, hedges_g
from scramblebench.statistics.means.rank_tests import friedman, mann_whitney, wilcoxon_signed_rank
from scramblebench.statistics.means.t_tests import paired_t, two_sample_t

T = TypeVar("T")

PAIRED_SHARED = (
    "both models answered the same questions: a paired test is right, this one ignores the pairing"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedTest:
    """A test with its effect size; differences are first minus second.

    ``is_paired`` tells whether it used the questions that both answered, or each side's own.
    """

    test: HypothesisTest
    effect: Estimate
    is_paired: bool = True
    warnings: tuple[str, ...] = ()


Pairwise = Callable[[Floats, Floats, float], NamedTest]
Omnibus = Callable[[Floats], HypothesisTest]


def question_means(panel: Panel) -> Floats:
    """Return each question's mean over the levels, (n_models, n_questions); NaN unless all were answered."""
    return panel.scores.mean(axis=2)


def pairwise_test(name: str) -> Pairwise:
    """Return a test of two models by its name; raises UsageError for an unknown one."""
    return _named(name, _PAIRWISE)


def omnibus_test(name: str) -> Omnibus:
    """Return a test of all models at once by its name; raises UsageError for an unknown one."""
    return _named(name, _OMNIBUS)


def is_omnibus(name: str) -> bool:
    """Whether a test is of all models at once."""
    return name in _OMNIBUS


def known_tests() -> Sequence[str]:
    """Return the names of all tests."""
    return (*_PAIRWISE, *_OMNIBUS)


def _paired_t(first: Floats, second: Floats, level: float) -> NamedTest:
    found = paired_t(second, first, level)
    return NamedTest(test=found.test, effect=d_z(second, first, level))


def _wilcoxon(first: Floats, second: Floats, level: float) -> NamedTest:
    found = wilcoxon_signed_rank(second, first)
    return NamedTest(test=found.test, effect=d_z(second, first, level))


def _welch(first: Floats, second: Floats, level: float) -> NamedTest:
    effect = hedges_g(cohens_d_pooled(second, first, level))
    return NamedTest(
        test=two_sample_t(second, first, level), effect=effect, is_paired=False,
        warnings=(PAIRED_SHARED,),
    )  # fmt: skip


def _mann_whitney(first: Floats, second: Floats, level: float) -> NamedTest:
    return NamedTest(
        test=mann_whitney(second, first),
        effect=cliffs_delta(second, first, level),
        is_paired=False,
        warnings=(PAIRED_SHARED,),
    )


def _anova(scores: Floats) -> HypothesisTest:
    found = repeated_measures_anova(scores)
    method = f"{found.test.method}, Greenhouse-Geisser"
    return replace(found.test, method=method, p_value=found.p_greenhouse_geisser)


_PAIRWISE: Mapping[str, Pairwise] = {
    "paired_t": _paired_t,
    "wilcoxon": _wilcoxon,
    "welch_t": _welch,
    "mann_whitney": _mann_whitney,
}
_OMNIBUS: Mapping[str, Omnibus] = {"anova": _anova, "friedman": friedman}


def _named(name: str, known: Mapping[str, T]) -> T:
    if name not in known:
        raise UsageError(f"no test is called {name!r}; there are {', '.join(known_tests())}")
    return known[name]


def complete(scores: Floats) -> Floats:
    """Return the questions that all models answered, (n_questions, n_models)."""
    return scores.T[~np.isnan(scores).any(axis=0)]
