"""Run as a script: load the package under a name of its own, without the grader, and start.

Usage: ``python -I -S grader/jail/cage serve|probe FD``: FD is an inherited socket to the grader.
"""

import importlib.util
import sys
from pathlib import Path


def _load() -> None:
    here = Path(__file__).resolve().parent
    sys.path[:] = [entry for entry in sys.path if Path(entry).resolve() != here]
    spec = importlib.util.spec_from_file_location(
        "_cage", here / "__init__.py", submodule_search_locations=[str(here)]
    )
    assert spec is not None and spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules["_cage"] = package
    spec.loader.exec_module(package)


if __name__ == "__main__":
    _load()
    module = importlib.import_module({"serve": "_cage.server", "probe": "_cage.trial"}[sys.argv[1]])
    module.main(int(sys.argv[2]))
