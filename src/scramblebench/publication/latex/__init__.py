"""Tables and macros for papers written in LaTeX."""

from scramblebench.publication.latex.escaping import escape_lines, escape_tex, visible
from scramblebench.publication.latex.writing import TABLE_TYPES, table_texts, write_tables

__all__ = ["TABLE_TYPES", "escape_lines", "escape_tex", "table_texts", "visible", "write_tables"]
