"""A server of Odoo in another month: its clock, and its database's, are moved."""

import pathlib
import time

from dev import databases, paths, server

PATIENCE = 30.0
# What PostgreSQL finds before its own now().
MOVED = """
CREATE TABLE public.moved_clock (shift interval NOT NULL);
INSERT INTO public.moved_clock VALUES ('0');
CREATE FUNCTION public.now() RETURNS timestamptz LANGUAGE sql STABLE AS
    'SELECT pg_catalog.now() + (SELECT shift FROM public.moved_clock)';
ALTER DATABASE "{database}" SET search_path = public, pg_catalog;
"""
SHIFT = "UPDATE public.moved_clock SET shift = '{moment}+00' - pg_catalog.now()"


class ClockServer(server.Server):
    """A server without crons whose clock ``move_to`` sets: the hours strike by hand."""

    def __init__(self, database, log, moment):
        super().__init__(database, log, crons=0)
        self.clock = log.with_suffix(".clock")
        databases.sql(MOVED.format(database=database), database)
        self._tell(moment)

    def start(self, *arguments, first_port=8069, **env):
        """Start the server at the moment that the clock shows."""
        told = {"MSP_CLOCK": str(self.clock), **env}
        super().start(*arguments, first_port=first_port, **told)

    def _command(self, *arguments):
        script = pathlib.Path(__file__).with_name("clock_odoo.py")
        return [str(paths.PYTHON), str(script), *map(str, arguments)]

    def _tell(self, moment):
        databases.sql(SHIFT.format(moment=moment), self.database)
        draft = self.clock.with_suffix(".draft")
        draft.write_text(moment)
        draft.replace(self.clock)

    def move_to(self, moment):
        """Set the clock, and wait until the server follows.

        :param str moment: ``2026-04-01 06:00:00``, in UTC
        """
        self._tell(moment)
        followed = self.clock.with_suffix(".followed")
        began = time.monotonic()
        while not (followed.exists() and followed.read_text() == moment):
            if time.monotonic() - began > PATIENCE:
                raise AssertionError(f"The server's clock does not follow to {moment}")
            time.sleep(0.02)
