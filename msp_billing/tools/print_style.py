"""The style sheet of printed documents in a company's colours and font."""

import functools
import re
from typing import NamedTuple

from odoo.tools.image import image_data_uri
from odoo.tools.misc import file_open

FOLDER = "msp_billing/static/src/print"
SHEETS = ("paper", "letterhead", "lines", "annex")
LAYOUTS = ("standard", "striped", "boxed", "bold", "bubble", "wave", "folder")
DARK = "#212529"
FONT_WEIGHTS = ((400, "normal"), (700, "normal"), (400, "italic"))
# Font of the company -> its files for FONT_WEIGHTS; without italics the engine slants.
FONTS = {
    "Lato": ("lato/Lato-{}-webfont.ttf", ("Reg", "Bol", "RegIta")),
    "Roboto": ("google/Roboto/Roboto-{}.ttf", ("Regular", "Bold", "Italic")),
    "Open_Sans": ("google/Open_Sans/Open_Sans-{}.ttf", ("Regular", "Bold", "Italic")),
    "Montserrat": (
        "google/Montserrat/Montserrat-{}.ttf",
        ("Regular", "Bold", "Italic"),
    ),
    "Oswald": ("google/Oswald/Oswald-{}.ttf", ("Regular", "Bold")),
    "Raleway": ("google/Raleway/Raleway-{}.ttf", ("Regular", "Bold", "Italic")),
    "Tajawal": ("google/Tajawal/Tajawal-{}.ttf", ("Regular", "Bold")),
    "Fira_Mono": ("google/Fira_Mono/Fira_Mono-{}.ttf", ("Regular", "Bold")),
}


class PrintStyle(NamedTuple):
    """What a company chose for its documents."""

    font: str = "Lato"
    primary: str = DARK
    secondary: str = DARK
    layout: str = "standard"
    paper: str = "210mm 297mm"
    background: str = ""

    @classmethod
    def of_company(cls, company):
        """Return the style of a company's documents.

        :param company: ``res.company``
        """
        key = company.external_report_layout_id.key or ""
        layout = key.rpartition("external_layout_")[2]
        primary = _valid_colour(company.primary_color) or DARK
        return cls(
            font=company.font if company.font in FONTS else "Lato",
            primary=primary,
            secondary=_valid_colour(company.secondary_color) or primary,
            layout=layout if layout in LAYOUTS else "standard",
            paper=_paper(company.paperformat_id),
            background=_background(company),
        )

    @property
    def is_white_above(self):
        """Whether the letterhead stands on white paper."""
        return not self.background and self.layout not in ("bubble", "wave")

    def sheets(self):
        """Return the texts of the style sheets for a PDF, fonts first."""
        sheets = [_font_faces(self.font), self.css()]
        if self.background:
            sheets.append(
                f'@page {{ background: url("{self.background}") no-repeat; '
                "background-size: cover }"
            )
        return sheets

    def css(self):
        """Return the style sheet with this company's values in place."""
        return _css(self._replace(background=""))


@functools.lru_cache(maxsize=64)
def _css(style):
    values = {
        "font": f'"{style.font}", "Helvetica Neue", Arial, "DejaVu Sans", sans-serif',
        "paper": style.paper,
        "primary": style.primary,
        "primary-text": _readable(style.primary),
        "on-primary": "#ffffff" if _contrast(style.primary) >= 3 else DARK,
        "secondary": style.secondary,
        "tint": _mix(style.primary, 0.07),
        "secondary-tint": _mix(style.secondary, 0.07),
    }
    names = [*SHEETS]
    if style.layout != "standard":
        names.append(f"layout_{style.layout}")
    text = "".join(_read(f"{name}.css") for name in [*names, "screen"])
    text = re.sub(r"/\*.*?\*/\s*", "", text, flags=re.DOTALL)
    return re.sub(r"var\(--msp-([a-z-]+)\)", lambda match: values[match[1]], text)


@functools.cache
def _font_faces(font):
    pattern, names = FONTS[font]
    return "".join(
        f'@font-face {{ font-family: "{font}"; font-weight: {weight}; '
        f"font-style: {slope}; "
        f'src: url("/web/static/fonts/{pattern.format(name)}"); }}\n'
        for name, (weight, slope) in zip(names, FONT_WEIGHTS, strict=False)
    )


@functools.cache
def _read(name):
    with file_open(f"{FOLDER}/{name}") as file:
        return file.read()


def _background(company):
    """Return the background that a company made itself; Odoo's demo one is none."""
    if company.layout_background != "Custom" or not company.layout_background_image:
        return ""
    return image_data_uri(company.layout_background_image)


def _paper(paper_format):
    """Return the CSS size of a paper format: upright, A4 where it says nothing."""
    width = paper_format.print_page_width or 210
    height = paper_format.print_page_height or 297
    return f"{min(width, height):g}mm {max(width, height):g}mm"


# === COLOURS === #
def _valid_colour(colour):
    """Return a colour as #rrggbb, or None: the value ends up in a style sheet."""
    if re.fullmatch(r"#[0-9a-fA-F]{6}", colour or ""):
        return colour.lower()
    if re.fullmatch(r"#[0-9a-fA-F]{3}", colour or ""):
        return "#" + "".join(2 * digit for digit in colour[1:].lower())
    return None


def _channels(colour):
    return [int(colour[start : start + 2], 16) for start in (1, 3, 5)]


def _mix(colour, share):
    """Return a colour of which only a share is left, the rest is white."""
    return "#" + "".join(
        f"{round(255 - (255 - channel) * share):02x}" for channel in _channels(colour)
    )


def _contrast(colour):
    """Return the contrast of a colour on white paper (WCAG), 1 to 21."""
    linear = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (channel / 255 for channel in _channels(colour))
    ]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return 1.05 / (luminance + 0.05)


def _readable(colour):
    """Return a colour, darkened until text in it can be read on white."""
    while _contrast(colour) < 4.5:
        colour = "#" + "".join(
            f"{int(channel * 0.92):02x}" for channel in _channels(colour)
        )
    return colour
