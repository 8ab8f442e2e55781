"""The whole analysis of 1,000,000 responses: CPU seconds and peak memory of a process of its own.

``python benchmarks/analysis_speed.py``: 20 models, 7 levels, 7,000 questions; every interval with 10,000
bootstrap resamples of questions, every pair of models compared at every level. Run it with
OPENBLAS_NUM_THREADS=1 to keep it on one core.
"""

import argparse
import os
import resource
import sys
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from scramblebench.analysis import AnalysisOptions, ScoreCube, make_report
from scramblebench.analysis.cube import Items
from scramblebench.core.conditions import BASELINE, Condition

LEVELS = (0, 17, 33, 50, 67, 83, 100)
CHANCE = 0.25


def main() -> int:
    """Analyse drawn scores; print what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=int, default=20)
    parser.add_argument("--questions", type=int, default=7_000)
    parser.add_argument("--passages", type=int, default=0, help="questions share so many passages")
    parser.add_argument("--resamples", type=int, default=10_000)
    given = parser.parse_args()
    cube = drawn_cube(given.models, given.questions, given.passages)
    start_s = time.process_time()
    report = make_report("benchmark", cube, AnalysisOptions(n_resamples=given.resamples))
    taken_s = time.process_time() - start_s
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{cube.scores.size:,} responses, {given.resamples:,} resamples, "
        f"{len(report.comparisons):,} comparisons: {taken_s:.1f} CPU s, {peak_mb:.0f} MB"
    )
    return 0


def drawn_cube(n_models: int, n_questions: int, n_passages: int) -> ScoreCube:
    """Return scores whose accuracy falls with the level, alike for questions that are alike."""
    rng = np.random.Generator(np.random.PCG64(1))
    shared = rng.random((1, n_questions, 1))
    ability = np.linspace(0.6, 0.95, n_models)[:, None, None]
    tolerance = rng.lognormal(-0.6, 0.5, (1, n_questions, 1))
    share = np.array(LEVELS) / 100
    p = CHANCE + (ability - CHANCE) * np.exp(-share / tolerance)
    shape = (n_models, n_questions, len(LEVELS))
    scores = (0.5 * rng.random(shape) + 0.5 * shared < p).astype(float)
    labels = rng.integers(0, n_passages, n_questions) if n_passages else np.arange(n_questions)
    nothing = np.zeros(n_questions, dtype=np.int64)
    return ScoreCube(
        models=tuple(f"model {number}" for number in range(n_models)),
        simulated=(False,) * n_models,
        conditions=(
            BASELINE,
            *(Condition("character_substitution", level) for level in LEVELS[1:]),
        ),
        items=Items(
            ids=tuple(f"{number:064x}" for number in range(n_questions)),
            benchmarks=("drawn",),
            domains=("",),
            benchmark=nothing,
            domain=nothing,
            cluster=np.unique(labels, return_inverse=True)[1].astype(np.int64),
            guess_rate=np.full(n_questions, CHANCE),
        ),
        scores=scores,
        n_answered=np.ones(shape, np.int32),
        n_no_answer=np.zeros(shape, np.int32),
        n_repeats=1,
    )


if __name__ == "__main__":
    sys.exit(main())
