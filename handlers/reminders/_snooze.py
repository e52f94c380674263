"""Puts somebody's reminders off, never past the safe day, and takes that or a stop back."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

from handlers.reminders._scene import Latest, Scene, channels
from handlers.reminders._when import HOURS, read_when
from handlers.reminders._words import REMINDERS, SNOOZE
from handlers.talk import Talk
from models.message import Choice, Reply
from models.reminders import RESUME, SETTLING, Person, ReminderWish, put_off, take_up, wish
from models.reminders import SNOOZE as SNOOZED

RESUME_WORD = "/resume"
DAYS = 3  # the further of the two choices, in business days


def snooze(talk: Talk, argument: str) -> Reply:
    """`/snooze [CAMPAIGN] [WHEN]`: without a moment, the choices. In free words the words name it."""
    scene, words = Scene.of(talk, argument)
    if scene.has_stopped():
        return scene.reply([scene.say("reminders.snooze.stopped", name=scene.name)], _resume(scene))
    if scene.latest is None:
        return scene.reply([scene.say("reminders.snooze.nothing", name=scene.name)], _mine(scene))
    wanted = words or (talk.ask.text if talk.reading else "")
    at = read_when(wanted, scene.wording.now, scene.hour, scene.campaign.days)
    if at is None:
        return _ask(scene, scene.latest, "reminders.snooze.unread" if words else "")
    if at <= talk.now:
        return _ask(scene, scene.latest, "reminders.snooze.past")
    return _until(scene, scene.latest, at)


def resume(talk: Talk, argument: str) -> Reply:
    """`/resume [CAMPAIGN]`: be reminded again. What was held back comes at once."""
    scene, _ = Scene.of(talk, argument)
    if not (scene.has_stopped() or scene.stopped or scene.wakes_at):
        return scene.reply([scene.say("reminders.resume.none", name=scene.name), _next(scene)], _mine(scene))
    slot = _record(scene, RESUME)
    anew = take_up(talk.session, scene.timetable, _person(scene, slot), scene.times)
    scene = Scene(talk, scene.campaign)
    held = scene.say("reminders.resume.now") if anew.messages else ""
    return scene.reply([scene.say("reminders.resume.done", name=scene.name), held, _next(scene)], _mine(scene))


def _until(scene: Scene, latest: Latest, at: datetime) -> Reply:
    """Put off until then; until the morning of the safe day at the latest, and on that day only for some hours."""
    now, cut = scene.wording.now, ""
    if at > latest.morning:
        if latest.morning > now:
            at, cut = latest.morning, _say_cut(scene, latest)
        elif at.date() != now.date() or at + SETTLING >= latest.over:
            return _ask(scene, latest, "")
    slot = _record(scene, SNOOZED, at + SETTLING)
    anew = put_off(scene.talk.session, scene.timetable, _person(scene, slot), scene.times)
    rules = scene.wording.say("comma").join(dict.fromkeys(scene.rule(one.rule) for one in anew.moments))
    phrase = "reminders.snooze.done" if anew.messages else "reminders.snooze.silent"
    said = scene.say(phrase, when=scene.wording.moment(at), rules=rules, name=scene.name)
    return scene.reply([said, cut], _resume(scene), _mine(scene))


def _say_cut(scene: Scene, latest: Latest) -> str:
    day = scene.wording.on(latest.day)
    return scene.say("reminders.snooze.cut", day=day, what=scene.what(latest.rule))


def _ask(scene: Scene, latest: Latest, first: str) -> Reply:
    """Offer the moments that there are. After the safe day there are none."""
    choices = tuple(_choices(scene, latest))
    day, what = scene.wording.on(latest.day), scene.what(latest.rule)
    if latest.morning > scene.talk.now:
        shown = scene.wording.moment(latest.morning)
        said = scene.say("reminders.snooze.which", name=scene.name, latest=shown, what=what)
    elif latest.over > scene.talk.now:
        said = scene.say("reminders.snooze.last", day=day, what=what)
    else:
        said = scene.say("reminders.snooze.over", day=day, what=what)
    reply = scene.reply([scene.say(first) if first else "", said], *choices, _mine(scene))
    return replace(reply, behaviour="clarify")


def _choices(scene: Scene, latest: Latest) -> Iterator[Choice]:
    now, days = scene.wording.now, scene.campaign.days
    mornings = {days.shift(now.date(), 1), days.shift(now.date(), DAYS), latest.morning.date()}
    fitting = [day for day in sorted(mornings) if day > now.date() and day <= latest.morning.date()]
    for day in fitting:
        yield scene.choice("reminders.snooze.day", f"{SNOOZE} {scene.campaign.key} {day}", day=_day(scene, day))
    in_hours = now + timedelta(hours=HOURS)
    if not fitting and in_hours.date() == now.date() and in_hours + SETTLING < latest.over:
        yield scene.choice("reminders.snooze.hours", f"{SNOOZE} {scene.campaign.key} +{HOURS}h", hours=HOURS)


def _day(scene: Scene, day: date) -> str:
    return f"{scene.wording.on(day, 'list_date')}, {scene.wording.clock(scene.hour)}"


def _record(scene: Scene, what: str, until: datetime | None = None) -> str:
    """Keep what they wish; gives the name of the planning that it brings about."""
    talk = scene.talk
    said = ReminderWish(contact_id=talk.contact_id, what=what, campaign=scene.campaign.key, until=until, at=talk.now,
                        recorded_at=talk.machine_now)  # fmt: skip
    wish(talk.session, said)
    return f"wish-{said.id}"


def _person(scene: Scene, slot: str) -> Person:
    return Person(scene.talk.contact_id, scene.codes, scene.campaign.key, channels(scene.talk), slot)


def _next(scene: Scene) -> str:
    coming = scene.coming()
    return "\n".join((scene.say("reminders.next"), *scene.lines(coming, 1))) if coming else ""


def _resume(scene: Scene) -> Choice:
    return scene.choice("reminders.resume", f"{RESUME_WORD} {scene.campaign.key}")


def _mine(scene: Scene) -> Choice:
    return scene.choice("reminders.mine", f"{REMINDERS} {scene.campaign.key}")
