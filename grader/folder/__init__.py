"""The output folder on the disk: places, whole files, journal, kept runs, locks."""
