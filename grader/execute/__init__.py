"""Submission → Execution: run the cells of untrusted notebooks, take back what they print.

The room owns the cell sources and sends them one at a time; what comes back is text, filed by
cell index. Nothing else of a notebook (metadata, tags, kernelspec, stored outputs) gets here.

`open_runner` is the way in; `Job` and `Limits` say what to run and how long and large it may get.
"""

from grader.execute.job import Job, Limits, Runner
from grader.execute.opening import open_runner

__all__ = ["Job", "Limits", "Runner", "open_runner"]
