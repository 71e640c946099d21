"""Make small pictures of documents and mails; the folders come from the environment."""

import os
import pathlib
import shutil
import subprocess
from collections.abc import Iterator

from PIL import Image, ImageChops, ImageOps
from playwright.sync_api import sync_playwright

FOLDER = pathlib.Path(os.environ["MSP_FOLDER"])
IMAGES = pathlib.Path(os.environ["MSP_IMAGES"])
OPTIONS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
DPI, GAP, COLOURS, MAX_PAGES = 80, 12, 160, 3
PAPER = (226, 228, 232)


def pages(path: pathlib.Path) -> Iterator[Image.Image]:
    """Yield the first pages of a PDF as pictures."""
    target = path.with_suffix("")
    command = ["pdftoppm", "-r", str(DPI), "-l", str(MAX_PAGES), "-png"]
    subprocess.run([*command, str(path), str(target)], check=True)
    for picture in sorted(FOLDER.glob(f"{target.name}-*.png")):
        yield Image.open(picture).convert("RGB")


def side_by_side(pictures: list[Image.Image]) -> Image.Image:
    """Return pages beside each other on a desk."""
    width = sum(picture.width + GAP for picture in pictures) + GAP
    height = max(picture.height for picture in pictures) + 2 * GAP
    desk = Image.new("RGB", (width, height), PAPER)
    left = GAP
    for picture in pictures:
        desk.paste(picture, (left, GAP))
        left += picture.width + GAP
    return desk


def save(picture: Image.Image, name: str) -> None:
    """Save a picture with few colours: a tenth of the size."""
    small = picture.quantize(COLOURS, method=Image.Quantize.MEDIANCUT)
    small.save(IMAGES / f"{name}.png", optimize=True)


def mail(path: pathlib.Path) -> Image.Image:
    """Return the picture of a mail, without the empty paper around it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ["MSP_BROWSER"] or None, args=OPTIONS
        )
        page = browser.new_page(viewport={"width": 760, "height": 500})
        page.goto(path.as_uri())
        target = path.with_suffix(".png")
        page.screenshot(path=target, full_page=True)
        browser.close()
    picture = Image.open(target).convert("RGB")
    paper = Image.new("RGB", picture.size, picture.getpixel((2, 2)))
    box = ImageChops.difference(picture, paper).getbbox()
    return ImageOps.expand(picture.crop(box), 16, paper.getpixel((0, 0)))


for document in sorted(FOLDER.glob("*.pdf")):
    save(side_by_side(list(pages(document))), document.stem)
    shutil.copy(document, IMAGES / document.name)
for text in sorted(FOLDER.glob("*.html")):
    save(mail(text), text.stem)
