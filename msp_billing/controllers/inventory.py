from werkzeug.exceptions import Conflict, RequestEntityTooLarge

from odoo import http
from odoo.http import request

from .dispatcher import MAX_BYTES, json_response

MAX_COMPUTERS = 10_000


class InventoryController(http.Controller):
    """The door through which sources report computers."""

    @http.route(
        "/msp/v1/inventory",
        type="msp",
        auth="msp_agent",
        csrf=False,
        save_session=False,
        max_content_length=MAX_BYTES,
    )
    def report_inventory(self, data, idempotency_key, request_hash):
        """Take in a snapshot; see ``msp.source.ingest`` for it and for the answer.

        Whose computers it names is told by the source, and the source by the key.
        """
        self._check_count(data)
        source = request.env["msp.source"]._of_agent(request.env.uid)
        Request = request.env["msp.source.request"].sudo()
        first, mine = Request._claim(source, idempotency_key, request_hash)
        if not mine:
            return self._answer_again(first, request_hash)
        first._answer_with(source.ingest(data))
        # What the database has to say about it, it says before the answer.
        request.env.cr.flush()
        return json_response(first.answer, status=first.status)

    def _check_count(self, data):
        computers = data.get("computers") if isinstance(data, dict) else None
        if isinstance(computers, list) and len(computers) > MAX_COMPUTERS:
            raise RequestEntityTooLarge(
                request.env._(
                    "The snapshot has %(count)s computers, at most %(maximum)s are "
                    "taken in at once. Send several snapshots with "
                    '"complete": false.',
                    count=len(computers),
                    maximum=MAX_COMPUTERS,
                )
            )

    def _answer_again(self, first, request_hash):
        if first.request_hash != request_hash:
            raise Conflict(
                request.env._(
                    "The Idempotency-Key %(key)s was used for another body at "
                    "%(moment)s UTC. Send each new report with a new key.",
                    key=first.idempotency_key,
                    moment=first.create_date.replace(microsecond=0),
                )
            )
        headers = [("Idempotent-Replay", "true")]
        return json_response(first.answer, headers, status=first.status)
