"""How each platform names what students hand in: one file a platform, `recognise(listing, insist)` in each.

A convention looks at the path of one file below the folder or archive that was named. Sources: the
platforms' documentation and code, as of 2026.
"""
