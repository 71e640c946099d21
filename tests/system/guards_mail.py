"""The guards of the mails: who gets them, how fast, how often. See ``guards.py``."""

from guards import Guard, alone, method, nothing, value

from odoo.addons.msp_billing.models import msp_delivery_send

FAILURES = "test_delivery_failures.TestDeliveryFailures."
REMINDER = "test_reminder.TestReminder."
STEP = "test_reminder_step.TestReminderStep."


def _remind_anyway(forgotten):
    """Return what lets a reminder go out whose bill meets a condition."""

    def off(registry):
        delivery = registry["msp.delivery"]
        original = delivery._reminder_obstacle

        def obstacle(self):
            return None if forgotten(self.move_id) else original(self)

        delivery._reminder_obstacle = obstacle

    return off


def _latest_mail(deliveries, _message_dict, _reports):
    """Take whatever mail went out last for the one that came back."""
    return deliveries.search([("date_sent", "!=", False)], limit=1)


GUARDS = {
    # === SENDING === #
    "one sender": Guard(
        FAILURES + "test_two_senders", method("msp.delivery", "_only_sender", alone)
    ),
    "a sender that died": Guard(
        FAILURES + "test_dead_sender_leaves_a_reminder_to_a_person",
        method("msp.delivery", "_recover", nothing),
    ),
    "giving up": Guard(
        FAILURES + "test_gives_up_after_days",
        value(msp_delivery_send, "GIVE_UP_AFTER", 99),
    ),
    "copies send nothing": Guard(
        FAILURES + "test_copy_of_the_database_sends_nothing",
        method("msp.delivery", "_clone_reason", nothing),
    ),
    "only a PDF is sent": Guard(
        "test_delivery.TestDelivery.test_empty_or_foreign_document_is_no_pdf",
        method("msp.delivery", "_read_pdf", lambda _delivery: b"anything"),
    ),
    "pace": Guard(
        "test_delivery_pace.TestDeliveryPace.test_no_more_than_the_limit_in_a_minute",
        method("msp.delivery", "_wait_for_slot", lambda _deliveries, _company: False),
    ),
    "a bounce is its own mail's": Guard(
        "test_delivery_bounce.TestDeliveryBounce.test_bounce_of_another_mail",
        method("msp.delivery", "_find_bounced", _latest_mail),
    ),
    # === REMINDERS AND STATEMENTS === #
    "a dispute is quiet": Guard(
        STEP + "test_disputed_bill_is_quiet",
        _remind_anyway(lambda move: move.msp_disputed),
    ),
    "a payment stops a reminder": Guard(
        REMINDER + "test_payment_between_queue_and_sending_drops_it",
        _remind_anyway(lambda move: move.payment_state not in ("not_paid", "partial")),
    ),
    "exempt customers": Guard(
        STEP + "test_exempt_customer",
        method("msp.delivery", "_is_exempt", lambda _deliveries, _move: False),
    ),
    "unique statements": Guard(
        "test_statement.TestStatement.test_database_refuses_a_second_one_in_a_month",
        sql="DROP INDEX msp_delivery_one_per_month",
    ),
}
