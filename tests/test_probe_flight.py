"""Many people ask for one check: it is made once, told to all, kept a while, and not more than some go on at once."""

import asyncio
from dataclasses import replace

from handlers.probe import Aim, Cause, Flight, OnStep, Report, Step, Verdict

GATE = Aim.of_url("https://gate.harbour.test/")
STEP = Step("dns 192.0.2.53", True, 1.0, "A 203.0.113.7")


class Checks:
    """Checks that end when they are let go."""

    def __init__(self, verdict: Verdict = "ok") -> None:
        self.verdict, self.made, self.on, self.most = verdict, 0, 0, 0
        self.go, self.now = asyncio.Event(), 0.0

    async def __call__(self, aim: Aim, on_step: OnStep) -> Report:
        self.made += 1
        self.on += 1
        self.most = max(self.most, self.on)
        on_step(STEP)
        await self.go.wait()
        self.on -= 1
        return Report(aim.key, self.verdict, "ok", Cause.OK, "nobody", "", (STEP,), "here", 1.0)


async def test_five_hundred_people_are_told_of_one_check() -> None:
    checks = Checks()
    flight = Flight(checks)
    asked = [asyncio.create_task(flight.report(GATE)) for _ in range(500)]
    await asyncio.sleep(0.01)
    checks.go.set()
    assert len({id(told.report) for told in await asyncio.gather(*asked)}) == 1
    assert checks.made == 1


async def test_a_latecomer_hears_the_earlier_stages() -> None:
    checks, heard = Checks(), list[Step]()
    flight = Flight(checks)
    first = asyncio.create_task(flight.report(GATE))
    await asyncio.sleep(0.01)
    second = asyncio.create_task(flight.report(GATE, heard.append))
    await asyncio.sleep(0.01)
    checks.go.set()
    await asyncio.gather(first, second)
    assert heard == [STEP]


async def test_who_gives_up_does_not_end_the_check_for_the_others() -> None:
    checks = Checks()
    flight = Flight(checks)
    first, second = (asyncio.create_task(flight.report(GATE)) for _ in range(2))
    await asyncio.sleep(0.01)
    first.cancel()
    checks.go.set()
    assert (await second).report.verdict == "ok"
    assert checks.made == 1


async def test_a_report_is_kept_as_long_as_its_verdict_allows() -> None:
    for verdict, seconds in (("ok", 60), ("warning", 15), ("fail", 15), ("unknown", 0)):
        checks = Checks(verdict)  # type: ignore[arg-type] # each is one
        checks.go.set()
        flight = Flight(checks, clock=lambda checks=checks: checks.now)  # type: ignore[misc] # bound here
        await flight.report(GATE)
        checks.now = max(0, seconds - 1)
        assert (await flight.report(GATE)).age == checks.now
        assert checks.made == (1 if seconds else 2)
        checks.now = seconds
        assert (await flight.report(GATE)).age == 0
        assert checks.made == (2 if seconds else 3)


async def test_twenty_go_on_at_once_and_the_others_wait() -> None:
    checks = Checks()
    flight = Flight(checks)
    asked = [asyncio.create_task(flight.report(replace(GATE, key=str(number)))) for number in range(50)]
    await asyncio.sleep(0.01)
    assert checks.on == 20
    checks.go.set()
    await asyncio.gather(*asked)
    assert (checks.made, checks.most) == (50, 20)


async def test_a_check_that_breaks_is_not_kept() -> None:
    made = 0

    async def breaks(_: Aim, __: OnStep) -> Report:
        nonlocal made
        made += 1
        raise RuntimeError("a defect")

    flight = Flight(breaks)
    for _ in range(2):
        told = await asyncio.gather(*(flight.report(GATE) for _ in range(3)), return_exceptions=True)
        assert [str(one) for one in told] == ["a defect"] * 3
    assert made == 2
