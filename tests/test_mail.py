"""Mail, sent to a real server on this machine: what arrives, to whom it can be sent, and how the settings are read."""

from collections.abc import AsyncIterator
from email.headerregistry import Address as Mailbox
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.mail import Mail, render, sender, server
from models.campaign import Campaign
from models.message import Address, Choice, Reply, Source
from tests.mail_platform import ANN, DEAD, HELLO, NOW, TRY_AGAIN, MailPlatform, failing, mail_platform, mail_to, marks


@pytest.fixture
async def platform() -> AsyncIterator[MailPlatform]:
    async with mail_platform() as platform:
        yield platform


@pytest.fixture
def mail(platform: MailPlatform, campaign: Campaign) -> Mail:
    return mail_to(platform.url, campaign)


def part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


# What arrives


async def test_a_mail_has_the_text_and_the_same_as_html(mail: Mail, platform: MailPlatform) -> None:
    await mail.send(ANN, Reply("First line.\nSecond <b>line</b> & more.\n\nNext."), "key")
    message = platform.received[0]
    assert message.get_content_type() == "multipart/alternative"
    assert part(message, "plain").startswith("First line.\nSecond <b>line</b> & more.\n\nNext.\n\n-- \nSent by Usher")
    html = part(message, "html")
    assert "<p>First line.<br>\nSecond &lt;b&gt;line&lt;/b&gt; &amp; more.</p>\n<p>Next.</p>" in html
    assert '<html lang="en">' in html


async def test_the_headers_say_who_when_and_that_no_answer_is_wanted(mail: Mail, platform: MailPlatform) -> None:
    reference = await mail.send(ANN, HELLO, "key")
    message = platform.received[0]
    assert message["From"] == "Usher <usher@example.org>"
    assert message["To"] == "ann@example.org"
    assert message["Date"].datetime == NOW
    assert message["Message-ID"] == reference
    assert message["Subject"] == "Register by 27 April 2023."
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "All"
    assert message["Content-Language"] == "en"
    assert message["Reply-To"] is None
    assert (platform.seen[0].mail_from, platform.seen[0].rcpt_tos) == ("usher@example.org", ["ann@example.org"])


async def test_a_mail_sent_twice_has_one_message_id(mail: Mail, platform: MailPlatform) -> None:
    first = await mail.send(ANN, HELLO, "reminder:1")
    again = await mail.send(ANN, Reply("said otherwise"), "reminder:1")
    other_key = await mail.send(ANN, HELLO, "reminder:2")
    other_person = await mail.send(Address("mail", "bob@example.org"), HELLO, "reminder:1")
    assert first == again
    assert len({first, other_key, other_person}) == 3
    assert first.endswith("@example.org>")
    assert len(platform.received) == 4


async def test_a_source_is_quoted_with_its_clause_and_its_circular(
    mail: Mail, platform: MailPlatform, campaign: Campaign
) -> None:
    await mail.send(ANN, Reply("By then.", sources=(Source(campaign.key, "4(a)", "before 28 April\n2023"),)), "key")
    message = platform.received[0]
    quoted = "Source: 4(a), CCMS two-factor authentication, 2023\n> before 28 April\n> 2023\n"
    assert quoted in part(message, "plain")
    html = part(message, "html")
    assert "<p>Source: 4(a), CCMS two-factor authentication, 2023</p>\n<blockquote lang=" in html
    assert ">before 28 April<br>\n2023</blockquote>" in html


async def test_a_source_of_a_circular_that_is_no_longer_served_is_still_quoted(
    mail: Mail, platform: MailPlatform
) -> None:
    await mail.send(ANN, Reply("By then.", sources=(Source("old", "4", "<before>"),)), "key")
    assert "Source: 4\n> <before>\n" in part(platform.received[0], "plain")
    assert "&lt;before&gt;</blockquote>" in part(platform.received[0], "html")


@pytest.mark.parametrize(
    ("language", "text", "footer"),
    [
        ("zh-Hant", "請於4月27日或之前登記。😀", "回覆本電郵不會有人閱讀"),
        ("zh-Hans", "请于4月27日或之前登记。😀", "回复本电邮不会有人阅读"),
        ("fr", "Avant le 27 avril : déjà.", "Answers to this mail are not read."),
    ],
)
async def test_each_language_arrives_as_it_was_written(
    mail: Mail, platform: MailPlatform, campaign: Campaign, language: str, text: str, footer: str
) -> None:
    source = Source(campaign.key, "4(a)", "before 28 April")
    await mail.send(ANN, Reply(text, sources=(source,), language=language), "key")
    message = platform.received[0]
    assert message["Subject"] == text
    assert message["Content-Language"] == language
    assert (platform.seen[0].original_content or b"").isascii()
    for kind in ("plain", "html"):
        assert text in part(message, kind)
        assert footer in part(message, kind)
    assert f'<html lang="{language}">' in part(message, "html")
    assert '<blockquote lang="en"' in part(message, "html")


async def test_the_name_of_a_circular_is_told_in_the_language_of_the_mail(campaign: Campaign) -> None:
    source = Source(campaign.key, "4(a)", "before 28 April")
    message = render(Reply("好。", sources=(source,), language="zh-Hans"), [campaign])
    assert "出处：4(a)，CCMS 双重认证（2FA），2023年\n> before" in part(message, "plain")


def test_choices_are_left_out_and_the_page_to_ask_at_is_named() -> None:
    reply = Reply("Which?", choices=(Choice("The first one", "answer a b"),))
    message = render(reply, (), "https://usher.example.org/?a=1&b=2")
    assert "The first one" not in message.as_string()
    assert "Ask Usher: https://usher.example.org/?a=1&b=2\n" in part(message, "plain")
    assert "?a=1&amp;b=2" in part(message, "html")


def test_html_loads_nothing(campaign: Campaign) -> None:
    attack = '<img src="http://evil.example/x.png"><script>1</script>" onload="x'
    source = Source(campaign.key, attack, attack)
    message = render(Reply(attack, sources=(source,), language='"><script>'), [campaign])
    html = part(message, "html")
    assert all(sign not in html for sign in ("<img", "<script", "<link", "url(", '" onload'))


async def test_a_very_long_text_arrives_whole_in_short_lines(mail: Mail, platform: MailPlatform) -> None:
    text = "\n".join(["長" * 20_000, "x" * 20_000, ".", "..", "From here on", "=" * 300, "end"])
    await mail.send(ANN, Reply(text), "key")
    assert part(platform.received[0], "plain").startswith(text)
    wire = platform.seen[0].original_content or b""
    assert max(map(len, wire.split(b"\r\n"))) <= 78
    assert wire.isascii()
    assert platform.received[0]["Subject"] == "長" * 59 + "…"


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("\n\n  The  first\tline \nthe second", "The first line"),
        ("word " * 30, "word word word word word word word word word word word…"),
        ("", "A message from Usher"),
        ("e-mail 登記 2FA “now”, 😀", "e-mail 登記 2FA “now”, 😀"),
    ],
)
async def test_the_subject_is_the_first_line(mail: Mail, platform: MailPlatform, text: str, subject: str) -> None:
    await mail.send(ANN, Reply(text), "key")
    assert platform.received[0]["Subject"] == subject


INJECTIONS = [
    "Hello\r\nBcc: eve@example.org\r\n\r\nbody",
    "Hello\rBcc: eve@example.org",
    "Hello\x0bBcc: eve@example.org\x85Bcc: eve@example.org\u2028Bcc: eve@example.org",
    "=?utf-8?q?Hello=0ABcc:_eve@example.org?= there",
    "==??utf-8?q?Hello=0D=0ABcc:_eve@example.org?=",
    "=\x00?utf-8?q?Hello=0ABcc:_eve@example.org?= there",
    "\x00\x07\x1b[31mHello\ud83d",
]


@pytest.mark.parametrize("text", INJECTIONS, ids=range(len(INJECTIONS)))
async def test_a_text_cannot_add_a_header(mail: Mail, platform: MailPlatform, campaign: Campaign, text: str) -> None:
    await mail.send(ANN, Reply(text, sources=(Source(campaign.key, text, text),)), "key")
    message = platform.received[0]
    assert set(message.keys()) == {
        "Subject", "Content-Language", "Auto-Submitted", "X-Auto-Response-Suppress", "MIME-Version", "Content-Type",
        "From", "To", "Date", "Message-ID",
    }  # fmt: skip
    assert "Hello" in message["Subject"]
    assert platform.seen[0].rcpt_tos == ["ann@example.org"]


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=90))
def test_any_text_makes_a_mail_with_the_same_headers(text: str) -> None:
    message = render(Reply(text), ())
    head = message.as_bytes().split(b"\r\n\r\n")[0]
    names = [line.partition(b":")[0] for line in head.split(b"\r\n") if line[:1] not in (b" ", b"\t")]
    assert names == [
        b"MIME-Version", b"Content-Type", b"Subject", b"Content-Language", b"Auto-Submitted",
        b"X-Auto-Response-Suppress",
    ]  # fmt: skip
    assert max(map(len, head.split(b"\r\n"))) <= 998


# To whom


async def test_an_address_outside_ascii_is_written_as_it_is(mail: Mail, platform: MailPlatform) -> None:
    await mail.send(Address("mail", "安娜@例子.org"), HELLO, "key")
    assert platform.seen[0].rcpt_tos == ["安娜@xn--fsqu00a.org"]
    assert platform.seen[0].smtp_utf8
    assert platform.received[0]["To"] == "安娜@xn--fsqu00a.org"


async def test_a_domain_outside_ascii_needs_no_special_server(campaign: Campaign) -> None:
    async with mail_platform(smtputf8=False) as platform:
        await mail_to(platform.url, campaign).send(Address("mail", "ann@例子.org"), HELLO, "key")
        assert platform.seen[0].rcpt_tos == ["ann@xn--fsqu00a.org"]
        with failing() as errors:
            await mail_to(platform.url, campaign).send(Address("mail", "安娜@例子.org"), HELLO, "key")
    assert marks(errors[0]) == TRY_AGAIN


@pytest.mark.parametrize(
    "address",
    ["", "ann", "@example.org", "ann@", "ann@a b", "a nn@example.org", "ann@example.org\r\nRCPT TO:<eve@example.org>",
     "ann@example.org, eve@example.org", "Ann <ann@example.org>", "ann@example..org", ".ann@example.org",
     "ann@" + "a" * 64 + ".org", "a" * 65 + "@example.org", "=?utf-8?q?a=0ab?=@example.org", "ann\x00@example.org",
     "ann@exa\nmple.org", "\ud83d@example.org"],
)  # fmt: skip
async def test_what_is_no_address_is_never_tried(platform: MailPlatform, mail: Mail, address: str) -> None:
    with failing() as errors:
        await mail.send(Address("mail", address), HELLO, "key")
    assert marks(errors[0]) == DEAD
    assert platform.received == []


# Settings


def test_an_address_of_a_server_is_read_whole() -> None:
    told = server("smtp://usher:open%2Fses%40me@mail.example.org:2525")
    assert (told.host, told.port, told.user, told.password) == ("mail.example.org", 2525, "usher", "open/ses@me")
    assert "ses" not in repr(told)


@pytest.mark.parametrize(
    ("url", "port", "smtps", "starttls"),
    [
        ("smtp://127.0.0.1:1025", 1025, False, None),
        ("smtp://[::1]:1025", 1025, False, None),
        ("smtp://mail.example.org", 25, False, None),
        ("smtp://mail.example.org/?starttls=required", 25, False, True),
        ("smtp://u:p@mail.example.org", 587, False, True),
        ("smtp://u:p@mail.example.org?starttls=optional", 587, False, None),
        ("smtp://u:p@localhost", 587, False, None),
        ("smtps://u:p@mail.example.org", 465, True, None),
    ],
)
def test_what_an_address_of_a_server_does_not_say(url: str, port: int, smtps: bool, starttls: bool | None) -> None:
    told = server(url)
    assert (told.port, told.smtps, told.starttls) == (port, smtps, starttls)


@pytest.mark.parametrize(
    "url",
    ["", "mail.example.org", "http://mail.example.org", "smtp://", "smtp://u:xyzzy/1@mail.example.org",
     "smtp://u:xyzzy#1@mail.example.org", "smtp://u:xyzzy@mail.example.org:port", "smtp://xyzzy@mail.example.org",
     "smtp://:xyzzy@mail.example.org", "smtp://u:xyzzy%0A@mail.example.org", "smtp://u:xyzzy%FF@mail.example.org",
     "smtp://u:xyzzy@mail..example.org", "smtp://u:xyzzy@mail.example.org?starttls=no", "smtp://u:xyzzy[@host",
     "smtp://u:xyzzy@host?tls=1", "smtps://u:xyzzy@host?starttls=required", "smtp://u:xyzzy@host:99999"],
)  # fmt: skip
def test_a_wrong_address_of_a_server_is_told_without_its_password(url: str) -> None:
    with pytest.raises(ValueError, match=r"^SMTP_URL must be like [^\n]+\.$") as caught:
        server(url)
    assert "xyzzy" not in str(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    ("given", "name", "address"),
    [
        ("Usher <usher@example.org>", "Usher", "usher@example.org"),
        ("usher@Example.ORG", "", "usher@example.org"),
        ('"Usher, HKCC" <usher@example.org>', "Usher, HKCC", "usher@example.org"),
        ("通告助手 <usher@例子.org>", "通告助手", "usher@xn--fsqu00a.org"),
    ],
)
async def test_the_sender_is_read_and_shown(platform: MailPlatform, given: str, name: str, address: str) -> None:
    assert sender(given) == Mailbox(name, *address.split("@"))
    await Mail(platform.url, given, lambda: NOW, ()).send(ANN, HELLO, "key")
    shown = platform.received[0]["From"].addresses[0]
    assert (shown.display_name, shown.addr_spec) == (name, address)
    assert platform.received[0]["Message-ID"].endswith(f"@{shown.domain}>")


@pytest.mark.parametrize(
    "given",
    ["", "Usher", "Usher <>", "Usher <usher>", "Usher, HKCC <usher@example.org>", "a@example.org, b@example.org",
     "Usher\r\nBcc: x <usher@example.org>", "=?utf-8?q?a=0Ab?= <usher@example.org>", "助手@example.org"],
)  # fmt: skip
def test_a_wrong_sender_is_told_in_one_sentence(given: str) -> None:
    with pytest.raises(ValueError, match=r"^MAIL_FROM must be like [^\n]+\.$"):
        sender(given)
