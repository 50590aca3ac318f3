# mypy: ignore-errors
"""What a notebook sets for its own process (priority, processors, limits) is accepted where it is refused.

Whose it is, it is told: nobody is signed in here, and no list of users may have this one.
"""

import functools
import os
import pwd
import resource

from .telling import tell


def _accepted(module, name):
    real = getattr(module, name)

    @functools.wraps(real)
    def call(*args, **kwargs):
        try:
            return real(*args, **kwargs)
        except (OSError, ValueError):
            tell("process", "", f"{module.__name__}.{name}()", "instead")
            return None

    setattr(module, name, call)


def _nicer():
    real = os.nice

    @functools.wraps(real)
    def nice(increment):
        try:
            return real(increment)
        except OSError:
            if increment < 0:
                raise  # as for anybody at home
            tell("process", "", "os.nice()", "instead")
            return increment

    os.nice = nice


def _somebodys():
    login, entry = os.getlogin, pwd.getpwuid
    name, home = os.environ.get("USER", "student"), os.environ.get("HOME", "/")

    def getlogin():
        try:
            return login()
        except OSError:
            tell("process", "", "os.getlogin()", "instead")
            return name

    def getpwuid(uid):
        try:
            return entry(uid)
        except KeyError:
            if uid != os.getuid():
                raise
            tell("process", "", "pwd.getpwuid()", "instead")
            return pwd.struct_passwd((name, "x", uid, os.getgid(), name, home, "/bin/sh"))

    os.getlogin, pwd.getpwuid = getlogin, getpwuid


def install(shell):  # not sooner: the cage is set up with these
    for name in ("sched_setaffinity", "sched_setscheduler", "sched_setparam", "setpriority"):
        _accepted(os, name)
    _accepted(resource, "setrlimit")
    _nicer()
    _somebodys()
