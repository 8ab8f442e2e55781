"""The same requests as a task of Inspect AI: ``inspect eval inspect_task.py -T n_samples=1000``."""

from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.scorer import match
from inspect_ai.solver import generate, system_message


@task
def apples(n_samples: int = 1000) -> Task:
    """Ask for a sum, and hold the end of the answer against it."""
    samples = [
        Sample(f"How many is {number} apples and two more?" * 3, target=str(number + 2))
        for number in range(n_samples)
    ]
    solver = [system_message("Solve the problem."), generate(max_tokens=200, temperature=0.0)]
    return Task(MemoryDataset(samples), solver=solver, scorer=match())
