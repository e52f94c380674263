"""Stops somebody's reminders, all of a circular or those of one rule, after saying what they will miss."""

from dataclasses import replace

from handlers.reminders._scene import Scene
from handlers.reminders._snooze import RESUME_WORD
from handlers.reminders._words import REMINDERS
from handlers.talk import CANCEL, Gone, Talk
from models.campaign import Reminder as Rule
from models.message import Choice, Reply
from models.reminders import STOP, ReminderWish, wish

STOP_WORD, SURE = "/stop", "yes"
OFFERED = 4  # rules that can be stopped by themselves


def stop(talk: Talk, argument: str) -> Reply:
    """`/stop [CAMPAIGN] [RULE] [yes]`: say what will be missed and ask; sure, it is done."""
    scene, rest = Scene.of(talk, argument)
    words = rest.split()
    sure = bool(words) and words[-1] == SURE
    named = words[:-1] if sure else words
    if len(named) > 1 or (named and named[0] not in scene.campaign.reminder):
        raise Gone
    rule = scene.campaign.reminder[named[0]] if named else None
    if scene.has_stopped(rule):
        return scene.reply([scene.say("reminders.stop.already", what=_what(scene, rule))], _resume(scene))
    return _stopped(scene, rule) if sure else _ask(scene, rule)


def _ask(scene: Scene, rule: Rule | None) -> Reply:
    coming = [one for one in scene.coming() if rule in (None, one.moment.rule)]
    rules = [one for one in scene.open_rules if rule in (None, one)]
    missed = [scene.say("reminders.stop.missed"), *scene.lines(coming)] if coming else []
    days = list(scene.safe_days(rules))
    stands = [scene.say("reminders.stop.stands"), *days] if days else []
    sure = scene.say("reminders.stop.sure", what=_what(scene, rule))
    named = (scene.campaign.key, rule.key) if rule else (scene.campaign.key,)
    yes = scene.choice("reminders.stop.yes", " ".join((STOP_WORD, *named, SURE)))
    before = [one for one in rules if not one.after_deadline]
    single = [] if rule or len(rules) < 2 else [_only(scene, one) for one in before[:OFFERED]]
    keep = scene.choice("reminders.stop.no", CANCEL)
    return replace(scene.reply(["\n".join(missed), "\n".join(stands), sure], yes, *single, keep), behaviour="clarify")


def _stopped(scene: Scene, rule: Rule | None) -> Reply:
    rules = [one for one in scene.open_rules if rule in (None, one)]
    days = list(scene.safe_days(rules))
    talk = scene.talk
    said = ReminderWish(contact_id=talk.contact_id, what=STOP, campaign=scene.campaign.key,
                        rule=rule.key if rule else None, at=talk.now, recorded_at=talk.machine_now)  # fmt: skip
    wish(talk.session, said)
    stands = [scene.say("reminders.stop.stands"), *days] if days else []
    done = scene.say("reminders.stop.done", what=_what(scene, rule), word=RESUME_WORD)
    mine = scene.choice("reminders.mine", f"{REMINDERS} {scene.campaign.key}")
    return scene.reply([done, "\n".join(stands)], _resume(scene), mine)


def _what(scene: Scene, rule: Rule | None) -> str:
    if rule is None:
        return scene.say("reminders.stop.all", name=scene.name)
    return scene.say("reminders.stop.one", name=scene.name, rule=scene.rule(rule))


def _only(scene: Scene, rule: Rule) -> Choice:
    action = f"{STOP_WORD} {scene.campaign.key} {rule.key}"
    return scene.choice("reminders.stop.only", action, rule=scene.rule(rule))


def _resume(scene: Scene) -> Choice:
    return scene.choice("reminders.resume", f"{RESUME_WORD} {scene.campaign.key}")
