"""Reports → what platforms and CI take back: grades, each student's report, the job's page.

Every format is a function from `Handed` records or a report's `standing` to files; what has no place on
the platform is said. All but `platform` is pure.
A job's page knows a report only as its student sees it.
"""
