"""The doctor's rounds: examines everything side by side, each for ten seconds at most, and prints what was found."""

import asyncio
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from bot.clock import machine_time
from bot.doctor import mail, own, slack, telegram
from bot.doctor.finding import SECONDS, Censor, Examination, Finding, Mark, broken
from bot.secret_key import own_key
from bot.settings import Settings, load

EXAMINATIONS: tuple[tuple[str, Examination], ...] = (
    ("Database", own.examine),
    ("Slack", slack.examine),
    ("Telegram", telegram.examine),
    ("Mail", mail.examine),
)


def run() -> int:
    settings = load(signs=False)
    if not settings.secret_key and settings.sqlite_file is None:
        own_key(None)  # raises what the start would raise; beside a file a key is made at the start, and not by this
    return asyncio.run(_tell(settings))


async def _tell(settings: Settings) -> int:
    findings = await examine(settings)
    # Within the loop: a look-up of a name that hangs in its thread may hold up the end, and must not hold up this.
    sys.stdout.writelines(f"{line}\n" for line in lines(findings, Censor(settings)))
    sys.stdout.flush()
    return int(_count(findings, Mark.BROKEN) > 0)


async def examine(
    settings: Settings, now: Callable[[], datetime] = machine_time, seconds: float = SECONDS
) -> list[Finding]:
    """Everything that was found, in the order in which it is told."""
    found = await asyncio.gather(*(_within(seconds, *one, settings, now) for one in EXAMINATIONS))
    return [finding for findings in found for finding in findings]


def lines(findings: Sequence[Finding], censor: Censor) -> Iterable[str]:
    yield from (censor.clean(str(finding)) for finding in findings)
    bad, doubtful = _count(findings, Mark.BROKEN), _count(findings, Mark.WARNING)
    yield f"{bad} broken, {doubtful} to look at; docs/channels.md tells more." if bad or doubtful else "All is well."


async def _within(
    seconds: float, about: str, examination: Examination, settings: Settings, now: Callable[[], datetime]
) -> list[Finding]:
    """What one examination finds in its time. What was found before it ran out is told, too."""
    found: list[Finding] = []
    try:
        async with asyncio.timeout(seconds):
            async for finding in examination(settings, now):
                found.append(finding)  # noqa: PERF401 - a comprehension would lose them when the time is over
    except TimeoutError:
        found.append(broken(about, f"no answer within {seconds:.0f} s: is the way there open (firewall, proxy, DNS)?"))
    except Exception as error:  # noqa: BLE001 - the outermost loop: a bug in one must not hide the others' findings
        # Without the traceback and the text: a library's may show what it was called with.
        found.append(broken(about, f"an error in Usher itself ({type(error).__name__}): please report it"))
    return found


def _count(findings: Sequence[Finding], mark: Mark) -> int:
    return sum(finding.mark is mark for finding in findings)
