"""Small cubes with known scores: what an analysis is tried on."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from scramblebench.analysis import AnalysisOptions, ScoreCube
from scramblebench.analysis.cube import Items
from scramblebench.analysis.panels import Panel, panels
from scramblebench.core.conditions import BASELINE, Condition

METHOD = "word_shuffle"
LEVELS = (0, 25, 50, 75, 100)
FEW = AnalysisOptions(n_resamples=199)
"""The default options with few resamples: what is tested is not how near they come."""


def conditions(
    levels: Sequence[float] = LEVELS, methods: Sequence[str] = (METHOD,)
) -> tuple[Condition, ...]:
    """Return the conditions of a plan: the baseline once, then each method's levels."""
    baseline = (BASELINE,) if 0 in levels else ()
    return baseline + tuple(
        Condition(method, level) for method in methods for level in levels if level
    )


def make(
    scores: npt.ArrayLike,
    asked: Sequence[Condition] | None = None,
    *,
    guess_rate: float = 0.0,
    benchmark: Sequence[int] | None = None,
    domain: Sequence[int] | None = None,
    cluster: Sequence[int] | None = None,
    simulated: bool = False,
    n_no_answer: npt.ArrayLike | None = None,
) -> ScoreCube:
    """Return the cube of scores (n_models, n_questions, n_conditions); models are a, b, c ..."""
    table = np.asarray(scores, dtype=np.float64)
    n_models, n, n_conditions = table.shape
    found = tuple(asked) if asked is not None else conditions(LEVELS[:n_conditions])
    where = np.array(benchmark if benchmark is not None else [0] * n, dtype=np.int64)
    domains = np.array(domain if domain is not None else [0] * n, dtype=np.int64)
    n_answered = (~np.isnan(table)).astype(np.int32)
    silent = np.zeros_like(n_answered) if n_no_answer is None else n_no_answer
    return ScoreCube(
        models=tuple("abcdefgh"[:n_models]),
        simulated=(simulated,) * n_models,
        conditions=found,
        items=Items(
            ids=tuple(f"q{number}" for number in range(n)),
            benchmarks=tuple(f"bench{number}" for number in range(int(where.max(initial=0)) + 1)),
            domains=tuple(f"domain{number}" for number in range(int(domains.max(initial=0)) + 1)),
            benchmark=where,
            domain=domains,
            cluster=np.array(cluster if cluster is not None else range(n), dtype=np.int64),
            guess_rate=np.full(n, guess_rate),
        ),
        scores=table,
        n_answered=n_answered,
        n_no_answer=np.asarray(silent, dtype=np.int32),
        n_repeats=1,
    )


def falling(
    n: int = 60,
    *,
    seed: int = 1,
    ends: Sequence[float] = (0.9, 0.7),
    levels: Sequence[float] = LEVELS,
) -> npt.NDArray[np.float64]:
    """Return right-or-wrong scores (n_models, n, n_levels): nine in ten at level 0, a share lost at 100."""
    rng = np.random.Generator(np.random.PCG64(seed))
    is_known = rng.random((len(ends), n)) < 0.9
    tolerance = rng.random((len(ends), n))
    shares = np.array(levels) / 100
    lost = tolerance[:, :, None] < np.array(ends)[:, None, None] * shares
    return (is_known[:, :, None] & ~lost).astype(np.float64)


def panel_of(cube: ScoreCube) -> Panel:
    """Return the only panel of a cube."""
    (panel,) = panels(cube)
    return panel
