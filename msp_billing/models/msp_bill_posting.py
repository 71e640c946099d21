from odoo import api, models
from odoo.tools import SQL

from ..tools.fast_path import FAST, KEY, is_changed, is_fast

# Methods that the shortcuts of a batch stand in for, or rely on.
SHORTENED = {
    "account.move": (
        "_add_missing_default_values",
        "_add_precomputed_values",
        "_check_company",
        "_compute_date",
        "_compute_delivery_date",
        "_compute_taxable_supply_date",
        "_get_accounting_date_source",
        "_deduce_sequence_number_reset",
        "_get_last_sequence",
        "_get_last_sequence_domain",
        "_get_next_sequence_format",
        "_get_sequence_cache",
        "_get_sequence_date_range",
        "_get_sequence_format_param",
        "_get_starting_sequence",
        "_locked_increment",
        "_set_next_sequence",
    ),
    "account.move.line": (
        "_add_missing_default_values",
        "_add_precomputed_values",
        "_check_company",
        "_compute_balance",
        "_compute_amount_currency",
        "_compute_debit_credit",
        "_compute_is_storno",
        "_compute_name",
        "_compute_price_unit",
        "_compute_quantity",
    ),
}
# Methods that could change an amount of an invoice while it is posted.
POSTING = {
    "account.move": ("_post", "_compute_amount", "_reconcile_reversed_moves"),
    "account.move.line": ("_compute_amount_residual", "_reconcile_marked"),
}
KNOWN_MODULES = {"account", "analytic", "base", "msp_billing"}
# Below so many times what one batch adds, a table counts as almost empty.
ALMOST_EMPTY = 3
MEASURED = ("account_move", "account_move_line", "account_partial_reconcile")


class MspBillBuilder(models.AbstractModel):
    """A batch of bills is posted: what is read and checked once for all of them."""

    _inherit = "msp.bill.builder"

    # === BUSINESS METHODS === #
    @api.model
    def _shortcuts(self):
        """Return the context of the shortcuts, empty where another module objects."""
        changed = is_changed(self.env, SHORTENED, KNOWN_MODULES)
        return {} if changed else {KEY: FAST}

    @api.model
    def _warm(self, cycles):
        """Read in one go what would be read for each customer."""
        payers = cycles.subscription_id.bill_to_id
        payers |= cycles.charge_ids.origin_cycle_id.move_id.sudo().partner_id
        company = cycles.company_id[:1]
        everybody = payers | payers.commercial_partner_id | payers.child_ids
        everybody.with_company(company).mapped("property_account_position_id")
        # Odoo asks for the users of each customer that gets its first invoice.
        everybody.sudo().mapped("user_ids")

    @api.model
    def _post_bills(self, moves):
        """Post the bills of a batch."""
        self._measure_tables(moves)
        moves = moves.with_context(**self._shortcuts())
        moves.line_ids.mapped("tax_ids")
        settled = self._settled_fields()
        complete = moves.env.context.get("skip_invoice_sync")
        if settled and complete and is_fast(moves.env):
            self._take_as_given(moves, settled)
        moves.mapped("amount_total")
        with self.env.protecting(settled, moves):
            moves._post(soft=False)

    @api.model
    def _take_as_given(self, moves, settled):
        """Do not let core compute the amounts of complete bills once more.

        They are what its tax engine said of the same lines, given when the bills were
        created.
        """
        lines = moves.line_ids
        totals = self.env.registry.field_computed[lines._fields["price_subtotal"]]
        for records, fields in ((moves, settled), (lines, totals)):
            for field in fields:
                self.env.remove_to_compute(field, records)

    @api.model
    def _settled_fields(self):
        """Return the amounts that posting does not change."""
        if is_changed(self.env, POSTING, KNOWN_MODULES):
            return []
        field = self.env["account.move"]._fields["amount_total"]
        return self.env.registry.field_computed[field]

    @api.model
    def _measure_tables(self, moves):
        """Let PostgreSQL look at the ledger while it is almost empty.

        It plans by what it knew of the tables when it looked at them last, which it
        does by itself a minute later. Until then checks of foreign keys and joins on a
        ledger that it thinks empty take longer with each bill.
        """
        if not moves:
            return
        self.env.cr.execute(
            SQL(
                "SELECT reltuples FROM pg_class WHERE oid = 'account_move'::regclass",
            )
        )
        (known,) = self.env.cr.fetchone()
        if known >= ALMOST_EMPTY * len(moves):
            return
        self.env.flush_all()
        for table in MEASURED:
            # Never wait: another worker that holds the lock measures it already.
            self.env.cr.execute(SQL("ANALYZE (SKIP_LOCKED) %s", SQL.identifier(table)))
