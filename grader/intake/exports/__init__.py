"""How each platform names what students hand in: one file a platform, `recognise(listing, insist)` in each.

A convention reads one folder of an export from the outside: the names that the platform itself gave. It is
recognised by what it shows for everybody there; nothing within a student's folder, archive or clone has a
say in whose work anything is.
"""
