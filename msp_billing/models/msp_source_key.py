from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.base.models.res_users import INDEX_SIZE, check_identity

SCOPE = "msp_inventory"
# The one in use, and the next one while machines are changed over to it.
MAX_KEYS = 2
SOON = timedelta(days=30)


class MspSourceKey(models.Model):
    """The API keys of sources, as Odoo keeps them; never the keys themselves."""

    _name = "msp.source.key"
    _description = "API Key of a Source"
    _auto = False
    _order = "id desc"

    # === FIELDS === #
    name = fields.Char(string="Description", readonly=True)
    source_id = fields.Many2one(comodel_name="msp.source", readonly=True)
    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    create_date = fields.Datetime(string="Created", readonly=True)
    expiration_date = fields.Datetime(string="Expires", readonly=True)
    state = fields.Selection(
        selection=[
            ("valid", "Valid"),
            ("expiring", "Expires Soon"),
            ("expired", "Expired"),
        ],
        compute="_compute_state",
    )

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT key.id, key.name, key.create_date, key.expiration_date,
                   source.id AS source_id, source.company_id
              FROM res_users_apikeys key
              JOIN msp_source source ON source.agent_user_id = key.user_id
             WHERE key.scope = %s
            """,
            SCOPE,
        )

    # === COMPUTE METHODS === #
    @api.depends("expiration_date")
    def _compute_state(self):
        now = fields.Datetime.now()
        for key in self:
            if key.expiration_date and key.expiration_date < now:
                key.state = "expired"
            elif key.expiration_date and key.expiration_date < now + SOON:
                key.state = "expiring"
            else:
                key.state = "valid"

    # === ACTION METHODS === #
    @check_identity
    def action_revoke(self):
        """Take keys away at once: who uses them is refused from now on."""
        self.source_id.check_access("write")
        self.env["res.users.apikeys"].sudo().browse(self.ids)._remove()
        self.env["msp.source.key"].invalidate_model()
        self.env["msp.source"].invalidate_model(["key_ids"])
        return {"type": "ir.actions.act_window_close"}

    # === BUSINESS METHODS === #
    @api.model
    def _user_of(self, key):
        """Return the id of the active user whose valid key this is, or None.

        Odoo lets a key without scope in everywhere; here it counts as none.
        """
        uid = self.env["res.users.apikeys"]._check_credentials(scope=SCOPE, key=key)
        if not uid:
            return None
        [[scoped]] = self.env.execute_query(
            SQL(
                "SELECT count(*) FROM res_users_apikeys "
                "WHERE user_id = %s AND index = %s AND scope = %s",
                uid,
                key[:INDEX_SIZE],
                SCOPE,
            )
        )
        return uid if scoped else None

    @api.model
    def _make(self, source, name, expiration):
        """Make a key of a source and return it; nobody can read it again.

        :param datetime expiration: until when it is valid, in UTC
        :raises UserError: when the source has two valid keys
        """
        source.check_access("write")
        valid = source.key_ids.filtered(lambda key: key.state != "expired")
        if len(valid) >= MAX_KEYS:
            raise UserError(
                self.env._(
                    "%(name)s has %(count)s valid keys: %(names)s. Revoke the one "
                    "that is no longer used.",
                    name=source.name,
                    count=len(valid),
                    names=", ".join(valid.mapped("name")),
                )
            )
        agent = source._ensure_agent()
        Keys = self.env["res.users.apikeys"].with_user(agent).sudo()
        key = Keys._generate(SCOPE, name, expiration)
        self.invalidate_model()
        source.invalidate_recordset(["key_ids"])
        return key
