"""Reports → the files that a platform takes back: grades, and each student's report.

Every format is a function from `Handed` records to files; what has no place on the platform is said.
"""
