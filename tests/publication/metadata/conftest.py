from pathlib import Path

import pytest

from scramblebench.publication.source import Publication
from tests.publication.metadata.packages import describe, fill
from tests.publication.support import publication_of


@pytest.fixture(scope="session")
def publication(tmp_path_factory: pytest.TempPathFactory) -> Publication:
    return publication_of(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="session")
def package(publication: Publication, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package with its metadata, which tests read and do not change."""
    folder = tmp_path_factory.mktemp("package")
    fill(publication, folder)
    describe(publication, folder)
    return folder
