"""Assignments as data: one folder each, read by the grader, never by a student's kernel."""
