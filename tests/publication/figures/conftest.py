"""One publication for all tests of figures, and the style that they are drawn with."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from scramblebench.publication.figures.style import styled
from scramblebench.publication.source import Publication
from tests.publication.support import publication_of


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Publication:
    """The publication of a study of simulated models."""
    folder: Path = tmp_path_factory.mktemp("study")
    return publication_of(folder)


@pytest.fixture
def style() -> Iterator[None]:
    """The style of figures, for tests that draw without saving."""
    with styled():
        yield
