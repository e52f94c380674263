"""Files in mails: what is attached arrives whole, and calendar entries in the form by which they take effect."""

from collections.abc import AsyncIterator
from email.message import EmailMessage

import icalendar
import pytest
import vobject  # type: ignore[import-untyped]  # it has no types of its own
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.mail import Mail, render
from models.campaign import Campaign
from models.message import Address, File, Reply
from tests.calendar_cast import UID, seat
from tests.calendar_readers import agree
from tests.calendar_rules import read
from tests.mail_platform import ANN, HELLO, MailPlatform, mail_platform, mail_to

STEPS = [(0, False, "REQUEST", "CONFIRMED"), (1, False, "REQUEST", "CONFIRMED"), (2, True, "CANCEL", "CANCELLED")]


@pytest.fixture
async def platform() -> AsyncIterator[MailPlatform]:
    async with mail_platform() as platform:
        yield platform


@pytest.fixture
def mail(platform: MailPlatform, campaign: Campaign) -> Mail:
    return mail_to(platform.url, campaign)


def with_files(*files: File) -> Reply:
    return Reply("You have a seat.\nSee the calendar entry.", files=files)


def parts(message: EmailMessage) -> list[str]:
    """The kinds of the parts, as they stand within one another."""
    return [part.get_content_type() for part in message.walk()]


def shown(message: EmailMessage) -> EmailMessage:
    """The calendar part beside the text."""
    (mixed, alternative, *_) = message.walk()
    assert (mixed.get_content_type(), alternative.get_content_type()) == ("multipart/mixed", "multipart/alternative")
    (found,) = [part for part in alternative.iter_parts() if part.get_content_type() == "text/calendar"]
    assert isinstance(found, EmailMessage)
    return found


def attached(message: EmailMessage) -> list[tuple[str | None, str, bytes]]:
    return [
        (part.get_filename(), part.get_content_type(), bytes(part.get_payload(decode=True)))
        for part in message.iter_attachments()
    ]


async def test_an_invitation_stands_beside_the_text_and_is_attached(mail: Mail, platform: MailPlatform) -> None:
    file = seat(attendee_email="ann@example.org")
    await mail.send(ANN, with_files(file), "key")
    message = platform.received[0]
    kinds = ["multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/calendar", "application/ics"]
    assert parts(message) == kinds
    part = shown(message)
    assert dict(part["Content-Type"].params) == {"charset": "utf-8", "method": "REQUEST"}
    assert part.get_content_disposition() is None
    assert bytes(part.get_payload(decode=True)).decode() == file.content
    assert attached(message) == [("ccms-2fa-2023-24apr.ics", "application/ics", file.content.encode())]
    assert message["Subject"] == "You have a seat."
    assert message["Content-Language"] == "en"


@pytest.mark.parametrize("language", ["en", "zh-Hant", "zh-Hans"])
@pytest.mark.parametrize(("sequence", "cancelled", "method", "status"), STEPS)
async def test_three_readers_find_what_was_sent_and_the_method_is_the_same_all_over(
    mail: Mail, platform: MailPlatform, language: str, sequence: int, cancelled: bool, method: str, status: str
) -> None:
    file = seat(
        language=language,
        sequence=sequence,
        cancelled=cancelled,
        attendee_email="ann@example.org",
        attendee_name="陳安 😀",
        note="Bring, if you can; your card.\n帶證件",
    )
    await mail.send(ANN, with_files(file), "key")
    part = shown(platform.received[0])
    content = bytes(part.get_payload(decode=True)).decode()
    agree(File(file.name, content, method=file.method))
    mine = read(content)
    theirs = icalendar.Calendar.from_ical(content)
    assert {part["Content-Type"].params["method"], mine.method, str(theirs["METHOD"]), file.method} == {method}
    assert vobject.readOne(content).method.value == method
    event = mine.event
    assert (event["UID"].value, event["SEQUENCE"].value, event["STATUS"].value) == (UID, str(sequence), status)
    assert event["ORGANIZER"].value == f"mailto:{platform.received[0]['From'].addresses[0].addr_spec}"
    assert event["ATTENDEE"].value == f"mailto:{platform.received[0]['To'].addresses[0].addr_spec}"


async def test_everything_is_carried_in_seven_bits(mail: Mail, platform: MailPlatform) -> None:
    file = seat(language="zh-Hant", attendee_email="ann@example.org", note="座位 😀 " * 100)
    await mail.send(ANN, with_files(file, File("名單.csv", "姓名\r\n陳\r\n", "text/csv")), "key")
    sent = platform.seen[0].original_content or b""
    assert sent.isascii()
    assert max(map(len, sent.split(b"\r\n"))) <= 998


async def test_a_file_of_another_kind_is_only_attached(mail: Mail, platform: MailPlatform) -> None:
    await mail.send(ANN, with_files(File("名單.csv", "\ufeffname,é\r\n", "text/csv")), "key")
    message = platform.received[0]
    assert parts(message) == ["multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/csv"]
    assert attached(message) == [("名單.csv", "text/csv", "\ufeffname,é\r\n".encode())]
    (part,) = message.iter_attachments()
    assert part.get_content() == "\ufeffname,é\r\n"  # read with the charset that it names


async def test_of_several_entries_one_takes_effect_and_the_others_are_attached(
    mail: Mail, platform: MailPlatform
) -> None:
    one = seat(attendee_email="ann@example.org")
    two = seat(attendee_email="ann@example.org", uid="another", cancelled=True, sequence=1)
    await mail.send(ANN, with_files(one, two), "key")
    message = platform.received[0]
    assert shown(message)["Content-Type"].params["method"] == "REQUEST"
    assert [kind for _, kind, _ in attached(message)] == ["application/ics", "text/calendar"]
    assert [part["Content-Type"].params.get("method") for part in message.iter_attachments()] == [None, "CANCEL"]


async def test_a_mail_without_files_is_as_it_was(mail: Mail, platform: MailPlatform) -> None:
    await mail.send(ANN, HELLO, "key")
    assert parts(platform.received[0]) == ["multipart/alternative", "text/plain", "text/html"]


HOSTILE = ["a\r\nBcc: eve@example.org", "../../etc/passwd", "=?utf-8?q?a=0D=0AX-Eve:1?=", 'a"; x="b', "\ud83d.ics", ""]


@pytest.mark.parametrize("name", HOSTILE)
async def test_the_name_of_a_file_writes_no_header(mail: Mail, platform: MailPlatform, name: str) -> None:
    await mail.send(ANN, with_files(File(name, "x", "text/plain")), "key")
    message = platform.received[0]
    assert message["Bcc"] is None
    (part,) = message.iter_attachments()
    assert set(part.keys()) == {"Content-Type", "Content-Transfer-Encoding", "Content-Disposition", "MIME-Version"}
    saved = part.get_filename()
    assert saved
    assert not set(saved) & set('/\\\r\n"')
    assert "x-eve" not in {header.lower() for header in message}


@pytest.mark.parametrize(
    ("kind", "method"), [("text/calendar\r\nBcc: eve@example.org", "REQUEST"), ("text/calendar", "X\r\nBcc: e@e.org"),
                         ("nonsense", None), ("", None)],
)  # fmt: skip
async def test_neither_does_its_kind_nor_its_method(
    mail: Mail, platform: MailPlatform, kind: str, method: str | None
) -> None:
    await mail.send(ANN, with_files(File("a.ics", "x", kind, method)), "key")
    message = platform.received[0]
    assert all(part["Bcc"] is None for part in message.walk())
    assert [content for *_, content in attached(message)] == [b"x"]


@pytest.mark.parametrize("text", ["Seat\u2028Bcc: eve@example.org", "=?utf-8?q?a=0D=0ABcc:_e?= seat", "\ud83d seat"])
async def test_the_subject_of_a_mail_with_files_writes_no_header(mail: Mail, platform: MailPlatform, text: str) -> None:
    await mail.send(ANN, Reply(text, files=(seat(attendee_email="ann@example.org"),)), "key")
    assert platform.received[0]["Bcc"] is None
    assert len(platform.received[0].get_all("Subject") or []) == 1


async def test_somebody_whose_address_is_outside_ascii_gets_the_invitation(campaign: Campaign) -> None:
    async with mail_platform() as platform:
        file = seat(attendee_email="安娜@例子.org", attendee_name="安娜")
        await mail_to(platform.url, campaign).send(Address("mail", "安娜@例子.org"), with_files(file), "key")
    assert platform.seen[0].rcpt_tos == ["安娜@xn--fsqu00a.org"]
    event = read(bytes(shown(platform.received[0]).get_payload(decode=True)).decode()).event
    assert event["ATTENDEE"].value == "mailto:%E5%AE%89%E5%A8%9C@xn--fsqu00a.org"


@given(name=st.text(max_size=80), content=st.text(max_size=400), kind=st.text(max_size=40), text=st.text(max_size=80))
@settings(max_examples=200, deadline=None)
def test_whatever_a_file_is_called_and_holds_the_mail_can_be_written(
    name: str, content: str, kind: str, text: str
) -> None:
    message = render(Reply(text, files=(File(name, content, kind),)), ())
    sent = message.as_bytes()
    assert sent.isascii()
    (part,) = message.iter_attachments()
    assert bytes(part.get_payload(decode=True)) == content.encode("utf-8", "replace")
