"""Mails through a real SMTP server: what it says, and who dies when.

Odoo reports success under its own tests without sending anything. Here real processes
of Odoo talk to a server that does what the recipient's address says.
"""

import json
import time

import pytest
from smtp_server import (
    DELIVER,
    DOCUMENTS,
    FIRST_PORT,
    IMPATIENT,
    REMINDERS,
    SETUP,
    STATEMENTS,
    listening,
)

from dev import databases, server, tools, ui

TWO = "fine@example.com, gone@example.com"
LATER = "fine2@example.com, grey2@example.com"
ADDRESSES = [
    "ok@example.com",
    "grey@example.com",
    TWO,
    "gone2@example.com",
    "drop@example.com",
    "early@example.com",
    "hang@example.com",
    LATER,
    "last@example.com",
]


# The process dies when the server has said 250 and before anybody has noted it.
DIE = """
import os, signal, smtplib
data = smtplib.SMTP.data
def data_and_die(session, message):
    data(session, message)
    os.kill(os.getpid(), signal.SIGKILL)
smtplib.SMTP.data = data_and_die
"""
STATES = """
SELECT json_agg(json_build_object(
    'to', d.to, 'state', d.state, 'kind', d.kind, 'attempts', d.attempts,
    'reason', d.reason, 'message_id', d.message_id, 'reply', d.server_reply,
    'is_move_sent', m.is_move_sent, 'activities', (
        SELECT count(*) FROM mail_activity a
        WHERE a.res_model = 'account.move' AND a.res_id = m.id),
    'notes', (
        SELECT count(*) FROM mail_message n
        WHERE n.message_id = d.message_id AND n.res_id = m.id)
) ORDER BY d.id)
FROM msp_delivery d LEFT JOIN account_move m ON m.id = d.move_id
"""


@pytest.fixture(scope="module")
def port():
    return tools.free_port(FIRST_PORT)


@pytest.fixture(scope="module")
def billed(installed, port, tmp_path_factory):
    """Have a database with a bill for each kind of address, to be cloned."""
    name = f"{installed}_billed"
    log = tmp_path_factory.mktemp("billed") / "shell.log"
    databases.clone(installed, name)
    constants = f"PORT = {port}\nADDRESSES = {ADDRESSES!r}\n"
    server.script(name, constants + SETUP, log)
    yield name
    databases.drop(name)


@pytest.fixture
def mailing(billed, make_database):
    """Have a clone with the bills of some addresses: ``mailing(*addresses)``."""

    def make(*addresses):
        database = make_database(billed)
        wanted = ", ".join(f"'{address}'" for address in addresses)
        databases.sql(
            f'DELETE FROM msp_delivery WHERE "to" NOT IN ({wanted})', database
        )
        return database

    return make


def states(database):
    """Return the deliveries as the database has them, by address."""
    rows = json.loads(databases.sql(STATES, database))
    return {(row["kind"], row["to"]): row for row in rows}


def bill(database, to):
    """Return the delivery of the bill that goes to an address."""
    return states(database)["bill", to]


def die(shell, database, script):
    """Deliver, and be killed when the server has the mail."""
    with pytest.raises(ui.Failure):
        shell(database, script + DIE + DELIVER)


def test_what_the_server_says(mailing, shell, port):
    database = mailing(*ADDRESSES)
    with listening(port) as catcher:
        shell(database, IMPATIENT + DOCUMENTS + DELIVER)
        first = states(database)

        assert first["bill", "ok@example.com"]["state"] == "sent"
        assert first["bill", "ok@example.com"]["reply"] == "250 2.0.0 kept"
        assert first["bill", "ok@example.com"]["is_move_sent"]
        assert first["bill", "ok@example.com"]["notes"] == 1
        assert first["bill", "grey@example.com"]["state"] == "queued"
        assert "451 4.7.1" in first["bill", "grey@example.com"]["reason"]
        assert first["bill", TWO]["state"] == "sent"
        assert "gone@example.com: 550" in first["bill", TWO]["reason"]
        assert first["bill", TWO]["activities"] == 1
        assert first["bill", "gone2@example.com"]["state"] == "failed"
        assert not first["bill", "gone2@example.com"]["is_move_sent"]
        assert first["bill", "gone2@example.com"]["activities"] == 1
        for address in ("drop", "early", "hang"):
            assert first["bill", f"{address}@example.com"]["state"] == "queued"
            assert not first["bill", f"{address}@example.com"]["is_move_sent"]
        assert first["bill", LATER]["state"] == "sent"
        assert "grey2@example.com: 451" in first["bill", LATER]["reason"]
        assert first["bill", "last@example.com"]["state"] == "sent"

        shell(database, DELIVER)
        second = states(database)

        assert second["bill", "grey@example.com"]["state"] == "sent"
        assert second["bill", "grey@example.com"]["attempts"] == 2
        assert second["bill", "drop@example.com"]["state"] == "sent"
        [before, after] = catcher.to("drop@example.com")
        assert before["Message-Id"] == after["Message-Id"]
        for address in ("early", "hang"):
            assert second["bill", f"{address}@example.com"]["state"] == "sent"
        for address in ("ok", "grey", "fine", "early", "hang", "fine2", "last"):
            assert len(catcher.to(f"{address}@example.com")) == 1, address
        [message] = catcher.to("ok@example.com")
        [attachment] = message.iter_attachments()
        assert attachment.get_content().startswith(b"%PDF")


def test_server_that_is_not_there(mailing, shell, port):
    database = mailing("ok@example.com", "last@example.com")
    shell(database, DOCUMENTS + DELIVER)
    for to, attempts in (("ok@example.com", 1), ("last@example.com", 0)):
        assert bill(database, to)["state"] == "queued"
        assert bill(database, to)["attempts"] == attempts
        assert "cannot be reached" in bill(database, to)["reason"]
    with listening(port) as catcher:
        shell(database, DELIVER)
    assert bill(database, "last@example.com")["state"] == "sent"
    assert len(catcher.mails) == 2


def test_killed_between_the_answer_and_the_note(mailing, shell, port):
    database = mailing("ok@example.com")
    with listening(port) as catcher:
        die(shell, database, DOCUMENTS)
        assert bill(database, "ok@example.com")["state"] == "sending"
        shell(database, DELIVER + DELIVER)
        [before, after] = catcher.to("ok@example.com")
        assert before["Message-Id"] == after["Message-Id"]
        assert bill(database, "ok@example.com")["state"] == "sent"


def test_no_more_than_the_limit_leaves_in_a_minute(mailing, shell, port):
    """Whoever sends: another process, one that was restarted, one that was killed."""
    database = mailing("ok@example.com", "grey@example.com", "last@example.com")
    databases.sql("UPDATE res_company SET msp_mails_per_minute = 2", database)
    with listening(port) as catcher:
        die(shell, database, DOCUMENTS)
        assert len(catcher.mails) == 1
        shell(database, DELIVER + DELIVER)
        assert len(catcher.mails) == 2
        assert bill(database, "ok@example.com")["state"] == "sent"
        assert bill(database, "last@example.com")["state"] == "queued"
        minute = "UPDATE msp_delivery SET date_tried = date_tried - interval '61 s'"
        databases.sql(minute, database)
        shell(database, DELIVER)
        assert len(catcher.mails) == 3
        databases.sql(minute, database)
        shell(database, DELIVER)
        assert len(catcher.to("grey@example.com")) == 1
        assert len(catcher.to("last@example.com")) == 1


def test_statement_that_may_have_arrived_is_left_to_a_person(mailing, shell, port):
    database = mailing("drop@example.com", "ok@example.com")
    with listening(port):
        shell(database, DOCUMENTS + DELIVER + DELIVER)
    with listening(port) as catcher:
        shell(database, STATEMENTS + DELIVER + DELIVER)
    assert len(catcher.to("drop@example.com")) == 1
    found = states(database)
    assert found["bill", "drop@example.com"]["state"] == "sent"
    assert found["statement", "drop@example.com"]["state"] == "unknown"
    assert found["statement", "ok@example.com"]["state"] == "sent"
    [message] = catcher.to("ok@example.com")
    assert "Statement" in message["Subject"]
    [attachment] = message.iter_attachments()
    assert attachment.get_content().startswith(b"%PDF")


def test_killed_reminder_is_left_to_a_person(mailing, shell, port):
    database = mailing("ok@example.com")
    with listening(port) as catcher:
        die(shell, database, DOCUMENTS + REMINDERS)
        shell(database, DELIVER)
        assert len(catcher.mails) == 1
    reminder = states(database)["reminder", "ok@example.com"]
    assert reminder["state"] == "unknown"
    assert reminder["activities"] == 1


def test_server_with_its_crons_mails_a_real_pdf(mailing, start_server, port):
    database = mailing("ok@example.com")
    with listening(port) as catcher:
        start_server(database)
        began = time.monotonic()
        while not catcher.mails and time.monotonic() - began < 120:
            time.sleep(0.2)
        [message] = catcher.to("ok@example.com")
    assert "INV/" in message["Subject"]
    [attachment] = message.iter_attachments()
    content = attachment.get_content()
    assert content.startswith(b"%PDF")
    assert len(content) > 5000
