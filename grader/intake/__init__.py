"""Uploads → submissions: who handed in what, read safely whatever it is.

`collect(paths)` finds and names the uploads; `CollectedUpload.read()` reads one. Whatever a student can hand
in becomes a `Submission`, with `problem` set to the reason where it can't be read; nothing is dropped.
"""

from grader.intake.collect import CollectedUpload, Intake, collect
from grader.intake.tree import Leftover

__all__ = ["CollectedUpload", "Intake", "Leftover", "collect"]
