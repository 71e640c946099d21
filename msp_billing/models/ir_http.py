import re

from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Forbidden, MethodNotAllowed, Unauthorized

from odoo import models
from odoo.http import request

BEARER = re.compile(r"Bearer ([!-~]{1,200})", re.IGNORECASE)


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _auth_method_msp_agent(cls):
        """Let in who has a key of a source, as its agent; never a person's session.

        :raises HTTPException: 405 for other methods than POST, 401 without a valid
            key, 403 when the key opens nothing (any more)
        """
        if request.httprequest.method != "POST":
            raise MethodNotAllowed(
                ["POST"], request.env._("Only POST is allowed here.")
            )
        uid = cls._msp_agent_of_key()
        # Neither the language of a browser nor the context of a session.
        request.update_env(user=uid, context={})
        request.session.can_save = False
        problem = request.env["msp.source"]._of_agent(uid)._agent_problem(uid)
        if problem:
            raise Forbidden(problem)

    @classmethod
    def _msp_agent_of_key(cls):
        """Return the id of the user whose key the request has."""
        match = BEARER.fullmatch(request.httprequest.headers.get("Authorization", ""))
        if not match:
            raise Unauthorized(
                request.env._(
                    "There is no key. Send the header Authorization: Bearer, followed "
                    "by a key of the source."
                ),
                www_authenticate=WWWAuthenticate("bearer", {"realm": "MSP Billing"}),
            )
        uid = request.env["msp.source.key"]._user_of(match[1])
        if not uid:
            raise Unauthorized(
                request.env._(
                    "The key is not known, expired, or revoked. Make a new one on the "
                    "form of the source."
                ),
                www_authenticate=WWWAuthenticate("bearer", {"realm": "MSP Billing"}),
            )
        return uid
