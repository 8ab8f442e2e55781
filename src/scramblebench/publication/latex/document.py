"""The document that holds all tables and compiles alone."""

from collections.abc import Mapping

from scramblebench.publication.latex.escaping import escape_tex
from scramblebench.publication.latex.table import PACKAGES
from scramblebench.publication.source import Publication


def preamble() -> str:
    """Return what stands before the text of a document of ours; it works in all three LaTeX engines."""
    packages = ",".join(PACKAGES)
    return rf"""\documentclass[10pt,a4paper]{{article}}
\usepackage{{iftex}}
\ifpdftex
  \usepackage[T1]{{fontenc}}
  \usepackage[utf8]{{inputenc}}
  \usepackage{{cmap}}
\fi
\usepackage{{lmodern}}
\usepackage{{textcomp}}
\usepackage[margin=25mm]{{geometry}}
\usepackage{{{packages}}}
\frenchspacing
"""


def all_tables_tex(publication: Publication, tables: Mapping[str, str]) -> str:
    """Return a whole document with the tables, by type."""
    title = escape_tex(publication.title)
    authors = r" \and ".join(escape_tex(a.name) for a in publication.shown_authors)
    parts = "\n".join(tables.values())
    return rf"""% Compile with: pdflatex -no-shell-escape all_tables.tex (three times, until the columns stand still)
{preamble()}\title{{{title}: all tables}}
\author{{{authors}}}
\date{{{publication.stamp:%Y-%m-%d}}}
\begin{{document}}
\maketitle
{parts}\end{{document}}
"""
