"""What the prints of a notebook show, and what follows from it (pure).

::

    prints of each world ─▶ pairing ─▶ free ─▶ slices ─▶ reading ─▶ match ─▶ judge ─▶ settle
                                         labels, source ─┘  │
                               book, diagnose, relations ───┘
"""
