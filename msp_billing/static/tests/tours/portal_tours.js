import {registry} from "@web/core/registry";

const tours = registry.category("web_tour.tours");

/** Click what leads to another page. */
function go(content, trigger) {
    return {content, trigger, run: "click", expectUnloadPage: true};
}

/** Wait until the page says something. */
function read(content, trigger) {
    return {content, trigger};
}

tours.add("msp_billing_portal_day", {
    steps: () => [
        go("See what is agreed", ".o_portal_index_card a[href='/my/plans']"),
        read("The plan says what it costs", "td:contains(12.50 per computer)"),
        go("Open the plan", "td a:contains(Workstation Care)"),
        read("How it counts", "div:contains(Counted on the last day)"),
        read("The computers of today", "a[href='/my/computers']:contains(3)"),
        go("Go to the computers", "a[href='/my/computers']"),
        read("All of them", "h2:contains(3 computers)"),
        read("How their number went", "figure.o_msp_graph svg path"),
        {
            content: "Ask for an earlier day",
            trigger: "input[name='day']",
            run() {
                this.anchor.value = "2026-05-01";
            },
        },
        go("Show that day", "form[action='/my/computers'] button"),
        read("Two were there", "h2:contains(2 computers)"),
        read("By their names", "td:contains(ACM-002)"),
        go("Go home", ".o_portal_submenu a[href='/my/home']"),
        go("See the bills", ".o_portal_index_card a[href*='/my/invoices']"),
        go("Open the bill", "td a:contains(INV/2026/00001)"),
        read("Its lines stand below it", "#msp_bill_lines li:contains(25.00)"),
        {
            content: "Its computers and days come as a file",
            trigger: "#msp_bill_lines a:contains(Computers and days as CSV)",
            async run() {
                const answer = await fetch(this.anchor.href);
                const text = await answer.text();
                if (!text.includes("ACM-002") || !text.includes("2026-04-30")) {
                    throw new Error(`Not the evidence: ${text.slice(0, 200)}`);
                }
            },
        },
        go("One looks wrong", "#msp_bill_lines a:contains(This line looks wrong)"),
        {
            content: "Say why",
            trigger: "#msp_wrong_text",
            run: "edit ACM-002 was scrapped in March.",
        },
        go("Send it", "form button:contains(Send)"),
        read("What happens next", "#msp_told:contains(we look into it)"),
        read("The line is marked", "#msp_bill_lines li:contains(We look into it)"),
    ],
});

tours.add("msp_billing_portal_answer", {
    steps: () => [
        read(
            "The answer stands in the discussion",
            "#chatterRoot:shadow .o-mail-Message:contains(you get a credit for it)"
        ),
        read(
            "Below it what was asked",
            "#chatterRoot:shadow .o-mail-Message:contains(was scrapped in March)"
        ),
        read(
            "Whoever does not agree can ask again",
            "#msp_bill_lines li:not(:has(.badge)) a:contains(This line looks wrong)"
        ),
    ],
});
