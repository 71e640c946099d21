"""Reports of computers that come at once, or are as large as they may be."""

import concurrent.futures
import json
import pathlib
import urllib.error
import urllib.request
from typing import NamedTuple

import pytest

from dev import databases, logcheck

AT_ONCE = 6
MEBIBYTE = 2**20
MAX_BYTES = 2 * MEBIBYTE
SETUP = """
import datetime
source = env["msp.source"].create({"name": "RMM", "code": "rmm"})
for number in range(6):
    env["msp.source.customer"].create({
        "source_id": source.id, "external_key": f"C{number}",
        "partner_id": env["res.partner"].create({"name": f"Customer {number}"}).id,
    })
until = datetime.datetime.now() + datetime.timedelta(days=30)
print("KEY " + env["msp.source.key"]._make(source, "Test", until))
env.cr.commit()
"""


class Answer(NamedTuple):
    status: int
    body: bytes
    replay: bool


class Door:
    """Where a source reports its computers, on a running server."""

    def __init__(self, server, key):
        self.server, self.key = server, key

    def post(self, body, key):
        """Send a request with an idempotency key."""
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.server.url}/msp/v1/inventory",
            body,
            {
                "Authorization": f"Bearer {self.key}",
                "Content-Type": "application/json",
                "Idempotency-Key": key,
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                replay = answer.headers["Idempotent-Replay"] == "true"
                return Answer(answer.status, answer.read(), replay)
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.read(), False)

    def post_at_once(self, requests):
        """Send requests at the same moment, each (body, idempotency key)."""
        with concurrent.futures.ThreadPoolExecutor(len(requests)) as pool:
            return list(pool.map(lambda request: self.post(*request), requests))

    def sql(self, query):
        """Ask the database."""
        return databases.sql(query, self.server.database)

    def peak(self):
        """Return the largest memory that the server had so far, in bytes."""
        status = pathlib.Path(f"/proc/{self.server.process.pid}/status").read_text()
        [line] = [line for line in status.splitlines() if line.startswith("VmHWM")]
        return int(line.split()[1]) * 1024


def snapshot(customer="C0", computers=50, width=1, kind="workstation", **values):
    """Return a snapshot of so many computers, with keys of some width."""
    return {
        "customer": customer,
        "taken_at": "2024-04-02T12:00:00+02:00",
        "complete": True,
        "computers": [
            {"key": f"{customer}-{number:0>{width}}", "type": kind}
            for number in range(computers)
        ],
        **values,
    }


def later(*arguments):
    """Return a snapshot that is newer than the others here."""
    return snapshot(*arguments, taken_at="2024-07-02T12:00:00Z")


@pytest.fixture(scope="module")
def door(installed, tmp_path_factory):
    """Have a server with a source and its key."""
    from dev import server

    name = f"{installed}_door"
    folder = tmp_path_factory.mktemp("door")
    databases.clone(installed, name)
    running = server.Server(name, folder / "server.log", crons=0)
    try:
        output = server.script(name, SETUP, folder / "shell.log")
        [key] = [line for line in output.splitlines() if line.startswith("KEY ")]
        running.start()
        yield Door(running, key.removeprefix("KEY "))
    finally:
        running.stop()
        databases.drop(name)


def test_the_same_request_at_once_is_applied_once(door):
    answers = door.post_at_once([(snapshot(), "same")] * AT_ONCE)
    assert [answer.status for answer in answers] == [200] * AT_ONCE
    assert len({answer.body for answer in answers}) == 1
    assert json.loads(answers[0].body)["added"] == 50
    assert sum(not answer.replay for answer in answers) == 1
    assert door.sql("SELECT count(*) FROM msp_source_request") == "1"
    assert door.sql("SELECT count(*) FROM msp_source_sync") == "1"
    assert door.sql("SELECT count(*) FROM msp_computer") == "50"


def test_the_same_snapshot_at_once_is_applied_once(door):
    requests = [(snapshot("C1"), f"twin-{number}") for number in range(AT_ONCE)]
    answers = [json.loads(answer.body) for answer in door.post_at_once(requests)]
    assert sorted(answer["added"] for answer in answers) == [0] * (AT_ONCE - 1) + [50]
    assert sum(answer["unchanged"] for answer in answers) == 50 * (AT_ONCE - 1)


def test_customers_do_not_wait_for_each_other(door):
    requests = [
        (snapshot(f"C{number}", taken_at="2024-05-02T12:00:00Z"), f"all-{number}")
        for number in range(AT_ONCE)
    ]
    answers = door.post_at_once(requests)
    assert [answer.status for answer in answers] == [200] * AT_ONCE


def test_one_key_for_other_bodies_at_once(door):
    requests = [
        (snapshot("C2", 10 + number, taken_at="2024-06-02T12:00:00Z"), "one")
        for number in range(AT_ONCE)
    ]
    statuses = [answer.status for answer in door.post_at_once(requests)]
    assert sorted(statuses) == [200] + [409] * (AT_ONCE - 1)


def test_an_unknown_customer_at_once(door):
    requests = [(snapshot("NEW"), f"new-{number}") for number in range(AT_ONCE)]
    answers = door.post_at_once(requests)
    assert [answer.status for answer in answers] == [422] * AT_ONCE
    assert all(b"NEW is not mapped" in answer.body for answer in answers)
    query = "SELECT count(*) FROM msp_source_customer WHERE external_key = 'NEW'"
    assert door.sql(query) == "1"
    query = "SELECT count(*) FROM msp_source_sync WHERE customer_key = 'NEW'"
    assert door.sql(query) == str(AT_ONCE)


def padded(body):
    """Return a body with blanks at its end, as large as it may be."""
    assert len(body) <= MAX_BYTES
    return body + b" " * (MAX_BYTES - len(body))


LARGE = {
    "computers": (200, json.dumps(later("C3", 10_000, 150)).encode()),
    "rejected": (200, json.dumps(later("C4", 10_000, 150, "toaster")).encode()),
    "nulls": (413, b'{"computers": [' + b"null," * 400_000 + b"null]}"),
    "objects": (413, b'{"computers": [' + b"{}," * 690_000 + b"{}]}"),
    "names": (422, b"{" + b",".join(b'"%d":0' % n for n in range(180_000)) + b"}"),
    "nested": (400, b"[" * MAX_BYTES),
    "one text": (422, b'{"customer": "' + b"\\u0000" * 340_000 + b'"}'),
    "one number": (400, b"9" * MAX_BYTES),
    "blanks": (400, b""),
    "quotes": (400, b'"' + b'\\"' * (MEBIBYTE - 1)),
}


@pytest.mark.parametrize("kind", LARGE)
def test_two_mebibytes_take_little_memory(door, kind):
    status, body = LARGE[kind]
    before = door.peak()
    answer = door.post(padded(body), f"large-{kind}".replace(" ", "-"))
    assert answer.status == status, answer.body[:300]
    assert door.peak() - before < 300 * MEBIBYTE


def test_nothing_failed(door):
    """No test above left an error in the server's log."""
    bad = [
        record.text
        for record in logcheck.records(door.server.log)
        if record.level in ("ERROR", "CRITICAL")
    ]
    assert not bad
