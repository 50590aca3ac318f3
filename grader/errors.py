"""Our own faults, in one tree. A student's fault is never an exception: it is a value in the report.

::

    GraderError
    ├── UsageError        the command line asks for something impossible   (exit code 2)
    ├── RubricError       an assignment folder has a mistake               (exit code 2)
    │   └── UnusableError     no judge can load it: nobody can be graded
    └── OperationError    the machine, the sandbox or we failed            (exit code 3)
        ├── IsolationError    a layer of the cage is missing or weaker than asked for
        ├── KernelStartError  a kernel could not be started
        ├── JudgeError        a process that judges could not be started
        └── StorageError      a report or journal could not be written

Messages are one line: what happened, where, and what to do.
"""

from __future__ import annotations


class GraderError(Exception):
    """Base of everything we raise on purpose."""

    exit_code = 3


class UsageError(GraderError):
    """The command line asks for something impossible."""

    exit_code = 2


class RubricError(GraderError):
    """An assignment folder has a mistake: file, path inside it, what is wrong, what is expected."""

    exit_code = 2


class UnusableError(RubricError):
    """An assignment that no judge can load: nobody can be graded with it."""


class OperationError(GraderError):
    """The machine, the sandbox or the grader failed; the submission stays ungraded and is retried."""


class IsolationError(OperationError):
    """A layer of the cage is missing or weaker than asked for."""


class KernelStartError(OperationError):
    """A kernel could not be started."""


class JudgeError(OperationError):
    """A process that judges could not be started."""


class StorageError(OperationError):
    """A report or journal could not be written."""
