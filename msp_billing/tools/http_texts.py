"""Say to who programs a report what is wrong with the request, and the way out."""


def body_text(env, error):
    """Return the text of a :class:`~.http_body.BodyError` in an environment."""
    texts = {
        "empty": lambda v: env._(
            "The body is empty. Send the snapshot as a JSON object.", **v
        ),
        "encoding": lambda v: env._(
            "The body is not UTF-8 from byte %(position)s on. Encode the JSON in "
            "UTF-8.",
            **v,
        ),
        "broken": lambda v: env._(
            "The body is no valid JSON from line %(line)s, column %(column)s on. Make "
            "it with a JSON library.",
            **v,
        ),
        "not_json": lambda v: env._(
            "%(value)s is no value of JSON. Leave the field out, or send null.", **v
        ),
        "number": lambda v: env._(
            "The number %(value)s is too large. Send keys and serial numbers as text.",
            **v,
        ),
        "double": lambda v: env._(
            'An object has the name "%(name)s" twice. Send each name once.', **v
        ),
        "deep": lambda v: env._(
            "The body is nested more than %(maximum)s deep. A snapshot is an object "
            "with a list of computers; each is an object of plain values.",
            **v,
        ),
    }
    return texts[error.code](error.values)
