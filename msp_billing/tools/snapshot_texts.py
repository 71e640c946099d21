"""Say to people what is wrong with a snapshot or a row, and the way out."""


class Texts:
    """The texts, in the language of an environment."""

    def __init__(self, env):
        self.env = env

    def frame(self, error):
        """Return the text of a :class:`~.snapshot.SnapshotError`."""
        texts = {
            "not_an_object": lambda v: self.env._(
                "A snapshot is an object with customer, taken_at, complete and "
                "computers, not %(value)s.",
                **v,
            ),
            "no_customer": lambda v: self.env._(
                "The snapshot names no customer. Put the customer's key in this source "
                'into "customer".'
            ),
            "no_list": lambda v: self.env._(
                '"computers" is %(value)s. Send a list of computers; an empty one when '
                "there are none.",
                **v,
            ),
            "too_many": lambda v: self.env._(
                "The snapshot has %(value)s computers. Send at most %(maximum)s of a "
                "customer.",
                **v,
            ),
            "no_moment": lambda v: self.env._(
                '"taken_at" is %(value)s. Write the moment as an ISO date-time with '
                "its offset, such as 2026-04-30T22:00:00+02:00.",
                **v,
            ),
            "bad_clock": lambda v: self.env._(
                '"taken_at" is %(value)s. Set the clock of the machine that reports.',
                **v,
            ),
            "not_a_flag": lambda v: self.env._(
                '"%(what)s" is %(value)s. It must be true or false.', **v
            ),
        }
        if error.code in texts:
            return texts[error.code](error.values)
        return self._value(error.code, error.values)

    def row(self, rejection, known, label):
        """Return the text of a rejection: the row, what is wrong, and the way out.

        :param str known: the computer types that can be used
        :param label: gives the name of the row with an index
        """
        return f"{label(rejection.index)}: {self.reason(rejection, known, label)}"

    def reason(self, rejection, known, label):
        """Return the text of a rejection without the row's name; see ``row``."""
        values = {**rejection.values, "known": known}
        if "first" in values:
            values["first"] = label(values["first"])
        return self._value(rejection.code, values)

    def value(self, error):
        """Return the text of a :class:`~.snapshot.RowError` that needs no row."""
        return self._value(error.code, error.values)

    def _value(self, code, values):
        texts = {**self._of_rows(), **self._of_types_and_contacts()}
        return texts[code](values)

    def _of_rows(self):
        return {
            "not_a_row": lambda v: self.env._(
                "%(value)s is no computer. Send an object with key, name and type.", **v
            ),
            "no_key": lambda v: self.env._(
                "computer %(name)s has no key. Send the identifier under which the "
                "source knows it.",
                **v,
            ),
            "not_text": lambda v: self.env._(
                "the %(what)s is %(value)s, which is neither text nor a whole number. "
                "Send it as text.",
                **v,
            ),
            "too_long": lambda v: self.env._(
                "the %(what)s %(value)s is too long. Shorten it to %(maximum)s "
                "characters.",
                **v,
            ),
            "control": lambda v: self.env._(
                "the %(what)s %(value)s has control characters, or such as turn the "
                "direction of writing. Take them out in the source.",
                **v,
            ),
            "double": lambda v: self.env._(
                "key %(key)s is in the list twice, first in %(first)s. Send each "
                "computer once.",
                **v,
            ),
        }

    def _of_types_and_contacts(self):
        return {
            "no_type": lambda v: self.env._(
                "computer %(key)s has no type. Use one of: %(known)s.", **v
            ),
            "unknown_type": lambda v: self.env._(
                "type %(value)s of computer %(key)s is not known. Use one of: "
                "%(known)s; or add it under Configuration > Computer Types.",
                **v,
            ),
            "no_contact": lambda v: self.env._(
                "the last contact of computer %(key)s is %(value)s. Write it as an "
                "ISO date-time with its offset, or leave it out.",
                **v,
            ),
            "contact_ahead": lambda v: self.env._(
                "the last contact of computer %(key)s is %(value)s, after the report "
                "itself. Set the clock, or leave it out.",
                **v,
            ),
            "reported_later": lambda v: self.env._(
                "computer %(key)s was reported at another customer later, at "
                "%(moment)s UTC. This older report does not move it back; send a "
                "newer one if it did move.",
                **v,
            ),
        }
