"""The same print found again in another world."""

from __future__ import annotations

from grader.judging.pairing import pair
from grader.models import PrintedTensor


def printed(label: str, *values: float, cell: int = 0, shape: tuple[int, ...] | None = None) -> PrintedTensor:
    return PrintedTensor(
        values=values,
        half_unit=(5e-5,) * len(values),
        shape=shape or (len(values),),
        elided=False,
        form="tensor",
        label=label,
        after="",
        above="",
        above_distance=0,
        cell=cell,
        output=0,
        span=(0, 1),
        channel="stdout",
    )


def partners(*worlds: list[PrintedTensor]) -> list[tuple[float, float | None]]:
    return [
        (slot.first.values[0], None if slot.prints[1] is None else slot.prints[1].values[0])
        for slot in pair(worlds)
    ]


def test_the_same_names_in_another_order_pair_by_name() -> None:
    found = partners(
        [printed("norm", 1), printed("db1", 2, 3), printed("norm", 4), printed("db2", 5, 6)],
        [printed("norm", 7), printed("db2", 8, 9), printed("norm", 10), printed("db1", 11, 12)],
    )
    assert found == [(1, 7), (2, 11), (4, 10), (5, 8)]


def test_same_structure_pairs_in_order() -> None:
    assert partners([printed("a", 1, 2), printed("a", 3, 4)], [printed("a", 5, 6), printed("a", 7, 8)]) == [
        (1, 5),
        (3, 7),
    ]


def test_a_print_that_is_missing_elsewhere_shifts_nothing() -> None:
    first = [printed("h1", 1, 2), printed("extra", 3, 4), printed("h2", 5, 6)]
    second = [printed("h1", 10, 20), printed("h2", 50, 60)]
    assert partners(first, second) == [(1, 10), (3, None), (5, 50)]


def test_cells_are_paired_by_their_position() -> None:
    first = [printed("h1", 1, 2, cell=0), printed("h1", 3, 4, cell=2)]
    second = [printed("h1", 30, 40, cell=2)]
    assert partners(first, second) == [(1, None), (3, 30)]


def test_an_elided_print_pairs_with_its_full_form() -> None:
    first = [printed("big", 1, 2)]
    second = [printed("big", 1, 2, 3, 4)]
    assert partners(first, second) == [(1, 1)]


def test_numbers_in_labels_that_change_with_the_world_do_not_part_prints() -> None:
    assert partners([printed("loss 0.2345", 1, 2)], [printed("loss 118.9021", 3, 4)]) == [(1, 3)]


def test_a_label_that_moves_to_another_line_does_not_part_prints() -> None:
    first = [printed("h1", 1, 2), printed("b3 gradient", 3, 4)]
    second = [printed("h1", 10, 20), printed("", 30, 40)]
    assert partners(first, second) == [(1, 10), (3, 30)]


def test_between_sure_pairs_the_shape_decides() -> None:
    first = [printed("h1", 1, 2), printed("a", 3, 4), printed("h2", 5, 6, 7)]
    second = [printed("h1", 10, 20), printed("b", 30, 40), printed("new", 0), printed("h2", 50, 60, 70)]
    assert partners(first, second) == [(1, 10), (3, 30), (5, 50)]


def test_one_world_is_enough() -> None:
    assert [slot.prints for slot in pair([[printed("a", 1)]])] == [(printed("a", 1),)]
