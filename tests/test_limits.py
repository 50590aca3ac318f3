"""Limits are an assignment's to set; the command line comes first, the grader's own last."""

from __future__ import annotations

from typing import Any

import pytest
from golden import samples

from grader.errors import OperationError
from grader.execute import Limits
from grader.pipeline.limits import limits_of, refuse_without_packages
from rubric.schema import Rubric


def rubric(**limits: Any) -> Rubric:
    return Rubric.model_validate({**samples.RUBRIC.model_dump(mode="json"), "limits": limits})


def test_nothing_set_is_the_graders_own() -> None:
    assert limits_of(samples.RUBRIC) == Limits()


def test_what_the_rubric_sets_and_what_is_asked_for() -> None:
    slow = rubric(cell_s=100, notebook_s=600, memory_mib=4096)
    set_there = limits_of(slow)
    assert (set_there.cell_s, set_there.total_s, set_there.memory_bytes) == (100, 600, 4 << 30)
    assert set_there.cpu_s >= 2 * 600
    asked = limits_of(slow, cell_s=5, total_s=20)
    assert (asked.cell_s, asked.total_s) == (5, 20)
    assert limits_of(rubric(notebook_s=10)).cell_s == 10


def test_packages_that_notebooks_need_are_asked_for_before_a_class_waits_for_them() -> None:
    refuse_without_packages(rubric(packages=["numpy", "torch.nn", "json"]))
    with pytest.raises(OperationError, match=r"need no_such \(limits.packages in rubric.yaml\)"):
        refuse_without_packages(rubric(packages=["numpy", "no_such"]))


@pytest.mark.parametrize("wrong", [{"cell_s": 0}, {"memory_mib": 1}, {"seconds": 3}])
def test_a_mistake_in_the_limits_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        rubric(**wrong)
