from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

BATCH = 500
NAMED = 20


class MspLateChange(models.Model):
    """A billed cycle whose history changed when it was too old to be corrected.

    It is listed, not billed. Looked for by the hourly audit, with the same counting
    and rating as the corrections.
    """

    _name = "msp.late.change"
    _description = "Change Too Old to Bill"
    _order = "date_found desc, cycle_id desc, id"

    # === FIELDS === #
    cycle_id = fields.Many2one(
        comodel_name="msp.billing.cycle",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        related="cycle_id.company_id", store=True, index=True, precompute=True
    )
    currency_id = fields.Many2one(
        related="cycle_id.currency_id", store=True, precompute=True
    )
    partner_id = fields.Many2one(
        related="cycle_id.partner_id", string="Customer", store=True, precompute=True
    )
    plan_id = fields.Many2one(related="cycle_id.plan_id", store=True, precompute=True)
    period = fields.Char(related="cycle_id.period")
    move_id = fields.Many2one(related="cycle_id.move_id", string="Bill")
    price_id = fields.Many2one(
        comodel_name="msp.service.plan.price",
        readonly=True,
        ondelete="cascade",
        help="Empty: the minimum of the plan.",
    )
    quantity = fields.Float(
        string="Quantity Difference", digits="Product Unit", readonly=True
    )
    amount = fields.Monetary(
        string="Would Be Due",
        readonly=True,
        help="What a correction would have charged, or credited.",
    )
    computers = fields.Text(
        readonly=True, help="The computers whose days differ from what was billed."
    )
    date_found = fields.Datetime(
        readonly=True, default=lambda self: fields.Datetime.now()
    )

    # === ACTION METHODS === #
    def action_look_again(self):
        """Count all cycles that are too old to be corrected again, and show the list.

        :raises AccessError: for people who are no billing managers
        """
        if not self.env.user.has_group("msp_billing.group_msp_billing_manager"):
            raise AccessError(
                self.env._("Only a billing manager can count old cycles again.")
            )
        self.check_access("read")
        Cycle = self.env["msp.billing.cycle"].sudo()
        self.sudo()._refresh(
            Cycle._audited_ids(
                SQL("y.company_id = ANY(%s)", list(self.env.companies.ids))
            )
        )
        return self.env["ir.actions.act_window"]._for_xml_id(
            "msp_billing.msp_late_change_action"
        )

    def action_open_cycle(self):
        """Open the billed cycle whose history changed."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "msp.billing.cycle",
            "res_id": self.cycle_id.id,
            "views": [(False, "form")],
        }

    # === BUSINESS METHODS === #
    @api.model
    def _refresh(self, ids):
        """Look at billed cycles again: those too old for a correction are listed.

        :param list ids: of billed regular cycles; of others nothing changes
        """
        Cycle = self.env["msp.billing.cycle"]
        self.search([("cycle_id.state", "!=", "billed")]).unlink()
        for start in range(0, len(ids), BATCH):
            batch = Cycle.browse(ids[start : start + BATCH]).exists()
            old = batch.filtered(lambda cycle: self._is_too_old(cycle))
            self._replace(old)
            self.search([("cycle_id", "in", (batch - old).ids)]).unlink()
            self.env.flush_all()
            for model in ("msp.billing.cycle", "msp.charge", "msp.charge.computer"):
                self.env[model].invalidate_model(flush=False)

    @api.model
    def _is_too_old(self, cycle):
        """Say whether no correction day to come reaches back to a billed cycle."""
        subscription = cycle.subscription_id
        if cycle.state != "billed" or cycle.kind != "regular" or not cycle.terms:
            return False
        if cycle._is_unsettled():
            return False
        day = subscription.next_correction_date
        months = relativedelta(months=cycle.company_id.msp_adjustment_months)
        return not day or cycle.date_end < day - months

    @api.model
    def _replace(self, cycles):
        """Store what differs in some cycles in the place of what was stored."""
        known = {}
        for change in self.search([("cycle_id", "in", cycles.ids)]):
            known[change.cycle_id, change.price_id] = change
        missing = []
        for vals in self._prepare_changes(cycles):
            key = (
                cycles.browse(vals["cycle_id"]),
                self.env["msp.service.plan.price"].browse(vals["price_id"]),
            )
            if key in known:
                known.pop(key).write(vals)
            else:
                missing.append(vals)
        self.union(*known.values()).unlink()
        self.create(missing)

    @api.model
    def _prepare_changes(self, cycles):
        """Rate cycles again like a correction; return what differs."""
        names = {}
        for cycle_id, _computer, name, _listed, _changed in cycles._recount():
            own = names.setdefault(cycle_id, [])
            if name not in own:
                own.append(name)
        # Without a computer that differs nothing does; readings name none.
        suspects = cycles.filtered(
            lambda cycle: (
                cycle.id in names or cycle.subscription_id.count_source == "reading"
            )
        )
        prices = suspects._billed_prices()
        spans = {cycle: cycle._served() for cycle in suspects}
        usages = self.env["msp.usage"]._measure(suspects, prices, spans)
        return [
            {
                "cycle_id": cycle.id,
                "price_id": price.id,
                "quantity": float(sum(line.quantity for line in lines)),
                "amount": float(sum(line.amount for line in lines)),
                "computers": self._names(names.get(cycle.id, [])),
            }
            for cycle, price, lines, _count in suspects._differences(
                prices, spans, usages
            )
        ]

    @api.model
    def _names(self, names):
        text = ", ".join(names[:NAMED])
        if names[NAMED:]:
            text += self.env._(" and %(count)s more", count=len(names) - NAMED)
        return text

    @api.model
    def _touched(self, since):
        """Return the ids of billed cycles that history written since may concern.

        Cycles whose evidence names a computer of it, and cycles of the customer, or
        of one above, on days of it.
        """
        rows = self.env.execute_query(
            SQL(
                """
                WITH RECURSIVE written AS (
                    SELECT computer_id, partner_id, date_from, date_to
                      FROM msp_computer_period WHERE write_date >= %(since)s
                    UNION ALL
                    SELECT NULL, partner_id, date, NULL
                      FROM msp_count_reading WHERE write_date >= %(since)s
                ),
                up(below, id, depth) AS (
                    SELECT DISTINCT partner_id, partner_id, 0 FROM written
                    UNION ALL
                    SELECT u.below, p.parent_id, u.depth + 1
                      FROM up u JOIN res_partner p ON p.id = u.id
                     WHERE p.parent_id IS NOT NULL AND u.depth < 20
                )
                SELECT e.cycle_id FROM written w
                  JOIN msp_charge_computer e ON e.computer_id = w.computer_id
                UNION
                SELECT y.id FROM written w JOIN up u ON u.below = w.partner_id
                  JOIN msp_billing_cycle y ON y.partner_id = u.id
                   AND y.date_end > w.date_from
                   AND (w.date_to IS NULL OR w.date_to > y.date_start)
                """,
                since=since,
            )
        )
        ids = {row[0] for row in rows}
        Cycle = self.env["msp.billing.cycle"]
        return Cycle._audited_ids(SQL("y.id = ANY(%s)", list(ids)))
