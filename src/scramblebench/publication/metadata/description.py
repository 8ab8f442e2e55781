"""What all metadata say of a package, each fact formatted once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from scramblebench.publication.metadata.anonymity import veil
from scramblebench.publication.metadata.clean import line, paragraphs
from scramblebench.publication.metadata.licences import Licence, licence
from scramblebench.publication.source import Author, Publication
from scramblebench.settings import ProviderName

NOT_RECORDED = "not recorded"


@dataclass(frozen=True, slots=True)
class Creator:
    """An author with text that every format can carry; ``affiliation`` and ``orcid`` "" where unknown."""

    given: str
    family: str
    affiliation: str
    orcid: str
    is_group: bool

    @property
    def full(self) -> str:
        """Given and family name."""
        return f"{self.given} {self.family}".strip()

    @property
    def inverted(self) -> str:
        """The family name, a comma, the given name: as libraries file it."""
        return f"{self.family}, {self.given}" if self.given else self.family

    @property
    def orcid_url(self) -> str:
        """The ORCID as an address, "" where there is none."""
        return f"https://orcid.org/{self.orcid}" if self.orcid else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """The one source of all metadata.

    ``text`` is the abstract and, after an empty line, a paragraph that says what there is. ``identifier`` is
    a URN: there is no address before the package is deposited. ``version`` is the day of the last response
    and the beginning of the hash of what was analysed. ``asked_from`` and ``asked_to`` are the times of the
    first and the last response of models that were asked; None where all were imported. ``scorers`` are
    the names and versions of what judged the responses, as those say.
    """

    title: str
    text: str
    keywords: tuple[str, ...]
    creators: tuple[Creator, ...]
    identifier: str
    version: str
    published_at: datetime
    created_at: datetime
    asked_from: datetime | None
    asked_to: datetime | None
    licence: Licence
    data_licence: Licence
    versions: Mapping[str, str]
    scorers: tuple[str, ...]

    @property
    def day(self) -> str:
        """The day that the publication bears, as ISO 8601."""
        return self.published_at.date().isoformat()

    @property
    def holders(self) -> str:
        """Who holds the rights."""
        return ", ".join(creator.full for creator in self.creators)


def describe(publication: Publication) -> Description:
    """Return the description of a publication; raises UsageError where a licence is not an SPDX identifier."""
    hide, stamp = veil(publication), publication.stamp
    asked = [facts for facts in publication.models if _was_asked(facts.spec.provider)]
    first = [facts.first_at for facts in asked if facts.first_at is not None]
    last = [facts.last_at for facts in asked if facts.last_at is not None]
    texts = (paragraphs(hide(publication.abstract)), line(hide(contents(publication))))
    return Description(
        title=line(hide(publication.title)) or "Untitled",
        text="\n\n".join(text for text in texts if text),
        keywords=tuple(dict.fromkeys(filter(None, (line(hide(w)) for w in publication.keywords)))),
        creators=_creators(publication),
        identifier=f"urn:uuid:{publication.record.id}",
        version=f"{stamp.year}.{stamp.month}.{stamp.day}+{publication.report.inputs_sha256[:12]}",
        published_at=stamp,
        created_at=publication.record.created_at.replace(microsecond=0),
        asked_from=min(first, default=None),
        asked_to=max(last, default=None),
        licence=licence(publication.licence),
        data_licence=licence(publication.data_licence),
        versions=dict(sorted(publication.report.versions.items())),
        scorers=_scorers(publication),
    )


def _was_asked(provider: ProviderName) -> bool:
    return provider not in (ProviderName.IMPORTED, ProviderName.REPLAY)


def _scorers(publication: Publication) -> tuple[str, ...]:
    found = {one.score.scorer for one in publication.responses() if one.score is not None}
    return tuple(sorted(found))


def _creators(publication: Publication) -> tuple[Creator, ...]:
    found = tuple(_creator(author) for author in publication.shown_authors if line(author.family))
    return found or (Creator("", f"Author {NOT_RECORDED}", "", "", True),)


def _creator(author: Author) -> Creator:
    return Creator(
        given=line(author.given),
        family=line(author.family),
        affiliation=line(author.affiliation or ""),
        orcid=author.orcid or "",
        is_group=author.is_group,
    )


def contents(publication: Publication) -> str:
    """Return a paragraph that says what there is, from how many models and questions."""
    return " ".join(_sentences(publication))


def _sentences(publication: Publication) -> Iterator[str]:
    plan, record = publication.plan, publication.record
    n_models = len(publication.models)
    names = ", ".join(part.name for part in plan.benchmarks)
    yield (
        f"{_counted(record.n_answered, 'response')} of {_counted(n_models, 'language model')} to "
        f"{_counted(len(plan.questions), 'question')} ({names}), {conditions_words(publication)}, with scores, "
        "statistics, tables, figures and what is needed to check them."
    )
    missing = record.n_trials - record.n_answered
    if missing:
        yield f"{_counted(missing, 'planned response')} of {record.n_trials:,} missing: nothing stands in for them."
    imported = [f for f in publication.models if f.spec.provider is ProviderName.IMPORTED]
    if imported:
        who = "The responses" if len(imported) == n_models else f"Those of {len(imported):,} models"
        yield f"{who} were imported from files: when and how the models were asked is {NOT_RECORDED}."
    simulated = [facts.spec.shown_name for facts in publication.models if facts.is_simulated]
    if simulated:
        yield f"The answers of {', '.join(simulated)} are simulated: their numbers are no measurements."


def conditions_words(publication: Publication) -> str:
    """Return how the questions were asked: each method of scrambling with its levels."""
    conditions = publication.plan.conditions
    levels: dict[str, set[float]] = {}
    for condition in conditions:
        if not condition.is_baseline:
            levels.setdefault(condition.method, set()).add(condition.level_pct)
    methods = ", ".join(
        f"{method} ({', '.join(f'{level:g}' for level in sorted(found))} %)"
        for method, found in levels.items()
    )
    parts = ["unscrambled"] * any(condition.is_baseline for condition in conditions)
    return " and ".join([*parts, *([f"scrambled by {methods}"] if methods else [])])


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"
