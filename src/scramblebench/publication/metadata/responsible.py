"""The responsible-AI fields of Croissant: only what is known to be true, nothing where nothing is known."""

from typing import Any

from scramblebench.publication.metadata.anonymity import veil
from scramblebench.publication.metadata.clean import line
from scramblebench.publication.metadata.collection import (
    annotation,
    how_collected,
    missing_words,
    raw_data,
    scrambling_words,
)
from scramblebench.publication.metadata.description import Description
from scramblebench.publication.metadata.linked import timestamp
from scramblebench.publication.source import Publication
from scramblebench.settings import ProviderName

_TYPES = {
    ProviderName.IMPORTED: "Secondary Data analysis",
    ProviderName.REPLAY: "Secondary Data analysis",
    ProviderName.LOCAL: "Experiments",
    ProviderName.SIMULATED: "Others",
}
"""Words of the vocabulary; models elsewhere are asked through a web API."""


def responsible_values(publication: Publication, about: Description) -> dict[str, Any]:
    """Return the fields by name, ``rai:`` before each."""
    hide = veil(publication)
    kinds = {_TYPES.get(f.spec.provider, "Web API") for f in publication.models}
    limits = [line(hide(caution)) for caution in publication.report.cautions]
    found: dict[str, Any] = {
        "dataCollection": how_collected(publication),
        "dataCollectionType": sorted(kinds),
        "dataCollectionRawData": raw_data(publication),
        "dataCollectionMissingData": missing_words(publication),
        "dataManipulationProtocol": scrambling_words(publication),
        "dataImputationProtocol": "None: a missing response stays missing and is no wrong answer.",
        "dataAnnotationProtocol": annotation(publication, about),
        "machineAnnotationTools": list(about.scorers),
        "dataUseCases": [
            "Testing: checking the published results, and comparing models under scrambling of the same questions."
        ],
        "dataLimitations": limits,
    }
    if about.asked_from is not None and about.asked_to is not None:
        found["dataCollectionTimeframe"] = [timestamp(about.asked_from), timestamp(about.asked_to)]
    return {f"rai:{key}": value for key, value in found.items() if value}
