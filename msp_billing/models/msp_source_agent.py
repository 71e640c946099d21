import re
import secrets

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command

from ..tools.worked_out import is_ours, wanted

MANAGER = "msp_billing.group_msp_billing_manager"


class MspSource(models.Model):
    """The agent of a source: the user that its API keys stand for.

    He is in no group, has no password, and can do nothing but report for his source.
    """

    _inherit = "msp.source"

    # === FIELDS === #
    agent_user_id = fields.Many2one(
        comodel_name="res.users",
        string="Agent",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        groups=MANAGER,
        help="The user that the API keys of the source stand for.",
    )
    key_ids = fields.One2many(
        comodel_name="msp.source.key",
        inverse_name="source_id",
        string="API Keys",
        readonly=True,
        groups=MANAGER,
    )

    _agent_unique = models.Constraint(
        "UNIQUE (agent_user_id)", "Another source has this agent."
    )

    # === CONSTRAINT METHODS === #
    @api.constrains("agent_user_id")
    def _check_agent(self):
        for source in self:
            agent = source.sudo().agent_user_id
            if agent.all_group_ids:
                raise ValidationError(
                    self.env._(
                        "%(name)s: %(user)s cannot be its agent, who must be in no "
                        "group. Let New Key make one.",
                        name=source.name,
                        user=agent.display_name,
                    )
                )

    # === CRUD METHODS === #
    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._refuse_agent(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._refuse_agent(vals)
        return super().write(vals)

    def unlink(self):
        agents = self.sudo().agent_user_id
        result = super().unlink()
        agents._msp_retire()
        return result

    # === ACTION METHODS === #
    def action_new_key(self):
        """Open the dialog that makes an API key."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "msp_billing.msp_source_key_new_action"
        )
        return {**action, "context": {"default_source_id": self.id}}

    # === BUSINESS METHODS === #
    @api.model
    def _refuse_agent(self, vals):
        """Refuse an agent that people choose: his keys would open the source."""
        if wanted(self, vals, ["agent_user_id"]) and not is_ours(self.env):
            raise UserError(
                self.env._("New Key makes the agent of a source: he is not chosen.")
            )

    @api.model
    def _of_agent(self, uid):
        """Return the source whose agent a user is, archived or not, with all rights.

        :rtype: msp.source, empty when there is none
        """
        sources = self.sudo().with_context(active_test=False)
        return sources.search([("agent_user_id", "=", uid)])

    def _agent_problem(self, uid):
        """Return why a key of a user opens nothing, in his source or in none."""
        user = self.env["res.users"].sudo().browse(uid)
        if not self:
            return self.env._(
                "The key is not of a source. Make one on the form of the source."
            )
        if user.all_group_ids:
            return self.env._(
                "The key's user %(user)s is in a group. Take the agent of %(name)s "
                "out of all groups.",
                user=user.login,
                name=self.name,
            )
        if not self.active:
            return self.env._(
                "%(name)s is archived and accepts nothing. Unarchive it, or stop "
                "what delivers for it.",
                name=self.name,
            )
        if not self.company_id.active:
            return self.env._(
                "The company of %(name)s is archived. Stop what delivers for it.",
                name=self.name,
            )
        return ""

    def _ensure_agent(self):
        """Return the agent of the source, who is made when there is none."""
        self.ensure_one()
        source = self.sudo()
        if not source.agent_user_id:
            slug = re.sub(r"[^a-z0-9]+", "_", source.code.lower()).strip("_")
            Users = source.env["res.users"].with_context(no_reset_password=True)
            source.agent_user_id = Users.create(
                {
                    "name": self.env._("Agent of %(name)s", name=source.name),
                    # Nobody types it, and an uninstalled agent may have kept his.
                    "login": f"msp_agent_{slug}_{secrets.token_hex(4)}",
                    "group_ids": [Command.clear()],
                    "company_id": source.company_id.id,
                    "company_ids": [Command.set(source.company_id.ids)],
                }
            )
        return source.agent_user_id
