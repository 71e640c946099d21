"""Days as people write them, in the language of who reads them.

English says "1 Feb 2026" on both sides of the Atlantic: no reader takes the month for
the day. The other languages have their own order and signs: "1. Feb. 2026".
"""

from babel.dates import format_date, format_interval, format_skeleton

from odoo.tools.misc import babel_locale_parse, get_lang

DAY, DAY_OF_YEAR = "d MMM y", "d MMM"


def day_text(env, day, lang=None, year=True):
    """Return a day, its month by name.

    :param date day: or nothing, which is answered by an empty text
    :param str lang: code of a language; empty: that of ``env``
    :param bool year: with its year
    :rtype: str
    """
    if not day:
        return ""
    locale = _locale(env, lang)
    if locale.language == "en":
        return format_date(day, DAY if year else DAY_OF_YEAR, locale)
    return format_skeleton("yMMMd" if year else "MMMd", day, locale=locale)


def span_text(env, first, last, lang=None):
    """Return days from the first to the last, both included: 1 – 30 Apr 2026.

    :param date first:
    :param date last:
    :param str lang: code of a language; empty: that of ``env``
    :rtype: str
    """
    if first == last:
        return day_text(env, first, lang)
    locale = _locale(env, lang)
    if locale.language != "en":
        return format_interval(first, last, "yMMMd", locale=locale)
    pattern = DAY
    if first.year == last.year:
        pattern = "d" if first.month == last.month else DAY_OF_YEAR
    start = format_date(first, pattern, locale)
    return f"{start} – {format_date(last, DAY, locale)}"


def _locale(env, lang):
    return babel_locale_parse(get_lang(env, lang).code)
