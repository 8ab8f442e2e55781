"""From a number to its trials: what is behind it is what it is computed from."""

import numpy as np
import pytest

from scramblebench.core.errors import UsageError
from scramblebench.publication.results import results_values, rows_by_id
from scramblebench.publication.source import Publication
from scramblebench.publication.tracing import trace
from tests.publication.support import publication_of


@pytest.fixture(scope="module")
def publication(tmp_path_factory: pytest.TempPathFactory) -> Publication:
    return publication_of(tmp_path_factory.mktemp("study"))


def scores(publication: Publication, reference: str) -> np.ndarray:
    """Return the scores of the responses behind a number."""
    wanted = set(trace(publication, reference).trials.tolist())
    found = [r.score.value for r in publication.responses() if r.trial_index in wanted and r.score]
    assert len(found) == len(wanted)
    return np.array(found)


def test_every_accuracy_is_the_mean_of_the_scores_behind_it(publication: Publication):
    rows = rows_by_id(publication)
    accuracies = [key for key in rows if key.startswith(("accuracy/", "domain/"))]
    assert len(accuracies) > 20
    for key in accuracies[:: max(1, len(accuracies) // 12)]:
        assert scores(publication, key).mean() == pytest.approx(rows[key]["accuracy"])


def test_a_drop_rests_on_the_level_and_the_baseline(publication: Publication):
    rows = rows_by_id(publication)
    key = next(key for key, row in rows.items() if row.get("kind") == "level")
    found = scores(publication, key)
    assert len(found) == 2 * rows[key]["n_questions"]
    assert found.sum() / rows[key]["n_questions"] == pytest.approx(
        rows[key]["first_mean"] + rows[key]["second_mean"]
    )


def test_everything_in_results_can_be_traced(publication: Publication):
    for key, row in results_values(publication)["rows"].items():
        found = trace(publication, key)
        assert found.row == row
        assert len(found.trials)
        assert found.computed_by.startswith("scramblebench.")


def test_a_field_of_a_row_has_the_id_of_its_row(publication: Publication):
    key = next(key for key in rows_by_id(publication) if key.startswith("accuracy/"))
    found = trace(publication, f"{key}#low")
    assert (found.id, found.value) == (f"{key}#low", rows_by_id(publication)[key]["low"])


def test_a_table_and_words_name_a_number(publication: Publication):
    model = publication.cube.models[0]
    found = trace(publication, f"tab:summary/{model}/67")
    assert found.id.startswith("accuracy/")
    assert found.id.endswith("/67")


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("tab:summary/67", "could be 3 numbers"),
        ("tab:nothing/x", "there is no table"),
        ("nothing/at/all", "the nearest is"),
        ("experiment#colour", "has no 'colour'; it has state"),
    ],
)
def test_what_is_no_number_is_refused_with_the_way_out(
    publication: Publication, reference: str, words: str
):
    with pytest.raises(UsageError, match=words):
        trace(publication, reference)
