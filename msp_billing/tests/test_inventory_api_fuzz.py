import json
import os
import random

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..tools.http_body import BodyError, read_json
from ..tools.http_texts import body_text
from .bad_requests import GOOD, GOOD_ROW
from .http_common import InventoryHttpCase
from .test_inventory_api_bad import INTERNALS

LONG = bool(os.environ.get("MSP_LONG"))
# Of all examples: what is read and taken in directly, and what goes through HTTP.
DIRECT = 14_500 if LONG else 250
REQUESTS = 1_000 if LONG else 40

# What breaks readers, beside what hypothesis thinks of.
NASTY = st.sampled_from(
    [
        *(None, True, False, 0, -1, -0.0, 1.5, 1e308, 2**63, 10**29, [], {}),
        *("", " ", "A", "bad-1", "1", "true", "NaN", "server", "SERVER", "toaster"),
        *("\x00", "\ud800", "\u202e", "\u200b", "e\u0301", "\n", "k" * 256),
        *("%s", "%(name)s", "{0}", "{{ 7*7 }}", "'", '"', "\\", "<b>"),
        *("2024-04-02T12:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00"),
    ]
)
# From all corners of Unicode, lone surrogates too: JSON can write them.
CORNERS = "aZ09 -_.:/\"'\\<>{}%é€ßﬁİ汉語عربनी👩🏽\u0301\u200d\u200e\u202b\u2066\u2028"
CORNERS += "\ufeff\ufffd"
CORNERS += "\x00\x07\t\r\n\x1b\x7f\x85\xa0\xad\ud800\udbff\udfff\ue000\U0010ffff"
TEXT = st.lists(st.sampled_from(CORNERS), max_size=12).map("".join)
VALUE = NASTY | TEXT | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
ANYTHING = st.recursive(
    VALUE,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4)
    ),
    max_leaves=12,
)
ROW = st.fixed_dictionaries(
    {},
    optional={
        "key": VALUE,
        "name": VALUE,
        "type": st.sampled_from(["workstation", "Server"]) | VALUE,
        "serial": VALUE,
        "last_contact": VALUE,
    },
)
FRAME = st.fixed_dictionaries(
    {},
    optional={
        "customer": st.just("A") | VALUE,
        "taken_at": st.just(GOOD["taken_at"]) | VALUE,
        "complete": st.booleans() | NASTY,
        "confirmed_empty": st.booleans() | NASTY,
        "computers": st.lists(ROW | ANYTHING, max_size=6) | ANYTHING,
    },
)
# A good frame with odd rows: more than half of what comes should be taken in.
SNAPSHOT = st.builds(
    lambda rows, complete: {**GOOD, "complete": complete, "computers": rows},
    st.lists(ROW, max_size=6),
    st.booleans(),
)
BODY = SNAPSHOT | FRAME | ANYTHING
LATIN = st.sampled_from([chr(code) for code in (9, *range(32, 127), *range(128, 256))])
HEADER = st.lists(LATIN, max_size=60).map("".join)


def mutated(rng):
    """Return the good body with some bytes changed, put in, taken out or doubled."""
    body = bytearray(json.dumps({**GOOD, "computers": [GOOD_ROW] * 2}).encode())
    for _ in range(rng.randint(1, 3)):
        place = rng.randrange(len(body))
        kind = rng.randrange(5)
        if kind == 0:
            body[place] = rng.randrange(256)
        elif kind == 1 and chr(body[place]).isalnum():
            body[place] = rng.choice(b"abcXYZ0129")
        elif kind == 2:
            body[place:place] = rng.choice(
                [b"{", b"}", b"[", b"]", b'"', b",", b":", b"\\", b"\x00", b"NaN", b"9"]
            )
        elif kind == 3:
            del body[place : place + rng.randint(1, 8)]
        else:
            body[place:place] = body[place : place + rng.randint(1, 40)]
    return bytes(body)


def examples(number):
    """Return the decorators of a test with so many examples, the same each time."""

    def decorate(test):
        test = settings(
            max_examples=number,
            database=None,
            deadline=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        )(test)
        return seed(random.randrange(2**32) if LONG else 19)(test)

    return decorate


@tagged("post_install", "-at_install")
class TestFuzz(InventoryHttpCase):
    """Whatever comes in: taken in as a whole, or refused with a text as a whole."""

    def setUp(self):
        super().setUp()
        self.assertEqual(self.post(self.snapshot("1", "2")).status, 200)
        self.source = self.source.sudo()

    def take_in(self, data):
        """Take in a snapshot, check what came of it, and take it back."""
        before = self.inventory()
        with self.env.cr.savepoint() as savepoint:
            try:
                answer = self.source.ingest(data)
            except UserError as error:
                self.check_text(str(error))
                self.env.flush_all()
                savepoint.rollback()
                self.env.invalidate_all()
                self.assertEqual(self.inventory(), before)
                return False
            self.check_answer(data, answer, before)
            savepoint.rollback()
        self.env.invalidate_all()
        # Each would be noted after the rollback that ends the test.
        self.env.cr.postrollback.clear()
        return True

    def check_text(self, text):
        self.assertTrue(text.strip())
        self.assertNotRegex(text, INTERNALS)
        # It can be sent and read: no lone surrogates, no control characters.
        self.assertTrue(text.encode().decode())
        self.assertFalse(set(text) & set(map(chr, [*range(10), 11, 12, 0x202E])))

    def check_answer(self, data, answer, before):
        rejected = [row["index"] for row in answer["rejected"]]
        self.assertEqual(rejected, sorted(set(rejected)))
        for row in answer["rejected"]:
            self.check_text(row["reason"])
        taken = answer["added"] + answer["changed"] + answer["unchanged"]
        self.assertEqual(taken + len(rejected), len(data["computers"]))
        self.env.flush_all()
        json.dumps(answer, allow_nan=False)
        count = self.env["msp.computer"].search_count([])
        self.assertLessEqual(count, before["msp_computer"][0] + answer["added"])

    def test_structures(self):
        outcomes = []

        @examples(DIRECT)
        @given(data=BODY)
        def run(data):
            # As it comes over the wire.
            body = json.dumps(data).encode()
            try:
                read = read_json(body)
            except BodyError as error:
                self.check_text(body_text(self.env, error))
                outcomes.append("unread")
            else:
                outcomes.append(self.take_in(read))

        run()
        self.assertLessEqual({True, False, "unread"}, set(outcomes))

    def test_bytes(self):
        rng = random.Random(None if LONG else 19)
        outcomes = {True: 0, False: 0, "unread": 0}
        for _ in range(DIRECT // 4):
            body = mutated(rng)
            with self.subTest(body):
                try:
                    outcome = self.take_in(read_json(body))
                except BodyError as error:
                    self.check_text(body_text(self.env, error))
                    outcome = "unread"
                outcomes[outcome] += 1
        self.assertTrue(all(outcomes.values()), outcomes)

    def check_http(self, answer):
        self.assertIn(answer.status, (200, 400, 401, 409, 411, 413, 415, 422))
        if answer.status != 200:
            self.check_text(answer.message)
            self.assertEqual(self.inventory(), self.seen)

    def test_requests(self):
        self.seen = self.inventory()

        @examples(REQUESTS)
        @given(data=BODY)
        def run(data):
            answer = self.post(json.dumps(data).encode())
            self.check_http(answer)
            self.seen = self.inventory()

        run()
        rng = random.Random(None if LONG else 19)
        for _ in range(REQUESTS // 2):
            body = mutated(rng)
            with self.subTest(body):
                self.check_http(self.post(body))
                self.seen = self.inventory()

    @mute_logger("odoo.http")
    def test_headers(self):
        self.seen = self.inventory()

        @examples(REQUESTS // 2)
        @given(
            name=st.sampled_from(["Authorization", "Idempotency_Key", "Content_Type"]),
            prefix=st.sampled_from(["", "Bearer ", "application/json;", '"']),
            value=HEADER,
        )
        def run(name, prefix, value):
            answer = self.post(GOOD, **{name: f"{prefix}{value}"})
            self.check_http(answer)
            self.seen = self.inventory()

        run()
