import hashlib
import json
import re
from contextlib import suppress

from psycopg2 import OperationalError
from psycopg2.pool import PoolError
from werkzeug.exceptions import (
    BadRequest,
    ClientDisconnected,
    HTTPException,
    LengthRequired,
    RequestEntityTooLarge,
    UnprocessableEntity,
    UnsupportedMediaType,
)

from odoo import http
from odoo.exceptions import AccessDenied, AccessError, ConcurrencyError, UserError

from ..tools.http_body import BodyError, read_json
from ..tools.http_texts import body_text
from ..tools.snapshot import shown

MAX_BYTES = 2 * 1024 * 1024
# What is too large is still read up to here, so that the sender hears why.
MAX_DRAINED = 8 * 1024 * 1024
IDEMPOTENCY_KEY = re.compile(r"[A-Za-z0-9._:/+=~-]{1,255}")
# In English alone: where these are needed, the database may be gone.
BUSY = (
    "The server is busy with other reports. Send the same again in a moment, with the "
    "same Idempotency-Key."
)
BROKEN = (
    "The server failed to take this in, and changed nothing. Its log says why; send "
    "the same again later, with the same Idempotency-Key."
)


class MspDispatcher(http.HttpDispatcher):
    """Requests of machines: JSON comes in, JSON goes out, errors too."""

    routing_type = "msp"
    mimetypes = ("application/json",)

    def dispatch(self, endpoint, args):
        """Read the request, and call the endpoint with what it says.

        The endpoint's parameters are the ``data`` of the body, the
        ``idempotency_key`` and the ``request_hash``. What is refused is noted at the
        source of the agent; ``ingest`` does so itself.
        """
        env = self.request.env
        try:
            self.request.params = {**args, **self._read()}
            return self.request.registry["ir.http"]._dispatch(endpoint)
        except HTTPException as refusal:
            env["msp.source"]._of_agent(env.uid)._refuse(None, refusal.description)
            raise
        except (AccessDenied, AccessError):
            raise
        except UserError as error:
            raise UnprocessableEntity(str(error)) from error

    def handle_error(self, exc):
        """Answer an error with its status and text as JSON, and nothing else."""
        status, text, headers = 500, BROKEN, []
        if isinstance(exc, HTTPException):
            status, text = exc.code, exc.description
            headers = [pair for pair in exc.get_headers() if pair[0] != "Content-Type"]
        elif isinstance(exc, UserError):
            status, text = exc.http_status, str(exc)
        elif isinstance(exc, (OperationalError, ConcurrencyError, PoolError)):
            status, text, headers = 503, BUSY, [("Retry-After", "5")]
        self._drain()
        return json_response({"error": {"status": status, "message": text}}, headers)

    # === READING === #
    def _read(self):
        """Return the parameters of the endpoint.

        :raises HTTPException: whose description says what is wrong and the way out
        """
        self._check_headers()
        key = self._read_idempotency_key()
        try:
            body = self.request.httprequest.get_data()
            data = read_json(body)
        except ClientDisconnected as error:
            raise BadRequest(
                self.request.env._(
                    "The body ends before its Content-Length. Send all of it, and its "
                    "length in bytes."
                )
            ) from error
        except BodyError as error:
            raise BadRequest(body_text(self.request.env, error)) from error
        return {
            "data": data,
            "idempotency_key": key,
            "request_hash": hashlib.sha256(body).hexdigest(),
        }

    def _check_headers(self):
        env, httprequest = self.request.env, self.request.httprequest
        charset = httprequest.mimetype_params.get("charset", "utf-8").lower()
        if httprequest.mimetype != "application/json" or charset != "utf-8":
            raise UnsupportedMediaType(
                env._(
                    "The Content-Type is %(value)s. Send application/json in UTF-8.",
                    value=shown(httprequest.content_type or "") or env._("missing"),
                )
            )
        encoding = httprequest.headers.get("Content-Encoding", "identity")
        if encoding.lower() != "identity":
            raise UnsupportedMediaType(
                env._(
                    "The Content-Encoding is %(value)s. Send the body as it is, "
                    "without compression.",
                    value=shown(encoding),
                )
            )
        # Odoo cuts a chunked body silently at its limit.
        chunked = "Transfer-Encoding" in httprequest.headers
        if chunked or httprequest.content_length is None:
            raise LengthRequired(
                env._(
                    "There is no Content-Length. Send the body in one piece, and its "
                    "length in bytes."
                )
            )
        if httprequest.content_length > MAX_BYTES:
            raise RequestEntityTooLarge(
                env._(
                    "The body has %(size)s bytes, at most %(maximum)s are read. Send "
                    "shorter names, or several partial snapshots.",
                    size=httprequest.content_length,
                    maximum=MAX_BYTES,
                )
            )

    def _read_idempotency_key(self):
        env = self.request.env
        key = self.request.httprequest.headers.get("Idempotency-Key", "")
        if not IDEMPOTENCY_KEY.fullmatch(key):
            raise BadRequest(
                env._(
                    "The Idempotency-Key is %(value)s. Send a new one with each "
                    "report and the same one when it is sent again, such as a UUID: 1 "
                    "to 255 letters, digits and the characters . _ : / + = ~ -",
                    value=f"'{shown(key)}'" if key else env._("missing"),
                )
            )
        return key

    def _drain(self):
        """Read what was not read of the body: else the sender may miss the answer."""
        httprequest = self.request.httprequest
        length = httprequest.content_length
        if length and length <= MAX_DRAINED:
            httprequest.max_content_length = MAX_DRAINED
            # Who has gone away needs no answer.
            with suppress(HTTPException):
                httprequest.get_data(cache=False)


def json_response(content, headers=(), status=None):
    """Return an answer in JSON.

    :param content: a text of JSON, or what is to be made one
    :param int status: default: that of the error in the content
    """
    if not isinstance(content, str):
        status = content["error"]["status"]
        # ASCII alone: no proxy or client can misread it.
        content = json.dumps(content)
    response = http.Response(
        content, status=status, content_type="application/json; charset=utf-8"
    )
    response.headers.extend(headers)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
