"""Say to people what is wrong with a CSV file or a line of it, and the way out."""

from .snapshot import shown
from .snapshot_texts import Texts


class CsvTexts(Texts):
    """The texts, in the language of an environment."""

    def file(self, error, file):
        """Return the text of a :class:`~.csv_reader.FileError`."""
        values = {**error.values, "file": file}
        for name in ("value", "near", "found"):
            if isinstance(values.get(name), str):
                values[name] = shown(values[name])
        if error.code == "format":
            return self._format(values)
        return {**self._whole(), **self._place(), **self._columns()}[error.code](values)

    def line(self, problem):
        """Return the text of a :class:`~.csv_groups.Problem`."""
        values = {
            name: shown(value) if isinstance(value, str) else value
            for name, value in problem.values.items()
        }
        texts = {
            "ragged": lambda v: self.env._(
                "%(cells)s cells where the header has %(expected)s: %(start)s. Put "
                "text with delimiters into quotes.",
                **v,
            ),
            "no_customer": lambda v: self.env._(
                "computer %(key)s has no customer. Fill the column %(column)s.", **v
            ),
            "double": lambda v: self.env._(
                "key %(key)s is in line %(first)s already. Leave each computer in the "
                "file once.",
                **v,
            ),
            "contradiction": lambda v: self.env._(
                "key %(key)s is in line %(others)s too, with another customer or "
                "type. Leave in the file what is right.",
                **v,
            ),
        }
        if problem.code in texts:
            return texts[problem.code](values)
        return self.value(problem)

    def _format(self, values):
        texts = {
            "spreadsheet": self.env._("a spreadsheet"),
            "archive": self.env._("a compressed archive"),
            "pdf": self.env._("a PDF"),
            "picture": self.env._("a picture"),
            "page": self.env._("a web page or XML"),
            "json": self.env._("JSON"),
        }
        if values["kind"] == "archive":
            return self.env._(
                "%(file)s is a compressed archive, no CSV. Unpack it and choose the "
                "file in it.",
                **values,
            )
        return self.env._(
            "%(file)s is %(what)s, no CSV. Export or save it as CSV (UTF-8).",
            what=texts[values["kind"]],
            **values,
        )

    def _whole(self):
        return {
            "empty": lambda v: self.env._(
                "%(file)s is empty. Choose the CSV export of the source.", **v
            ),
            "no_rows": lambda v: self.env._(
                "%(file)s has no rows below its header. Choose the CSV export of the "
                "source.",
                **v,
            ),
            "too_big": lambda v: self.env._(
                "%(file)s has %(value)s MiB, at most %(maximum)s can be imported. "
                "Export the customers in several files.",
                **v,
            ),
            "too_many": lambda v: self.env._(
                "%(file)s has more than %(maximum)s rows. Export the customers in "
                "several files.",
                **v,
            ),
            "utf16": lambda v: self.env._(
                "%(file)s is UTF-16, as a spreadsheet's Unicode text is. Save it as "
                "CSV (UTF-8).",
                **v,
            ),
        }

    def _place(self):
        return {
            "encoding": lambda v: self.env._(
                "%(file)s is not UTF-8: line %(line)s has the byte %(value)s after "
                "“%(near)s”. Save it as CSV (UTF-8).",
                **v,
            ),
            "nul": lambda v: self.env._(
                "%(file)s is no text: line %(line)s has a NUL character (byte 00). "
                "Export it again as CSV (UTF-8).",
                **v,
            ),
            "broken": lambda v: self.env._(
                "%(file)s is no valid CSV from line %(line)s on: %(value)s. Look for a "
                "quote that is not closed, or write a quote within quotes twice.",
                **v,
            ),
            "too_wide": lambda v: self.env._(
                "%(file)s has %(value)s columns in line %(line)s, at most %(maximum)s "
                "can be read. Export fewer columns.",
                **v,
            ),
            "long_cell": lambda v: self.env._(
                "%(file)s has more than %(maximum)s characters in column %(column)s of "
                "line %(line)s: %(value)s. Look for a quote that is not closed, or "
                "export without that column.",
                **v,
            ),
        }

    def _columns(self):
        return {
            "missing": lambda v: self.env._(
                "%(file)s has no column for: %(columns)s. Choose them above. Its "
                "columns are: %(found)s.",
                **v,
            ),
            "same": lambda v: self.env._(
                "Column %(value)s of %(file)s cannot hold two things: %(columns)s. "
                "Choose another column for one of them.",
                **v,
            ),
            "many_customers": lambda v: self.env._(
                "Column %(column)s of %(file)s has %(value)s customers that are not "
                "known, such as %(near)s. Choose the column that names the customer.",
                **v,
            ),
            "many_types": lambda v: self.env._(
                "Column %(column)s of %(file)s has %(value)s computer types that are "
                "not known, such as %(near)s. Choose the column that names the type.",
                **v,
            ),
        }
