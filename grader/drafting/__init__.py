"""From a teacher's solution notebook to an assignment: what to ask, by which values, and a proof.

::

    solution ─▶ sites ─▶ solve (in the cage, in every world) ─▶ values ─▶ infer ─▶ write ─▶ FOLDER
                edits ─▶ solve ─▶ likely mistakes ───────────────────────┘
    FOLDER ─▶ styles ─▶ prove: the solution in other styles, graded like a class

`solve` alone runs anything. The rest is pure.
"""
