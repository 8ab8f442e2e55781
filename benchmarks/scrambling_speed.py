"""How fast each method scrambles questions of 200 characters, in one process.

Every call gets another text and key (cold), so no cache of whole texts can help. Figures are medians
of five passes in processor time: MB/s of UTF-8 text and microseconds per prompt, with realised dose,
edit distance and record included. Run: python benchmarks/scrambling_speed.py [n_texts] [--check]
"""

import statistics
import sys
import time

from scramblebench.core.conditions import Condition
from scramblebench.core.randomness import RandomStream
from scramblebench.scrambling import METHODS, Method, scramble

LENGTH = 200
LEVELS_PCT = (17.0, 50.0, 100.0)
N_PASSES = 5
BAR_MB_PER_S = {"character_substitution": 5.0}
SLOWEST_MB_PER_S = 1.0

SUBJECTS = (
    "The baker",
    "Maria",
    "A small factory",
    "Our neighbour",
    "The librarian",
    "Tom's sister",
)
VERBS = ("sells", "collects", "repairs", "counts", "orders", "paints", "delivers", "returns")
THINGS = (
    "loaves",
    "boxes",
    "bicycles",
    "stamps",
    "novels",
    "wooden chairs",
    "glass bottles",
    "tickets",
)
TIMES = ("every morning", "on Monday", "before lunch", "in the first week", "during the holidays")
ASKED = ("How many are left?", "What is the total?", "How much does that cost?")


def sentence(draw: RandomStream) -> str:
    """Return one sentence of a word problem."""
    verb, thing, when = draw.choice(VERBS), draw.choice(THINGS), draw.choice(TIMES)
    return (
        f"{draw.choice(SUBJECTS)} {verb} {2 + draw.below(97)} {thing} {when}, not ${draw.below(9)}."
    )


def question(number: int) -> str:
    """Return a question of 200 characters, another one for each number."""
    draw = RandomStream("benchmark text", number)
    parts = [draw.choice(ASKED)]
    while sum(map(len, parts)) < LENGTH:
        parts.insert(0, sentence(draw))
    return " ".join(parts)[-LENGTH:]


def pass_s(method: Method, level_pct: float, texts: list[str], number: int) -> float:
    """Return the processor seconds of one pass over all texts."""
    condition = Condition(method.name, level_pct, seed=number)
    start = time.process_time()
    for index, text in enumerate(texts):
        scramble(text, condition, key=f"{number}-{index}/question")
    return time.process_time() - start


def median_us(method: Method, texts: list[str]) -> float:
    """Return the median over passes of the mean time per prompt over the levels."""
    passes = [
        statistics.fmean(pass_s(method, level, texts, number) for level in LEVELS_PCT)
        for number in range(N_PASSES)
    ]
    return statistics.median(passes) / len(texts) * 1e6


def main(arguments: list[str]) -> int:
    """Print one line per method; with --check return 1 where one misses its bar."""
    counts = [int(argument) for argument in arguments if argument.isdigit()]
    texts = [question(number) for number in range(counts[0] if counts else 500)]
    n_bytes = statistics.fmean(len(text.encode()) for text in texts)
    missed = 0
    print(f"{'method':<26}{'MB/s':>8}{'us/prompt':>12}{'bar MB/s':>10}")
    for method in METHODS.values():
        duration_us = median_us(method, texts)
        speed, bar = n_bytes / duration_us, BAR_MB_PER_S.get(method.name, SLOWEST_MB_PER_S)
        missed += speed < bar
        print(f"{method.name:<26}{speed:>8.2f}{duration_us:>12.1f}{bar:>10.1f}")
    return int(missed > 0 and "--check" in arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
