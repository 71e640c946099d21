"""A company's logo as paper needs it."""

import base64
import functools
import io

from PIL import Image

from odoo.tools.image import image_data_uri

# Pixels of the largest logo at 300 dots an inch; more makes each PDF larger.
WIDTH, HEIGHT = 900, 230


@functools.lru_cache(maxsize=32)
def print_logo(source, on_white):
    """Return a logo as an address of data, not larger than it is printed.

    On white paper its transparent parts are made white: a PDF stores transparency as a
    second picture, which is made anew for each document and takes longer than a page.

    :param bytes source: the picture, in base64
    :param bool on_white: nothing shines through
    :rtype: str
    """
    try:
        picture = Image.open(io.BytesIO(base64.b64decode(source)))
    except (OSError, ValueError):
        # No raster image, such as SVG: the engine knows more kinds than Pillow.
        return image_data_uri(source)
    if picture.format != "PNG":
        return image_data_uri(source)
    picture = picture.convert("RGBA")
    picture.thumbnail((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    if on_white or picture.getextrema()[3][0] == 255:
        paper = Image.new("RGB", picture.size, "white")
        paper.paste(picture, mask=picture)
        picture = paper
    file = io.BytesIO()
    picture.save(file, format="PNG", optimize=True)
    return image_data_uri(base64.b64encode(file.getvalue()))
