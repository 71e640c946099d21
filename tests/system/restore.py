"""Put a database back as it was: only the tables that were written since.

A database from a template costs a second; this costs some hundredths. It needs a
superuser, or the foreign keys would be in the way.
"""

import io
import time

WRITTEN = """
SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_user_tables
WHERE schemaname = 'public'
"""
OTHERS_AT_WORK = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
SEQUENCES = """
SELECT quote_ident(sequencename), last_value FROM pg_sequences
WHERE schemaname = 'public'
"""
PATIENCE = 30.0


class Keeper:
    """Remembers all rows of a database, and restores them."""

    def __init__(self, connect):
        """Remember.

        :param connect: returns a new connection of psycopg2
        """
        self.connect = connect
        with self._cursor() as cr:
            self.written = self._written(cr)
            self.rows = {table: self._copy(cr, table) for table in self.written}
            cr.execute(SEQUENCES)
            self.sequences = dict(cr.fetchall())

    def _cursor(self):
        return _Cursor(self.connect)

    @staticmethod
    def _written(cr):
        cr.execute("SELECT pg_stat_force_next_flush()")
        cr.execute("SELECT pg_stat_clear_snapshot()")
        cr.execute(WRITTEN)
        return dict(cr.fetchall())

    @staticmethod
    def _copy(cr, table):
        output = io.BytesIO()
        cr.copy_expert(f'COPY "{table}" TO STDOUT (FORMAT binary)', output)
        return output.getvalue()

    def restore(self, *, everything=False):
        """Put back what was written since; nobody may be connected any more.

        :param bool everything: also what seems unwritten: a crash of the server makes
            it forget what was written
        """
        with self._cursor() as cr:
            self._wait_for_others(cr)
            written = self._written(cr)
            touched = [
                table
                for table, count in written.items()
                if everything or count != self.written.get(table)
            ]
            cr.execute("SET session_replication_role = replica")
            for table in touched:
                cr.execute(f'DELETE FROM "{table}"')
                rows = io.BytesIO(self.rows[table])
                cr.copy_expert(f'COPY "{table}" FROM STDIN (FORMAT binary)', rows)
            self._restore_sequences(cr)
        with self._cursor() as cr:
            # What the restoring itself wrote does not count.
            self.written = self._written(cr)
        return touched

    def _restore_sequences(self, cr):
        cr.execute(SEQUENCES)
        for name, value in cr.fetchall():
            before = self.sequences[name]
            if value != before:
                called = before is not None
                cr.execute(
                    "SELECT setval(%s::regclass, %s, %s)", [name, before or 1, called]
                )

    @staticmethod
    def _wait_for_others(cr):
        """Wait until the server has noticed that the killed are dead."""
        began = time.monotonic()
        while True:
            # A transaction looks at the others once, and remembers.
            cr.execute("SELECT pg_stat_clear_snapshot()")
            cr.execute(OTHERS_AT_WORK)
            if not cr.fetchone()[0]:
                return
            assert time.monotonic() - began < PATIENCE, "somebody is still connected"
            time.sleep(0.005)


class _Cursor:
    """A cursor on a connection of its own, committed and closed at the end."""

    def __init__(self, connect):
        self.connection = connect()

    def __enter__(self):
        return self.connection.cursor()

    def __exit__(self, failure, *_ignored):
        if failure is None:
            self.connection.commit()
        self.connection.close()
