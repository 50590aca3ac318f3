"""Grades notebooks by what they print.

The way of a submission, and the names to use from outside::

    grader.intake.collect(paths)            uploads, each read when its turn comes
    grader.assignment.loading.load(name)    the assignment: rubric, solution, worlds
    grader.execute.open_runner(jobs)        caged kernels; Job in, Execution out
    grader.judging.grade.grade(…)           what they printed → Report (pure)
    grader.pipeline.Pipeline(…).grade(…)    one submission through all of it, in processes with limits
    grader.batch.run.grade_all(…)           all of it for a class, with resume
    grader.report                           Report → JSON and pages

`grader.models` holds the records that pass between them, `grader.errors` our own faults. The command line is
`grader.cli`, also as `python -m grader`.
"""
