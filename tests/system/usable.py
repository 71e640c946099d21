"""What makes a screen usable: for a screen reader, by the keyboard, on a phone.

axe-core looks at the parts of a page that are ours; around them is Odoo's own client,
whose faults are not ours to mend.
"""

from axe_playwright_python.sync_playwright import Axe

# Level A and AA, and targets that a finger hits.
OPTIONS = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa"]},
    "rules": {"target-size": {"enabled": True}},
    "resultTypes": ["violations"],
}
# Odoo's own, within the parts that are ours: tabs, columns, the portal's icons.
STOCK = (".o_notebook_headers", ".o_optional_columns_dropdown", ".o_portal_my_home img")
PHONE = {"width": 375, "height": 812}
# What can be reached by Tab within a part of the page, in the order of the document.
REACHABLE = """part => [...document.querySelector(part).querySelectorAll(
    "a[href], button, select, input, textarea, summary"
)].filter(own => own.checkVisibility() && !own.disabled && own.type !== "hidden"
    && own.tabIndex >= 0).map((own, number) => {
    own.dataset.stop = number;
    return own.textContent.trim() || own.name || own.className;
})"""
# Where the focus is, and whether it can be seen: compared with how it looks without.
FOCUSED = """() => {
    const own = document.activeElement;
    const look = () => {
        const {outlineStyle, outlineWidth, boxShadow, borderColor, backgroundColor} =
            getComputedStyle(own);
        const outline = outlineStyle === "none" ? "" : outlineStyle + outlineWidth;
        return [outline, boxShadow, borderColor, backgroundColor].join();
    };
    own.style.transition = "none";
    const focused = look();
    own.blur();
    const plain = look();
    own.focus({focusVisible: true});
    return {stop: own.dataset.stop, visible: focused !== plain};
}"""
# What reaches over the edge of the window and cannot be scrolled to in its own frame.
TOO_WIDE = """part => {
    const width = document.documentElement.clientWidth;
    const isScrolled = own => own.closest(".table-responsive, .visually-hidden, svg");
    const wide = [...document.querySelectorAll(part + " *")].filter(own =>
        own.checkVisibility() && !isScrolled(own)
        && own.getBoundingClientRect().right > width + 1
    );
    const page = document.documentElement.scrollWidth > width ? ["the page"] : [];
    return [...page, ...wide.map(own => own.outerHTML.slice(0, 120))];
}"""


def assert_accessible(page, *parts):
    """Look at parts of a page by axe-core; what is wrong fails, with where it is."""
    context = {
        "include": [[part] for part in parts],
        "exclude": [[part] for part in STOCK],
    }
    found = Axe().run(page, context, OPTIONS).response
    assert found["passes"], f"nothing was looked at in {parts}"
    wrong = [
        f"{rule['id']}: {node['failureSummary']}\n{node['html'][:200]}"
        for rule in found["violations"]
        for node in rule["nodes"]
        if not _is_theme(page, rule, node)
    ]
    assert not wrong, "\n\n".join(wrong)


def _is_theme(page, rule, node):
    """Say whether what is wrong is the contrast of a colour of Odoo's theme.

    Muted text has 4.3 on white, a green badge 3.1, in all of Odoo: not ours to change.
    """
    if rule["id"] != "color-contrast":
        return False
    is_theme = "own => Boolean(own.closest('.text-muted, .badge'))"
    return page.locator(node["target"][-1]).first.evaluate(is_theme)


def assert_keyboard(page, part, first):
    """Walk through a part of the page by Tab: everything is met, in order, and seen.

    :param part: a selector of the part
    :param first: a selector of what is met first in it
    """
    names = page.evaluate(REACHABLE, part)
    page.locator(f"{part} {first}").first.focus()
    met = []
    for _stop in names:
        found = page.evaluate(FOCUSED)
        assert found["visible"], f"no focus is seen on {names[int(found['stop'])]}"
        met.append(int(found["stop"]))
        page.keyboard.press("Tab")
    assert met == sorted(met), [names[stop] for stop in met]
    assert len(met) == len(names) == len(set(met)), (names, met)


def assert_fits(page, part):
    """Nothing of a part of the page is wider than the window."""
    wide = page.evaluate(TOO_WIDE, part)
    assert not wide, "\n".join(wide)
