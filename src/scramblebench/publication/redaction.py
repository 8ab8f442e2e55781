"""What must not leave this machine: folders, and for double-blind review everything that names somebody."""

from dataclasses import replace
from pathlib import PurePath

from scramblebench.plan import Plan
from scramblebench.publication.metadata import anonymised
from scramblebench.publication.metadata.anonymity import veil
from scramblebench.publication.source import Publication
from scramblebench.settings import ExperimentSpec, ModelSpec


def portable(publication: Publication) -> Publication:
    """Return the publication without the folders that files lay in on this machine."""
    spec = publication.plan.spec
    benchmarks = {
        name: part.model_copy(update={"paths": tuple(map(_relative, part.paths))})
        for name, part in spec.benchmarks.items()
    }
    models = tuple(map(_without_folder, spec.models))
    return _with_spec(
        publication, spec.model_copy(update={"benchmarks": benchmarks, "models": models})
    )


def redacted(publication: Publication) -> tuple[Publication, tuple[str, ...]]:
    """Return the publication without names of persons, institutions and machines, and what was left out.

    What was left out is said without repeating it.
    """
    marked = replace(publication, is_anonymous=True)
    hide, removed = veil(marked), anonymised(marked)
    spec = marked.plan.spec
    about = spec.research_metadata
    hidden = spec.model_copy(
        update={
            "description": hide(spec.description),
            "research_metadata": about.model_copy(
                update={
                    "researcher_name": "",
                    "institution": None,
                    "research_question": hide(about.research_question),
                    "hypothesis": about.hypothesis and hide(about.hypothesis),
                }
            ),
            "models": tuple(m.model_copy(update={"base_url": None}) for m in spec.models),
        }
    )
    record = marked.record
    found = _with_spec(marked, hidden)
    return (
        replace(
            found,
            title=hide(marked.title),
            authors=(),
            abstract=hide(marked.abstract),
            source_text=_without_addresses(hide(marked.source_text), spec),
            record=replace(
                found.record,
                name=hide(record.name),
                description=hide(record.description),
                research_question=hide(record.research_question),
                hypothesis=record.hypothesis and hide(record.hypothesis),
                researcher_name="",
                institution=None,
            ),
            report=replace(found.report, name=hide(found.report.name)),
            events=tuple(
                replace(event, actor="", reason=event.reason and hide(event.reason))
                for event in marked.events
            ),
        ),
        (*removed, "who changed the experiment's state"),
    )


def _with_spec(publication: Publication, spec: ExperimentSpec) -> Publication:
    plan = publication.plan
    return replace(
        publication,
        plan=Plan(spec, plan.questions, plan.conditions, plan.benchmarks),
        record=replace(publication.record, spec_json=spec.to_json()),
        models=tuple(
            replace(facts, spec=model)
            for facts, model in zip(publication.models, spec.models, strict=True)
        ),
    )


def _without_folder(model: ModelSpec) -> ModelSpec:
    return model.model_copy(update={"path": model.path and PurePath(model.path).name})


def _relative(path: str) -> str:
    return PurePath(path).name if PurePath(path).is_absolute() else path


def _without_addresses(text: str, spec: ExperimentSpec) -> str:
    for model in spec.models:
        if model.base_url:
            text = text.replace(model.base_url, "[anonymised]")
    return text
