"""Dropbox file requests: the submitter's name before the file's own (help.dropbox.com, "File requests")."""

from __future__ import annotations

from grader.intake.archives import is_archive_name
from grader.intake.convention import Convention, Listing
from grader.intake.naming import is_notebook_name
from grader.intake.patterns import by_pattern


def recognise(listing: Listing, insist: bool) -> Convention | None:
    """`Ana Ruiz - hw4.ipynb`.

    Where it is the other way round (`hw4 - Ana Ruiz.ipynb`), what stands in front varies less than what
    stands behind: then it names nobody.
    """
    convention = by_pattern("{name} - {file}", "dropbox")
    if insist:
        return convention
    tops = listing.units()
    if any(len(parts) > 1 and not is_archive_name(top) for top, files in tops.items() for parts in files):
        return None
    known = [o for top in tops if (o := convention((top,))) is not None]
    works = [o for o in known if is_notebook_name(o.below[-1]) or is_archive_name(o.below[-1])]
    people, files = {o.key for o in works}, {o.below for o in works}
    fits = len(known) == len(tops) > 1 and len(people) >= len(files) and len(people) > 1
    return convention if fits else None
