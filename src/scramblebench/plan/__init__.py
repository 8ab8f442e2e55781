"""Spec and questions to trials in canonical order, by arithmetic; prompts by trial."""

from scramblebench.plan.declared import DeclaredQuestion, Side, declared_question
from scramblebench.plan.estimate import LaneEstimate, estimate_lanes
from scramblebench.plan.grid import Cell, Grid, missing
from scramblebench.plan.plan import BenchmarkSummary, Plan, make_plan
from scramblebench.plan.prompts import Prompt, ScrambledQuestion

__all__ = [
    "BenchmarkSummary",
    "Cell",
    "DeclaredQuestion",
    "Grid",
    "LaneEstimate",
    "Plan",
    "Prompt",
    "ScrambledQuestion",
    "Side",
    "declared_question",
    "estimate_lanes",
    "make_plan",
    "missing",
]
