"""Whatever bytes come back, the probe ends in time with a diagnosis that is fit to be shown, and never breaks."""

import random
import time
from dataclasses import replace

import pytest

from handlers.probe import Cause, Report
from tests.probe_kinds import KINDS, RIGHT, Kind
from tests.probe_lab import Lab
from tests.probe_names import Say, addresses, aliases
from tests.probe_papers import HOST
from tests.probe_servers import PAGE, answers, page

GOOD = next(kind for kind in KINDS if kind.name == "healthy")
TYPED = "Content-Type: text/html; charset="
HELLO = bytes.fromhex("160303007a020000760303") + bytes(50)


def leads(to: str) -> bytes:
    return page(b"", "302 Found", f"Location: {to}")


def shown(report: Report) -> str:
    return report.reason + "".join(f"{step.name}{step.detail}" for step in report.steps)


async def look(lab: Lab, kind: Kind) -> Report:
    async with lab.of(kind) as setup:
        began = time.monotonic()
        report = await setup.look()
        assert time.monotonic() - began < 12
    assert not [one for one in shown(report) if ord(one) < 32 or one in "<>\u202e"]
    return report


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (leads("https://[::1/"), Cause.HTTP_MALFORMED),
        (leads(f"https://{HOST}:99999/"), Cause.HTTP_MALFORMED),
        (leads(f"https://{HOST}:0/"), Cause.HTTP_MALFORMED),
        (leads("https://a\x01b/"), Cause.HTTP_MALFORMED),
        (leads("https://\x9b\xab.test/"), Cause.HTTP_MALFORMED),
        (leads("javascript:alert(1)"), Cause.HTTP_MALFORMED),
        (leads("https://x.test/%e2%80%ae<b>?<script>"), Cause.HTTP_REDIRECT_ELSEWHERE),
        (leads("//<b>portal</b>.test/"), Cause.HTTP_REDIRECT_ELSEWHERE),
        (page(b"", "418 <script>\x1b[1m OK"), Cause.HTTP_STATUS),
        (page(PAGE * 2000, "200 OK", f"{TYPED}punycode"), Cause.OK),
        (page(b"", "503 Busy", "Retry-After: <b>60</b>"), Cause.HTTP_BUSY),
        (page(b"<title>\x1b[31m<b>Log\x00 on</b>\xe2\x80\xae</title>"), Cause.WRONG_PAGE),
        (page(PAGE, "200 OK", f"{TYPED}nonsense"), Cause.OK),
        (page(PAGE, "200 OK", f"{TYPED}idna"), Cause.OK),
        (page(PAGE, "200 OK", f"{TYPED}hex"), Cause.OK),
        (page(PAGE, "200 OK", "Content-Encoding: gzip"), Cause.UNREADABLE_PAGE),
    ],
)
async def test_an_odd_answer_is_told(lab: Lab, answer: bytes, cause: Cause) -> None:
    assert (await look(lab, replace(GOOD, serve=answers(answer)))).cause is cause


@pytest.mark.parametrize("seed", range(40))
async def test_a_damaged_answer_breaks_nothing(lab: Lab, seed: int) -> None:
    by = random.Random(seed)
    heads = [page(), leads("/b"), page(PAGE, "200 OK", f"{TYPED}utf-8"), page(b"", "503 Busy", "Retry-After: 60")]
    assert (await look(lab, replace(GOOD, serve=answers(damaged(by.choice(heads), by))))).reason


@pytest.mark.parametrize("seed", range(40))
async def test_a_damaged_handshake_breaks_nothing(lab: Lab, seed: int) -> None:
    by = random.Random(seed)
    first = damaged(by.choice([HELLO, b"\x15\x03\x03\x00\x02\x02\x28", b"HTTP/1.1 400"]), by)

    async def serve(reader: object, writer: object) -> None:
        writer.write(first)  # type: ignore[attr-defined] # a StreamWriter

    assert (await look(lab, replace(GOOD, paper=None, serve=serve))).phase == "tls"


@pytest.mark.parametrize("seed", range(40))
async def test_a_damaged_datagram_breaks_nothing(lab: Lab, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handlers.probe._dns.PATIENCE", 0.5)
    by = random.Random(seed)
    say = by.choice([RIGHT, aliases("a.test", then=("127.0.0.1",)), addresses("127.0.0.1", "::1")])
    assert (await look(lab, replace(GOOD, names=(hurt(say, by),)))).reason


def hurt(say: Say, by: random.Random) -> Say:
    def told(question: object, by_tcp: bool) -> bytes | None:
        whole = say(question, by_tcp) or b""  # type: ignore[arg-type] # handed on
        return whole[:2] + damaged(whole[2:], by)

    return told


def damaged(data: bytes, by: random.Random) -> bytes:
    """Some bytes changed, left out, or put in."""
    bent = bytearray(data)
    for _ in range(by.randint(1, 5)):
        at, kind = by.randrange(len(bent) or 1), by.randrange(3)
        if kind == 0:
            bent[at : at + 1] = by.randbytes(1)
        elif kind == 1:
            del bent[at : at + by.randint(1, 9)]
        else:
            bent[at:at] = by.choice([by.randbytes(5), b"\r\n", b"\0", b"%zz", b"[", b"://"])
    return bytes(bent)
