"""One class, start to end: run, judge, deliver, and nothing finished is ever lost.

`run` grades, `rescore` judges again without running; `keys` says what a result depends on, `judged` keeps
judgements apart from points and words, `deliver` and `pages` write, `results` reads an output folder back.
"""
