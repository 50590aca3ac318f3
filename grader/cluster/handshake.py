"""Whether a worker is what a head wants, and if not, which difference it is and what to do (pure)."""

from __future__ import annotations

from dataclasses import dataclass

from grader.cluster.messages import Hello, MachineIdentity, form_digest
from grader.jail.probe import TIERS, Tier

_SHOWN = 5
_INSTALL = "install the same packages on both (pip install -c constraints.txt), or use one image for both"


@dataclass(frozen=True, slots=True)
class Machine:
    """What runs notebooks on a machine: the digests of `grader.batch.keys`, and what one of them is made of.

    interpreter: its name, and at the end the machine's. packages: `name==version`.
    """

    environment: str
    execution: str
    interpreter: str
    packages: tuple[str, ...]

    def identity(self, tier: Tier) -> MachineIdentity:
        """As it stands in messages. tier: the strongest isolation there, or the least that is asked for."""
        return MachineIdentity(
            environment=self.environment, execution=self.execution, messages=form_digest(), tier=tier
        )


def fits(wanted: MachineIdentity, has: MachineIdentity) -> bool:
    """Whether a machine that is `has` may run what asks for `wanted`."""
    exact = (wanted.environment, wanted.execution, wanted.messages)
    return exact == (has.environment, has.execution, has.messages) and strong(wanted, has)


def strong(wanted: MachineIdentity, has: MachineIdentity) -> bool:
    """Whether the isolation is at least the one asked for."""
    return TIERS.index(has.tier) >= TIERS.index(wanted.tier)


def refusal(wanted: MachineIdentity, hello: Hello, here: Machine) -> str:
    """Why a worker is refused, "" if it is not. here: the head's machine.

    What the hello says is untrusted text, bounded by the record.
    """
    has = hello.identity
    if has.messages != wanted.messages or has.execution != wanted.execution:
        return "its grader is another version than the head's: install the same one on both"
    if has.environment != wanted.environment:
        return f"its environment is not the head's ({_difference(hello, here)}): {_INSTALL}"
    if not strong(wanted, has):
        return (
            f"it can isolate notebooks up to {has.tier}, and the head asks for {wanted.tier}: "
            "`grader doctor` there says what is missing; or grade with less --isolation"
        )
    return ""


def _difference(hello: Hello, here: Machine) -> str:
    if hello.interpreter != here.interpreter:
        return f"{_python(hello.interpreter)} there, {_python(here.interpreter)} here"
    theirs, ours = dict(map(_split, hello.packages)), dict(map(_split, here.packages))
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


def _python(interpreter: str) -> str:
    return f"Python {interpreter.partition(' ')[0]} on {interpreter.rpartition(' ')[2]}"
