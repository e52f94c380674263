"""On every channel the stages of a slow check appear in one message, and then comes the result."""

from dataclasses import replace

from handlers.probe import Cause, Flight
from tests.channels_cast import ONE_DATABASE
from tests.checks_cast import Line, checked, report
from tests.journeys_cast import HARBOUR, Journey

pytestmark = ONE_DATABASE  # the rows are tested on both


async def test_stages_appear_as_they_finish_and_then_the_result(journey: Journey) -> None:
    line = Line(report(Cause.TCP_TIMEOUT))
    line.open.clear()
    assert journey.app.channels
    connections = journey.app.channels.connections
    connections.flight, connections.pace = Flight(line.look), replace(connections.pace, edit=0.3)
    amy = journey.meet("Amy")
    await amy.say(journey.code[HARBOUR])
    assert "I am checking 2FA server (SSO page) now" in await amy.say("can you reach the SSO page?")
    stages = await amy.told("so far:")
    assert "A 203.0.113.7" in stages
    assert "no answer within 3 s" not in stages
    line.open.set()
    assert "It does not work from this bot: 2FA server" in await amy.told("Details to copy")
    shown = await amy.told("these stages are done")
    assert "no answer within 3 s" in shown
    assert "so far:" not in shown
    assert [check.state for check in await checked(journey.store)] == ["done"]
    assert len(line.looked) == 1


async def test_a_quick_check_shows_no_stages(journey: Journey) -> None:
    line = Line()
    assert journey.app.channels
    journey.app.channels.connections.flight = Flight(line.look)
    amy = journey.meet("Amy")
    await amy.say(journey.code[HARBOUR])
    assert "I am checking" in await amy.say("/check")
    text = await amy.told("From this bot: 2FA server (SSO page) can be reached")
    assert "so far" not in text
    # What is done on the firm's own PC is never said by the bot's own look.
    assert "③ connection to the 2FA server: not said" in await amy.say("status")
