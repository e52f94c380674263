"""Takes the pictures of the documents anew: `python -m tests.pictures` starts Usher and a browser, and asks."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from tests.browser_cast import ARGUMENTS, PHONE, ROOT, ask, started

FOLDER = ROOT / "docs" / "pictures"
DESKTOP: ViewportSize = {"width": 960, "height": 840}
DESK: ViewportSize = {"width": 1000, "height": 880}
SAID = {
    "en-GB": ("may three colleagues go to the auditorium?", "register"),
    "zh-HK": ("三個同事可以去禮堂嗎？", "登記"),
}
# For whom each question to support is asked, by the number of the sample firm.
ASKED = (
    ("en-GB", 0, "May two of us share one mobile number for the second factor?"),
    ("zh-HK", 1, "兩位同事可否共用同一個電郵地址？"),
    ("en-GB", 1, "Our DA has left the firm. Who signs the form now?"),
    ("en-GB", None, "Can somebody help us to install the software?"),
)


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
        of_the_desk(browser, Path(folder), usher)
        page.goto(rehearsed(Path(folder)))
        page.screenshot(path=FOLDER / "rehearsal.png")
        browser.close()


def of_the_desk(browser: Browser, folder: Path, usher: str) -> None:
    """The list of cases, and one that was answered."""
    for locale, firm, question in ASKED:
        with browser.new_context(locale=locale) as context:
            page = context.new_page()
            page.goto(usher)
            if firm is not None:
                page.locator("main .samples button").nth(firm).click()
                expect(page.locator("header .acting")).not_to_be_empty()
            page.get_by_role("textbox").fill(f"support: {question}")
            page.locator(".send").click()
            expect(page.locator(".usher .text").last).to_contain_text(question)
    with browser.new_context(locale="en-GB", viewport=DESK) as context:
        page = context.new_page()
        page.goto(desk_link(folder, usher))
        page.locator("#entrance button").click()
        expect(page.locator(".case")).to_have_count(len(ASKED))
        page.screenshot(path=FOLDER / "desk-list.png")
        page.goto(f"{usher}desk/case/2")
        page.get_by_label("Stays at the desk").fill("Operations confirmed by phone: one address each.")
        page.get_by_role("button", name="Keep the note").click()
        expect(page.locator(".is-note")).to_have_count(1)
        page.get_by_label("Goes out to the asker").fill("不可以。每位用戶須使用自己的電郵地址，請分別登記。")
        page.get_by_role("button", name="Send the reply").click()
        expect(page.locator(".became.delivered")).to_have_count(1)
        page.evaluate("document.activeElement.blur(); scrollTo(0, document.body.scrollHeight)")
        page.screenshot(path=FOLDER / "desk-case.png")


def desk_link(folder: Path, usher: str) -> str:
    """Where who works at the demonstration's desk signs in."""
    given = os.environ | {"DATABASE_URL": f"sqlite:///{folder / 'usher.db'}", "PUBLIC_URL": usher}
    command = [sys.executable, "-m", "bot", "desk-link", "Demo"]
    return subprocess.run(command, cwd=ROOT, env=given, check=True, capture_output=True, text=True).stdout.split()[0]


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
