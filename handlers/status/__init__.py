"""Says what a participant has declared as done and what is open, and takes what it declares."""

from collections.abc import Mapping

from handlers.seats import SEATS
from handlers.status._scene import DONE, STATUS, UNDONE, Scene, number_of
from handlers.status._seats import say_seats
from handlers.talk import Act, Talk
from handlers.understand import Reading
from models import status
from models.campaign import Campaign, Fact, Task
from models.message import Reply

__all__ = ["ACTS", "DONE", "STATUS", "UNDONE", "number_of"]


def show(talk: Talk, argument: str) -> Reply:
    """`/status [CAMPAIGN] [PARTICIPANT]`: what is declared, the deadlines, and who has a seat.

    In free words that speak of certain tasks: only those.
    """
    scene, _ = Scene.of(talk, argument)
    if talk.reading and _meant(scene.campaign, talk.reading) != scene.campaign.tasks:
        return _offer(scene)
    seats = scene.choice("status.show_seats", f"{SEATS} {scene.names}")
    toggles = scene.toggles(scene.campaign.tasks)
    parts = (scene.heading, scene.tasks, say_seats(scene), scene.own_word)
    return scene.reply(parts, *toggles, *([seats] if scene.campaign.briefings else []))


def declare(talk: Talk, argument: str) -> Reply:
    """`/done CAMPAIGN TASK PARTICIPANT`; said in free words, it only offers the buttons that do it."""
    scene, task = Scene.of(talk, argument)
    if task is None:
        return _offer(scene)
    status.declare(talk.session, scene.duty(task), talk.contact_id, talk.now, talk.machine_now)
    return _noted(scene, "status.noted", task, _remark(scene, scene.campaign.fact[task.due]))


def take_back(talk: Talk, argument: str) -> Reply:
    """`/undone CAMPAIGN TASK PARTICIPANT`; what support has verified stands."""
    scene, task = Scene.of(talk, argument)
    if task is None:
        return _offer(scene)
    status.take_back(talk.session, scene.duty(task), talk.contact_id, talk.now, talk.machine_now)
    stands = scene.say("status.verified.stands") if scene.standing(task).verified else ""
    return _noted(scene, "status.taken_back", task, stands)


def _noted(scene: Scene, phrase: str, task: Task, remark: str) -> Reply:
    """What was recorded and for whom; the way back first, then what else is open."""
    others = [one for one in scene.campaign.tasks if one != task and scene.standing(one).state == "not_said"]
    told = "\n".join((scene.say(phrase, firm=scene.firm), scene.line(task)))
    parts = (told, remark, scene.own_word)
    return scene.reply(parts, *scene.toggles([task]), *scene.toggles(others), scene.back)


def _remark(scene: Scene, due: Fact) -> str:
    """What must be said to somebody who declares something when its deadline is over, or perhaps over."""
    state = scene.wording.state(due)
    if state not in ("doubt", "over") or due.when is None:
        return ""
    stated, last = scene.wording.stated(due), scene.wording.on(due.when.last, "short_date")
    return scene.say(f"status.noted.{state}", stated=stated, last=last)


def _offer(scene: Scene) -> Reply:
    """The buttons for what the words speak of. Words may be misread, and of what is declared nobody is reminded."""
    meant = _meant(scene.campaign, scene.talk.reading)
    lines = [scene.say("status.press", firm=scene.firm), *map(scene.line, meant)]
    return scene.reply(("\n".join(lines), scene.own_word), *scene.toggles(meant), scene.back)


def _meant(campaign: Campaign, reading: Reading | None) -> tuple[Task, ...]:
    """The tasks of the subjects that are spoken of, the most exact ones; all where none is."""
    named = reading.keys("subject") if reading else ()
    exact = {key for key in named if not any(key in campaign.ancestors.get(other, ()) for other in named)}
    around = exact | {above for key in exact for above in campaign.ancestors.get(key, ())}
    due_about = {task.key: campaign.fact[task.due].subject for task in campaign.tasks}
    for meant in (
        tuple(task for task in campaign.tasks if task.key in exact),
        tuple(task for task in campaign.tasks if due_about[task.key] in exact),
        tuple(task for task in campaign.tasks if task.key in around),
    ):
        if meant:
            return meant
    return campaign.tasks


ACTS: Mapping[str, Act] = {STATUS: Act(show), DONE: Act(declare), UNDONE: Act(take_back)}
