# mypy: ignore-errors
"""`setlocale` to a locale that exists somewhere is accepted; texts and numbers stay as they are."""

import locale

from .telling import tell


def prepare():
    original = locale.setlocale

    def setlocale(category, locale_=None):
        try:
            return original(category, locale_)
        except locale.Error:
            name = (
                locale_ if isinstance(locale_, str) else locale.normalize(locale._build_localename(locale_))
            )
            known = {full.partition(".")[0].lower() for full in locale.locale_alias.values()}
            asked = name.partition(".")[0].partition("@")[0]
            if asked.lower().replace("-", "_") not in known and asked.lower() not in locale.locale_alias:
                raise
            tell("locale", asked, f"setlocale({name!r})", "instead")
            return name

    def setlocale_as_named(category, locale=None):
        return setlocale(category, locale)

    locale.setlocale = setlocale_as_named
