"""What is judged from behaviour and code together (pure)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence, Set

from grader.judging.decision import Decision
from grader.judging.source import Code
from grader.judging.wording import PASSED, REVIEW
from grader.models import Said, together, verbatim
from rubric.schema import BehaviourCheck, Mistake, Requirement


def judge_behaviour(
    check: BehaviourCheck,
    decisions: Mapping[str, Decision],
    mistakes: Mapping[str, Mistake],
    code: Code,
    changed: Mapping[str, Set[str]] | None = None,
) -> Decision:
    """Does the notebook do what is asked, by its values where they tell, and by its code?

    decisions: the numeric checks, already decided. changed: mistake → the checks that it would make wrong.
    """
    if not any(c.source.strip() for c in code.cells):
        return Decision(check.id, "missing", 0.0, Said("The notebook has no code."))
    shown = [decisions[name] for name in check.shown_by]
    by_autograd = any(d.candidate is not None and d.candidate.source == "autograd" for d in shown)
    lacking = [r for r in check.requires if not (met(r, code) or (r.unless_by_autograd and by_autograd))]
    of_autograd = any(r.unless_by_autograd for r in check.requires)
    passed = [d for d in shown if d.verdict == "pass" or d.shown or (d.other_means and not of_autograd)]
    contradicted = _contradicted(check, decisions, mistakes, changed or {})
    if contradicted is not None:
        return contradicted
    if len(passed) >= check.enough:
        return _shown_right(check, decisions, [r for r in lacking if not r.unless_shown])
    wrong = [d for d in shown if d.verdict in ("fail", "partial") and d.tells]
    explained = [d for d in wrong if d.diagnosis is not None and d.mistakes]
    waiting = [d for d in shown if d.verdict == "review"]
    told = len(explained) + len(passed) >= check.enough and (passed or not waiting)
    if told or any(not r.unless_shown for r in lacking) or (lacking and not waiting):
        return _by_code(check, lacking)
    return _open(check, Said("The printed values do not tell; the code is read."))


def _contradicted(
    check: BehaviourCheck,
    decisions: Mapping[str, Decision],
    mistakes: Mapping[str, Mistake],
    changed: Mapping[str, Set[str]],
) -> Decision | None:
    """What a diagnosed mistake says against it; for a person where more values speak against the mistake."""
    # where right is beside wrong, a person decides which was meant
    told = [d for d in decisions.values() if not (d.right_is_beside and d.verdict == "review")]
    made = {i for d in told if d.diagnosis is not None for i in d.mistakes}
    found = [mistakes[i] for i in sorted(made) if i in mistakes and mistakes[i].touches & {*check.broken_by}]
    lessons = " ".join(m.message for m in found)
    if found and all(_outvoted(m.id, decisions, changed.get(m.id, ())) for m in found):
        return _open(check, Said("Most other values are right: {lessons}", {"lessons": lessons}))
    return Decision(check.id, "fail", 0.0, verbatim(lessons)) if found else None


def _shown_right(
    check: BehaviourCheck, decisions: Mapping[str, Decision], lacking: Sequence[Requirement]
) -> Decision:
    """Enough values are right; a person looks where another is strange, or only the place is open."""
    odd = [name for name in check.doubted_by if _unexplained(decisions[name])]
    if odd and not lacking:
        return _open(check, Said("Nothing known explains the wrong {checks}.", {"checks": tuple(odd)}))
    if lacking and all(r.where != "anywhere" for r in lacking):
        text = Said("The values are right; a person looks whether it stands where it was asked for.")
        return Decision(check.id, "review", None, text)
    return _by_code(check, lacking)


def _open(check: BehaviourCheck, why: Said) -> Decision:
    return Decision(check.id, "review", None, together(REVIEW, why))


def _outvoted(mistake: str, decisions: Mapping[str, Decision], changed: Collection[str]) -> bool:
    """Are more values right that the mistake would make wrong than there are wrong ones that show it?"""
    touched = [decisions[name] for name in changed if name in decisions]
    showing = sum(mistake in d.mistakes and d.diagnosis is not None for d in touched)
    return sum(d.verdict == "pass" for d in touched) > showing


def _unexplained(decision: Decision) -> bool:
    wrong = decision.verdict in ("fail", "partial") and not decision.typed_in and not decision.hidden
    return wrong and decision.diagnosis is None and decision.comparison is not None


def _by_code(check: BehaviourCheck, lacking: Sequence[Requirement]) -> Decision:
    if lacking:
        return Decision(check.id, "fail", 0.0, verbatim(" ".join(r.why for r in lacking)))
    return Decision(check.id, "pass", 1.0, PASSED)


def met(requirement: Requirement, code: Code) -> bool:
    """Does the code use what is required, where it is?"""
    cells = None
    if requirement.where == "first_code_cell":
        first = code.first_working_cell
        cells = [c for c in code.cells if first is not None and c.index <= first.index]
    return any(code.uses(name, cells) for name in requirement.any_of)
