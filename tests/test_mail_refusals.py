"""What each refusal and fault of a mail server is told as, and that mail is encrypted where it must be."""

import asyncio
import shutil
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.mail import Mail
from models.campaign import Campaign
from models.message import Channel, SendError
from tests.mail_platform import (
    ANN,
    DEAD,
    HELLO,
    LOGIN,
    PASSWORD,
    TRY_AGAIN,
    UNKNOWN,
    MailPlatform,
    Point,
    failing,
    mail_platform,
    mail_to,
    marks,
)


@pytest.fixture
async def platform() -> AsyncIterator[MailPlatform]:
    async with mail_platform() as platform:
        yield platform


@pytest.fixture
def mail(platform: MailPlatform, campaign: Campaign) -> Mail:
    return mail_to(platform.url, campaign)


# What a refusal means


REFUSALS: list[tuple[Point, int, str, tuple[bool, float | None, bool]]] = [
    ("rcpt", 550, "5.1.1 <ann@example.org>: no such user", DEAD),
    ("rcpt", 550, "no such user here", DEAD),
    ("rcpt", 553, "5.1.10 the domain takes no mail", DEAD),
    ("rcpt", 550, "5.2.1 mailbox disabled", DEAD),
    ("rcpt", 550, "5.4.1 Recipient address rejected: Access denied", DEAD),
    ("rcpt", 550, "5.1.8 the sender's domain is not known", TRY_AGAIN),
    ("rcpt", 552, "5.2.2 mailbox full", TRY_AGAIN),
    ("rcpt", 554, "5.7.1 <ann@example.org>: Relay access denied", TRY_AGAIN),
    ("rcpt", 550, "relaying denied", TRY_AGAIN),
    ("rcpt", 553, "sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)", TRY_AGAIN),
    ("rcpt", 550, "5.7.1 192.5.1.1 is blocked", TRY_AGAIN),
    ("rcpt", 530, "5.7.0 Authentication required", TRY_AGAIN),
    ("rcpt", 450, "4.7.1 Greylisted", TRY_AGAIN),
    ("rcpt", 450, "4.7.1 Greylisted, please try again in 300 seconds", (False, 300.0, False)),
    ("rcpt", 451, "4.7.1 Greylisting in action, come back in 5 minutes", (False, 300.0, False)),
    ("rcpt", 452, "4.5.3 wait 2h", (False, 7200.0, False)),
    ("rcpt", 450, "try again in 999999 hours", (False, 86400.0, False)),
    ("rcpt", 421, "4.3.2 shutting down", TRY_AGAIN),
    ("mail", 550, "5.7.1 not allowed to send as this", TRY_AGAIN),
    ("mail", 550, "5.1.1 strange", TRY_AGAIN),
    ("mail", 421, "too many messages, try again after 1 min", (False, 60.0, False)),
    ("data", 554, "5.7.1 this looks like spam", TRY_AGAIN),
    ("data", 550, "rejected", TRY_AGAIN),
    ("data", 550, "5.1.1 no such user", DEAD),
    ("data", 451, "4.3.0 try later", TRY_AGAIN),
    ("data", 299, "what is this", UNKNOWN),
    ("connect", 554, "no service here", TRY_AGAIN),
    ("connect", 421, "too many connections, retry in 30 s", (False, 30.0, False)),
]


@pytest.mark.parametrize(("at", "code", "text", "meant"), REFUSALS, ids=lambda value: str(value)[:40])
async def test_what_a_refusal_means(
    mail: Mail, platform: MailPlatform, at: Point, code: int, text: str, meant: tuple[bool, float | None, bool]
) -> None:
    platform.refuse(code, text, at=at)
    with failing() as errors:
        await mail.send(ANN, HELLO, "key")
    assert marks(errors[0]) == meant
    assert platform.received == []
    platform.recover()
    await mail.send(ANN, HELLO, "key")
    assert len(platform.received) == 1


async def test_what_the_server_said_is_told(mail: Mail, platform: MailPlatform) -> None:
    platform.refuse(550, "5.1.1 no such user")
    with failing() as errors:
        await mail.send(ANN, HELLO, "key")
    assert errors[0].reason == "the mail server said 550 5.1.1 no such user"


async def test_a_connection_lost_after_the_text_leaves_the_outcome_unknown(mail: Mail, platform: MailPlatform) -> None:
    platform.cut_after_data()
    with failing() as errors:
        await mail.send(ANN, HELLO, "key")
    assert marks(errors[0]) == UNKNOWN
    assert len(platform.received) == 1


@pytest.mark.parametrize(
    ("at", "meant"), [("connect", TRY_AGAIN), ("mail", TRY_AGAIN), ("rcpt", TRY_AGAIN), ("data", UNKNOWN)]
)
async def test_a_server_that_says_nothing_more_is_left(
    platform: MailPlatform, at: Point, meant: tuple[bool, float | None, bool]
) -> None:
    platform.hang(at)
    with failing() as errors:
        async with asyncio.timeout(5):
            await mail_to(platform.url, step=0.2).send(ANN, HELLO, "key")
    assert marks(errors[0]) == meant


async def test_a_server_that_is_not_there_is_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with failing() as errors:
        await mail_to(f"smtp://127.0.0.1:{port}").send(ANN, HELLO, "key")
    assert marks(errors[0]) == TRY_AGAIN


async def test_a_name_that_the_dns_does_not_know_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with failing() as errors:
        await mail_to("smtp://mail.example.org").send(ANN, HELLO, "key")
    assert marks(errors[0]) == TRY_AGAIN


async def test_what_is_no_mail_server_is_tried_again() -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as other:
        with failing() as errors:
            await mail_to(f"smtp://127.0.0.1:{other.sockets[0].getsockname()[1]}").send(ANN, HELLO, "key")
    assert marks(errors[0]) == TRY_AGAIN


async def test_a_mail_that_was_sent_cannot_be_changed(mail: Mail) -> None:
    with pytest.raises(SendError, match="cannot be changed") as caught:
        await mail.edit("<a@example.org>", HELLO)
    assert caught.value.refused


def test_mail_is_a_channel_with_a_pace(campaign: Campaign) -> None:
    channel: Channel = mail_to("smtp://127.0.0.1", campaign)
    assert (channel.name, channel.interval, channel.pause(ANN)) == ("mail", 2.0, 0.0)


# Encryption and passwords


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that nobody but its maker trusts, and its key."""
    openssl = shutil.which("openssl")
    assert openssl, "openssl is needed to make a certificate"
    folder = tmp_path_factory.mktemp("certificate")
    made, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-out", made, "-keyout", key],
        check=True, capture_output=True,
    )  # fmt: skip
    return made, key


@pytest.fixture
def own(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    """The server's side."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context


@pytest.fixture
def trusting(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate[0]))


def with_login(url: str, password: str = PASSWORD) -> str:
    return url.replace("://", f"://{LOGIN[0]}:{password}@")


async def test_mail_is_encrypted_where_the_server_offers_it(own: ssl.SSLContext, trusting: ssl.SSLContext) -> None:
    async with mail_platform(tls=own) as platform:
        await mail_to(platform.url, tls=trusting).send(ANN, HELLO, "key")
        assert platform.encrypted == [True]


async def test_mail_goes_to_a_server_that_is_encrypted_from_the_start(
    own: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    async with mail_platform(tls=own, smtps=True) as platform:
        await mail_to(platform.url, tls=trusting).send(ANN, HELLO, "key")
        assert len(platform.received) == 1


async def test_a_login_goes_through_starttls(own: ssl.SSLContext, trusting: ssl.SSLContext) -> None:
    async with mail_platform(tls=own, auth_required=True) as platform:
        await mail_to(with_login(platform.url), tls=trusting).send(ANN, HELLO, "key")
        assert (platform.encrypted, platform.logins) == ([True], [LOGIN[0]])


@pytest.mark.parametrize("smtps", [False, True])
async def test_a_certificate_that_nobody_vouches_for_is_not_trusted(own: ssl.SSLContext, smtps: bool) -> None:
    async with mail_platform(tls=own, smtps=smtps) as platform:
        with failing() as errors:
            await mail_to(platform.url).send(ANN, HELLO, "key")
        assert marks(errors[0]) == TRY_AGAIN
        assert "certificate" in errors[0].reason
        assert platform.received == []


async def test_nothing_is_sent_in_the_clear_where_starttls_is_required(platform: MailPlatform) -> None:
    with failing() as errors:
        await mail_to(f"{platform.url}?starttls=required").send(ANN, HELLO, "key")
    assert marks(errors[0]) == TRY_AGAIN
    assert platform.received == []


async def test_a_wrong_password_is_our_fault_and_is_not_told(own: ssl.SSLContext, trusting: ssl.SSLContext) -> None:
    async with mail_platform(tls=own, auth_required=True) as platform:
        mail = mail_to(with_login(platform.url, "xyzzy"), tls=trusting)
        with failing() as errors:
            await mail.send(ANN, HELLO, "key")
    assert marks(errors[0]) == TRY_AGAIN
    assert "SMTP_URL" in errors[0].reason
    assert "xyzzy" not in f"{errors[0]!r} {errors[0].__cause__!r} {mail!r} {vars(mail)!r}"


async def test_a_server_that_knows_no_login_is_our_fault(platform: MailPlatform) -> None:
    with failing() as errors:
        await mail_to(with_login(platform.url)).send(ANN, HELLO, "key")
    assert marks(errors[0]) == TRY_AGAIN
