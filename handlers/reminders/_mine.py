"""Shows somebody what they will be reminded of, and when, and how they wished it to be."""

from collections.abc import Iterator

from handlers.reminders._room import HERE
from handlers.reminders._scene import Scene, firm
from handlers.reminders._settings import CHANNELS_WORD, QUIET_WORD, channel_name, own_channels, quiet_of
from handlers.reminders._snooze import RESUME_WORD
from handlers.reminders._stop import STOP_WORD
from handlers.reminders._told import TOLD_WORD
from handlers.reminders._words import SNOOZE
from handlers.talk import Talk
from models.message import Choice, Reply
from models.people import language_chosen
from models.wording import in_script, phrases


def mine(talk: Talk, argument: str) -> Reply:
    """`/reminders [CAMPAIGN]`: what will come, how it was wished, and the buttons to change that."""
    scene, _ = Scene.of(talk, argument)
    heading = scene.say("reminders.list.heading", name=scene.name, firms=scene.firms(talk.participants))
    return scene.reply([heading, _list(scene), "\n".join(_settings(scene))], *_choices(scene))


def _list(scene: Scene) -> str:
    if scene.has_stopped():
        stands = list(scene.safe_days(scene.live_rules))
        days = (scene.say("reminders.stop.stands"), *stands) if stands else ()
        return "\n".join((scene.say("reminders.list.stopped"), *days))
    lines = list(scene.lines(scene.coming()))
    return "\n".join(lines) if lines else scene.say("reminders.list.none")


def _settings(scene: Scene) -> Iterator[str]:
    talk, say = scene.talk, scene.say
    if until := scene.wakes_at:
        yield say("reminders.list.snoozed", when=scene.wording.moment(until))
    if scene.stopped:
        rules = scene.wording.say("comma").join(map(scene.rule, scene.stopped))
        yield say("reminders.list.stopped.some", rules=rules)
    for code, room in scene.crowd.rooms.items():
        (named,) = [firm(one) for one in talk.participants if one.code == code]
        yield say("reminders.list.room", firm=named, channel=channel_name(talk, room.channel))
    hours = quiet_of(talk)
    yield say("reminders.quiet.now", begin=hours[0], end=hours[1]) if hours else say("reminders.quiet.none")
    by = own_channels(talk)
    shown = scene.wording.say("comma").join(channel_name(talk, name) for name in by)
    yield say("reminders.list.channels", channels=shown) if by else say("reminders.channels.no_address")
    yield say("reminders.list.language", chosen=_language(scene))


def _choices(scene: Scene) -> Iterator[Choice]:
    key, talk = scene.campaign.key, scene.talk
    if not scene.has_stopped():
        if scene.latest:
            yield scene.choice("reminders.later", f"{SNOOZE} {key}")
        yield scene.choice("reminders.stop", f"{STOP_WORD} {key}")
    if scene.has_stopped() or scene.stopped or scene.wakes_at:
        yield scene.choice("reminders.resume", f"{RESUME_WORD} {key}")
    yield scene.choice("reminders.quiet", QUIET_WORD)
    if len(own_channels(talk)) > 1:
        yield scene.choice("reminders.channels", CHANNELS_WORD)
    yield scene.choice("reminders.told", TOLD_WORD)
    for code in scene.crowd.rooms:
        yield scene.choice("reminders.room.back", f"{HERE} {code} off", code=code)


def _language(scene: Scene) -> str:
    """The one in which a reminder would be worded: chosen where it goes, else known of them, else what prevails."""
    talk = scene.talk
    to = scene.crowd.where(talk.contact_id)
    known = (talk.contact.language, *(one.language for one in talk.participants), scene.campaign.prevails)
    language = (language_chosen(talk.session, to) if to else None) or next(filter(None, known))
    names = phrases()["zh-Hant" if language.startswith("zh") else "en"]
    return in_script(names.get(f"language.name.{language}", language), language)
