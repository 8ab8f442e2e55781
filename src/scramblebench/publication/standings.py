"""Which numbers of a publication are confirmatory, by what was preregistered."""

from collections import Counter
from collections.abc import Iterator, Sequence

from scramblebench.analysis.preregistration import AnyRow, outside
from scramblebench.evaluation import Registered, registered_of
from scramblebench.publication.source import Publication


def registration(publication: Publication) -> Registered | None:
    """Return what was preregistered, None where nothing was."""
    return registered_of(publication.preregistration)


def why_exploratory(publication: Publication, row: AnyRow) -> str:
    """Return why a row is exploratory although something was preregistered, in a few words; else ""."""
    registered = registration(publication)
    return outside(registered, publication.report.options, row) if registered else ""


def standing_sentences(publication: Publication, rows: Sequence[AnyRow]) -> Iterator[str]:
    """Yield what rows are: exploratory and why, or confirmatory; counts where they are both."""
    if registration(publication) is None:
        yield "Nothing was preregistered: exploratory."
        return
    reasons = Counter(why_exploratory(publication, row) for row in rows)
    n_confirmatory = reasons.pop("", 0)
    if n_confirmatory:
        yield f"Confirmatory, as preregistered{f': {n_confirmatory:,} of {len(rows):,}' * bool(reasons)}."
    if reasons:
        counts = "; ".join(f"{n:,}, {why}" for why, n in reasons.most_common())
        why = counts if n_confirmatory or len(reasons) > 1 else next(iter(reasons))
        yield f"Exploratory: {why}."
