"""A demonstration's time begins where it is told to, goes on after a restart, and moves forward once a press."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from bot.app import App, build
from bot.clock import CampaignClock, DemonstrationClock
from bot.settings import Settings, SettingsError, load
from models.conversation import record
from models.demonstration import BEAT, Demonstration, OtherBeginning, RealConversations, beat, begin, move, running
from models.message import Address, Ask, Reply
from models.participants import Participant
from models.store import Store

HONG_KONG = timezone(timedelta(hours=8))
APRIL = datetime(2023, 4, 12, 10, tzinfo=HONG_KONG)
NOW = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def to(moment: datetime) -> Callable[[datetime], datetime]:
    return lambda _: moment


async def run_a_minute(store: Store) -> Demonstration:
    """Begin at NOW, and say every few seconds that it runs."""
    kept: Demonstration | None = await store.write(begin, APRIL, NOW)
    for seconds in range(0, 61, 5):
        kept = await store.write(beat, NOW + timedelta(seconds=seconds))
    assert kept is not None
    return kept


# -------------------------------------------------------------------------------------------------- what is kept


async def test_it_begins_as_of_and_runs_as_fast_as_the_machine(store: Store) -> None:
    kept = await store.write(begin, APRIL, NOW)
    assert [kept.at(NOW), kept.at(NOW + HOUR)] == [APRIL, APRIL + HOUR]


async def test_after_a_pause_it_goes_on_where_it_stood(store: Store) -> None:
    await run_a_minute(store)
    later = NOW + 30 * DAY
    kept = await store.write(begin, APRIL, later)
    # At most a beat ahead: it may have answered until just before the next one.
    assert APRIL + MINUTE <= kept.at(later) <= APRIL + MINUTE + BEAT
    assert kept.at(later + DAY) - kept.at(later) == DAY


async def test_another_copy_that_joins_changes_nothing(store: Store) -> None:
    first = await run_a_minute(store)
    joined = await store.write(begin, APRIL, NOW + MINUTE + BEAT / 2)
    assert joined.at(NOW + DAY) == first.at(NOW + DAY) == APRIL + DAY


async def test_what_is_written_out_of_turn_moves_nothing(store: Store) -> None:
    """A write that waited for another copy's comes with a time that is a little older than what is kept."""
    before = (await run_a_minute(store)).at(NOW + MINUTE)
    for _ in range(5):
        await store.write(beat, NOW + MINUTE - timedelta(milliseconds=20))
        kept = await store.write(beat, NOW + MINUTE)
        assert kept is not None
        assert timedelta(0) <= kept.at(NOW + MINUTE) - before < timedelta(seconds=1)


@pytest.mark.parametrize("back", [timedelta(minutes=5), timedelta(days=400)])
async def test_a_machine_whose_clock_went_back_does_not_turn_it_back(store: Store, back: timedelta) -> None:
    await run_a_minute(store)
    for again in (await store.write(begin, APRIL, NOW - back), await store.write(beat, NOW - back - DAY)):
        assert again is not None
        assert again.at(NOW - back) >= APRIL + MINUTE
        assert again.at(NOW - back - 2 * DAY) >= APRIL + MINUTE


async def test_at_the_present_it_stays_as_far_ahead_as_it_was_moved(store: Store) -> None:
    kept = await store.write(begin, None, NOW)
    assert kept.at(NOW) == NOW
    await store.write(move, to(NOW + DAY), 0, NOW)
    later = await store.write(begin, None, NOW + 30 * DAY)
    assert later.at(NOW + 30 * DAY) == NOW + 31 * DAY


async def test_a_machine_that_slept_lets_it_stand_still_and_it_can_be_moved_at_once(store: Store) -> None:
    await store.write(begin, APRIL, NOW)
    awake = NOW + 8 * HOUR
    moved = await store.write(move, lambda now: now + HOUR, 0, awake)
    assert APRIL + HOUR <= moved.at(awake) <= APRIL + HOUR + BEAT
    kept = await store.write(beat, awake + BEAT)
    assert isinstance(kept, Demonstration)
    assert kept.at(awake + BEAT) == moved.at(awake) + BEAT


async def test_two_copies_that_begin_at_once_are_of_one_time(store: Store, database_url: str) -> None:
    other = await Store.open(database_url)
    one, two = await asyncio.gather(*(copy.write(begin, APRIL, NOW) for copy in (store, other)))
    assert one.at(NOW) == two.at(NOW) == APRIL
    await other.close()


async def test_conversations_of_before_are_never_taken_for_a_demonstrations(store: Store) -> None:
    room = Address("web", "amy")
    await store.write(record, Ask("e1", room, room, "hello", NOW), Reply("Hello."), recorded_at=NOW)
    with pytest.raises(RealConversations):
        await store.write(begin, APRIL, NOW)
    assert await store.read(running) is None


@pytest.mark.parametrize("other", [APRIL + HOUR, None])
async def test_another_beginning_is_refused_and_the_same_instant_in_another_zone_is_not(
    store: Store, other: datetime | None
) -> None:
    await store.write(begin, APRIL, NOW)
    with pytest.raises(OtherBeginning) as raised:
        await store.write(begin, other, NOW)
    assert raised.value.began_as_of == APRIL
    assert (await store.write(begin, APRIL.astimezone(UTC), NOW)).began_as_of == APRIL


async def test_it_moves_forward_once_for_a_double_press_and_never_back(store: Store) -> None:
    await store.write(begin, APRIL, NOW)
    pressed = await asyncio.gather(*(store.write(move, to(APRIL + DAY), 0, NOW) for _ in range(5)))
    assert {one.moves for one in pressed} == {1}
    kept = await store.write(move, to(APRIL + HOUR), 1, NOW)
    assert (kept.moves, kept.at(NOW)) == (1, APRIL + DAY)


async def test_a_database_of_no_demonstration_has_no_time_of_its_own(store: Store) -> None:
    assert await store.read(running) is None
    await store.write(beat, NOW)
    with pytest.raises(ValueError, match="no demonstration"):
        await store.write(move, to(APRIL), 0, NOW)


# ------------------------------------------------------------------------------------------------ the running clock


@pytest.fixture
async def clock(store: Store) -> AsyncIterator[tuple[CampaignClock, DemonstrationClock]]:
    campaign_time = CampaignClock()
    demonstration = await DemonstrationClock.begin(store, APRIL, campaign_time)
    demonstration.keep()
    yield campaign_time, demonstration
    await demonstration.close()


def near(one: datetime, other: datetime) -> bool:
    return abs(one - other) < timedelta(seconds=20)


async def eventually(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - another task brings it about
            await asyncio.sleep(0.02)


async def test_a_move_is_followed_at_once_and_by_the_other_copies(
    store: Store, clock: tuple[CampaignClock, DemonstrationClock], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.clock.BEAT", HOUR)  # who looks only so rarely must have been told
    campaign_time, demonstration = clock
    assert near(campaign_time.now(), APRIL)
    other_time = CampaignClock()
    other = await DemonstrationClock.begin(store, APRIL, other_time)
    other.keep()
    await asyncio.sleep(0.3)  # both listen
    await demonstration.move(to(APRIL + DAY), 0)
    assert near(campaign_time.now(), APRIL + DAY)
    await eventually(lambda: other.moves == 1)
    assert near(other_time.now(), APRIL + DAY)
    await other.close()


async def test_it_says_by_itself_that_it_runs(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.clock.BEAT", timedelta(seconds=0.04))
    demonstration = await DemonstrationClock.begin(store, APRIL, CampaignClock())
    demonstration.keep()

    beats: list[datetime] = []
    async with asyncio.timeout(20):
        while not beats or beats[-1] == beats[0]:
            kept = await store.read(running)
            assert isinstance(kept, Demonstration)
            beats.append(kept.seen_at)
            await asyncio.sleep(0.02)
    await demonstration.close()


# ------------------------------------------------------------------------------------------------------ the start


def settings(tmp_path: Path, **other: str) -> Settings:
    given = {"DEMO": "1", "AS_OF": APRIL.isoformat(), "DATABASE_URL": f"sqlite:///{tmp_path}/var/usher.db"}
    return load(given | {"CAMPAIGNS": str(Path(__file__).parents[1] / "campaigns")} | other, env_file=None)


async def started(chosen: Settings) -> App:
    return await build(chosen)


async def refused(chosen: Settings) -> str:
    with pytest.raises(SettingsError) as raised:
        await build(chosen)
    return str(raised.value)


async def test_a_restart_goes_on_and_another_as_of_stops_the_start_with_a_sentence(tmp_path: Path) -> None:
    app = await started(settings(tmp_path))
    assert app.demonstration is not None
    await app.demonstration.move(to(APRIL + DAY), 0)
    await app.close()

    app = await started(settings(tmp_path))
    assert near(app.clock.now(), APRIL + DAY)
    await app.close()

    assert await refused(settings(tmp_path, AS_OF="2023-04-28T09:00:00+08:00")) == (
        "AS_OF=2023-04-28T09:00:00+08:00, but the demonstration in this database began at "
        f"AS_OF=2023-04-12T10:00:00+08:00: delete {tmp_path}/var/ to begin again, or name another DATABASE_URL."
    )
    assert (await refused(settings(tmp_path, AS_OF=""))).startswith("AS_OF=(empty: now), but the demonstration")


async def test_a_demonstrations_database_is_never_used_for_real(tmp_path: Path) -> None:
    await (await started(settings(tmp_path))).close()
    sentence = await refused(settings(tmp_path, DEMO="", AS_OF=""))
    assert sentence.startswith("DATABASE_URL holds a demonstration, whose times were never real: delete ")


async def test_a_database_with_real_conversations_is_never_made_a_demonstration(tmp_path: Path) -> None:
    app = await started(settings(tmp_path, DEMO="", AS_OF=""))
    room = Address("web", "amy")
    await app.reception.take(Ask("e1", room, room, "when is the deadline?", NOW))
    await app.close()
    assert await refused(settings(tmp_path)) == (
        "DEMO=1, but DATABASE_URL holds conversations or firms that no demonstration had: name another DATABASE_URL."
    )


async def test_a_database_with_imported_firms_is_never_made_a_demonstration(tmp_path: Path) -> None:
    app = await started(settings(tmp_path, DEMO="", AS_OF=""))
    await app.store.write(lambda session: session.add(Participant(code="C01", name="Alpha", imported_at=NOW)))
    await app.close()
    assert "conversations or firms" in await refused(settings(tmp_path))
