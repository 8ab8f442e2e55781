"""What is left to ask, made ready in blocks."""

from typing import Any, cast

import pytest

from scramblebench.evaluation.requests import Task
from scramblebench.evaluation.todo import BLOCK, Defect, Todo
from scramblebench.storage import StorageUnavailable


def make(index: int) -> Task:
    if index == 40:
        raise ValueError("no such letter")
    return cast("Task", f"trial {index}")


def taken(todo: Todo) -> list[Any]:
    tasks: list[Any] = []
    while (task := todo.take()) is not None:
        tasks.append(task)
    return tasks


@pytest.mark.parametrize("size", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 39])
def test_all_come_once_and_in_order(size: int):
    todo = Todo(iter(range(size)), make)
    assert taken(todo) == [f"trial {n}" for n in range(size)]
    assert todo.is_empty


def test_what_is_given_back_comes_next():
    todo = Todo(iter(range(3)), make)
    first = todo.take()
    assert first is not None
    todo.give_back(first)
    assert taken(todo) == ["trial 0", "trial 1", "trial 2"]
    todo.give_back(first)
    assert not todo.is_empty
    assert taken(todo) == ["trial 0"]


def test_a_defect_is_met_where_it_stands():
    todo = Todo(iter(range(50)), make)
    assert [todo.take() for _ in range(40)] == [f"trial {n}" for n in range(40)]
    for _ in range(2):
        with pytest.raises(Defect, match="trial 40: ValueError: no such letter"):
            todo.take()


def test_a_question_that_cannot_be_read_now_is_the_next_one_later():
    is_away = {"now": True}

    def make_when_there(index: int) -> Task:
        if index == 2 and is_away["now"]:
            raise StorageUnavailable("restarting")
        return make(index)

    todo = Todo(iter(range(5)), make_when_there)
    assert [todo.take(), todo.take()] == ["trial 0", "trial 1"]
    for _ in range(3):
        with pytest.raises(StorageUnavailable):
            todo.take()
    is_away["now"] = False
    assert taken(todo) == ["trial 2", "trial 3", "trial 4"]
