"""The tests that every ``Database`` must pass.

Subclass ``StoreConformance`` in a test module and give it a fixture ``database`` that yields an empty,
migrated database; pytest does the rest::

    class TestMyDatabase(StoreConformance):
        @pytest.fixture
        def database(self): ...
"""

from scramblebench.testing.analysis_conformance import AnalysisConformance
from scramblebench.testing.browse_conformance import BrowseConformance
from scramblebench.testing.document_conformance import DocumentConformance
from scramblebench.testing.experiment_conformance import ExperimentConformance
from scramblebench.testing.ledger_conformance import LedgerConformance, RateConformance
from scramblebench.testing.monitor_conformance import MonitorConformance
from scramblebench.testing.queue_conformance import QueueConformance
from scramblebench.testing.shard_conformance import ShardConformance
from scramblebench.testing.trial_conformance import TrialConformance


class StoreConformance(
    ExperimentConformance,
    TrialConformance,
    LedgerConformance,
    RateConformance,
    QueueConformance,
    ShardConformance,
    AnalysisConformance,
    MonitorConformance,
    DocumentConformance,
    BrowseConformance,
):
    """Experiments, trials, money, rates, queue, shards, results, alerts, documents and pages; needs pytest and hypothesis."""
