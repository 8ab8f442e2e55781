"""Drafted texts: methods, results, limitations and checklists, in Markdown and LaTeX."""

from scramblebench.publication.texts.writing import text_files, write_texts

__all__ = ["text_files", "write_texts"]
