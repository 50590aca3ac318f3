"""The course's server: students hand in, assistants and teachers work, everybody finds what is theirs.

::

    app (security, pages)  worker (a process of its own)  commands
      │                      │
    student  assistant  teacher  api  signin
      │
    uploads  runs  publish  accounts  courses      what is written, each in one transaction
      │
    rules (pure: who may do what, when)   shown (pure: all that a student gets)
      │
    tables, database, blobs

Above everything else in the house, imported by nothing. Needs the extra `service`.
"""
