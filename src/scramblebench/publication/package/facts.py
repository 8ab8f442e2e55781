"""What a package keeps of an experiment beside its data: enough to make the publication again without a database."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from scramblebench.core.conditions import Condition
from scramblebench.core.errors import UsageError
from scramblebench.plan import BenchmarkSummary
from scramblebench.publication.source import Author, ModelFacts, Publication
from scramblebench.settings import ExperimentSpec
from scramblebench.storage import EventRecord, ExperimentRecord, LedgerTotals

FORMAT = "scramblebench-package/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageFacts:
    """A publication without its questions, responses and results, which the data files hold."""

    format: str
    title: str
    authors: tuple[Author, ...]
    abstract: str
    licence: str
    data_licence: str
    keywords: tuple[str, ...]
    is_anonymous: bool
    record: ExperimentRecord
    spec: ExperimentSpec
    conditions: tuple[Condition, ...]
    benchmarks: tuple[BenchmarkSummary, ...]
    models: tuple[ModelFacts, ...]
    events: tuple[EventRecord, ...]
    ledger: LedgerTotals
    environments: tuple[Mapping[str, Any], ...]
    preregistration: Mapping[str, Any] | None


_ADAPTER = TypeAdapter(PackageFacts)


def facts_of(publication: Publication) -> PackageFacts:
    """Return the facts of a publication."""
    plan = publication.plan
    return PackageFacts(
        format=FORMAT,
        title=publication.title,
        authors=publication.shown_authors,
        abstract=publication.abstract,
        licence=publication.licence,
        data_licence=publication.data_licence,
        keywords=tuple(publication.keywords),
        is_anonymous=publication.is_anonymous,
        record=publication.record,
        spec=plan.spec,
        conditions=plan.conditions,
        benchmarks=plan.benchmarks,
        models=publication.models,
        events=publication.events,
        ledger=publication.ledger,
        environments=publication.environments,
        preregistration=publication.preregistration,
    )


def facts_json(facts: PackageFacts) -> str:
    """Return facts as JSON, the same text for the same facts."""
    return _ADAPTER.dump_json(facts, indent=1).decode("utf-8") + "\n"


def read_facts(text: str, name: str) -> PackageFacts:
    """Return the facts of a file called ``name``; raises UsageError for another format or a damaged one."""
    try:
        found = _ADAPTER.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise UsageError(f"{name}: {where or 'the file'}: {first['msg']}") from None
    if found.format != FORMAT:
        raise UsageError(f"{name}: format {found.format!r}; this version reads {FORMAT!r}")
    return found
