"""Writes the golden reports again: python tests/golden/update.py, then read `git diff tests/golden`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HOME = Path(__file__).parents[2]

if __name__ == "__main__":
    command = [sys.executable, "-m", "pytest", "-q", "tests/test_report.py", "-k", "golden"]
    sys.exit(
        subprocess.run(command, cwd=HOME, env=os.environ | {"UPDATE_GOLDEN": "1"}, check=False).returncode
    )
