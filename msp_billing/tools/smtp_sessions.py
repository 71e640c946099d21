"""Open sessions with mail servers, kept while a slice of mails is sent."""

import contextlib
import smtplib


class Sessions:
    """One session for each key, used again as long as it lives.

    >>> with Sessions() as sessions:
    ...     session = sessions.get(company.id, open_session)
    """

    def __init__(self):
        self._open = {}

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        for session in self._open.values():
            _quit(session)

    def get(self, key, open_session):
        """Return the session of a key when it is alive, else a new one."""
        session = self._open.pop(key, None)
        if session is not None and not _is_alive(session):
            _quit(session)
            session = None
        if session is None:
            session = open_session()
        self._open[key] = session
        return session

    def drop(self, key):
        """Close the session of a key: the next mail starts afresh."""
        _quit(self._open.pop(key))


def _is_alive(session):
    try:
        return session.noop()[0] == 250
    except (OSError, smtplib.SMTPException):
        return False


def _quit(session):
    with contextlib.suppress(OSError, smtplib.SMTPException):
        session.quit()
