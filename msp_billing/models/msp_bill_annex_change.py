from odoo import api, models

from .msp_bill_change_text import NAMED_ON_PAPER

# Characters of a printed line of changes, for the estimate of its height.
LINE_LENGTH = 105


class MspBillDocument(models.AbstractModel):
    """What changed since the last bill, on paper."""

    _inherit = "msp.bill.document"

    # === BUSINESS METHODS === #
    @api.model
    def _changes(self, move):
        """Return what changed, a section for each regular cycle of the bill.

        :return: ``is_first`` (nothing to compare with), ``total`` (of several
            sections) and ``sections`` of ``name, period, head, lines``
        :rtype: dict
        """
        Change = self.env["msp.bill.change"]
        changes = Change._of_bill(move)
        Builder = self.env["msp.bill.builder"]
        return {
            "is_first": not any(change["previous"] for change in changes),
            "total": Change._total_line(changes),
            "sections": [
                {
                    "name": Builder._section_name(change["cycle"].subscription_id),
                    "period": change["cycle"]._format_period(),
                    "head": Change._headline(change),
                    "lines": Change._lines(change, NAMED_ON_PAPER),
                }
                for change in changes
            ],
        }

    @api.model
    def _changes_height(self, changes):
        """Return the height of the changes in millimetres, an estimate."""
        sections = changes["sections"]
        if changes["is_first"]:
            return 5 if sections else 0
        lines = [line for section in sections for line in section["lines"]]
        printed = sum(1 + len(line) // LINE_LENGTH for line in lines)
        return 14 + 7 * len(sections) + 4.2 * printed
