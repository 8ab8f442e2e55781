"""Names and titles of any characters: each format says the same text, and nothing breaks out of it."""

import json
import re
import shutil
import subprocess
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from scramblebench.publication.metadata import describe
from scramblebench.publication.metadata.citation import citation_bib, citation_cff, escape_bibtex
from scramblebench.publication.metadata.clean import line
from scramblebench.publication.metadata.codemeta import codemeta_values
from scramblebench.publication.metadata.linked import json_text
from scramblebench.publication.metadata.markdown import escape, table
from scramblebench.publication.metadata.rocrate import rocrate_values
from scramblebench.publication.metadata.zenodo import zenodo_values
from scramblebench.publication.source import Author, Publication
from scramblebench.publication.texts.markdown import shown
from tests.publication.metadata import packages
from tests.publication.metadata.test_formats import check_cff, graph

HOSTILE = [
    'A "quoted" {title} with \\backslash, 100% & $x_1^2$ ~ #1',
    "}} , author = {Mallory}, title = {{",
    "line\nbreak\r\n- item: [x]\n---\nkey: value",
    "\x00\x07\x1b[31mred\x7f\u202egnp.exe\ud800\ufffe",
    "<script>alert(1)</script> | a | b |\n| --- |",
    "日本語 العربية 👩‍🔬 ﷽ é",
    "!!python/object/apply:os.system ['id']",
    "null",
    "2026-01-01",
    "=cmd|' /C calc'!A0",
    "\\input{/etc/passwd}\\immediate\\write18{id}",
    "x" * 3000,
]
ANY = st.text(st.characters(), max_size=60) | st.sampled_from(HOSTILE)
QUICK = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def named(publication: Publication, title: str, name: str, more: str) -> Publication:
    authors = (Author(name, more or None), Author(f"{{{name}}}"))
    return replace(publication, title=title, authors=authors, abstract=more, keywords=(more, title))


@QUICK
@given(title=ANY, name=ANY, more=ANY)
def test_every_format_says_the_same(publication: Publication, title: str, name: str, more: str):
    about = describe(named(publication, title, name, more))
    cff = check_cff(citation_cff(about))
    deposit = json.loads(json_text(zenodo_values(about)))
    software = json.loads(json_text(codemeta_values(about)))
    crate = json.loads(json_text(rocrate_values(about, ())))["@graph"][1]
    assert cff["title"] == deposit["title"] == software["name"] == crate["name"] == about.title
    assert cff["abstract"] == software["description"] == crate["description"] == about.text
    names = [one.get("family-names") or one["name"] for one in cff["authors"]]
    assert names == [one.family for one in about.creators]
    assert not re.search(
        "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e]", about.title + about.text
    )
    assert "<script" not in deposit["description"]


@QUICK
@given(title=ANY, name=ANY)
def test_bibtex_has_two_entries_of_balanced_braces(publication: Publication, title: str, name: str):
    text = citation_bib(describe(named(publication, title, name, "")))
    depth, entries = 0, 0
    for character in text:
        entries += character == "@" and depth == 0
        depth += (character == "{") - (character == "}")
        assert depth >= 0
    assert (depth, entries) == (0, 2)


@given(ANY)
def test_escaped_bibtex_has_no_braces_or_commands_of_its_own(text: str):
    left = re.sub(r"\\(?:text[a-z]+\{\}|[$&#_%])|\{\"\}", "", escape_bibtex(text))
    assert not set(left) & set('\\{}$&#_%^~<>|"')


@QUICK
@given(ANY)
def test_markdown_cells_are_text_and_stay_cells(text: str):
    reader = MarkdownIt("gfm-like", {"linkify": False})
    tokens = reader.parse(f"{table(('a', 'b'), [(escape(text), 'end')])}\n")
    cells = [after for token, after in pairwise(tokens) if token.type == "td_open"]
    assert len(cells) == 2
    children = cells[0].children or []
    assert {child.type for child in children} <= {"text", "text_special"}
    assert "".join(child.content for child in children) == shown(line(text)).strip()


def test_a_whole_package_of_hostile_names(publication: Publication, tmp_path: Path):
    changed = named(publication, HOSTILE[0], HOSTILE[1], HOSTILE[4])
    spec = changed.models[0].spec.model_copy(update={"label": f"../../{HOSTILE[4]}"})
    models = (replace(changed.models[0], spec=spec), *changed.models[1:])
    packages.fill(changed, tmp_path)
    written = packages.describe(replace(changed, models=models), tmp_path)
    assert all(path.is_relative_to(tmp_path) and path.is_file() for path in written)
    assert len({path.name for path in written}) == len(written)
    check_cff((tmp_path / "CITATION.cff").read_text("utf-8"))
    assert graph(tmp_path)["./"]["name"] == HOSTILE[0]
    mlcroissant = pytest.importorskip("mlcroissant")
    issues = mlcroissant.Dataset(str(tmp_path / "data" / "croissant.json")).metadata.ctx.issues
    assert not issues.errors
    for card in (tmp_path / "models").iterdir():
        assert "<script" not in card.read_text("utf-8").replace("\\<", "")


@pytest.mark.skipif(
    not (shutil.which("bibtex") and shutil.which("pdflatex")), reason="needs bibtex and pdflatex"
)
def test_latex_prints_a_hostile_entry(publication: Publication, tmp_path: Path):
    entry = named(publication, f"{HOSTILE[0]} {HOSTILE[10]}", HOSTILE[1], "")
    (tmp_path / "x.bib").write_text(citation_bib(describe(entry)), "utf-8")
    (tmp_path / "x.tex").write_text(
        r"\documentclass{article}\begin{document}\nocite{*}\bibliographystyle{plain}\bibliography{x}"
        r"\end{document}"
    )
    latex = ["pdflatex", "-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error", "x.tex"]
    for command in (latex, ["bibtex", "x"], latex, latex):
        done = subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, errors="replace"
        )
        assert done.returncode == 0, done.stdout[-2000:]
    assert "Warning--" not in (tmp_path / "x.blg").read_text("utf-8", "replace")
    if shutil.which("pdftotext"):
        printed = subprocess.run(
            ["pdftotext", "x.pdf", "-"], cwd=tmp_path, capture_output=True, text=True
        )
        words = re.sub(r"[\s-]", "", printed.stdout)
        assert "{title}with\\backslash" in words
        assert "\\input{/etc/passwd}" in words


def test_written_twice_it_has_the_same_bytes(
    publication: Publication, package: Path, tmp_path: Path
):
    packages.fill(publication, tmp_path)
    for _ in range(2):  # the second time over what the first wrote
        written = packages.describe(publication, tmp_path)
        for path in written:
            name = path.relative_to(tmp_path)
            assert path.read_bytes() == (package / name).read_bytes(), name
