"""What a reader must know before any number of a figure: interim, simulated."""

from dataclasses import dataclass

from scramblebench.core.states import ExperimentState
from scramblebench.storage import ExperimentRecord


@dataclass(frozen=True, slots=True)
class Standing:
    """How far an experiment has come, and whether its models were asked at all."""

    is_interim: bool = False
    n_answered: int = 0
    n_planned: int = 0
    has_simulated: bool = False

    @property
    def banner(self) -> str:
        """The sentences that stand above a figure; "" where there is nothing to say."""
        said: list[str] = []
        if self.is_interim:
            said.append(
                f"Interim: {self.n_answered:,} of {self.n_planned:,} responses; "
                "the experiment is not completed."
            )
        if self.has_simulated:
            said.append("Simulated models were asked nothing: their numbers are no measurements.")
        return " ".join(said)

    @property
    def sentence(self) -> str:
        """The banner, else how many responses there are."""
        return self.banner or (
            f"{self.n_answered:,} of {self.n_planned:,} planned responses are there."
        )


def standing_of(record: ExperimentRecord, *, has_simulated: bool) -> Standing:
    """Return where an experiment stands."""
    is_interim = record.state is not ExperimentState.COMPLETED
    return Standing(is_interim, record.n_answered, record.n_trials, has_simulated)
