"""What is said of a refusal: to whoever waits for a check, and to whoever reads how the notebook ran."""

from __future__ import annotations

from dataclasses import replace

from grader.models import Refusal, Said, Values
from grader.text import one_line


def tell(refusal: Refusal) -> Said:
    """One sentence: what was refused, where, and what did not happen."""
    what = replace(_WHAT[refusal.kind], values={"about": refusal.about or refusal.call})
    if refusal.cell is None:
        return Said("{what}. What would have been printed can't be seen.", {"what": what})
    where: Values = {"what": what, "cell": refusal.cell + 1}
    return Said("{what} (cell {cell}). What would have been printed can't be seen.", where)


_WHAT = {
    "command": Said("A program could not be run here: {about}"),
    "process": Said("Other processes can't be started here"),
    "device": Said("There is no GPU here"),
    "display": Said("There is no screen here"),
    "network": Said("There is no network here"),
    "path": Said("A path of another machine is not here: {about}"),
    "file": Said("A file is not here: {about}"),
    "package": Said("The package {about!r} is not installed here"),
    "locale": Said("The language settings are not the same here"),
    "question": Said("Nobody sits at the keyboard here"),
    "debugger": Said("No debugger can be used here"),
    "version": Said("This needs another version than is installed here: {about}"),
    "language": Said("The notebook is written for {about}, and only Python is run here"),
    "time": Said("The time that a cell may take here was over"),
    "memory": Said("The memory that a notebook may use here was used up"),
    "output": Said("A notebook may not print that much here"),
    "storage": Said("The disk space that a notebook may use here was used up"),
    "kernel": Said("The process that ran the notebook ended"),
    "answer": Said("The machine here may answer otherwise than yours: {about}"),
    "error": Said("This error may be due to our environment: {about}"),
}


def note(refusal: Refusal) -> Said:
    """One sentence for whoever can change the notebook: which call, and what came of it."""
    what = replace(_WHAT[refusal.kind], values={"about": one_line(refusal.about or refusal.call, 80)})
    values: Values = {"call": one_line(refusal.call, 120), "what": what}
    if refusal.cell is None:
        return Said("{what}.", values)
    where: Values = {**values, "cell": refusal.cell + 1}
    if not refusal.call:
        return Said("Cell {cell}: {what}.", where)
    if refusal.effect == "instead":
        return Said("Cell {cell}, {call}: not as on your machine, which costs nothing. {what}.", where)
    if refusal.effect == "changed":
        return Said("Cell {cell}, {call}: not as on your machine. {what}.", where)
    return Said("Cell {cell}, {call}: not done. {what}.", where)
