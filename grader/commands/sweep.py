"""What graders that were killed have left on this machine is removed when the next command starts."""

from __future__ import annotations

from grader.errors import StorageError
from grader.folder.files import temporary
from grader.folder.private import sweep_directories
from grader.jail.cgroups import sweep_cgroups


def sweep() -> None:
    """Remove their directories for temporary files, and their cgroups; what can't be removed is left."""
    try:
        sweep_directories(temporary())
        sweep_cgroups()
    except (OSError, StorageError):
        return
