"""Runs on other machines: a head that hands jobs out, workers that run them, RabbitMQ between.

::

    head: Job ─▶ exchange `jobs` ─▶ quorum queue `jobs` ─▶ workers (cage; any machine)
                                                             │
    head: Execution ◀─ queue `executions.HEAD` ◀─ exchange `executions`

A worker holds no rubric, no solution, no database and no file but those it was handed. Its login
may read the queue `jobs` and write to the exchange `executions`, nothing else: see `logins`. Every
message is JSON of a record in `messages`, bounded before it is unpacked; nothing is unpickled.

Whatever the broker does, the head keeps the truth: a task counts as done when its answer is here,
by an id that nobody can guess, and is sent again when nobody has it any more. So a message that
came twice is one, and a message that got lost is sent again.

Only this room imports FastStream; it comes with the extra `cluster`.
"""
