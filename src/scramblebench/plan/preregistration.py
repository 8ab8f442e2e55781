"""What a preregistration freezes: all that is decided before the first response, as one canonical text."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain
from pathlib import PurePath
from typing import TypeAlias

from scramblebench.core.canonical import JsonValue, canonical_json, content_hash
from scramblebench.core.errors import UsageError
from scramblebench.plan.plan import BenchmarkSummary, Plan
from scramblebench.settings import ModelSpec, ProviderName

FORMAT = "scramblebench-preregistration/1"
Content: TypeAlias = Mapping[str, JsonValue]
"""What is frozen, by section, without the time and the version (plan -> evaluation, analysis)."""

_ASKED_WITH = ("temperature", "max_tokens", "top_p", "stop", "seed", "system_prompt", "num_ctx")
_OF_MODELS = ("mean_accuracy", "single_levels", "dependency_differences")
_BY_DEPENDENCY = ("dependency", "dependency_differences")
_OVER_LEVELS = ("levels", "trends", "mean_accuracy", "contrasts")


def frozen_content(
    plan: Plan, *, experiment_id: str, name: str, research_question: str, hypothesis: str | None
) -> Content:
    """Return what is frozen of an experiment; no person, address or path is in it."""
    spec, declared = plan.spec, plan.spec.preregistration
    statistics = spec.statistical_analysis
    return {
        "experiment_id": experiment_id,
        "name": name,
        "research_question": research_question,
        "hypotheses": list(declared.hypotheses or ((hypothesis,) if hypothesis else ())),
        "primary": list(declared.primary),
        "pairs": [[_label(plan, model) for model in pair] for pair in declared.pairs],
        "exclusions": list(declared.exclusions),
        "models": [_model(model) for model in spec.models],
        "conditions": [
            {
                "method": condition.method,
                "level_pct": float(condition.level_pct),
                "seed": condition.seed,
                "parameters": dict(condition.parameters),
            }
            for condition in plan.conditions
        ],
        "scrambled_fields": list(spec.scrambling.fields),
        "benchmarks": _benchmarks(plan),
        "n_repeats": plan.grid.n_repeats,
        "n_trials": len(plan),
        "statistics": statistics.model_dump(mode="json"),
        "corrections": {
            analysis: correction_of(analysis, statistics.correction_method, statistics.family)
            for analysis in ("levels", *_OF_MODELS)
        },
    }


def frozen_text(content: Content, frozen_at: datetime, version: str) -> str:
    """Return the text that is kept and hashed."""
    moment = frozen_at.astimezone(UTC).isoformat(timespec="microseconds")
    return canonical_json(
        {**content, "format": FORMAT, "frozen_at": moment, "scramblebench": version}
    )


def correction_of(analysis: str, correction_method: str, family: str) -> str:
    """Return how the p-values of an analysis are adjusted where so much is configured.

    Comparisons of models in accuracy fall back from Holm to Benjamini-Hochberg; max-T is only there for the
    levels of one model.
    """
    if correction_method == "holm" and analysis in ("mean_accuracy", "single_levels"):
        return "fdr_bh"
    if correction_method == "max_t" and (analysis != "levels" or family == "experiment"):
        return "holm"
    return correction_method


def differences(frozen: Content, now: Content) -> tuple[str, ...]:
    """Return the sections in which what is there now is not what was frozen.

    Keys that a later version of ScrambleBench adds are no difference.
    """
    return tuple(key for key in sorted(now) if not _holds(frozen.get(key), now[key]))


def _holds(frozen: JsonValue, now: JsonValue) -> bool:
    if isinstance(frozen, Mapping) and isinstance(now, Mapping):
        return all(key in now and _holds(value, now[key]) for key, value in frozen.items())
    if isinstance(frozen, str) or not isinstance(frozen, Sequence):
        return frozen == now
    if isinstance(now, str) or not isinstance(now, Sequence) or len(frozen) != len(now):
        return False
    return all(map(_holds, frozen, now))


def check_primary(plan: Plan) -> None:
    """Raise UsageError where something is declared as confirmatory that the plan does not compute."""
    for words in chain(_unknown_models(plan), _not_computed(plan)):
        raise UsageError(f"preregistration.{words}")


def _unknown_models(plan: Plan) -> Iterator[str]:
    known = ", ".join(model.shown_name for model in plan.spec.models)
    labels = {name for model in plan.spec.models for name in (model.name, model.shown_name)}
    for pair in plan.spec.preregistration.pairs:
        for name in pair:
            if name not in labels:
                yield f"pairs: no model is called {name!r}; there are {known}"


def _not_computed(plan: Plan) -> Iterator[str]:
    """Yield what is declared and not computed, and how either is changed."""
    statistics, levels = plan.spec.statistical_analysis, {c.level_pct for c in plan.conditions}
    for analysis in plan.spec.preregistration.primary:
        if analysis in _BY_DEPENDENCY and not statistics.calculate_language_dependency:
            yield _idle(analysis, "statistical_analysis.calculate_language_dependency is false")
        if analysis == "thresholds" and not statistics.threshold_analysis:
            yield _idle(analysis, "statistical_analysis.threshold_analysis is false")
        if analysis == "contrasts" and not (
            statistics.control_benchmark or statistics.floor_method
        ):
            yield _idle(analysis, "neither control_benchmark nor floor_method is set")
        if analysis in ("levels", "thresholds", "contrasts", *_BY_DEPENDENCY) and 0 not in levels:
            yield _idle(analysis, "level 0 is not asked")
        if analysis in (*_OVER_LEVELS, *_BY_DEPENDENCY) and len(levels) < 2:
            yield _idle(analysis, "only one level is asked")
        if analysis in _OF_MODELS and len(plan.spec.models) < 2:
            yield _idle(analysis, "there is only one model")


def _idle(analysis: str, reason: str) -> str:
    return f"primary: {analysis} is not computed, because {reason}; change either of them"


def _label(plan: Plan, name: str) -> str:
    """Return what tables call a model that is given by name or label."""
    found = [m.shown_name for m in plan.spec.models if name in (m.shown_name, m.name)]
    return name if name in found or not found else found[0]


def _model(model: ModelSpec) -> Content:
    """Return what decides a model's answers; of its address only the hash, of its file only the name."""
    values = model.model_dump(mode="json")
    return {
        "name": model.name,
        "label": model.shown_name,
        "provider": values["provider"],
        **{key: values[key] for key in _ASKED_WITH},
        "base_url_sha256": content_hash(model.base_url) if model.base_url else None,
        "file": PurePath(model.path).name if model.path else None,
        "simulation": values["simulation"] if model.provider is ProviderName.SIMULATED else None,
    }


def _benchmarks(plan: Plan) -> Content:
    ids: dict[str, list[str]] = {}
    for question in plan.questions:
        ids.setdefault(question.benchmark, []).append(question.id)
    files = {part.name: part for part in plan.benchmarks}
    return {
        name: {
            **spec.model_dump(mode="json", exclude={"paths", "fields", "format"}),
            "files_sha256": _digests(files.get(name)),
            "n_questions": len(ids.get(name, ())),
            "questions_sha256": content_hash(ids.get(name, [])),
        }
        for name, spec in plan.spec.benchmarks.items()
    }


def _digests(summary: BenchmarkSummary | None) -> list[str]:
    return [digest for _, digest in summary.files] if summary else []
