"""How fast each method scrambles questions of 200 characters, in one process.

Cold: every call gets another text and key, so that no cache can help; in turn: one text under its
levels, as the engine asks it. Processor time, with realised dose, edit distance and record included;
median and best of seven passes, since other work on the machine slows some of them.
Run: python benchmarks/scrambling_speed.py [n_texts] [--check]
"""

import statistics
import sys
import time

from scramblebench.core.conditions import Condition
from scramblebench.core.randomness import RandomStream
from scramblebench.scrambling import METHODS, Method, scramble

LENGTH = 200
LEVELS_PCT = (17.0, 50.0, 100.0)
N_PASSES = 7
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


def pass_us(method: Method, texts: list[str], number: int, *, is_in_turn: bool) -> float:
    """Return the processor microseconds per prompt of one pass over all texts and levels."""
    pairs = [(index, level) for level in LEVELS_PCT for index in range(len(texts))]
    if is_in_turn:
        pairs.sort()
    conditions = {level: Condition(method.name, level, seed=number) for level in LEVELS_PCT}
    start = time.process_time()
    for index, level in pairs:
        scramble(texts[index], conditions[level], key=f"{number}-{index}/question")
    return (time.process_time() - start) / len(pairs) * 1e6


def main(arguments: list[str]) -> int:
    """Print one line per method; with --check return 1 where the best cold pass misses its bar."""
    counts = [int(argument) for argument in arguments if argument.isdigit()]
    texts = [question(number) for number in range(counts[0] if counts else 300)]
    n_bytes = statistics.fmean(len(text.encode()) for text in texts)
    missed = 0
    for method in METHODS.values():  # a processor takes about a second to reach its speed
        pass_us(method, texts, N_PASSES, is_in_turn=False)
    print(f"{'MB/s':<26}{'cold':>8}{'best':>8}{'in turn':>9}{'bar':>6}{'us cold, best':>15}")
    for method in METHODS.values():
        cold = [pass_us(method, texts, n, is_in_turn=False) for n in range(N_PASSES)]
        in_turn = [pass_us(method, texts, n, is_in_turn=True) for n in range(N_PASSES)]
        bar = BAR_MB_PER_S.get(method.name, SLOWEST_MB_PER_S)
        missed += n_bytes / min(cold) < bar
        print(
            f"{method.name:<26}{n_bytes / statistics.median(cold):>8.2f}{n_bytes / min(cold):>8.2f}"
            f"{n_bytes / statistics.median(in_turn):>9.2f}{bar:>6.1f}{min(cold):>15.1f}"
        )
    return int(missed > 0 and "--check" in arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
