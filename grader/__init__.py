"""Grades notebooks by what they print."""
