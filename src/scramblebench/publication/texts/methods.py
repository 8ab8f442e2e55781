"""The methods section: what was really done, from the resolved configuration and the run."""

from collections.abc import Iterator
from datetime import UTC

from scramblebench.analysis.registration import registration_cautions, registration_words
from scramblebench.publication.source import Publication
from scramblebench.publication.standings import registration
from scramblebench.publication.texts.gathering import Seen, doses, is_imported, seen_in
from scramblebench.publication.texts.method_asking import prompt_blocks, scoring_blocks
from scramblebench.publication.texts.method_models import model_blocks
from scramblebench.publication.texts.method_questions import question_blocks, scrambling_blocks
from scramblebench.publication.texts.method_running import response_blocks, software_blocks
from scramblebench.publication.texts.method_statistics import statistics_blocks
from scramblebench.publication.texts.prose import Block, Bullets, Heading, paragraph, sentence


def methods_blocks(publication: Publication, seen: Seen | None = None) -> Iterator[Block]:
    """Yield the methods section."""
    found = seen or seen_in(publication)
    yield Heading("Methods", 1)
    yield from _overview(publication)
    yield Heading("Preregistration")
    yield from preregistration_blocks(publication)
    yield Heading("Models")
    yield from model_blocks(publication)
    yield Heading("Questions")
    yield from question_blocks(publication)
    yield Heading("Scrambling")
    yield from scrambling_blocks(publication, doses(publication))
    yield Heading("Prompts")
    yield from prompt_blocks(publication)
    yield Heading("Scoring")
    yield from scoring_blocks(found)
    yield Heading("Responses, missing responses, exclusions")
    yield from response_blocks(publication, found)
    yield Heading("Statistics")
    yield from statistics_blocks(publication)
    yield Heading("Software")
    yield from software_blocks(publication)


def _overview(publication: Publication) -> Iterator[Block]:
    record = publication.record
    first = [facts.first_at for facts in publication.models if facts.first_at]
    if is_imported(publication):
        when = (
            f"The responses were imported from files on {publication.stamp:%Y-%m-%d} (UTC); when and how the "
            "models gave them is not known here."
        )
    else:
        last = f"{publication.stamp:%Y-%m-%d %H:%M:%S}"
        when = "".join(
            f"Responses came in from {at.astimezone(UTC):%Y-%m-%d %H:%M:%S} to {last} (UTC)."
            for at in sorted(first)[:1]
        )
    stated = [("research question", record.research_question), ("hypothesis", record.hypothesis)]
    yield paragraph(
        f"The experiment “{record.name}” has the id {record.id} and the state {record.state}.",
        sentence(record.description) if record.description else "",
        *(f"The {what} was stated as: {sentence(words)}" for what, words in stated if words),
        when,
        "Simulated models were asked nothing: their numbers are a dry run and no measurements."
        if publication.has_simulated
        else "",
    )


def preregistration_blocks(publication: Publication) -> Iterator[Block]:
    """Yield what was preregistered, and whether it holds."""
    registered = registration(publication)
    cautions = registration_cautions(registered, publication.report.options)
    yield paragraph(*map(sentence, registration_words(registered)))
    yield Bullets(tuple(map(sentence, cautions)))
