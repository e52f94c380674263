"""What a message about the status is about, and how its tasks stand, line by line."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby

from handlers.facts import say_due
from handlers.talk import Gone, Talk
from models import status
from models.campaign import Campaign, Fact, Task
from models.message import Choice, Reply
from models.participants import Participant
from models.status import NOT_SAID, Duty, Said, Standing
from models.wording import Wording

STATUS, DONE, UNDONE = "/status", "/done", "/undone"
_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"


def number_of(campaign: Campaign, task: str) -> str:
    """By which number a task of the campaign goes."""
    at = list(campaign.task).index(task)
    return _CIRCLED[at] if at < len(_CIRCLED) else f"({at + 1})"


@dataclass(frozen=True)
class Scene:
    """One participant and one circular, in one message."""

    talk: Talk
    campaign: Campaign
    participant: Participant

    @classmethod
    def of(cls, talk: Talk, argument: str) -> tuple["Scene", Task | None]:
        """What `[CAMPAIGN] [TASK] [PARTICIPANT]` names; what names nothing that there is raises `Gone`."""
        words = argument.split()
        key = words.pop(0) if words and (words[0] in talk.phrasing.campaigns or len(words) > 2) else None
        campaign = talk.campaign(key, lambda served: served.tasks or served.briefings)
        task = words.pop(0) if words and (words[0] in campaign.task or len(words) > 1) else None
        if len(words) > 1 or (task and task not in campaign.task):
            raise Gone
        participant = talk.acting(words[0].upper() if words else None)
        return cls(talk, campaign, participant), campaign.task[task] if task else None

    @cached_property
    def wording(self) -> Wording:
        return self.talk.wording(self.campaign)

    @cached_property
    def standings(self) -> Mapping[str, Standing]:
        """Read once, after what was to be done is done."""
        return status.standing(self.talk.session, self.campaign.key, self.participant.code)

    @property
    def firm(self) -> str:
        return f"{self.participant.name} ({self.participant.code})"

    @property
    def names(self) -> str:
        """As they stand in an action."""
        return f"{self.campaign.key} {self.participant.code}"

    @property
    def heading(self) -> str:
        return self.say("status.heading", firm=self.firm, name=self.wording.word(self.campaign.name))

    @property
    def own_word(self) -> str:
        note = self.wording.word(self.campaign.prevails_note) if self.wording.language != self.campaign.prevails else ""
        return self.wording.join(self.say("status.own", issuer=self.campaign.issuer_short), note)

    @property
    def back(self) -> Choice:
        return self.choice("status.show", f"{STATUS} {self.names}")

    def duty(self, task: Task) -> Duty:
        return Duty(self.campaign.key, self.participant.code, task.key)

    def standing(self, task: Task) -> Standing:
        return self.standings.get(task.key, NOT_SAID)

    @property
    def tasks(self) -> str:
        """A line for each task, and below those with the same deadline when that is."""
        dues = {fact.key: self._due(fact) for fact in self._facts(self.campaign.tasks)}
        lines: list[str] = []
        for due, group in groupby(self.campaign.tasks, lambda task: dues[task.due]):
            tasks = list(group)
            lines += map(self.line, tasks)
            lines.append(self.say("status.due", numbers="".join(map(self.number, tasks)), due=due))
        return "\n".join((*lines, *self._notes()))

    def line(self, task: Task) -> str:
        stands = self._stands(self.standing(task))
        return self.say("status.task", number=self.number(task), task=self.wording.word(task.name), stands=stands)

    def _stands(self, standing: Standing) -> str:
        said = standing.verified or standing.declared
        if said is None:
            return self.say("status.not_said")
        return self.say(f"status.{standing.state}", who=self._who(said), when=self.wording.moment(said.at))

    def _who(self, said: Said) -> str:
        if said.for_them:
            return self.say("status.by_support", name=said.by)
        return said.by or self.say("status.you" if said.contact_id == self.talk.contact_id else "status.colleague")

    def _due(self, fact: Fact) -> str:
        """Who has done all that was due then is not told to hurry."""
        hurry = any(self.standing(task).state == "not_said" for task in self.campaign.tasks if task.due == fact.key)
        late = self.wording.state(fact) in ("doubt", "over")
        return say_due(self.wording, fact) if hurry or not late else self.wording.stated(fact)

    def _notes(self) -> Iterator[str]:
        open_ones = [task for task in self.campaign.tasks if self.standing(task).state == "not_said"]
        ahead = [fact for fact in self._facts(self.campaign.tasks) if self.wording.state(fact) in ("open", "last")]
        notes = []
        if ahead and not any(fact.at for fact in ahead):
            notes.append(self.say("deadlines.note"))
        if any(fact.conflicts_with for fact in ahead):
            notes.append(self.say("deadlines.note.before"))
        if any(self.wording.state(fact) == "over" for fact in self._facts(open_ones)):
            notes.append(self.say("status.late"))
        if notes:
            yield self.wording.join(*notes)

    def _facts(self, tasks: Sequence[Task]) -> list[Fact]:
        return [self.campaign.fact[due] for due in dict.fromkeys(task.due for task in tasks)]

    def number(self, task: Task) -> str:
        return number_of(self.campaign, task.key)

    def toggles(self, tasks: Sequence[Task]) -> Iterator[Choice]:
        """A button for each: to declare it, or to take that back; none where support has verified it."""
        for task in tasks:
            state, number = self.standing(task).state, self.number(task)
            named = f"{self.campaign.key} {task.key} {self.participant.code}"
            if state == "not_said":
                yield self.choice("status.mark", f"{DONE} {named}", number=number, done=self.wording.word(task.done))
            elif state == "done":
                yield self.choice("status.take_back", f"{UNDONE} {named}", number=number)

    def say(self, phrase: str, **fields: object) -> str:
        return self.wording.say(phrase, contact=self.wording.contact(), **fields)

    def choice(self, phrase: str, action: str, **fields: object) -> Choice:
        return Choice(self.talk.label(phrase, self.campaign.key, **fields), action)

    def reply(self, parts: Sequence[str], *choices: Choice) -> Reply:
        """Only the asker may see it. What the deadlines rest on is folded below."""
        sources = tuple(self.campaign.source(fact.key) for fact in self._facts(self.campaign.tasks))
        said = self.talk.say("status.heading", self.campaign.key, *choices, firm="", name="")
        return replace(said, text=self.talk.script("\n\n".join(filter(None, parts))), sources=sources)
