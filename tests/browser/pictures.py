"""``python -m tests.browser.pictures FOLDER``: all nine pages as PNG: light, dark, and as wide as a phone."""

import argparse
import io
import tempfile
from pathlib import Path
from typing import Any

from tests.browser.chromium import chromium
from tests.browser.lab import Lab, laboratory
from tests.browser.pages import PAGES
from tests.browser.watched import watched

_COLOURS = 128
_MOST_PX = 2_400
_RENAME = """host => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) texts.currentNode.data = texts.currentNode.data.replaceAll(host, "lab-1");
}"""
"""The machine on which they are taken is nobody's business."""


def main() -> int:
    """Take the pictures."""
    parser = argparse.ArgumentParser(prog="python -m tests.browser.pictures", description=__doc__)
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    with (
        chromium() as browser,
        tempfile.TemporaryDirectory() as scratch,
        laboratory(Path(scratch)) as lab,
    ):
        for name in PAGES:
            take(browser, lab, name, options.folder / f"{name}.png")
            take(browser, lab, name, options.folder / f"{name}-dark.png", scheme="dark")
            take(browser, lab, name, options.folder / f"{name}-phone.png", width=390)
    return 0


def take(
    browser: Any, lab: Lab, name: str, path: Path, *, scheme: str = "light", width: int = 1280
) -> None:
    """Write a picture of a page, without what is far below."""
    from PIL import Image

    window = {"width": width, "height": 844 if width < 640 else 480}
    context = browser.new_context(
        viewport=window, color_scheme=scheme, device_scale_factor=2 if width < 640 else 1
    )
    seen = watched(context, lab.origin)
    page = seen.go(PAGES[name].format(study=lab.study))
    page.wait_for_timeout(1_500)  # graphs are drawn
    page.evaluate(_RENAME, lab.database.queue.runners()[0].host)
    image = Image.open(io.BytesIO(page.screenshot(full_page=True)))
    context.close()
    image = image.crop((0, 0, image.width, min(image.height, _MOST_PX)))
    image.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    raise SystemExit(main())
