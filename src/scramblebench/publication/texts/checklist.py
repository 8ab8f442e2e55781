"""A checklist's question as it is answered: from what is in the package, or left to the authors."""

from dataclasses import dataclass
from enum import StrEnum

from scramblebench.publication.latex import escape_tex
from scramblebench.publication.texts.markdown import escape_markdown


class Answer(StrEnum):
    """What is answered; TODO is for the authors, who alone can know."""

    YES = "Yes"
    NO = "No"
    NA = "NA"
    TODO = "TODO"


@dataclass(frozen=True, slots=True)
class Entry:
    """One question: its key and subject, the answer with its reason, and where the evidence is.

    ``evidence`` are files of the package, and ids of numbers in results/results.json.
    """

    key: str
    subject: str
    answer: Answer
    reason: str
    evidence: tuple[str, ...] = ()

    def to_markdown(self) -> str:
        """Return the entry as Markdown."""
        where = (
            f" Evidence: {', '.join(map(escape_markdown, self.evidence))}." if self.evidence else ""
        )
        return (
            f"- **{escape_markdown(self.key)} {escape_markdown(self.subject)}** "
            f"{self.answer}. {escape_markdown(self.reason)}{where}"
        )

    def to_tex(self) -> str:
        """Return the entry as LaTeX, with the macros that the NeurIPS style has for answers."""
        macro = {"Yes": "Yes", "No": "No", "NA": "NA", "TODO": "TODO"}[self.answer]
        where = f" Evidence: {', '.join(map(escape_tex, self.evidence))}." if self.evidence else ""
        return (
            rf"\item {{\bfseries {escape_tex(self.subject)}.}} Answer: \answer{macro}{{}}."
            f" Justification: {escape_tex(self.reason)}{where}"
        )
