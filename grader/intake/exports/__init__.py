"""How learning platforms name what students hand in (pure): one file a platform.

A convention reads one folder of an export, from the outside: the names that the platform itself gave.
It is recognised by what it shows for everybody there; nothing within a student's folder, archive or clone
has a say in whose work anything is.
"""

from __future__ import annotations

from grader.intake.convention import Maker
from grader.intake.exports.autolab import autolab
from grader.intake.exports.blackboard import blackboard
from grader.intake.exports.brightspace import brightspace
from grader.intake.exports.canvas import canvas
from grader.intake.exports.cocalc import cocalc
from grader.intake.exports.dropbox import dropbox
from grader.intake.exports.github_classroom import github_classroom
from grader.intake.exports.gradescope import gradescope
from grader.intake.exports.ilias import ilias
from grader.intake.exports.moodle import moodle
from grader.intake.exports.nbgrader import nbgrader
from grader.intake.exports.prairielearn import prairielearn
from grader.intake.exports.sakai import sakai
from grader.intake.exports.submitty import submitty
from grader.intake.exports.teams import teams

MAKERS: dict[str, Maker] = {
    "moodle": moodle,
    "gradescope": gradescope,
    "blackboard": blackboard,
    "brightspace": brightspace,
    "sakai": sakai,
    "submitty": submitty,
    "cocalc": cocalc,
    "prairielearn": prairielearn,
    "autolab": autolab,
    "ilias": ilias,
    "teams": teams,
    "canvas": canvas,
    "nbgrader": nbgrader,
    "github-classroom": github_classroom,
    "dropbox": dropbox,
}
"""in the order in which they are tried: those whose names can be nothing else come first"""

PLATFORMS = (*MAKERS, "folder")
"""what `--from` takes"""
