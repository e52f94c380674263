"""Takes the pictures of the documents anew: `python -m tests.pictures` starts Usher and a browser, and asks."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, ViewportSize, sync_playwright

from tests.browser_cast import ARGUMENTS, PHONE, ROOT, ask, started

FOLDER = ROOT / "docs" / "pictures"
DESKTOP: ViewportSize = {"width": 960, "height": 840}
SAID = {
    "en-GB": ("may three colleagues go to the auditorium?", "register"),
    "zh-HK": ("三個同事可以去禮堂嗎？", "登記"),
}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, started(Path(folder)) as usher, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        for locale, said in SAID.items():
            for scheme in ("light", "dark"):
                for name, viewport in (("desktop", DESKTOP), ("phone", PHONE)):
                    context = browser.new_context(locale=locale, viewport=viewport, color_scheme=scheme)
                    page = context.new_page()
                    page.goto(usher)
                    converse(page, *said, unfolded=name == "desktop")
                    page.screenshot(path=FOLDER / f"chat-{name}-{locale[:2]}-{scheme}.png")
                    context.close()
        page = browser.new_context(locale="en-GB", viewport=DESKTOP).new_page()
        page.goto(usher)
        page.get_by_text("Timeline").first.click()
        page.screenshot(path=FOLDER / "timeline.png")
        page.keyboard.press("Escape")
        ask(page, SAID["en-GB"][0])
        page.locator(".source summary").click()
        page.goto(usher.rstrip("/") + str(page.locator("figure a").first.get_attribute("href")))
        page.screenshot(path=FOLDER / "circular.png")
        page.goto(rehearsed(Path(folder)))
        page.screenshot(path=FOLDER / "rehearsal.png")
        browser.close()


def rehearsed(folder: Path) -> str:
    """The address of the report of a rehearsal with 120 firms."""
    firms = folder / "participants.csv"
    firms.write_text("code,name\n" + "".join(f"F{number:03},Firm {number}\n" for number in range(1, 121)))
    given = ["campaign", "rehearse", str(ROOT / "campaigns" / "ccms-2fa-2023"), "--participants", str(firms)]
    # A process of its own: the browser has this one's event loop.
    subprocess.run([sys.executable, "-m", "bot", *given, "--out", str(folder / "out")], cwd=ROOT, check=True)
    return (folder / "out" / "report.html").as_uri()


def converse(page: Page, question: str, unclear: str, *, unfolded: bool) -> None:
    ask(page, question)
    if unfolded:
        page.locator(".source summary").first.click()
        ask(page, unclear)
    page.mouse.move(0, 0)
    page.locator("#conversation").evaluate("view => { view.scrollTop = 0 }")


if __name__ == "__main__":
    main()
