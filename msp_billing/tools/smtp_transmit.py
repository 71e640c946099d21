"""Hand one mail over to a mail server, and say exactly what became of it.

Odoo's own ``send_email`` hides which recipients were refused and with what code, and
whether a lost connection can have delivered the mail. Here that is the result.
"""

import smtplib
from dataclasses import dataclass, field

ACCEPTED = "accepted"  # by the server, for one recipient at least
LATER = "later"  # refused for now, or never handed over: try again
REFUSED = "refused"  # for good
AMBIGUOUS = "ambiguous"  # the connection was lost while the mail was handed over


@dataclass(frozen=True)
class Outcome:
    """What became of a mail: one of the four above, and the server's words."""

    kind: str
    reply: str = ""
    refused: tuple[str, ...] = field(default=())


def transmit(session, message, sender, recipients):
    """Send a message over an open session and return the Outcome.

    :param smtplib.SMTP session: open and logged in
    :param email.message.EmailMessage message: the mail
    :param str sender: address of the envelope
    :param list[str] recipients: addresses of the envelope
    """
    watch = _Watch(session)
    try:
        refused = session.send_message(message, sender, recipients)
    except smtplib.SMTPRecipientsRefused as error:
        return _all_refused(error.recipients)
    except smtplib.SMTPResponseException as error:
        kind = LATER if 400 <= error.smtp_code < 500 else REFUSED
        return Outcome(kind, _words(error.smtp_code, error.smtp_error))
    except smtplib.SMTPServerDisconnected as error:
        return Outcome(AMBIGUOUS if watch.started else LATER, str(error))
    except smtplib.SMTPException as error:
        # For example an address that needs SMTPUTF8, which the server does not speak.
        return Outcome(REFUSED, str(error))
    except OSError as error:
        return Outcome(
            AMBIGUOUS if watch.started else LATER, f"{type(error).__name__}: {error}"
        )
    finally:
        watch.end()
    return Outcome(ACCEPTED, watch.reply, _refusals(refused or {}))


class _Watch:
    """Sees whether the content was on its way, and the server's answer to it."""

    def __init__(self, session):
        self.session = session
        self.original = getattr(session, "data", None)
        self.started = False
        self.reply = ""
        session.data = self._data

    def _data(self, content):
        self.started = True
        code, text = self.original(content)
        self.reply = _words(code, text)
        return code, text

    def end(self):
        self.session.data = self.original


def _all_refused(recipients):
    """Try again while one of them is refused for now only, as greylisting does it."""
    temporary = any(400 <= code < 500 for code, _text in recipients.values())
    words = _refusals(recipients)
    return Outcome(LATER if temporary else REFUSED, "; ".join(words), words)


def _refusals(recipients):
    return tuple(
        f"{address}: {_words(code, text)}"
        for address, (code, text) in sorted(recipients.items())
    )


def _words(code, text):
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    return f"{code} {' '.join(text.split())}"
