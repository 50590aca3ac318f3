"""Whether a worker is what a head wants, and if not, which difference it is and what to do (pure)."""

from __future__ import annotations

from collections.abc import Sequence

from grader.cluster.messages import Hello, Identity
from grader.jail.probe import TIERS

_SHOWN = 5
_INSTALL = "install the same packages on both (pip install -c constraints.txt), or use one image for both"


def fits(wanted: Identity, has: Identity) -> bool:
    """Whether a machine that is `has` may run what asks for `wanted`."""
    exact = (wanted.environment, wanted.execution, wanted.messages)
    return exact == (has.environment, has.execution, has.messages) and strong(wanted, has)


def strong(wanted: Identity, has: Identity) -> bool:
    """Whether the isolation is at least the one asked for."""
    return TIERS.index(has.tier) >= TIERS.index(wanted.tier)


def refusal(wanted: Identity, hello: Hello, interpreter: str, packages: Sequence[str]) -> str:
    """Why a worker is refused, "" if it is not. interpreter, packages: the head's.

    Its text is that of a worker: untrusted, and shortened by the record.
    """
    has = hello.identity
    if has.messages != wanted.messages or has.execution != wanted.execution:
        return "its grader is another version than the head's: install the same one on both"
    if has.environment != wanted.environment:
        return f"its environment is not the head's ({_difference(hello, interpreter, packages)}): {_INSTALL}"
    if not strong(wanted, has):
        return (
            f"it can isolate notebooks up to {has.tier}, and the head asks for {wanted.tier}: "
            "`grader doctor` there says what is missing; or grade with less --isolation"
        )
    return ""


def _difference(hello: Hello, interpreter: str, packages: Sequence[str]) -> str:
    if hello.interpreter != interpreter:
        return f"Python there {hello.interpreter.partition(' ')[0]}, {_machine(hello.interpreter)}; here " + (
            f"{interpreter.partition(' ')[0]}, {_machine(interpreter)}"
        )
    theirs, ours = dict(map(_split, hello.packages)), dict(map(_split, packages))
    found = [
        f"{name} {theirs.get(name, 'missing')} there, {ours.get(name, 'missing')} here"
        for name in sorted({*theirs, *ours})
        if theirs.get(name) != ours.get(name)
    ]
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return "; ".join(found[:_SHOWN]) + more or "the head asks for another one than its own"


def _split(package: str) -> tuple[str, str]:
    name, _, version = package.partition("==")
    return name, version


def _machine(interpreter: str) -> str:
    return interpreter.rpartition(" ")[2]
