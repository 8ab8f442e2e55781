"""The limitations: what the analysis, the plan and the run say against their own numbers."""

import re
from collections.abc import Iterator

from scramblebench.analysis.registration import registration_cautions
from scramblebench.publication.numbers import count, number_id, report_rows
from scramblebench.publication.source import Publication
from scramblebench.publication.standings import registration
from scramblebench.publication.texts.gathering import Seen, is_imported, seen_in
from scramblebench.publication.texts.prose import Block, Bullets, Heading, closed, paragraph

_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def limitations_blocks(publication: Publication, seen: Seen | None = None) -> Iterator[Block]:
    """Yield the limitations of this experiment; none that is not its own."""
    found = seen or seen_in(publication)
    yield Heading("Limitations", 1)
    yield paragraph(
        "These follow from this experiment: its cautions, its coverage, and the warnings of its computations."
    )
    yield Bullets(tuple(map(closed, _own(publication, found))))
    warnings = list(_warnings(publication))
    if warnings:
        yield Heading("Warnings of the computations")
        yield Bullets(tuple(warnings))


def _own(publication: Publication, seen: Seen) -> Iterator[str]:
    yield from registration_cautions(registration(publication), publication.report.options)
    yield from publication.report.cautions
    yield from publication.plan.notes
    if is_imported(publication):
        yield (
            "the responses were imported: prompts, decoding, the scrambled texts and what served the models are "
            "not known here"
        )
    n_unnamed = sum(s.n_responses for f in publication.models for s in f.served if not s.digest)
    if n_unnamed and not is_imported(publication):
        yield (
            f"{count(n_unnamed)} responses come without a digest of the weights: the model behind a name may change"
        )
    if seen.n_truncated:
        yield f"{count(seen.n_truncated)} responses were cut off at the limit of tokens"
    if seen.n_prompt_cut:
        yield f"{count(seen.n_prompt_cut)} prompts did not fit into the context and were cut"
    if publication.preregistration is None:
        yield "nothing was preregistered with scramblebench"
    if not publication.environments and not is_imported(publication):
        yield "the software environment of the run was not recorded"


def _warnings(publication: Publication) -> Iterator[str]:
    """Yield each kind of warning once, as the first number has it, with how many others have one."""
    found: dict[str, list[tuple[str, str]]] = {}
    for row in report_rows(publication.report):
        for warning in getattr(row, "warnings", ()):
            found.setdefault(_NUMBER.sub("#", warning), []).append((warning, number_id(row)))
    for alike in sorted(found.values(), key=len, reverse=True):
        warning, name = alike[0]
        others = f"; {count(len(alike) - 1)} more numbers have one of its kind" if alike[1:] else ""
        yield f"{closed(warning)} Of {name}{others}."
