"""What is asked many times in one batch of bills and answered once."""

KEY = "msp_memo"


class Memo:
    """The answers of one batch. It lives as long as the context that holds it."""

    def __init__(self):
        self.answers = {}


def remembering(records):
    """Return records in an environment that remembers, for one batch."""
    if isinstance(records.env.context.get(KEY), Memo):
        return records
    return records.with_context(**{KEY: Memo()})


def remembered(env, key, ask):
    """Return the answer to a question, asked once while a batch is worked on.

    Without a batch it is asked each time. A client cannot send a ``Memo``.

    :param env: its context holds the ``Memo`` of the batch under ``KEY``
    :param key: names the question with all that the answer depends on
    :param ask: gives the answer
    """
    memo = env.context.get(KEY)
    if not isinstance(memo, Memo):
        return ask()
    if key not in memo.answers:
        memo.answers[key] = ask()
    return memo.answers[key]


def copy_details(details):
    """Return tax details that rounding may change without changing the given ones."""
    return {**details, "taxes_data": [dict(data) for data in details["taxes_data"]]}
