"""Read the JSON of a request as untrusted text. No Odoo here."""

import codecs
import json
import math

from .snapshot import shown

# The deepest thing in a snapshot is a computer's field; the rest is margin.
MAX_DEPTH = 8
MAX_DIGITS = 30


class BodyError(Exception):
    """The body as a whole cannot be read: a code and values, as in ``snapshot``."""

    def __init__(self, code, **values):
        super().__init__(code, values)
        self.code = code
        self.values = values


def read_json(body):
    """Return what the JSON in a body says.

    Stricter than ``json.loads``: no NaN, no infinite or endless numbers, no name twice
    in an object, no deep nesting.

    :param bytes body: JSON in UTF-8
    :raises BodyError: naming what is wrong with it
    """
    if not body.strip():
        raise BodyError("empty")
    try:
        text = body.removeprefix(codecs.BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError as error:
        raise BodyError("encoding", position=error.start) from error
    try:
        data = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_float=_float,
            parse_int=_int,
        )
    except json.JSONDecodeError as error:
        place = {"line": error.lineno, "column": error.colno}
        raise BodyError("broken", **place) from error
    except RecursionError as error:
        raise BodyError("deep", maximum=MAX_DEPTH) from error
    _check_depth(data)
    return data


def _object(pairs):
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _value in pairs]
        double = next(name for name in names if names.count(name) > 1)
        raise BodyError("double", name=shown(double))
    return found


def _constant(text):
    raise BodyError("not_json", value=text)


def _float(text):
    number = float(text)
    if not math.isfinite(number):
        raise BodyError("number", value=shown(text))
    return number


def _int(text):
    # Digits without end take time without end.
    if len(text) > MAX_DIGITS:
        raise BodyError("number", value=shown(text))
    return int(text)


def _check_depth(data):
    level = [data]
    for _depth in range(MAX_DEPTH):
        level = [
            child
            for value in level
            if isinstance(value, dict | list)
            for child in (value.values() if isinstance(value, dict) else value)
        ]
    if any(isinstance(value, dict | list) for value in level):
        raise BodyError("deep", maximum=MAX_DEPTH)
