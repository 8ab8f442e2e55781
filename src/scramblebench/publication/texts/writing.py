"""The texts of a publication as files."""

from pathlib import Path

from scramblebench.publication.source import Publication
from scramblebench.publication.texts.checklists import arr_markdown, neurips_tex
from scramblebench.publication.texts.gathering import seen_in
from scramblebench.publication.texts.limitations import limitations_blocks
from scramblebench.publication.texts.methods import methods_blocks
from scramblebench.publication.texts.prose import latex, markdown
from scramblebench.publication.texts.results import results_blocks


def text_files(publication: Publication) -> dict[str, str]:
    """Return all texts by the name of their file."""
    seen = seen_in(publication)
    methods = list(methods_blocks(publication, seen))
    results = list(results_blocks(publication))
    return {
        "methods.md": markdown(methods),
        "methods.tex": latex(methods),
        "results.md": markdown(results),
        "results.tex": latex(results),
        "limitations.md": markdown(limitations_blocks(publication, seen)),
        "checklists/neurips.tex": neurips_tex(publication),
        "checklists/arr_responsible_nlp.md": arr_markdown(publication),
    }


def write_texts(publication: Publication, folder: Path) -> list[Path]:
    """Write methods, results, limitations and checklists into a folder; return the files."""
    written: list[Path] = []
    for name, text in text_files(publication).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
        written.append(path)
    return written
