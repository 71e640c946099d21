from odoo import api, models
from odoo.fields import Command
from odoo.tools import SQL

from ..tools.memo import remembered


class MspBillBuilder(models.AbstractModel):
    """From rated cycles to invoices: grouping, lines, links."""

    _name = "msp.bill.builder"
    _description = "Bill Builder"

    # === BUSINESS METHODS === #
    @api.model
    def _group(self, cycles):
        """Return the cycles that make one invoice each.

        Same company, bill-to customer, currency, due days or payment term, journal
        and bill e-mail: one invoice.

        :rtype: list[msp.billing.cycle]
        """
        groups = cycles.sorted(
            lambda cycle: (
                cycle.partner_id.complete_name or "",
                cycle.plan_id.sequence,
                cycle.subscription_id.id,
                cycle.date_start,
            )
        ).grouped(self._group_key)
        return list(groups.values())

    @api.model
    def _group_key(self, cycle):
        """Return what one invoice has in common.

        A correction goes to whom the original was billed.
        """
        subscription = cycle.subscription_id
        original = self._original_bill(cycle)
        term = subscription.payment_term_id
        return (
            cycle.company_id,
            original.partner_id or subscription.bill_to_id,
            cycle.currency_id,
            term,
            None if term else subscription.due_days,
            original.msp_bill_email or subscription.bill_email,
        )

    @api.model
    def _original_bill(self, cycle):
        """Return the newest bill that a correction corrects, or nothing."""
        if cycle.kind != "correction":
            return self.env["account.move"]
        return cycle.charge_ids.origin_cycle_id.move_id.sorted("id")[-1:].sudo()

    @api.model
    def _payer(self, cycle):
        """Return to whom a cycle is billed."""
        return self._original_bill(cycle).partner_id or cycle.subscription_id.bill_to_id

    @api.model
    def _billable(self, cycles):
        """Return the charges that stand on the invoice: those of 0.00 do not."""
        return cycles.charge_ids.filtered(
            lambda charge: not charge.currency_id.is_zero(charge.amount)
        )

    @api.model
    def _prepare_bill(self, cycles, run, total):
        """Return the values of the invoice for a group of cycles.

        A total below zero becomes a credit note with its quantities turned round.

        :param float total: with tax, as ``_totals`` says
        """
        subscription = cycles[:1].subscription_id
        _company, payer, _currency, _term, _days, email = self._group_key(cycles[:1])
        is_refund = total < 0
        sign = -1 if is_refund else 1
        vals = {
            "move_type": "out_refund" if is_refund else "out_invoice",
            "company_id": run.company_id.id,
            "journal_id": remembered(
                self.env, "journal", run.company_id._msp_sales_journal
            ).id,
            "currency_id": cycles.currency_id.id,
            "partner_id": payer.id,
            "invoice_date": run.date,
            "invoice_user_id": subscription.user_id.id,
            "invoice_payment_term_id": subscription.payment_term_id.id,
            "msp_run_id": run.id,
            "msp_bill_email": email,
            "invoice_line_ids": self._prepare_lines(cycles, sign),
        }
        if not subscription.payment_term_id:
            # The customer's own payment term would win without an explicit date.
            vals["invoice_date_due"] = run.date.fromordinal(
                run.date.toordinal() + subscription.due_days
            )
        return vals

    @api.model
    def _prepare_lines(self, cycles, sign):
        """Return the line commands: a section per subscription, then its charges."""
        commands, sequence = [], 0
        charges = self._billable(cycles)
        for subscription, own in charges.grouped("subscription_id").items():
            sequence += 1
            commands.append(
                Command.create(
                    {
                        "display_type": "line_section",
                        "name": self._section_name(subscription),
                        "sequence": sequence,
                    }
                )
            )
            for charge in self._in_order(own):
                sequence += 1
                commands.append(
                    Command.create(self._prepare_line(charge, sign, sequence))
                )
        return commands

    @api.model
    def _in_order(self, charges):
        return charges.sorted(
            lambda charge: (charge.cycle_id.date_start, charge.sequence, charge.id)
        )

    @api.model
    def _prepare_line(self, charge, sign, sequence):
        return {
            "product_id": charge.product_id.id,
            "name": charge.name,
            "quantity": sign * charge.quantity,
            "price_unit": charge.unit_price,
            "discount": charge.discount,
            "sequence": sequence,
        }

    @api.model
    def _section_name(self, subscription):
        lang = subscription.bill_to_id.lang
        plan = subscription.plan_id.with_context(lang=lang).name
        if subscription.partner_id == subscription.bill_to_id:
            return plan
        return f"{plan} – {subscription.partner_id.name}"

    @api.model
    def _link(self, groups, moves):
        """Link cycles with their bills, charges with the lines made for them.

        :param list groups: the cycles of each bill, which are not frozen yet
        :param account.move moves: the bills, in the same order
        """
        pairs, owners = [], []
        for cycles, move in zip(groups, moves, strict=True):
            lines = move.invoice_line_ids.filtered(
                lambda line: line.display_type == "product"
            ).sorted(lambda line: (line.sequence, line.id))
            billable = self._billable(cycles).grouped("subscription_id")
            charges = [
                charge.id for own in billable.values() for charge in self._in_order(own)
            ]
            pairs += zip(charges, lines.ids, strict=True)
            owners += [(cycle.id, move.id) for cycle in cycles]
        self.env.flush_all()
        self._put_links("msp.charge", "move_line_id", pairs)
        self._put_links("msp.billing.cycle", "move_id", owners)
        moves.invalidate_recordset(["msp_cycle_ids"], flush=False)

    @api.model
    def _put_links(self, model, name, pairs):
        """Store a link for many records in one statement.

        :param list pairs: the id of a record and the id that it is linked with
        """
        Model = self.env[model]
        self.env.cr.execute(
            SQL(
                "UPDATE %s r SET %s = made.linked "
                "FROM unnest(%s::int[], %s::int[]) AS made(id, linked) "
                "WHERE r.id = made.id",
                SQL.identifier(Model._table),
                SQL.identifier(name),
                [record for record, _linked in pairs],
                [linked for _record, linked in pairs],
            )
        )
        Model.invalidate_model([name], flush=False)
