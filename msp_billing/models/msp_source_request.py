import json
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.constants import GC_UNLINK_LIMIT

# For so long the same request again gets the same answer; the same snapshot changes
# nothing for ever, see ``msp.source.sync``.
KEPT_DAYS = 30


class MspSourceRequest(models.Model):
    """A report that came by HTTP, and its answer for when it is sent again.

    Only what was taken in is kept: who sends a refused report again, mended, may do so
    under the same key.
    """

    _name = "msp.source.request"
    _description = "Request of a Source"
    _order = "id desc"
    _rec_name = "idempotency_key"

    # === FIELDS === #
    source_id = fields.Many2one(
        comodel_name="msp.source", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, index=True
    )
    idempotency_key = fields.Char(required=True, readonly=True)
    request_hash = fields.Char(
        required=True, readonly=True, help="SHA-256 of the body."
    )
    status = fields.Integer(readonly=True, help="The status of the answer.")
    answer = fields.Text(readonly=True, help="The body of the answer.")
    create_date = fields.Datetime(index=True)

    _key_unique = models.Constraint(
        "UNIQUE (source_id, idempotency_key)",
        "The source has a request with this key already.",
    )

    # === CRUD METHODS === #
    @api.autovacuum
    def _gc_requests(self):
        """Forget old requests."""
        limit = fields.Datetime.now() - timedelta(days=KEPT_DAYS)
        old = self.search([("create_date", "<", limit)], limit=GC_UNLINK_LIMIT)
        old.unlink()
        return len(old), len(old) == GC_UNLINK_LIMIT

    # === BUSINESS METHODS === #
    @api.model
    def _claim(self, source, key, request_hash):
        """Return the request of a source with a key, and whether it is a new one.

        Two at once: one of them waits here until the other is through, then fails to
        serialize, and finds the answer when Odoo tries it again.

        :return: the request, and a bool
        """
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO msp_source_request
                            (source_id, company_id, idempotency_key, request_hash,
                             create_uid, write_uid, create_date, write_date)
                     VALUES (%(source)s, %(company)s, %(key)s, %(hash)s,
                             %(user)s, %(user)s, %(now)s, %(now)s)
                ON CONFLICT (source_id, idempotency_key) DO NOTHING
                  RETURNING id
                """,
                source=source.id,
                company=source.company_id.id,
                key=key,
                hash=request_hash,
                user=self.env.uid,
                now=self.env.cr.now(),
            ),
            log_exceptions=False,
        )
        row = self.env.cr.fetchone()
        if row:
            return self.browse(row), True
        domain = [("source_id", "=", source.id), ("idempotency_key", "=", key)]
        return self.search(domain), False

    def _answer_with(self, answer):
        """Note the answer of a new request."""
        self.ensure_one()
        self.write({"status": 200, "answer": json.dumps(answer)})
