"""How one response was judged, in a word and a sign: colour is never the only one."""

from dataclasses import dataclass

from scramblebench.storage import RIGHT_FROM, ResponseRecord, Verdict

MISSING = "missing"
SIGNS = {
    Verdict.RIGHT.value: "✓",
    Verdict.WRONG.value: "✗",
    Verdict.NO_ANSWER.value: "∅",
    Verdict.UNSCORED.value: "?",
    MISSING: "–",
}


@dataclass(frozen=True, slots=True)
class Judged:
    """A response with its verdict; without one the trial is missing, which is no wrong answer."""

    verdict: str
    record: ResponseRecord | None

    @property
    def sign(self) -> str:
        """The verdict as one character."""
        return SIGNS[self.verdict]

    @property
    def answer(self) -> str | None:
        """What was extracted from the response."""
        score = self.record.score if self.record else None
        return score.answer if score else None

    @property
    def status(self) -> str:
        """Why there is no answer, or that there is one."""
        score = self.record.score if self.record else None
        return str(score.status) if score else self.verdict


def judged(record: ResponseRecord | None) -> Judged:
    """Return a response with its verdict."""
    if record is None:
        return Judged(MISSING, None)
    if record.score is None:
        return Judged(Verdict.UNSCORED, record)
    if not record.score.status.is_answer:
        return Judged(Verdict.NO_ANSWER, record)
    is_right = record.score.value >= RIGHT_FROM
    return Judged(Verdict.RIGHT if is_right else Verdict.WRONG, record)
