"""`python -m bot doctor` tells how all stands, ends in time, gives the right exit code, and never shows a secret."""

import ast
import asyncio
import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.clock import machine_time
from bot.doctor.finding import Censor, Mark, ok
from bot.doctor.rounds import examine
from bot.manifest import scopes
from bot.settings import load
from models.message import Address
from models.people import add_staff
from models.store import Store
from tests.channels_cast import ROOM
from tests.doctor_cast import HISTORY, PUBLIC, found, marked, slack_settings, telegram_settings, with_history
from tests.mail_platform import LOGIN, PASSWORD, MailPlatform, mail_platform
from tests.program import ROOT, told
from tests.slack_contract import METHODS
from tests.slack_platform import Fault, Platform
from tests.telegram_platform import Fault as TelegramFault
from tests.telegram_platform import TelegramPlatform

FROM = {"MAIL_FROM": "Usher <usher@example.org>"}
KEY = "k3y-that-nobody-guesses-0123456789abcdef"


@pytest.fixture
async def mail() -> AsyncIterator[MailPlatform]:
    async with mail_platform() as platform:
        yield platform


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that nobody but its maker trusts, and its key."""
    openssl = shutil.which("openssl")
    assert openssl, "openssl is needed to make a certificate"
    made, key = (tmp_path_factory.mktemp("certificate") / name for name in ("certificate.pem", "key.pem"))
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-out", made, "-keyout", key],
        check=True, capture_output=True,
    )  # fmt: skip
    return made, key


@pytest.fixture
async def with_login(certificate: tuple[Path, Path]) -> AsyncIterator[MailPlatform]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    async with mail_platform(tls=context, auth_required=True) as platform:
        yield platform


def smtp(mail: MailPlatform, password: str = "") -> dict[str, str]:
    login = f"://{LOGIN[0]}:{password}@" if password else "://"
    return FROM | {"SMTP_URL": mail.url.replace("://", login)}


def nobody_there() -> str:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return f"127.0.0.1:{taken.getsockname()[1]}"


def everything(slack: Platform, telegram: TelegramPlatform, *, at: str = "") -> dict[str, str]:
    """Every secret that there is, each with a value of its own; with `at` all lead there."""
    secret = {"SECRET_KEY": KEY, "SLACK_APP_TOKEN": slack.app_token, "TELEGRAM_WEBHOOK_SECRET": "h00k-secret"}
    given = slack_settings(slack) | telegram_settings(telegram) | secret
    return given | ({"SLACK_API_URL": f"http://{at}", "TELEGRAM_API_URL": f"http://{at}"} if at else {})


def assert_kept(ended: subprocess.CompletedProcess[str], *needles: str) -> None:
    for needle in needles:
        assert needle.lower() not in f"{ended.stdout} {ended.stderr}".lower()
    assert "Traceback" not in ended.stderr


def secrets_of(given: dict[str, str]) -> list[str]:
    return [value for name, value in given.items() if name.endswith(("TOKEN", "SECRET", "KEY"))]


# The whole program


async def test_all_is_well(
    slack: Platform, telegram: TelegramPlatform, mail: MailPlatform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(METHODS, "conversations.history", HISTORY)
    slack.scopes = ",".join(scopes(support_room=True))
    with_history(slack)
    telegram.updates.webhook = {"url": f"{PUBLIC['PUBLIC_URL']}/telegram/webhook"}
    (tmp_path / "var").mkdir()
    store = await Store.open(f"sqlite:///{tmp_path / 'var' / 'usher.db'}")
    await store.write(add_staff, "Sam", Address("slack", "T0USHER:U0SAM"), machine_time())
    await store.close()
    given = everything(slack, telegram) | smtp(mail) | {"SUPPORT_ROOM": f"slack:{ROOM}"}
    ended = await asyncio.to_thread(told, tmp_path, "doctor", **given)
    assert ended.stdout.splitlines()[-1] == "All is well."
    assert {line[:9] for line in ended.stdout.splitlines()[:-1]} == {"ok       "}
    assert (ended.returncode, ended.stderr) == (0, "")
    assert_kept(ended, *secrets_of(given))
    assert mail.received == []


def test_channels_that_are_not_used_are_no_fault_and_nothing_is_made(tmp_path: Path) -> None:
    ended = told(tmp_path, "doctor")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.count("not used") == 3
    assert list(tmp_path.iterdir()) == []


async def test_no_secret_is_shown_where_all_repeat_what_they_were_given(
    slack: Platform,
    telegram: TelegramPlatform,
    with_login: MailPlatform,
    certificate: tuple[Path, Path],
    tmp_path: Path,
) -> None:
    slack.fail("auth.test", Fault(f"bad token {slack.bot_token}"))
    slack.fail("apps.connections.open", Fault(f"bad token {slack.app_token}"))
    telegram.fail("getMe", TelegramFault.refused(400, f"Bad Request: {telegram.token}"))
    with_login.refuse(535, f"no such password {LOGIN[1]}", "connect")
    database = f"postgresql://usher:p%40ss-needle@{nobody_there()}/usher"
    given = everything(slack, telegram) | smtp(with_login, PASSWORD) | {"DATABASE_URL": database}
    ended = await asyncio.to_thread(told, tmp_path, "doctor", **given, SSL_CERT_FILE=str(certificate[0]))
    assert ended.returncode == 1
    assert ended.stdout.count("(secret)") == 3, ended.stdout
    assert "5 broken," in ended.stdout  # both of Slack's tokens, Telegram, mail, the database
    assert_kept(ended, *secrets_of(given), PASSWORD, LOGIN[1], "p%40ss-needle", "p@ss-needle")


async def test_no_secret_is_shown_where_nothing_is_reached(
    slack: Platform, telegram: TelegramPlatform, tmp_path: Path
) -> None:
    at = nobody_there()
    given = everything(slack, telegram, at=at) | FROM | {"SMTP_URL": f"smtp://usher:{PASSWORD}@{at}"}
    ended = await asyncio.to_thread(told, tmp_path, "doctor", **given)
    assert ended.returncode == 1
    assert "Slack cannot be reached" in ended.stdout
    assert "Telegram cannot be reached" in ended.stdout
    assert_kept(ended, *secrets_of(given), PASSWORD, LOGIN[1])


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"SLACK_BOT_TOKEN": "xapp-needle"}, "SLACK_BOT_TOKEN"),
        ({"TELEGRAM_BOT_TOKEN": "needle"}, "TELEGRAM_BOT_TOKEN"),
        ({"SMTP_URL": "smtp://usher:needle@[", **FROM}, "SMTP_URL"),
        ({"MAIL_FROM": "nobody", "SMTP_URL": "smtp://usher:needle@mail.example.org"}, "MAIL_FROM"),
        ({"SUPPORT_ROOM": "slack:C0123456789"}, "SLACK_BOT_TOKEN"),
        ({"DATABASE_URL": "postgresql://usher:needle@127.0.0.1/usher"}, "SECRET_KEY"),
    ],
)
def test_what_stops_the_start_is_told_as_everywhere(tmp_path: Path, settings: dict[str, str], named: str) -> None:
    ended = told(tmp_path, "doctor", **settings)
    assert (ended.returncode, ended.stdout) == (2, ""), ended.stderr
    assert named in ended.stderr
    assert_kept(ended, "needle")


# Time


async def test_a_platform_that_says_nothing_is_left_in_time(
    slack: Platform, telegram: TelegramPlatform, mail: MailPlatform, tmp_path: Path
) -> None:
    slack.fail("auth.test", Fault(seconds=300))
    telegram.fail("getWebhookInfo", TelegramFault.slow(300))
    mail.hang("connect")
    given = slack_settings(slack) | telegram_settings(telegram) | smtp(mail)
    given["DATABASE_URL"] = f"sqlite:///{tmp_path / 'usher.db'}"
    async with asyncio.timeout(30):
        # So long that a machine that is busy comes as far as to what says nothing.
        findings = [str(one) for one in await examine(load(given, None, signs=False), seconds=3)]
    assert sum("no answer within 3 s" in line for line in findings) == 3
    assert any("TELEGRAM_BOT_TOKEN works" in line for line in findings), "what was found before is told"


# Mail


async def test_a_password_that_works_is_told_and_nothing_is_sent(
    with_login: MailPlatform, certificate: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    findings = await found(
        "Mail",
        tmp_path,
        smtp(with_login, PASSWORD),
        SMTP_URL=smtp(with_login, PASSWORD)["SMTP_URL"] + "?starttls=required",
    )
    assert findings[0] == "ok       Mail: mails come from Usher <usher@example.org>"
    assert "takes the password of usher" in findings[1]
    assert len(findings) == 2
    assert with_login.seen == []


async def test_a_wrong_password_is_told_without_it(
    with_login: MailPlatform, certificate: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    findings = marked(await found("Mail", tmp_path, smtp(with_login, "xyzzy")), Mark.BROKEN)
    assert "refused the user or the password of SMTP_URL (535)" in findings
    assert "xyzzy" not in findings


async def test_a_certificate_that_nobody_trusts_is_told(with_login: MailPlatform, tmp_path: Path) -> None:
    assert "certificate is not trusted" in marked(await found("Mail", tmp_path, smtp(with_login)), Mark.BROKEN)


async def test_a_server_that_turns_usher_away_is_told(mail: MailPlatform, tmp_path: Path) -> None:
    mail.refuse(554, "no", "connect")
    assert "(554)" in marked(await found("Mail", tmp_path, smtp(mail)), Mark.BROKEN)


async def test_tls_where_none_is_spoken_is_told(mail: MailPlatform, tmp_path: Path) -> None:
    mail.scheme = "smtps"
    assert "does not speak TLS" in marked(await found("Mail", tmp_path, smtp(mail)), Mark.BROKEN)


# Usher's own


async def test_a_support_room_where_nobody_may_reply_is_told(telegram: TelegramPlatform, tmp_path: Path) -> None:
    room = telegram_settings(telegram) | {"SUPPORT_ROOM": "telegram:-1001234567890"}
    assert "staff add NAME --telegram ID" in marked(await found("Support", tmp_path, room), Mark.BROKEN)


async def test_who_has_no_account_where_the_room_is_is_told(
    telegram: TelegramPlatform, store: Store, database_url: str, tmp_path: Path
) -> None:
    await store.write(add_staff, "Sam", Address("telegram", "202"), machine_time())
    await store.write(add_staff, "Eve", Address("slack", "T0USHER:U0EVE"), machine_time())
    given = {"SUPPORT_ROOM": "telegram:-1001234567890", "DATABASE_URL": database_url, "SECRET_KEY": KEY}
    findings = await found("Support", tmp_path, telegram_settings(telegram), given)
    assert findings[0].endswith(": Sam")
    assert marked(findings, Mark.WARNING).endswith(": Eve")


async def test_a_database_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "usher.db").write_text("not a database" * 100)
    assert "cannot be used" in marked(await found("Database", tmp_path), Mark.BROKEN)


# How it is told


def test_what_the_document_quotes_is_what_the_doctor_says() -> None:
    document = (ROOT / "docs" / "channels.md").read_text(encoding="utf-8")
    rows = document.partition("## When something does not work\n")[2].splitlines()
    cells = [row.split("|")[2] for row in rows if row.count("|") == 4]
    quoted = [words for cell in cells if "the log" not in cell for words in re.findall(r"`([^`]+)`", cell)]
    pieces = {piece.strip() for words in quoted for piece in re.split(r"…|: |10 s", words)}
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in (ROOT / "bot").glob("**/*.py")]
    said = [str(node.value) for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    assert len(quoted) > 20
    assert [piece for piece in pieces if not any(piece in sentence for sentence in said)] == []


def test_a_finding_is_one_line_whatever_a_platform_says() -> None:
    assert str(ok("Slack", "in\nthe\x1b[31m  room")) == "ok       Slack: in the [31m room"


def test_a_secret_is_hidden_in_each_of_its_forms() -> None:
    given = {"SMTP_URL": f"smtp://usher:{PASSWORD}@mail.example.org", **FROM, "SECRET_KEY": KEY}
    cleaned = Censor(load(given, None)).clean(f"{PASSWORD} {LOGIN[1]} {KEY.upper()} usher")
    assert cleaned == "(secret) (secret) (secret) usher"
