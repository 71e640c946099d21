"""E-mail addresses to which bills go."""

import re

# The part of RFC 5321 that mail servers accept in practice: no quoted local parts,
# no display names, a domain with at least one dot.
_ADDRESS = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]"
)
_LONGEST = 254


def split_addresses(text):
    """Return the addresses of a comma separated text, lower case, sorted, once each.

    :param str text: for example ``"AP@example.com, boss@example.com"``
    :rtype: tuple[list[str], list[str]]
    :return: the valid addresses and the pieces that are none, as they were written
    """
    valid, invalid = set(), []
    for piece in (text or "").replace(";", ",").split(","):
        stripped = piece.strip()
        if not stripped:
            continue
        address = stripped.lower()
        if len(address) <= _LONGEST and _ADDRESS.fullmatch(address):
            valid.add(address)
        else:
            invalid.append(stripped)
    return sorted(valid), invalid
