"""The desk page in a real browser: signed in by a link, live, two at once, nothing typed lost, for everybody."""

import asyncio
import re
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from datetime import timedelta
from itertools import count
from typing import Any, TypeVar

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from bot.app import App
from bot.clock import machine_time
from models import desk
from models.desk import make_link
from models.people import add_staff, remove_staff, sign_out_everywhere
from models.store import Store
from models.support import By, events_of, note, reply
from tests.browser_cast import DESKTOP, PHONE, Rehearsal
from tests.desk_cast import OLIVIA, SAM, desk_app, name_the_desk, open_one
from tests.test_browser_access import violations
from tests.web_cast import MORNING

T = TypeVar("T")
_names = count(1)


class DeskStage(Rehearsal):
    """The desk of a small circular, in a thread of its own."""

    def app_on(self, store: Store) -> App:
        return desk_app(store)

    def do(self, deed: Callable[..., T], *given: Any) -> T:
        """Write to what it keeps."""
        done: Future[T] = asyncio.run_coroutine_threadsafe(self.store.write(deed, *given), self._loop)
        return done.result(20)

    def link(self, name: str) -> str:
        return f"{self.address}desk#{self.do(make_link, name, machine_time())}"


@pytest.fixture(scope="module")
def desk_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskStage]:
    stage = DeskStage(f"sqlite:///{tmp_path_factory.mktemp('desk') / 'usher.db'}")
    stage.start()
    stage.do(name_the_desk)
    yield stage
    stage.stop()


@pytest.fixture
def sam_page(browser: Browser, desk_stage: DeskStage) -> Iterator[Page]:
    with browser.new_context(viewport=DESKTOP, locale="en-GB") as context:
        yield signed_in(context, desk_stage, SAM)


@pytest.fixture
def olivia_page(browser: Browser, desk_stage: DeskStage) -> Iterator[Page]:
    with browser.new_context(viewport=DESKTOP, locale="en-GB") as context:
        yield signed_in(context, desk_stage, OLIVIA)


def signed_in(context: BrowserContext, stage: DeskStage, name: str) -> Page:
    page = context.new_page()
    page.goto(stage.link(name))
    page.locator("#entrance button").click()
    expect(page.locator("nav.tabs")).to_be_visible()
    return page


def new_case(stage: DeskStage, question: str = "May we pay by cheque?") -> int:
    return stage.do(open_one, f"amy{next(_names)}", question)


def heard_by(page: Page) -> None:
    """Wait until the page's stream is open: what comes after that it hears."""
    expect(page.locator("html.live")).to_have_count(1)


def test_a_link_is_used_by_a_press_and_stands_in_the_address_no_more(browser: Browser, desk_stage: DeskStage) -> None:
    with browser.new_context(locale="en-GB") as context:
        page = context.new_page()
        link = desk_stage.link(SAM)
        page.goto(link)
        expect(page.locator("#linked")).to_be_visible()
        expect(page.locator("#entrance button")).to_be_focused()
        assert "#" not in page.url
        page.keyboard.press("Enter")
        expect(page).to_have_url(f"{desk_stage.address}desk")
        page.goto(link)  # somebody who is signed in opens a link once more
        page.locator("#entrance button").click()
        expect(page.get_by_role("alert")).to_contain_text("This link is not good")


def test_a_new_case_stands_in_the_open_list_at_once_and_what_is_claimed_leaves_it(
    sam_page: Page, olivia_page: Page, desk_stage: DeskStage
) -> None:
    heard_by(sam_page)
    number = new_case(desk_stage, "Is <i>this</i> new?")
    row = sam_page.locator(f"#case-{number}")
    expect(row).to_contain_text("Is <i>this</i> new?", timeout=5_000)
    expect(sam_page.locator("#news")).to_have_text(re.compile(f"Case {number} has come"))
    olivia_page.goto(f"{desk_stage.address}desk/case/{number}")
    olivia_page.get_by_role("button", name="Claim").click()
    expect(row).to_have_count(0)
    expect(olivia_page.get_by_text("Held by")).to_be_visible()


def test_two_claim_at_once_and_one_is_told_who_has_it(sam_page: Page, olivia_page: Page, desk_stage: DeskStage) -> None:
    number = new_case(desk_stage)
    for page in (sam_page, olivia_page):
        page.route("**/stream*", lambda route: route.abort())  # neither hears of the other in time
        page.goto(f"{desk_stage.address}desk/case/{number}")
    sam_page.get_by_role("button", name="Claim").click()
    expect(sam_page.get_by_text("Held by Sam Lee (you)")).to_be_visible()
    olivia_page.get_by_role("button", name="Claim").click()
    expect(olivia_page.get_by_role("alert")).to_have_text(f"Sam Lee has case {number} already. Nothing was changed.")
    expect(olivia_page.get_by_text("Held by Sam Lee")).to_be_visible()


def test_another_s_claim_note_and_reply_show_at_once_and_nothing_typed_is_lost(
    sam_page: Page, desk_stage: DeskStage
) -> None:
    number = new_case(desk_stage)
    sam_page.goto(f"{desk_stage.address}desk/case/{number}")
    box = sam_page.get_by_label("Goes out to the asker")
    box.fill("I am still typing")
    by = By(OLIVIA, MORNING, machine_time())
    desk_stage.do(note, number, "They called.", f"note:{number}", by)
    expect(sam_page.locator(".is-note")).to_contain_text("They called.")
    desk_stage.do(reply, number, "Yes.", f"reply:{number}", by)
    expect(sam_page.locator("#replied")).to_have_text(f"{OLIVIA} has just replied. Read it before you send yours.")
    expect(sam_page.get_by_text(f"Held by {OLIVIA}")).to_be_visible()
    expect(box).to_have_value("I am still typing")
    expect(box).to_be_focused()


def test_who_is_signed_out_elsewhere_sees_nothing_more_and_finds_what_they_had_typed(
    sam_page: Page, desk_stage: DeskStage
) -> None:
    number = new_case(desk_stage)
    case = f"{desk_stage.address}desk/case/{number}"
    sam_page.goto(case)
    heard_by(sam_page)
    sam_page.get_by_label("Goes out to the asker").fill("Half an answer")
    desk_stage.do(sign_out_everywhere, SAM, machine_time())
    expect(sam_page.get_by_role("heading", name="Sign in to the desk")).to_be_visible(timeout=5_000)
    sam_page.goto(desk_stage.link(SAM))
    sam_page.locator("#entrance button").click()
    expect(sam_page.locator("nav.tabs")).to_be_visible()
    sam_page.goto(case)
    box = sam_page.get_by_label("Goes out to the asker")
    expect(box).to_have_value("Half an answer")
    sam_page.get_by_role("button", name="Send the reply").click()
    expect(sam_page.locator(".is-reply")).to_contain_text("Half an answer")
    expect(box).to_have_value("")


def test_when_a_session_is_over_nothing_is_sent_and_what_was_typed_is_given_back(
    sam_page: Page, desk_stage: DeskStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = new_case(desk_stage)
    sam_page.goto(f"{desk_stage.address}desk/case/{number}")
    sam_page.get_by_label("Goes out to the asker").fill("Half an answer")
    with monkeypatch.context() as twelve_hours_later:
        twelve_hours_later.setattr(desk, "LASTS", timedelta(0))
        sam_page.get_by_role("button", name="Send the reply").click()
        expect(sam_page.get_by_role("heading", name="Sign in to the desk")).to_be_visible()
        expect(sam_page.locator(".kept textarea")).to_have_value("Half an answer")
    assert desk_stage.do(events_of, number) == []


@pytest.mark.parametrize("site", ["http://127.0.0.1:9", "http://elsewhere.example"], ids=["same site", "another site"])
def test_a_form_of_another_page_does_nothing(sam_page: Page, desk_stage: DeskStage, site: str) -> None:
    """From another port of the same host a browser sends the cookie along; the page that asks is another one."""
    number = new_case(desk_stage)
    form = f"""<form method="post" action="{desk_stage.address}desk/case/{number}">
        <input name="deed" value="reply"><input name="text" value="Forged."><input name="nonce" value="{"n" * 22}">
        <button>Win a prize</button></form>"""
    sam_page.route(f"{site}/**", lambda route: route.fulfill(body=form, content_type="text/html"))
    sam_page.goto(f"{site}/prize")
    with sam_page.expect_response(f"**/desk/case/{number}") as answered:
        sam_page.get_by_role("button", name="Win a prize").click()
    assert answered.value.status == 403
    assert desk_stage.do(events_of, number) == []


def test_who_is_removed_loses_the_open_list_at_once(sam_page: Page, desk_stage: DeskStage) -> None:
    heard_by(sam_page)
    desk_stage.do(remove_staff, SAM, machine_time())
    expect(sam_page.get_by_role("heading", name="Sign in to the desk")).to_be_visible(timeout=5_000)
    desk_stage.do(add_staff, SAM, None, machine_time())


def test_the_list_is_gone_through_by_keys(sam_page: Page, desk_stage: DeskStage) -> None:
    numbers = [new_case(desk_stage) for _ in range(2)]
    expect(sam_page.locator(f"#case-{numbers[1]}")).to_be_visible()
    rows = sam_page.locator("#cases a")
    rows.first.focus()
    sam_page.keyboard.press("j")
    expect(rows.nth(1)).to_be_focused()
    sam_page.keyboard.press("k")
    expect(rows.first).to_be_focused()
    sam_page.keyboard.press("Enter")
    expect(sam_page.get_by_role("heading", level=1)).to_contain_text("Case ")


def test_without_script_everything_can_be_done(browser: Browser, desk_stage: DeskStage) -> None:
    number = new_case(desk_stage)
    with browser.new_context(java_script_enabled=False, locale="en-GB") as context:
        page = context.new_page()
        page.goto(f"{desk_stage.address}desk")
        page.get_by_label("The link, or what stands behind its #").fill(desk_stage.link(SAM))
        page.get_by_role("button", name="Sign in to the desk").click()
        page.get_by_label("Case number, participant or person").fill(str(number))
        page.get_by_role("button", name="Search").click()
        page.locator(f"#case-{number} a").click()
        page.get_by_label("Stays at the desk").fill("Between us.")
        page.get_by_role("button", name="Keep the note").click()
        expect(page.locator(".is-note")).to_contain_text("Between us.")
        page.get_by_text("Hand over").first.click()
        page.get_by_label("To whom?").select_option(OLIVIA)
        page.get_by_role("button", name="Hand over").click()
        expect(page.get_by_text(f"Held by {OLIVIA}")).to_be_visible()


@pytest.mark.parametrize(
    ("viewport", "locale", "scheme"), [(DESKTOP, "en-GB", "light"), (PHONE, "zh-HK", "dark")], ids=["desk", "phone"]
)
def test_axe_finds_nothing_wrong_and_nothing_runs_over_the_edge(
    browser: Browser, desk_stage: DeskStage, viewport: Any, locale: str, scheme: Any
) -> None:
    number = new_case(desk_stage, "w" * 300)
    desk_stage.do(note, number, "A note " + "n" * 300, f"long:{number}", By(SAM, MORNING, machine_time()))
    with browser.new_context(viewport=viewport, locale=locale, color_scheme=scheme) as context:
        page = context.new_page()
        page.goto(f"{desk_stage.address}desk")
        assert violations(page) == []
        page = signed_in(context, desk_stage, OLIVIA)
        for path in ("desk", f"desk/case/{number}", "desk/people"):
            page.goto(f"{desk_stage.address}{path}")
            for summary in page.locator("main details > summary").all():
                summary.click()
            assert violations(page) == []
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
