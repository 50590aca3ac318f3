"""The assignments that ship beside Homework 4, each made from its solution notebook, and their classes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from kernels_kit import Kernels

from grader.assignment.loading import load, locate
from grader.drafting.own import graded, settings_in
from grader.intake import collect
from grader.models import CheckResult
from grader.pipeline.limits import limits_of

ROOT = Path(__file__).parents[1]
GRADIENTS = ("dW1", "db1", "dW2", "db2", "dW3", "db3")
LATER = ("first_component", "explained", "centres", "sizes", "eggs", "coefficients")


def all_of(folder: str, verdict: str) -> dict[str, str]:
    return {check.id: verdict for check in load(folder).rubric.tensor_checks()}


# what a careful assistant would say; what is not named passes. Words always wait for a person
CLASSES: dict[str, dict[str, dict[str, str]]] = {
    "hw3": {
        "Aylin Kaya HA3": {},
        "ben_carter_hw3": {},
        "Chen_Jiayi-3": {},
        "Dario Conti": {},
        "elif_demir_3": {},  # numbers without a name
        # not divided by the number of examples
        "Frieda Brandt HW3": dict.fromkeys([*GRADIENTS, "final_loss"], "fail"),
        # without the factor 1/2
        "Gustav Lindholm hw3": dict.fromkeys(["loss", *GRADIENTS, "final_loss"], "fail"),
        # the slope of the sigmoid taken at its value; the loss after the steps is next to the right one
        "hana_novakova": dict.fromkeys(GRADIENTS[:4], "fail") | {"final_loss": "review"},
        "Ivan Petrov - homework 3": all_of("hw3", "fail"),  # typed in
        "jana_fischer_A3": dict.fromkeys([*GRADIENTS, "final_loss"], "missing"),  # an error
        "Kofi_Mensah_3": all_of("hw3", "fail"),  # another seed
        # four digits, which say nothing of small gradients; many losses
        "Lena Hoffmann": dict.fromkeys(["loss", "dW1", "db1"], "review"),
    },
    "pca": {
        "Anouk Visser hw5": {},
        "Baran_Yilmaz_5": {},
        "carla.romero": {},
        "Dmytro Bondar HW 5": {},  # a number without a name
        "Esra Aydin": {"std": "fail", "centres": "partial"},  # divided by n; the centres follow from that
        "felix_maurer_h5": dict.fromkeys(["R", "eigenvalues", *LATER[:5]], "fail"),  # not standardised
        # eigenvalues ascending, a row for a column, grams; no clusters
        "Grace_OSullivan": dict.fromkeys([*LATER[:2], "coefficients"], "fail")
        | dict.fromkeys(LATER[2:5], "missing")
        | {"eigenvalues": "review"},
        "Henrik Sørensen opg5": all_of("pca", "fail"),  # typed in
        "ida-nyberg-5": {"coefficients": "review"},  # the slope first
        "João Pereira": dict.fromkeys(LATER, "missing"),  # a function that is not there
        "Kenji Watanabe": {},
        "Lucía Martín 5": {},
    },
}


def test_without_a_name_homework_4_is_meant() -> None:
    assert locate(None) == locate("hw4") == (ROOT / "rubric" / "hw4").resolve()


@pytest.mark.parametrize("name", ["hw3", "pca"])
def test_each_is_worth_a_hundred_points_and_has_its_solution(name: str) -> None:
    assignment = load(name)
    assert assignment.rubric.id == name and assignment.rubric.points == 100
    assert (assignment.folder / "solution.ipynb").is_file() and len(assignment.mistakes) >= 8


@pytest.mark.kernel
@pytest.mark.parametrize("name", ["hw3", "pca"])
def test_a_class_gets_the_verdicts_of_a_careful_assistant(name: str, kernels: Kernels) -> None:
    found = {}
    for path, checks in asyncio.run(graded_class(name, kernels)).items():
        verdicts = {c.id: c.verdict for c in checks}
        assert verdicts.pop("answer") in ("review", "missing")
        found[Path(path).stem] = {c: v for c, v in verdicts.items() if v != "pass"}
    assert found == CLASSES[name]


async def graded_class(name: str, kernels: Kernels) -> dict[str, list[CheckResult]]:
    """Path of each notebook → what is decided, from real kernels."""
    assignment = load(name)
    settings, limits = settings_in(assignment), limits_of(assignment.rubric)
    submissions = list(collect([ROOT / "samples" / name]))
    results = await asyncio.gather(*(graded(s, settings, assignment, kernels, limits) for s in submissions))
    return {s.path: list(r) for s, r in zip(submissions, results, strict=True)}
