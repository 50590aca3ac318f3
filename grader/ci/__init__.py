"""A CI job's view of what was graded: which platform it is, and what that platform shows.

::

    environment ─▶ platform      reports ─▶ standing ─┬─▶ summary (Markdown)
                                                      ├─▶ annotations (GitHub), quality, metrics (GitLab)
                                                      └─▶ junit

Everything but `platform` is pure and knows a report only as its student sees it.
"""
