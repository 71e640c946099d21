import json
import shlex
from datetime import timedelta

from odoo import fields, models

from odoo.addons.base.models.res_users import check_identity

EXAMPLE = """curl {url} \\
  -H {authorization} \\
  -H "Idempotency-Key: $(uuidgen)" \\
  -H 'Content-Type: application/json' \\
  -d {snapshot}"""


class MspSourceKeyNew(models.TransientModel):
    _name = "msp.source.key.new"
    _description = "New API Key of a Source"

    # === FIELDS === #
    source_id = fields.Many2one(
        comodel_name="msp.source", required=True, readonly=True, ondelete="cascade"
    )
    name = fields.Char(string="Description", required=True)
    duration = fields.Selection(
        selection=[("90", "3 Months"), ("180", "6 Months"), ("365", "1 Year")],
        string="Valid For",
        required=True,
        default="365",
    )

    # === ACTION METHODS === #
    @check_identity
    def action_create_key(self):
        """Make the key and show it, once.

        :raises UserError: when the source has two valid keys
        """
        self.ensure_one()
        expiration = fields.Datetime.now() + timedelta(days=int(self.duration))
        key = self.env["msp.source.key"]._make(self.source_id, self.name, expiration)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Key of %(name)s", name=self.source_id.name),
            "res_model": "msp.source.key.show",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_key": key,
                "default_example": self._example(key),
                "dialog_size": "large",
            },
        }

    # === BUSINESS METHODS === #
    def _example(self, key):
        """Return a command that reports one computer, partially: nothing ends."""
        source = self.source_id
        mapped = source.customer_map_ids.filtered("partner_id")
        kinds = self.env["msp.computer.type"]._reportable()
        snapshot = {
            "customer": mapped[:1].external_key or "CUSTOMER",
            "taken_at": f"{fields.Datetime.now().isoformat()}Z",
            "complete": False,
            "computers": [
                {
                    "key": "PC-0001",
                    "name": "PC-0001",
                    "type": kinds[:1].code or "workstation",
                }
            ],
        }
        return EXAMPLE.format(
            url=shlex.quote(f"{source.get_base_url()}/msp/v1/inventory"),
            authorization=shlex.quote(f"Authorization: Bearer {key}"),
            snapshot=shlex.quote(json.dumps(snapshot, ensure_ascii=False)),
        )


class MspSourceKeyShow(models.AbstractModel):
    """Shows a new key. It is in no table: it comes from the action alone."""

    _name = "msp.source.key.show"
    _description = "Show the API Key of a Source"

    # The web client asks for the values of a new record by its id.
    id = fields.Id()
    key = fields.Char(readonly=True)
    example = fields.Text(readonly=True)
