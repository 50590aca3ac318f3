"""A notebook with what it printed when we ran it: kept beside the report as executed.ipynb.

From this file a report can be typeset again (after a person has marked it) without the upload or a
second run. It holds text and PNGs only: nothing that a viewer could run or load.

The report's page shows it by our own template and not by nbconvert, whose pages hold scripts, style
attributes and addresses that the page's policy forbids, and no marks on the prints that answer a check.
Escaping everything and letting in only what `typeset`, Pygments and `execute.picture` make leaves nothing
to be sanitised, and takes a fraction of nbconvert's time.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from grader.errors import StorageError
from grader.hypertext import words_of
from grader.models import Cell, Execution, Output

_OUTPUT = 20_000  # characters of one output
_ALL = 600_000  # characters of all outputs together

_RICH: dict[str, Literal["result", "display"]] = {"execute_result": "result", "display_data": "display"}


def kept_outputs(execution: Execution) -> tuple[Output, ...]:
    """The outputs of a run as text and pictures, the texts cut to a length that keeps pages light.

    HTML without a text beside it becomes its text. The positions stay: `Output.index`, and the
    spans into `Output.text` that lie before the cut.
    """
    kept: list[Output] = []
    room = _ALL
    for output in execution.outputs:
        most = max(0, min(_OUTPUT, room))
        text = output.text or words_of((output.html or "")[:_OUTPUT])
        kept.append(output.model_copy(update={"text": text[:most], "html": None}))
        room -= len(kept[-1].text)
    return tuple(kept)


def to_ipynb(cells: Sequence[Cell], outputs: Sequence[Output] | None) -> str:
    """The notebook (nbformat 4.4) with these outputs as its outputs, one cell per `Cell`.

    outputs: None where it never ran, which the metadata say too.
    """
    by_cell: dict[int, list[Output]] = {}
    for output in outputs or ():
        by_cell.setdefault(output.cell, []).append(output)
    made = [_cell(c, by_cell.get(c.index, ())) for c in cells]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook = {
        "cells": made,
        "metadata": {"kernelspec": kernel, "grader": {"ran": outputs is not None}},
        "nbformat": 4,
        "nbformat_minor": 4,
    }
    text = json.dumps(notebook, ensure_ascii=False, indent=1, allow_nan=False)
    return text.encode("utf-8", errors="replace").decode("utf-8") + "\n"


def from_ipynb(
    text: str, where: str = "executed.ipynb"
) -> tuple[tuple[Cell, ...], tuple[Output, ...] | None]:
    """What `to_ipynb` was given. Raises `StorageError` for anything else."""
    try:
        notebook = json.loads(text)
        found, ran = notebook["cells"], notebook["metadata"]["grader"]["ran"]
        cells = tuple(Cell(index=n, kind=c["cell_type"], source=c["source"]) for n, c in enumerate(found))
        outputs = tuple(
            _read(o, n, k) for n, c in enumerate(found) for k, o in enumerate(c.get("outputs", ()))
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StorageError(f"{where} is not what the grader wrote; grade it again with --force") from error
    return cells, outputs if ran else None


def _cell(cell: Cell, outputs: Sequence[Output]) -> dict[str, Any]:
    made: dict[str, Any] = {"cell_type": cell.kind, "metadata": {}, "source": cell.source}
    if cell.kind == "code":
        made |= {"execution_count": None, "outputs": [_written(o) for o in outputs]}
    return made


def _written(output: Output) -> dict[str, Any]:
    if output.kind in ("stdout", "stderr"):
        return {"output_type": "stream", "name": output.kind, "text": output.text}
    if output.kind == "error":
        lines = output.text.split("\n")
        return {"output_type": "error", "ename": "", "evalue": "", "traceback": lines}
    data = {"text/plain": output.text} | ({"image/png": output.image} if output.image else {})
    metadata = {"grader": {"picture": "left out"}} if output.image == "" else {}
    if output.kind == "display":
        return {"output_type": "display_data", "data": data, "metadata": metadata}
    return {"output_type": "execute_result", "data": data, "metadata": metadata, "execution_count": None}


def _read(output: Mapping[str, Any], cell: int, index: int) -> Output:
    kind = output["output_type"]
    if kind == "stream":
        return Output(cell=cell, index=index, kind=output["name"], text=output["text"])
    if kind == "error":
        return Output(cell=cell, index=index, kind="error", text="\n".join(output["traceback"]))
    text = output["data"]["text/plain"]
    image = output["data"].get("image/png", "" if output["metadata"] else None)
    return Output(cell=cell, index=index, kind=_RICH[kind], text=text, image=image)
