import http.client
import json
import socket
from datetime import timedelta

from odoo import fields
from odoo.tests import HttpCase
from odoo.tests.common import TEST_CURSOR_COOKIE_NAME
from odoo.tools import SQL

from .inventory_common import InventoryCase

PATH = "/msp/v1/inventory"
# Long ago, so that it is never the future; no clock is frozen here, since the
# database checks with its own whether a key is still valid.
TAKEN_AT = "2024-04-02T12:00:00+02:00"
# What a request that is refused must leave as it was.
TABLES = {
    "msp_computer": "TRUE",
    "msp_computer_period": "TRUE",
    "msp_source": "TRUE",
    # Customers that nobody has mapped are noted when they are refused.
    "msp_source_customer": "partner_id IS NOT NULL",
    "msp_source_request": "TRUE",
    "msp_source_sync": "state <> 'refused'",
    "msp_count_reading": "TRUE",
    "res_partner": "TRUE",
}


class Answer:
    """What the server answered."""

    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()
        self.text = self.body.decode()

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def message(self):
        """The text of an error, else the reasons of the rejected rows."""
        if "error" in self.json:
            return self.json["error"]["message"]
        return "\n".join(row["reason"] for row in self.json["rejected"])


class InventoryHttpCase(InventoryCase, HttpCase):
    """A source that knows Acme as "A", and a key for it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.source = cls.env["msp.source"].create({"name": "RMM", "code": "rmm"})
        cls.map_acme = cls.env["msp.source.customer"].create(
            {
                "source_id": cls.source.id,
                "external_key": "A",
                "partner_id": cls.acme.id,
            }
        )
        cls.key = cls.new_key(cls.source)

    def setUp(self):
        super().setUp()
        self.used_keys = 0

    @classmethod
    def new_key(cls, source, name="Test", days=30):
        expiration = fields.Datetime.now() + timedelta(days=days)
        return cls.env["msp.source.key"]._make(source, name, expiration)

    def snapshot(self, *keys, **values):
        return {
            "customer": "A",
            "taken_at": TAKEN_AT,
            "complete": True,
            "computers": [
                {"key": key, "name": f"PC {key}", "type": "workstation"} for key in keys
            ],
            **values,
        }

    def new_idempotency_key(self):
        self.used_keys += 1
        return f"{self._testMethodName}-{self.used_keys}"

    def post(self, body, method="POST", path=PATH, **headers):
        """Send a request, and return the answer.

        :param body: bytes, or what is made JSON
        :param headers: replace the usual ones, underscores stand for hyphens; None
            leaves one out, a list sends it several times
        """
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        values = {
            "Authorization": f"Bearer {self.key}",
            "Idempotency-Key": self.new_idempotency_key(),
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        self.env.flush_all()
        self.env.cr.clear()
        with self.allow_requests():
            cookie = f"{TEST_CURSOR_COOKIE_NAME}={self.http_request_key}"
            answer = self._send(method, path, {"Cookie": cookie, **values}, body)
        self.env.invalidate_all()
        return answer

    def _send(self, method, path, headers, body):
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.http_port(), timeout=60
        )
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in headers.items():
            for each in value if isinstance(value, list) else [value]:
                if each is not None:
                    connection.putheader(name, each)
        connection.endheaders()
        connection.send(body)
        # Whatever length was promised, nothing more will come.
        connection.sock.shutdown(socket.SHUT_WR)
        try:
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def inventory(self):
        """Return a name for exactly what the tables have in them."""
        self.env.flush_all()
        names = {}
        for table, condition in TABLES.items():
            query = SQL(
                "SELECT count(*), md5(string_agg(t::text, '|' ORDER BY id)) "
                "FROM %s t WHERE %s",
                SQL.identifier(table),
                SQL(condition),
            )
            [names[table]] = self.env.execute_query(query)
        return names

    def computers(self):
        """Return the keys of the source's managed computers."""
        domain = [("source_id", "=", self.source.id), ("date_to", "=", False)]
        return self.env["msp.computer"].search(domain).mapped("external_key")
