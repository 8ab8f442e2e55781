"""Publications with known scores and awkward names: what figures are tried on."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from scramblebench.analysis import AnalysisOptions, ScoreCube, make_report
from scramblebench.core.conditions import Condition
from scramblebench.core.states import ExperimentState
from scramblebench.publication.source import ModelFacts, Publication
from scramblebench.settings import ProviderName
from tests.analysis.cubes import conditions, make

HOSTILE = (
    r"$\input{x}$",
    "\u202ertl \x00\x1b[31m",
    "emoji \N{GRINNING FACE} \u4f60\u597d \ud800",
    "new\nline\ttab",
    "=cmd|'/c calc'!A0",
    "x" * 200,
    "a_b_^{2}",
    "m%&#~\\",
)
FEW = AnalysisOptions(n_resamples=99)


def scores(
    n_models: int, n: int, levels: Sequence[float], *, seed: int = 1, missing: float = 0.0
) -> npt.NDArray[np.float64]:
    """Return falling right-or-wrong scores (n_models, n, n_levels) with one in ten turned over."""
    rng = np.random.Generator(np.random.PCG64(seed))
    tolerance = rng.random((n_models, n))
    lost = tolerance[:, :, None] < np.linspace(0.2, 1.1, n_models)[:, None, None] * (
        np.array(levels) / 100
    )
    table = (~lost).astype(np.float64)
    table = np.where(rng.random(table.shape) < 0.1, 1 - table, table)
    table[rng.random(table.shape) < missing] = np.nan
    return table


def many(n_models: int, n: int = 30) -> ScoreCube:
    """Return a cube of more models than letters."""
    levels = (0, 25, 50, 75, 100)
    table = scores(n_models, n, levels)
    names = tuple(f"vendor/model-{number}-instruct" for number in range(n_models))
    first = make(table[:1])
    return replace(
        first,
        models=names,
        simulated=(False,) * n_models,
        scores=table,
        n_answered=np.ones(table.shape, dtype=np.int32),
        n_no_answer=np.zeros(table.shape, dtype=np.int32),
    )


def several(methods: Sequence[str] = ("word_shuffle", "letter_noise")) -> ScoreCube:
    """Return a cube of two benchmarks and some methods, the second model with answers that are none."""
    asked: tuple[Condition, ...] = conditions((0, 33, 67, 100), methods)
    table = scores(3, 40, [condition.level_pct for condition in asked], missing=0.1)
    silent = np.zeros(table.shape, dtype=np.int32)
    silent[1, ::7, 2:] = 1
    silent[np.isnan(table)] = 0
    table[silent > 0] = 0
    return make(
        table, asked, guess_rate=0.25, benchmark=[0] * 20 + [1] * 20, n_no_answer=silent
    )  # fmt: skip


def published(
    base: Publication,
    cube: ScoreCube,
    *,
    names: Sequence[str] = (),
    benchmarks: Sequence[str] = (),
    is_simulated: bool = False,
    state: ExperimentState = ExperimentState.COMPLETED,
) -> Publication:
    """Return a publication with these scores; of every fourth model cost or latency is not known."""
    models = tuple(names) or cube.models
    items = replace(cube.items, benchmarks=tuple(benchmarks) or cube.items.benchmarks)
    cube = replace(cube, models=models, simulated=(is_simulated,) * len(models), items=items)
    return replace(
        base,
        cube=cube,
        report=make_report("study", cube, FEW),
        models=tuple(facts(base, name, number, is_simulated) for number, name in enumerate(models)),
        record=replace(
            base.record,
            state=state,
            n_answered=int(cube.n_answered.sum()),
            n_trials=cube.n_answered.size,
        ),
    )


def facts(base: Publication, name: str, number: int, is_simulated: bool = False) -> ModelFacts:
    """Return what happened with a model."""
    provider = ProviderName.SIMULATED if is_simulated else ProviderName.IMPORTED
    seconds = 0.3 * (number + 1)
    return replace(
        base.models[0],
        spec=base.models[0].spec.model_copy(
            update={"name": name, "label": None, "provider": provider}
        ),
        n_answered=100,
        cost_microusd=(0, 12_345_678, 250, 1)[number % 4],
        n_cost_unknown=(100, 0, 40, 0)[number % 4],
        latencies_s=None if number % 4 == 3 else (seconds / 3, seconds, seconds * 6),
    )
