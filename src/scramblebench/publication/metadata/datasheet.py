"""The datasheet of the data: the seven headings of "Datasheets for Datasets", filled from facts.

Reference: Gebru et al. (2021), doi:10.1145/3458723. What nobody has written down is said to be not recorded.
"""

from collections.abc import Sequence

from scramblebench.publication.metadata.anonymity import veil
from scramblebench.publication.metadata.collection import (
    annotation,
    how_collected,
    is_imported,
    missing_words,
    raw_data,
    scrambling_words,
)
from scramblebench.publication.metadata.description import NOT_RECORDED, Description
from scramblebench.publication.metadata.files import FileRole, PackagedFile
from scramblebench.publication.metadata.licences import OF_OTHERS
from scramblebench.publication.metadata.linked import timestamp
from scramblebench.publication.metadata.markdown import bullets, escape, table
from scramblebench.publication.source import Publication

PATH = "data/datasheet.md"
_NOBODY = "Programs only: no persons were asked or observed."
_UNKNOWN = NOT_RECORDED.capitalize() + "."


def datasheet(publication: Publication, about: Description, files: Sequence[PackagedFile]) -> str:
    """Return the text of data/datasheet.md."""
    parts = [
        f"# Datasheet: {escape(about.title)}",
        "The headings are those of Gebru et al., Datasheets for Datasets, doi:10.1145/3458723. "
        "Every answer is taken from the experiment's records; what they do not say is not guessed.",
        *_motivation(publication, about),
        *_composition(publication, about, files),
        *_collection(publication, about),
        *_processing(publication, about),
        *_uses(publication),
        *_distribution(about),
        *_maintenance(about),
    ]
    return "\n\n".join(parts) + "\n"


def _answer(question: str, answer: str) -> str:
    return f"**{question}** {answer or _UNKNOWN}"


def _motivation(publication: Publication, about: Description) -> tuple[str, ...]:
    hide, record = veil(publication), publication.record
    who = ", ".join(
        escape(c.full) + (f" ({escape(c.affiliation)})" if c.affiliation else "")
        for c in about.creators
    )
    return (
        "## Motivation",
        _answer("Purpose.", escape(hide(record.research_question or record.description))),
        _answer("Hypothesis.", escape(hide(record.hypothesis or ""))),
        _answer("Creators.", who),
        _answer("Funding.", _UNKNOWN),
    )


def _composition(
    publication: Publication, about: Description, files: Sequence[PackagedFile]
) -> tuple[str, ...]:
    data = sorted((f for f in files if f.role is FileRole.DATA), key=lambda file: file.path)
    rows = [(escape(f.path), f"{f.size:,}", escape(f.description)) for f in data]
    return (
        "## Composition",
        _answer("What there is.", escape(about.text.split("\n\n")[-1])),
        _answer("Files.", "Those below." if data else "There are no data files in this package."),
        *([table(("file", "bytes", "content"), rows)] if data else []),
        _answer("Questions.", escape(raw_data(publication))),
        _answer("Missing.", escape(missing_words(publication))),
        _answer("Labels.", escape(annotation(publication, about))),
        _answer("Cautions of the analysis.", _cautions(publication)),
        _answer(
            "Personal, confidential or offensive content.", f"{_UNKNOWN} Nobody has looked for it."
        ),
    )


def _cautions(publication: Publication) -> str:
    hide = veil(publication)
    found = [escape(hide(caution)) for caution in publication.report.cautions]
    return f"{len(found):,}:\n\n{bullets(found)}" if found else "None."


def _collection(publication: Publication, about: Description) -> tuple[str, ...]:
    when = ""
    if about.asked_from is not None and about.asked_to is not None:
        when = f"{timestamp(about.asked_from)} to {timestamp(about.asked_to)}."
    return (
        "## Collection process",
        _answer("How.", escape(how_collected(publication))),
        _answer("When the models were asked.", when),
        _answer("Who took part.", "" if any(map(is_imported, publication.models)) else _NOBODY),
        _answer("Ethical review.", _UNKNOWN),
    )


def _processing(publication: Publication, about: Description) -> tuple[str, ...]:
    versions = ", ".join(f"{name} {version}" for name, version in about.versions.items())
    return (
        "## Preprocessing, cleaning, labelling",
        _answer("Alteration of the questions.", escape(scrambling_words(publication))),
        _answer(
            "Raw data.",
            "Responses are kept as they came; scores and statistics are made from them.",
        ),
        _answer("Programs of the analysis.", escape(f"{versions}.")),
    )


def _uses(publication: Publication) -> tuple[str, ...]:
    names = ", ".join(part.name for part in publication.plan.benchmarks)
    unfit = "Claims about tasks, languages or scramblings other than those asked"
    if publication.has_simulated:
        unfit += "; claims about real models from simulated answers"
    return (
        "## Uses",
        _answer("Used so far.", "For the statistics, tables and figures of this package."),
        _answer(
            "Fit for.",
            escape(f"Checking them; comparing these models on {names} under the same scrambling."),
        ),
        _answer("Not fit for.", f"{unfit}."),
    )


def _distribution(about: Description) -> tuple[str, ...]:
    return (
        "## Distribution",
        _answer(
            "Licence.", f"{escape(about.data_licence.name)}, {about.data_licence.url}. {OF_OTHERS}"
        ),
        _answer("Identifier.", f"{about.identifier}, version {about.version}."),
        _answer("Address.", _UNKNOWN),
    )


def _maintenance(about: Description) -> tuple[str, ...]:
    return (
        "## Maintenance",
        _answer("Maintained by.", _UNKNOWN),
        _answer("State.", f"As of the last response, {timestamp(about.published_at)}."),
        _answer("Errata and updates.", _UNKNOWN),
    )
