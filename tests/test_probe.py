"""The probe tells every kind of fault: the phase, the verdict and the cause, in time and in little memory."""

import asyncio
import time
import tracemalloc

import pytest

from handlers.probe import Cause, Report
from tests.probe_kinds import KINDS, Kind
from tests.probe_lab import Lab

WHOLE = 12.0  # seconds
AT_ONCE = 8
MEMORY = 8 * 1024 * 1024


Looked = dict[str, tuple[Report, float]]


@pytest.fixture(scope="module")
def looked(lab: Lab) -> Looked:
    """What the probe says of every kind. Several at once: most of the time is waiting for what does not come."""
    places, told = asyncio.Semaphore(AT_ONCE), Looked()

    async def look(kind: Kind) -> None:
        async with places, lab.of(kind) as setup:
            began = time.monotonic()
            report = await setup.look()
            told[kind.name] = report, time.monotonic() - began

    async def all_of_them() -> None:
        await asyncio.gather(*map(look, KINDS))

    asyncio.run(all_of_them())
    return told


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_kind_of_fault_is_told_by_phase_verdict_and_cause(looked: Looked, kind: Kind) -> None:
    report, took = looked[kind.name]
    assert (report.verdict, report.phase, report.cause) == (kind.verdict, kind.phase, kind.cause), report
    assert took < WHOLE
    assert report.owner == report.cause.owner


def test_every_cause_is_set_up_somewhere() -> None:
    elsewhere = {Cause.OWN_NETWORK, Cause.OWN_LOAD, Cause.PROXY_REFUSED, Cause.PROXY_UNREACHABLE, Cause.TCP_REJECTED}
    hardly = {Cause.TLS_BAD_CERTIFICATE, Cause.TLS_REFUSED}
    assert {kind.cause for kind in KINDS} == set(Cause) - elsewhere - hardly


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.name in {"huge page", "endless head", "bomb"}],
                         ids=lambda kind: kind.name)  # fmt: skip
async def test_an_answer_without_end_takes_little_memory(lab: Lab, kind: Kind) -> None:
    async with lab.of(kind) as setup:
        tracemalloc.start()
        await setup.look()
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert most < MEMORY
