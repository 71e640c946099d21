from collections import defaultdict

from odoo import models

from ..tools.audit_evidence_sql import RECOUNT
from ..tools.usage_sql import EVIDENCE

# Computers named in one finding.
NAMED = 5


class MspBillingCycle(models.Model):
    """The audit counts billed cycles again, and compares with their evidence."""

    _inherit = "msp.billing.cycle"

    # === BUSINESS METHODS === #
    def _audit_counting(self):
        """Count an unchanged history again: it gives the stored evidence.

        A history that was changed since is no finding: the corrections bill it.
        """
        wrong = defaultdict(list)
        for cycle_id, _computer, name, is_listed, changed in self._recount():
            if not changed:
                code = "evidence" if is_listed else "unlisted"
                if name not in wrong[cycle_id, code]:
                    wrong[cycle_id, code].append(name)
        texts = {
            "evidence": self.env._(
                "Counting %(cycle)s again gives other days than its evidence for: "
                "%(names)s"
            ),
            "unlisted": self.env._(
                "Computers with days in %(cycle)s are not in its evidence: %(names)s"
            ),
        }
        findings = []
        for (cycle_id, code), names in wrong.items():
            text, left = ", ".join(names[:NAMED]), len(names[NAMED:])
            if left:
                text = self.env._(
                    "%(names)s and %(count)s more", names=text, count=left
                )
            message = texts[code] % {
                "cycle": self.browse(cycle_id).display_name,
                "names": text,
            }
            findings.append(self._finding(code, "msp.billing.cycle", cycle_id, message))
        return findings

    def _recount(self):
        """Count billed regular cycles again and return what differs.

        :return: rows (cycle id, computer id, name, whether the evidence has it at
            all, whether something was written since that explains it)
        :rtype: list[tuple]
        """
        Usage = self.env["msp.usage"]
        spans = {cycle: cycle._served() for cycle in self}
        counted = self.filtered(
            lambda cycle: (
                cycle.subscription_id.count_source == "inventory"
                and cycle.terms
                and not spans[cycle].is_empty
            )
        )
        prices = counted._billed_prices()
        usages = Usage._measure(counted, prices, spans)
        charges = (
            counted.charge_ids.filtered(lambda charge: charge.kind == "recurring")
            .sorted("sequence")
            .grouped(lambda charge: (charge.cycle_id.id, charge.price_id.id))
        )
        parameters = Usage._evidence_parameters(counted, prices, charges, usages, spans)
        if not parameters:
            return []
        self.env.cr.execute(EVIDENCE + RECOUNT, {**parameters, "cycles": counted.ids})
        return self.env.cr.fetchall()
