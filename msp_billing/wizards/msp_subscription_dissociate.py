from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command


class MspSubscriptionDissociate(models.TransientModel):
    _name = "msp.subscription.dissociate"
    _description = "Dissociate Customers from a Plan"

    # === FIELDS === #
    plan_id = fields.Many2one(comodel_name="msp.service.plan", required=True)
    partner_ids = fields.Many2many(
        comodel_name="res.partner",
        relation="msp_dissociate_partner_rel",
        string="Customers",
    )
    available_partner_ids = fields.Many2many(
        comodel_name="res.partner", compute="_compute_available_partner_ids"
    )
    date = fields.Date(
        string="First Day Without the Plan",
        required=True,
        default=lambda self: self.env.company._msp_today(),
    )
    reason = fields.Char(
        help="Needed when billed days are credited: kept on the subscription.",
    )
    summary = fields.Text(compute="_compute_summary")

    # === COMPUTE METHODS === #
    @api.depends("plan_id")
    def _compute_available_partner_ids(self):
        for wizard in self:
            wizard.available_partner_ids = wizard._candidates().partner_id

    @api.depends("plan_id", "partner_ids", "date")
    def _compute_summary(self):
        for wizard in self:
            wizard.summary = "\n".join(
                wizard._summary_of(subscription)
                for subscription in wizard._chosen()
                if wizard.date
            )

    # === CRUD METHODS === #
    @api.model
    def default_get(self, fields):
        """Propose the plan and the customers of the subscriptions chosen in a list."""
        values = super().default_get(fields)
        if self.env.context.get("active_model") != "msp.subscription":
            return values
        chosen = self.env["msp.subscription"].browse(
            self.env.context.get("active_ids", [])
        )
        if len(chosen.plan_id) > 1:
            raise UserError(
                self.env._(
                    "Choose subscriptions of one plan: %(plans)s are several.",
                    plans=", ".join(chosen.plan_id.mapped("display_name")),
                )
            )
        values["plan_id"] = chosen.plan_id.id
        values["partner_ids"] = [Command.set(chosen.partner_id.ids)]
        return values

    # === ACTION METHODS === #
    def action_dissociate(self):
        """End the plan for the chosen customers on the date: all of them or none.

        :return: the action that shows the ended subscriptions
        :raises UserError: naming the customer, when the plan cannot end on that day
        """
        self.ensure_one()
        if not self.partner_ids:
            raise UserError(self.env._("Choose the customers to dissociate."))
        chosen = self._chosen()
        without = self.partner_ids - chosen.partner_id
        if without:
            raise UserError(
                self.env._(
                    "%(customers)s: plan %(plan)s is not associated on that day.",
                    customers=", ".join(without.mapped("display_name")),
                    plan=self.plan_id.display_name,
                )
            )
        chosen.action_dissociate(self.date, self.reason)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "msp_billing.msp_subscription_action"
        )
        action["domain"] = [("id", "in", chosen.ids)]
        action["context"] = {}
        return action

    # === BUSINESS METHODS === #
    def _candidates(self):
        """Return the subscriptions of the plan that have not ended yet."""
        return self.env["msp.subscription"].search(
            [
                ("plan_id", "=", self.plan_id.id),
                "|",
                ("date_end", "=", False),
                ("date_end", ">", self.date or self.env.company._msp_today()),
            ]
        )

    def _summary_of(self, subscription):
        texts = {
            "customer": subscription.partner_id.display_name,
            "billed": subscription._last_billed_day(),
            "end": self.date,
        }
        if self.date < subscription._last_billed_day():
            return self.env._(
                "%(customer)s: billed until %(billed)s; the days from %(end)s to then "
                "are credited.",
                **texts,
            )
        return self.env._(
            "%(customer)s: billed until %(billed)s; the days from then to %(end)s go "
            "on the next bill.",
            **texts,
        )

    def _chosen(self):
        return self._candidates().filtered(
            lambda subscription: subscription.partner_id in self.partner_ids._origin
        )
