from .common import MspBillingCommon

ROLES = {
    "sales": "msp_billing.group_msp_billing_sales",
    "manager": "msp_billing.group_msp_billing_manager",
    "accountant": "account.group_account_invoice",
    "auditor": "account.group_account_readonly",
    "internal": "base.group_user",
    "portal": "base.group_portal",
}
# Who may do more than these.
MORE_ROLES = {
    "bookkeeper": "account.group_account_manager",
    "administrator": "base.group_system,msp_billing.group_msp_billing_manager,"
    "account.group_account_manager",
}


class AccessCommon(MspBillingCommon):
    """A user for each role, in the company of the tests."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = cls._users(ROLES)

    def _as(self, role, records):
        """Return records as a user of a role sees them, nothing read before."""
        self.env.flush_all()
        self.env.invalidate_all()
        return records.with_env(self.env(user=self.users[role]))
