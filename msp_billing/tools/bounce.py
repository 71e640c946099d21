"""What a mail server says about a mail that it could not deliver (RFC 3464)."""

import re
from typing import NamedTuple

FAILED = "failed"
DELAYED = "delayed"
_LONGEST = 500


class Report(NamedTuple):
    """What became of a mail for one of its recipients."""

    address: str
    action: str
    words: str


def read_reports(message):
    """Return what a bounce says about each recipient.

    A message that holds no such report, as of old servers, gives none: who asks then
    knows only that the mail came back.

    :param email.message.EmailMessage message: as it came in
    :rtype: list[Report]
    """
    parts = [
        part
        for part in message.walk()
        if part.get_content_type() == "message/delivery-status" and part.is_multipart()
    ]
    reports = []
    for block in (block for part in parts for block in part.get_payload()):
        recipient = block["Original-Recipient"] or block["Final-Recipient"]
        if not recipient:
            continue  # about the mail as a whole
        status = str(block["Status"] or "")
        action = str(block["Action"] or "").strip().lower()
        if action not in ("delivered", "relayed", "expanded", DELAYED):
            # Where the action is missing, 4.x.x says that it is tried on.
            action = DELAYED if not action and status.startswith("4") else FAILED
        words = _value(block["Diagnostic-Code"]) or status
        reports.append(Report(_value(recipient).strip("<>").lower(), action, words))
    return reports


def _value(text):
    """Return a value without the kind before it, such as ``rfc822;`` or ``smtp;``."""
    text = re.sub(r"^\s*[\w-]+\s*;", "", str(text or ""))
    return " ".join(text.split())[:_LONGEST]
