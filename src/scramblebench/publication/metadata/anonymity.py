"""Double-blind review: what may not be written, and what was therefore left out."""

import re
from collections.abc import Callable, Iterator
from functools import partial

from scramblebench.publication.source import Publication

HIDDEN = "[anonymised]"
_ADDRESS = re.compile(
    r"\b(?:https?|ssh|git|ftp)://\S+|\b(?:www|git@\w[\w.-]*)[.:]\S+|\S+@\w[\w-]*(?:\.\w[\w-]*)+"
    r"|(?:/home|/Users|/root|[A-Za-z]:\\Users)[/\\]?\S*"
)


def anonymised(publication: Publication) -> tuple[str, ...]:
    """Return what the metadata leave out, a line each; nothing where nothing had to be.

    No line holds what was left out.
    """
    return tuple(_removed(publication)) if publication.is_anonymous else ()


def veil(publication: Publication) -> Callable[[str], str]:
    """Return what hides persons, institutions, addresses and home folders in a text; else the text itself."""
    if not publication.is_anonymous:
        return str
    names = sorted({*_names(publication)} - {""}, key=lambda name: (-len(name), name))
    known = re.compile("|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in names) or r"(?!)")
    return partial(_hidden, known)


def _hidden(known: re.Pattern[str], text: str) -> str:
    return known.sub(HIDDEN, _ADDRESS.sub(HIDDEN, text))


def _names(publication: Publication) -> Iterator[str]:
    record = publication.record
    for author in publication.authors:
        yield from (author.name, author.full, author.family, author.affiliation or "")
    yield from (record.researcher_name, record.institution or "")


def _removed(publication: Publication) -> Iterator[str]:
    authors, record = publication.authors, publication.record
    yield from _counted(len(authors), "name of an author", "names of authors")
    n_affiliations = sum(author.affiliation is not None for author in authors)
    yield from _counted(n_affiliations, "affiliation", "affiliations")
    yield from _counted(sum(author.orcid is not None for author in authors), "ORCID", "ORCIDs")
    if record.researcher_name:
        yield "the researcher's name in the experiment"
    if record.institution:
        yield "the institution in the experiment"
    specs = [facts.spec for facts in publication.models]
    n_urls = sum(spec.base_url is not None for spec in specs)
    yield from _counted(n_urls, "address of a provider", "addresses of providers")
    n_paths = sum(spec.path is not None for spec in specs)
    yield from _counted(n_paths, "folder of a model's file", "folders of models' files")
    hide = veil(publication)
    texts = {"title": publication.title, "abstract": publication.abstract}
    texts["keywords"] = "\n".join(publication.keywords)
    yield from (
        f"names or addresses in the {where}" for where, text in texts.items() if hide(text) != text
    )


def _counted(number: int, one: str, more: str) -> Iterator[str]:
    if number:
        yield f"{number} {one if number == 1 else more}"
