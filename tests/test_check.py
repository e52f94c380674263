"""`python -m bot check` tells IT staff what is wrong, by its last line and its exit status as well."""

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.checking import from_environment
from handlers.probe import Aim, Proxy
from tests.probe_kinds import KINDS
from tests.probe_lab import Lab, Setup, free_port
from tests.probe_papers import HOST
from tests.probe_servers import MARKER, Serve, answers, page, tunnel
from tests.program import ROOT, told

KIND = {kind.name: kind for kind in KINDS}
NONE = {"HTTPS_PROXY": "", "https_proxy": "", "NO_PROXY": "", "no_proxy": ""}


@dataclass
class Given:
    """How the command is called for what was set up, and what came of it."""

    lab: Lab
    setup: Setup
    folder: Path

    async def check(self, *more: str, **environ: str) -> tuple[int, dict[str, Any], str]:
        servers = [part for one in self.setup.resolvers for part in ("--dns", str(one))]
        port = self.setup.aim.ports[0]
        done = await asyncio.to_thread(
            told, self.folder, "check", "--url", f"https://{HOST}:{port}/start", *servers, "--ca-file",
            str(self.lab.ca_file), "--json", *more, **(NONE | {"CAMPAIGNS": str(ROOT / "campaigns")} | environ),
        )  # fmt: skip
        assert done.stderr == ""
        return done.returncode, json.loads(done.stdout.splitlines()[-1]), done.stdout


@pytest.mark.parametrize(
    ("kind", "code", "verdict"),
    [("healthy", 0, "ok"), ("one of two silent", 1, "warning"), ("expired", 2, "fail"), ("captive portal", 2, "fail")],
)
async def test_the_last_line_is_json_and_the_exit_status_is_the_verdict(
    lab: Lab, tmp_path: Path, kind: str, code: int, verdict: str
) -> None:
    async with lab.of(KIND[kind]) as setup:
        status, report, shown = await Given(lab, setup, tmp_path).check("--marker", MARKER, "--address", "127.0.0.1")
    assert (status, report["verdict"], report["phase"]) == (code, verdict, KIND[kind].phase)
    assert (report["cause"], report["owner"]) == (KIND[kind].cause, KIND[kind].cause.owner)
    assert report["reason"] in shown
    assert all(set(step) == {"name", "ok", "ms", "detail"} for step in report["steps"])


async def test_a_loopback_address_that_is_not_named_is_not_connected_to(lab: Lab, tmp_path: Path) -> None:
    async with lab.of(KIND["healthy"]) as setup:
        status, report, _ = await Given(lab, setup, tmp_path).check()
        assert setup.servers.came == {setup.aim.ports[0]: 0}
    assert (status, report["cause"]) == (2, "address_private")


async def test_several_addresses_may_be_expected(lab: Lab, tmp_path: Path) -> None:
    async with lab.of(KIND["one of two addresses"]) as setup:
        status, report, _ = await Given(lab, setup, tmp_path).check("--address", "127.0.0.1,127.0.0.2")
    assert (status, report["cause"]) == (1, "address_dead")


@pytest.mark.parametrize(
    ("serve", "cause", "step"),
    [
        (tunnel, "ok", "CONNECT"),
        (answers(page(b"", "407 Proxy Authentication Required")), "http_proxy_auth", "407"),
        (answers(page(b"", "403 Forbidden")), "proxy_refused", "403"),
        (answers(b""), "proxy_refused", "no answer"),
        (None, "proxy_unreachable", "refused"),
    ],
)
async def test_the_proxy_of_the_environment_is_used_and_named(
    lab: Lab, tmp_path: Path, serve: Serve | None, cause: str, step: str
) -> None:
    async with lab.of(KIND["healthy"]) as setup:
        port = await setup.servers.start(serve) if serve else free_port()
        proxy = f"http://anna:secret@127.0.0.1:{port}"
        _, report, shown = await Given(lab, setup, tmp_path).check("--marker", MARKER, HTTPS_PROXY=proxy)
    assert report["cause"] == cause
    assert any(
        f"127.0.0.1:{port}" in one["name"] and step in f"{one['name']} {one['detail']}" for one in report["steps"]
    )
    assert "secret" not in shown


async def test_no_proxy_excepts_a_host(lab: Lab, tmp_path: Path) -> None:
    async with lab.of(KIND["healthy"]) as setup:
        proxy = {"HTTPS_PROXY": f"http://127.0.0.1:{free_port()}", "NO_PROXY": "other.test, .harbour.test"}
        _, report, _ = await Given(lab, setup, tmp_path).check("--address", "127.0.0.1", **proxy)
    assert report["cause"] == "ok"


@pytest.mark.parametrize(
    ("no_proxy", "used"),
    [("", True), ("*", False), (HOST, False), ("harbour.test", False), (".harbour.test", False), ("arbour.test", True),
     (f"{HOST}:443", False), (f"{HOST}:8443", True), ("127.0.0.1", True)],
)  # fmt: skip
def test_no_proxy_is_read_as_curl_does(no_proxy: str, used: bool) -> None:
    aim, proxy = Aim.of_url(f"https://{HOST}/"), "http://proxy.test:8080"
    found = from_environment(aim, {"https_proxy": proxy, "NO_PROXY": no_proxy})
    assert found == (Proxy("proxy.test", 8080) if used else None)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("evil.example.com",), "'evil.example.com' is no target of a campaign. There are: ccms-2fa-2023/sso"),
        (("https://evil.example.com/",), "is no target"),
        (("--url", "ftp://x/"), "is no web address"),
        (("--url", f"https://{HOST}/", "--dns", "nonsense"), "nonsense"),
        (("--url", f"https://{HOST}/", "--ca-file", "nowhere.pem"), "no file nowhere.pem"),
    ],
)
def test_what_cannot_be_checked_is_refused_with_the_reason(
    tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    done = told(tmp_path, "check", *arguments, **(NONE | {"CAMPAIGNS": str(ROOT / "campaigns")}))
    assert (done.returncode, done.stdout) == (3, "")
    assert words in done.stderr
