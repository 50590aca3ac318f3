"""Names that must not be used: used, perhaps used, not used."""

from __future__ import annotations

import pytest

from grader.judging.decision import Decision
from grader.judging.forbidden import keep_to, uses
from grader.judging.source import Code
from grader.judging.wording import FAIL, PASSED
from grader.models import Cell
from rubric.schema import BehaviourCheck

CHECK = BehaviourCheck(
    id="by_hand",
    kind="behaviour",
    title="t",
    points=1,
    shown_by=("inverse",),
    forbids=("np.linalg.inv", "nn.Linear", "inverse"),
)


def decided(*sources: str, answer: int = -1, verdict: str = "pass") -> Decision:
    """The decision on a notebook whose cell `answer` printed the right value."""
    code = Code([Cell(index=i, kind="code", source=s) for i, s in enumerate(sources)])
    before = Decision("by_hand", verdict, None, PASSED if verdict == "pass" else FAIL)  # type: ignore[arg-type]
    return keep_to(CHECK, before, [answer % len(sources)], code)


@pytest.mark.parametrize(
    "sources",
    [
        ("import numpy as np\nprint(np.linalg.inv(A))",),
        ("import numpy\nprint(numpy.linalg.inv(A))",),
        ("from numpy import linalg as la\nprint(la.inv(A))",),
        ("from numpy.linalg import inv\nprint(inv(A))",),
        ("from numpy.linalg import inv as f", "print(f(A))"),
        ("import numpy as np\nla = np.linalg", "print(la.inv(A))"),
        ("import numpy as np\nf = np.linalg.inv\nprint(f(A))",),
        ("def solve(A):\n    import numpy as q\n    return q.linalg.inv(A)", "print(solve(A))"),
        ("print(getattr(np.linalg, 'inv')(A))",),
        ("print(A.inverse())",),
        ("%matplotlib inline\nprint(np.linalg.inv(A))",),
        ("%%time\nprint(np.linalg.inv(A))",),
        ("from torch import nn\nnet = nn.Linear(2, 3)\nprint(net(x))",),
        ("from torch.nn import Linear as L\nprint(L(2, 3)(x))",),
        ("import torch\nclass N(torch.nn.Linear):\n    pass\nprint(N(2, 3)(x))",),
    ],
)
def test_a_forbidden_name_behind_the_answer_costs_the_points(sources: tuple[str, ...]) -> None:
    decision = decided(*sources)
    assert (decision.verdict, decision.credit) == ("fail", 0.0)
    assert "not allowed here" in str(decision.reason)


@pytest.mark.parametrize(
    "sources",
    [
        ("B = mine(A)\nprint(B)\nprint(np.allclose(B, np.linalg.inv(A)))",),  # beside the answer
        ("B = mine(A)\nprint(B)", "np.testing.assert_allclose(B, np.linalg.inv(A))"),
        ("assert (np.linalg.inv(A) == mine(A)).all()\nprint(mine(A))",),
        ("from numpy.linalg import *\nprint(inv(A))",),
        ("print(eval('np.linalg.' + 'in' + 'v')(A))",),
        ("exec(text)\nprint(B)",),
        ("print(getattr(np.linalg, name)(A))",),
        ("import operator\nprint(operator.attrgetter('inv')(np.linalg)(A))",),
        ("print(np.linalg.__dict__['inv'](A))",),
        ("print(np.linalg.__dict__['i' + 'nv'](A))",),
        ("from operator import attrgetter as get\nprint(get('i' + 'nv')(np.linalg)(A))",),
        ("%run inverse.py\nprint(B)",),
        ("from helpers import f\nprint(f(A))",),  # a module of the student's own
        ("import importlib\nprint(importlib.import_module('numpy.linalg').inv(A))",),
        ("from torch.nn.modules.linear import Linear\nprint(Linear(2, 3)(x))",),
        ("%%python\nprint(np.linalg.inv(A))", "print(B)"),
        ("print(np.linalg.inv(A)",),  # no Python
        ("import numpy as np\nla = np.linalg\nla = mine\nprint(la.inv(A))",),
    ],
)
def test_where_it_is_not_sure_a_person_looks(sources: tuple[str, ...]) -> None:
    decision = decided(*sources, answer=0)
    assert (decision.verdict, decision.credit) == ("review", None), decision.reason


@pytest.mark.parametrize(
    "sources",
    [
        ("# without np.linalg.inv\nprint(mine(A))",),
        ("print('not by np.linalg.inv:', mine(A))",),
        ("def inv(A):\n    return A.T\nprint(inv(A))",),
        ("import numpy as np\nprint(np.linalg.pinv(A), np.linalg.solve(A, b))",),
        ("if False:\n    print(np.linalg.inv(A))\nprint(mine(A))",),
        ("model.eval()\nprint(model(x))",),
        ("class Linear:\n    pass\nprint(Linear())",),
        ("inv = mine(A)\nprint(inv)",),
    ],
)
def test_what_is_not_used_costs_nothing(sources: tuple[str, ...]) -> None:
    decision = decided(*sources)
    assert decision.verdict == "pass", decision.reason


def test_elsewhere_in_the_notebook_a_person_looks() -> None:
    assert decided("print(np.linalg.inv(B))", "A = 1\nprint(mine(A))").verdict == "review"


def test_what_is_wrong_anyhow_stays_wrong() -> None:
    assert decided("print(np.linalg.inv(A))", verdict="fail").reason == FAIL


def test_code_that_is_deep_or_long_is_read() -> None:
    code = Code([Cell(index=0, kind="code", source="x = " + "(" * 50_000 + "np.linalg.inv" + ")" * 50_000)])
    assert [u.sure for u in uses(("np.linalg.inv",), code)] == [False]
