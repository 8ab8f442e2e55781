"""What every ``DocumentStore`` must do."""

import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest

from scramblebench.core.errors import ExperimentNotFound
from scramblebench.storage import Database, DocumentKind
from scramblebench.testing.experiments import make_experiment

_TEXT = '{"python":"3.11","odd":"\\u0000 \0 \ud800 \N{SNOWMAN}"}'


class DocumentConformance:
    """Documents come back word for word; what was stored once is never changed or stored twice."""

    def test_a_document_comes_back_word_for_word(self, database: Database) -> None:
        database.experiments.add(make_experiment("e1"))
        stored = database.documents.add("e1", DocumentKind.ENVIRONMENT, _TEXT)
        assert stored.text == _TEXT
        assert stored.sha256 == hashlib.sha256(_TEXT.encode("utf-8", "surrogatepass")).hexdigest()
        assert list(database.documents.list("e1")) == [stored]

    def test_the_same_document_again_changes_nothing(self, database: Database) -> None:
        database.experiments.add(make_experiment("e1"))
        first = database.documents.add("e1", DocumentKind.ENVIRONMENT, "{}")
        assert database.documents.add("e1", DocumentKind.ENVIRONMENT, "{}") == first
        assert list(database.documents.list("e1")) == [first]

    def test_documents_are_listed_by_kind_oldest_first(self, database: Database) -> None:
        for name in ("e1", "e2"):
            database.experiments.add(make_experiment(name))
        first = database.documents.add("e1", DocumentKind.ENVIRONMENT, '{"n":2}')
        frozen = database.documents.add("e1", DocumentKind.PREREGISTRATION, '{"n":2}')
        later = database.documents.add("e1", DocumentKind.ENVIRONMENT, '{"n":1}')
        assert list(database.documents.list("e1")) == [first, frozen, later]
        assert list(database.documents.list("e1", DocumentKind.ENVIRONMENT)) == [first, later]
        assert list(database.documents.list("e1", kind=DocumentKind.PREREGISTRATION)) == [frozen]
        assert list(database.documents.list("e2")) == []

    def test_runners_that_store_the_same_at_once_store_it_once(self, database: Database) -> None:
        database.experiments.add(make_experiment("e1"))

        def add(number: int) -> str:
            text = f'{{"n":{number % 2}}}'
            return database.documents.add("e1", DocumentKind.ENVIRONMENT, text).text

        with ThreadPoolExecutor(4) as pool:
            assert len(list(pool.map(add, range(8)))) == 8
        assert len(database.documents.list("e1")) == 2

    def test_documents_belong_to_an_experiment(self, database: Database) -> None:
        with pytest.raises(ExperimentNotFound):
            database.documents.add("e1", DocumentKind.ENVIRONMENT, "{}")
        with pytest.raises(ExperimentNotFound):
            database.documents.list("e1")

    def test_a_database_says_what_it_is(self, database: Database) -> None:
        engine = database.engine()
        assert engine.dialect in ("sqlite", "postgresql")
        assert int(engine.version.split(".")[0]) >= 3
