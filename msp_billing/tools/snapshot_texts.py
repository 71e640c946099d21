"""Say to people what is wrong with a snapshot, a row or a file, and the way out."""


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
        values = {**rejection.values, "known": known}
        if "first" in values:
            values["first"] = label(values["first"])
        text = self._value(rejection.code, values)
        return f"{label(rejection.index)}: {text}"

    def _value(self, code, values):
        texts = {
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
        return texts[code](values)

    def file(self, error, file):
        """Return the text of a :class:`~.csv_reader.FileError`."""
        values = {**error.values, "file": file}
        texts = {
            "empty": lambda v: self.env._(
                "%(file)s has no rows. Choose the CSV export of the source.", **v
            ),
            "too_big": lambda v: self.env._(
                "%(file)s has %(size)s MiB, at most %(maximum)s can be imported. "
                "Export the customers in several files.",
                **v,
            ),
            "spreadsheet": lambda v: self.env._(
                "%(file)s is a spreadsheet. Save it as CSV (UTF-8).", **v
            ),
            "encoding": lambda v: self.env._(
                "%(file)s is not UTF-8: line %(line)s cannot be read. Save it as CSV "
                "(UTF-8).",
                **v,
            ),
            "broken": lambda v: self.env._(
                "%(file)s is no valid CSV from line %(line)s on. Look for a quote "
                "that is not closed.",
                **v,
            ),
            "missing": lambda v: self.env._(
                "%(file)s has no column %(columns)s. Its columns are: %(found)s. Name "
                "them so in the file, or change the columns of the source.",
                **v,
            ),
            "double": lambda v: self.env._(
                "%(file)s has the column %(columns)s twice. Its columns are: "
                "%(found)s. Take one of them out.",
                **v,
            ),
        }
        return texts[error.code](values)
