"""The review desk: a local page on which a person settles what the grader leaves to people.

::

    OUT (reports, executed notebooks, marks) ─▶ load ─▶ queue ─▶ app ─▶ the browser
                                                  ▲                │
                                                  └──── marks ◀────┘  appended, never rewritten

Needs the extra `desk` (FastAPI, uvicorn).
"""
