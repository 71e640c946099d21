from werkzeug.exceptions import Forbidden

from odoo import http
from odoo.http import request

MANAGER = "msp_billing.group_msp_billing_manager"


class HealthController(http.Controller):
    """Whether the scheduled actions run, for a monitoring outside of Odoo."""

    @http.route(
        "/msp/v1/health",
        type="http",
        auth="bearer",
        methods=["GET"],
        readonly=True,
        save_session=False,
    )
    def health(self):
        """Answer ok or late for every stage, with status 200 or 503; no business data.

        For an API key of a billing manager.
        """
        if not request.env.user.has_group(MANAGER):
            raise Forbidden(request.env._("Only for API keys of billing managers."))
        stages = request.env["msp.bill.run"]._stage_health()
        late = "late" in stages.values()
        return request.make_json_response(
            {"status": "late" if late else "ok", "stages": stages},
            status=503 if late else 200,
        )
