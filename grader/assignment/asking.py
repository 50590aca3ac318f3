"""What a kernel is asked after the last cell: values of variables, and of calls of the student's functions.

The answers are text, printed and read like everything that a kernel says. Names and calls are the rubric's;
nothing of the solution is in them.
"""

from __future__ import annotations

from collections.abc import Sequence

from grader.assignment.kept import KEEPING
from rubric.schema import Rubric, World

_ASKING = """
def _ask(asked):
    for number, texts in asked:
        failed = ""
        for text in texts:
            try:
                value = eval(text, student)
            except BaseException as error:
                failed = failed or f"{type(error).__name__}: {error}"[:200]
            else:
                __keep__(number, value)
                break
        else:
            __keep__(number, {"failed": failed})


_ask(ASKED)
"""


def questions(rubric: Rubric, world: World) -> str:
    """The text of the cell that asks; empty where no check asks for anything that is not printed."""
    return ask([(number, check.asked_in(world.name)) for number, check in enumerate(rubric.taken_checks())])


def ask(asked: Sequence[tuple[int, tuple[str, ...]]]) -> str:
    """The same for expressions: of each number the first that can be evaluated; empty where there is none."""
    text = f"{KEEPING}\n{_ASKING.replace('ASKED', repr(asked))}"
    # in a namespace of its own: students name things `list`, `sum` and `print`
    builtins = "__import__('builtins')"
    return f"{builtins}.exec({text!r}, {{'student': {builtins}.globals()}})" if asked else ""
