"""LaTeX as the tests run it: no shell, no files but its own."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

_TOOLS = ("pdflatex", "pdftotext")
_STYLES = ("siunitx.sty", "threeparttable.sty", "multirow.sty", "lmodern.sty")


def _is_installed() -> bool:
    if not all(map(shutil.which, (*_TOOLS, "kpsewhich"))):
        return False
    found = subprocess.run(["kpsewhich", *_STYLES], capture_output=True, text=True, check=False)
    return len(found.stdout.split()) == len(_STYLES)


needs_latex = pytest.mark.skipif(
    not _is_installed(),
    reason="needs pdflatex with siunitx, threeparttable, multirow and lmodern, and pdftotext",
)


def compile_tex(folder: Path, name: str, *, times: int = 1, engine: str = "pdflatex") -> str:
    """Compile a file of a folder without a shell; return the log. Fails where LaTeX does."""
    command = [engine, "-no-shell-escape", "-halt-on-error", "-interaction=nonstopmode", name]
    environment = {**os.environ, "openin_any": "p", "openout_any": "p"}
    for _ in range(times):
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, errors="replace",
            timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-2000:]
    return (folder / Path(name).with_suffix(".log")).read_text(encoding="utf-8", errors="replace")


def pdf_text(folder: Path, source: str, *, times: int = 1) -> str:
    """Compile a document; return the text of its pages."""
    (folder / "t.tex").write_text(source, encoding="utf-8")
    compile_tex(folder, "t.tex", times=times)
    return text_of(folder / "t.pdf")


def text_of(path: Path) -> str:
    """Return the text of a PDF."""
    done = subprocess.run(["pdftotext", str(path), "-"], capture_output=True, check=True)
    return done.stdout.decode("utf-8")
