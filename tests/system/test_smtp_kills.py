"""Mail is neither lost nor repeated, wherever the sender dies.

A process of Odoo forks a sender for each point of its work: before each statement,
around each commit, around the handing over of the mail. The sender is killed there,
another one takes over. Every second point, of a statement every fifth, or all with
``MSP_LONG=1``.
"""

import json
import os

import pytest
from smtp_server import (
    DOCUMENTS,
    FIRST_PORT,
    REMINDERS,
    SETUP,
    STATEMENTS,
    listening,
)

from dev import databases, tools

LONG = bool(os.environ.get("MSP_LONG"))
# Kind of mail -> every how manieth point.
KINDS = {
    "bill": 1 if LONG else 2,
    "reminder": 1 if LONG else 2,
    "statement": 1 if LONG else 5,
}
SWEEP = """
import json, os, signal, smtplib, sys
from odoo import api, sql_db

registry, name = env.registry, env.cr.dbname
env.cr.close()
TRACE = os.path.join(FOLDER, "trace")

def deliver():
    with registry.cursor() as cr:
        api.Environment(cr, 1, {})["msp.delivery"]._cron_deliver()

def watch(owner, method, label, point):
    original = getattr(owner, method)
    def step(when):
        point["now"] += 1
        os.write(point["trace"], f"{label}:{when}\\n".encode())
        if point["now"] == point["kill"]:
            os.kill(os.getpid(), signal.SIGKILL)
    def wrapped(*args, **kwargs):
        step("before")
        result = original(*args, **kwargs)
        if label != "execute":
            step("after")
        return result
    setattr(owner, method, wrapped)

def be_killed(number):
    trace = os.open(TRACE, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    point = {"now": 0, "kill": number, "trace": trace}
    watch(sql_db.Cursor, "execute", "execute", point)
    watch(sql_db.Cursor, "commit", "commit", point)
    watch(smtplib.SMTP, "data", "data", point)
    deliver()

def reset(kind, number):
    with registry.cursor() as cr:
        cr.execute("UPDATE msp_delivery SET state = 'sent', is_noted = true")
        cr.execute('''
            UPDATE msp_delivery SET state = 'queued', is_noted = false, attempts = 0,
                next_try = NULL, date_sent = NULL, date_tried = NULL, message_id = %s
            WHERE kind = %s''', [f"<{kind}-{number}@msp>", kind])
    sql_db.close_all()

def sweep(kind, stride):
    for number in range(1, 10000, stride):
        reset(kind, number)
        child = os.fork()
        if not child:
            be_killed(number)
            os._exit(0)
        status = os.waitpid(child, 0)[1]
        deliver()
        with registry.cursor() as cr:
            cr.execute('''
                SELECT d.state, count(m.id) FROM msp_delivery d
                LEFT JOIN mail_message m ON m.message_id = d.message_id
                WHERE d.kind = %s GROUP BY d.state''', [kind])
            [(state, notes)] = cr.fetchall()
        with open(TRACE) as trace:
            steps = trace.read().split()
        print("POINT" + json.dumps({
            "kind": kind, "number": number, "state": state, "notes": notes,
            "steps": steps, "killed": status != 0,
        }))
        if not status:
            break

for kind, stride in KINDS.items():
    sweep(kind, stride)
sys.stdout.flush()
os._exit(0)
"""


@pytest.fixture
def points(database, shell, tmp_path):
    """Return what became of the mail at each point, with the number of its mails."""
    port = tools.free_port(FIRST_PORT)
    constants = f"PORT = {port}\nADDRESSES = ['ok@example.com']\n"
    shell(database, constants + SETUP + DOCUMENTS + REMINDERS + STATEMENTS)
    databases.sql("UPDATE ir_cron SET active = false", database)
    constants = f"FOLDER = {str(tmp_path)!r}\nKINDS = {KINDS!r}\n"
    with listening(port) as catcher:
        output = shell(database, constants + SWEEP)
    found = [
        json.loads(line.removeprefix("POINT"))
        for line in output.splitlines()
        if line.startswith("POINT")
    ]
    for point in found:
        message_id = f"<{point['kind']}-{point['number']}@msp>"
        point["mails"] = sum(
            message["Message-Id"] == message_id for message, _to in catcher.mails
        )
    return found


def in_the_gap(steps):
    """Say whether the server had the mail and the database did not know it yet."""
    if "data:after" not in steps:
        return False
    return "commit:after" not in steps[steps.index("data:after") :]


def test_every_death(points):
    kinds = {kind: [p for p in points if p["kind"] == kind] for kind in KINDS}
    for found in kinds.values():
        assert len(found) > 40 / KINDS[found[0]["kind"]]
        assert not found[-1]["killed"]
    for point in kinds["bill"]:
        where = (point["number"], point["steps"][-3:])
        expected = 2 if point["killed"] and in_the_gap(point["steps"]) else 1
        assert point["mails"] == expected, where
        assert (point["state"], point["notes"]) == ("sent", 1), where
    for point in kinds["reminder"] + kinds["statement"]:
        where = (point["number"], point["steps"][-3:])
        assert point["mails"] <= 1, where
        if point["state"] == "sent":
            assert (point["mails"], point["notes"]) == (1, 1), where
        else:
            assert point["state"] == "unknown", where
            assert point["killed"], where
