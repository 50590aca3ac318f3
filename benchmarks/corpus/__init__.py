"""A corpus of synthetic Homework 4 notebooks with the truth known by construction.

`generate` is the way in. Each notebook is an implementation style × a print style × labels and
language × dtype × remarks, with no, one or two mistakes edited into the student's own code. Which
checks a mistake makes wrong is decided by `truth`, an independent numpy computation.
"""

from .assemble import GeneratedNotebook, Truth, generate
from .verdicts import Fact

__all__ = ["Fact", "GeneratedNotebook", "Truth", "generate"]
