"""The probe keeps its rules: it connects to checked addresses only, to each redirect's as well, and says who it is."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_address

import pytest

from handlers.probe import Aim, Cause, Server, probe
from handlers.probe._addresses import Expected, is_public
from handlers.probe._certificate import read_certificate
from models.campaign import Target
from tests.probe_kinds import KINDS, RIGHT, Kind
from tests.probe_lab import Lab
from tests.probe_names import Say, addresses
from tests.probe_papers import HOST, Papers
from tests.probe_servers import Reader, Writer, page, redirects, request

KIND = {kind.name: kind for kind in KINDS}


@pytest.mark.parametrize("expected", [(), ("127.0.0.66",)])
async def test_nothing_is_sent_to_an_address_that_is_not_expected(lab: Lab, expected: tuple[str, ...]) -> None:
    async with lab.of(Kind("", "fail", "dns", Cause.ADDRESS_UNEXPECTED, expected=expected)) as setup:
        report = await setup.look()
        assert (report.verdict, report.phase) == ("fail", "dns")
        assert setup.servers.came == {setup.aim.ports[0]: 0}


async def test_a_name_that_changes_its_address_is_asked_for_once(lab: Lab) -> None:
    """Rebinding: the second answer would lead elsewhere."""
    asked = 0

    def turns(question: object, by_tcp: bool) -> bytes | None:
        nonlocal asked
        asked += 1
        say: Say = RIGHT if asked <= 2 else addresses("127.0.0.66")  # one question for each family
        return say(question, by_tcp)  # type: ignore[arg-type] # handed on

    kind = replace(KIND["redirected on the same host"], names=(turns,))
    async with lab.of(kind) as setup:
        report = await setup.look()
        assert setup.servers.came == {setup.aim.ports[0]: 2}
    assert report.verdict == "ok"
    assert asked == 2


async def test_a_redirect_to_another_host_is_not_followed(lab: Lab) -> None:
    async with lab.of(KIND["healthy"]) as other:
        port = other.aim.ports[0]
        elsewhere = redirects(lambda _: f"https://other.test:{port}/")
        async with lab.of(replace(KIND["healthy"], serve=elsewhere)) as setup:
            assert (await setup.look()).cause is Cause.HTTP_REDIRECT_ELSEWHERE
        assert other.servers.came == {port: 0}


async def test_what_is_asked_is_a_plain_request_without_cookies(lab: Lab) -> None:
    asked: list[bytes] = []

    async def serve(reader: Reader, writer: Writer) -> None:
        asked.append(await request(reader))
        if b"/2" in asked[-1]:
            writer.write(page())
        else:
            writer.write(page(b"", "302 Found", "Location: /2", "Set-Cookie: a=b"))

    async with lab.of(replace(KIND["healthy"], serve=serve)) as setup:
        assert (await setup.look()).verdict == "ok"
    first, second = (one.decode().lower() for one in asked)
    assert first.startswith("get /start http/1.1\r\n")
    assert f"host: {HOST}:{setup.aim.ports[0]}\r\n" in first
    assert "accept-encoding: identity\r\n" in first
    assert "cookie" not in second


async def test_the_second_look_at_a_bad_certificate_sends_nothing(lab: Lab) -> None:
    came: list[bytes] = []

    async def serve(reader: Reader, writer: Writer) -> None:
        came.append(await reader.read())

    async with lab.of(replace(KIND["inspected"], serve=serve)) as setup:
        assert (await setup.look()).cause is Cause.TLS_UNKNOWN_CA
        await asyncio.sleep(0.05)
    assert set(came) <= {b""}


async def test_the_environment_has_no_say(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with lab.of(KIND["healthy"]) as setup:
        assert (await setup.look()).verdict == "ok"


async def test_the_stages_are_told_as_they_finish(lab: Lab) -> None:
    heard: list[str] = []
    async with lab.of(KIND["healthy"]) as setup:
        report = await setup.look(on_step=lambda step: heard.append(step.name.split()[0]))
    assert heard == ["dns", "tcp", "tls", "http", "content"]
    assert [step.name.split()[0] for step in report.steps] == heard


async def test_own_name_servers_that_do_not_answer_say_nothing_of_the_target(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with lab.of(KIND["closed"]) as setup:
        monkeypatch.setattr("handlers.probe._run.system_servers", lambda: setup.resolvers)
        ours = await probe(setup.aim, hosts=setup.hosts, ours=True)
        theirs = await probe(setup.aim, hosts=setup.hosts)
    assert (ours.verdict, ours.cause) == ("unknown", Cause.OWN_NETWORK)
    assert (theirs.verdict, theirs.cause) == ("fail", Cause.DNS_CLOSED)


async def test_own_load_does_not_become_a_diagnosis(lab: Lab) -> None:
    async with lab.of(KIND["silently dropped"]) as setup:
        looking = asyncio.create_task(setup.look())
        await asyncio.sleep(0.5)
        import time

        time.sleep(2)  # noqa: ASYNC251 - this machine is busy
        report = await looking
    assert (report.verdict, report.cause) == ("unknown", Cause.OWN_LOAD)


async def test_every_port_of_a_host_must_be_reached(lab: Lab) -> None:
    async with lab.of(KIND["healthy"]) as setup:
        open_port, closed = setup.aim.ports[0], 1
        for ports, verdict in (((open_port,), "ok"), ((open_port, closed), "fail")):
            aim = Aim("queue", HOST, ports, addresses=("127.0.0.1",))
            report = await probe(aim, resolvers=setup.resolvers, hosts=setup.hosts)
            assert report.verdict == verdict
            assert [step.name.split()[0] for step in report.steps] == ["dns", *["tcp"] * len(ports)]


@pytest.mark.parametrize(
    ("address", "public"),
    [("8.8.8.8", True), ("2606:4700::1111", True), ("10.0.0.1", False), ("169.254.1.1", False), ("127.0.0.1", False),
     ("0.0.0.0", False), ("100.64.0.1", False), ("224.0.0.1", False), ("fe80::1", False), ("fd00::1", False),  # noqa: S104 - only read
     ("::1", False), ("::ffff:192.168.0.1", False), ("64:ff9b::a00:1", False), ("64:ff9b::808:808", True),
     ("2002:a00:1::", False), ("198.18.0.1", False), ("240.0.0.1", False)],
)  # fmt: skip
def test_where_no_address_is_named_only_public_ones_will_do(address: str, public: bool) -> None:
    assert is_public(ip_address(address)) is public
    assert (Expected().objection(ip_address(address)) is None) is public
    assert Expected([address]).objection(ip_address(address)) is None


def test_a_target_of_a_campaign_is_aimed_at_with_all_that_is_known_of_it() -> None:
    target = Target(
        key="gate", name={"en": "Gate"}, url="https://Gate.Harbour.test:8443/a?b=c", marker="Log on",
        addresses=("203.0.113.0/28",), name_servers=("203.0.113.53:5353", "[2001:db8::53]"), issuers=("R3",),
        proxy="http://proxy.test:8080",
    )  # fmt: skip
    aim = Aim.of(target)
    assert (aim.host, aim.ports, aim.path, aim.origin) == (HOST, (8443,), "/a?b=c", f"https://{HOST}:8443")
    assert aim.name_servers == (Server("203.0.113.53", 5353), Server("2001:db8::53", 53))
    assert (aim.marker, aim.issuers, aim.proxy) == ("Log on", ("R3",), "http://proxy.test:8080")


def test_a_certificate_is_read_and_rubbish_is_not(probe_papers: Papers) -> None:
    import ssl

    der = ssl.PEM_cert_to_DER_cert(probe_papers.issue("read").chain.read_text())
    seen = read_certificate(der)
    assert seen
    assert (seen.subject, seen.issuer, seen.organization, seen.names) == (HOST, "Harbour Root CA", "Harbour", (HOST,))
    assert seen.begins < datetime.now(UTC) < seen.ends
    for length in range(0, len(der), 7):
        assert read_certificate(der[:length]) is None
