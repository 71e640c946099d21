"""What a test asks a database beside Odoo, and what a process of Odoo tells a test."""

import json
import sys

import psycopg2


class Asking:
    """Asks the database named ``database``, by a connection of its own each time."""

    database = ""

    def _connect(self):
        return psycopg2.connect(dbname=self.database)

    def _ask(self, question):
        """Return the answer of a function that is given a cursor."""
        connection = self._connect()
        try:
            return question(connection.cursor())
        finally:
            connection.close()

    def _rows(self, query, *arguments):
        def ask(cr):
            cr.execute(query, arguments or None)
            return cr.fetchall()

        return self._ask(ask)


def tell(word, answer):
    """Print an answer on a line that begins with a word."""
    sys.stdout.write(word + json.dumps(answer) + "\n")
    sys.stdout.flush()


def told(output, word):
    """Return the answers among lines of text that begin with a word."""
    return [
        json.loads(line.removeprefix(word))
        for line in output.splitlines()
        if line.startswith(word)
    ]
