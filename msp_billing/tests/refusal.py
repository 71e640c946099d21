from contextlib import contextmanager

from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.tools import mute_logger


class RefusalMixin:
    """What is refused, in the words that a person reads; afterwards nothing is left."""

    @contextmanager
    def assertRefused(self, regex, error=UserError):
        with self.assertRaises(error) as caught:
            yield
            self.env.flush_all()
        self.assertRegex(str(caught.exception), regex)

    @contextmanager
    def assertDatabaseRefuses(self, model, regex):
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError) as caught:
            yield
            self.env.flush_all()
        message = self.env[model]._sql_error_to_message(caught.exception)
        self.assertRegex(message, regex)
