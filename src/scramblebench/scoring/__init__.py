"""(Question, response text) -> answer -> Score: versioned rules without I/O.

``score`` is all the engine needs; ``SCORERS`` lists the rules, ``parse_scorer`` reads the name in a
configuration, ``choose_scorer`` picks the rule for a question that names none.
"""

from scramblebench.scoring.scorers import (
    SCORERS,
    Scorer,
    ScorerInfo,
    choose_scorer,
    parse_scorer,
)
from scramblebench.scoring.scores import score

__all__ = ["SCORERS", "Scorer", "ScorerInfo", "choose_scorer", "parse_scorer", "score"]
