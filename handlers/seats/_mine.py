"""Shows a firm's seats, and finds out which seats somebody's words ask for."""

import re
from collections.abc import Sequence
from dataclasses import replace

from handlers.facts import Wanted
from handlers.seats._plan import ME, over_limit, read_back, take, with_people
from handlers.seats._scene import Scene, firm
from handlers.seats._tell import ONE, TAKE, counts, one, who
from handlers.talk import Do, Talk
from models.campaign import Briefing, Campaign
from models.message import Reply
from models.participants import Participant
from models.seats import Attendee, Seat, line_of, seats_of

MOST = 100  # people that one message may speak of
_ME = re.compile(r"(?i)\b(?:me|i|i'm|myself|us|we|my seat)\b|我")
_OTHERS = re.compile(
    r"(?i)\b(?:a|one|my|another|the) (?:colleague|boss|manager|teammate|co-?worker|other)\b|同事|老闆|老板|上司"
)
_SEVERAL = re.compile(
    r"(?i)\b(two|three|four|five|\d{1,2}) (?:colleagues|others|more)\b|([兩两二三四五\d]{1,2}) ?(?:個|个|位|名)同事"
)
_NUMBERS = {"two": 2, "three": 3, "four": 4, "five": 5, "兩": 2, "两": 2, "二": 2, "三": 3, "四": 4, "五": 5}


def show(talk: Talk, argument: str) -> Reply:
    """All briefings of a circular with the firm's seats, and the way to each."""
    key, _, code = argument.partition(" ")
    campaign = talk.campaign(key or None, lambda served: served.briefings)
    participant = talk.acting(code or None)
    scenes = [Scene(talk, campaign, briefing, participant) for briefing in campaign.briefings]
    parts = [talk.say("seats.all", campaign.key, firm=firm(participant)).text]
    parts += [_listed(scene) for scene in scenes]
    held = seats_of(talk.session, campaign.key, participant.code)
    first = next((scene for scene in scenes if scene.seats), scenes[0])
    parts.append(counts(first, held))
    choices = tuple(scene.choice("seats.show_one", scene.action(ONE), short=scene.short) for scene in scenes)
    return replace(talk.say("seats.all", campaign.key, firm=""), text="\n\n".join(parts), choices=choices)


def show_one(talk: Talk, argument: str) -> Reply:
    return one(Scene.of(talk, argument)[0])


def wished(talk: Talk, argument: str) -> Reply:
    """`/take` in free words is read here; as an action it names everything."""
    if talk.reading is None:
        return take(talk, argument)
    campaign = talk.campaign(argument or None, lambda served: served.briefings)
    participant = talk.acting()
    meant = _meant(talk, campaign)
    if len(meant) != 1:
        return _which(talk, campaign, participant, meant)
    return _planned(Scene(talk, campaign, meant[0], participant), talk.ask.text)


def by_words(word: str, do: Do) -> Do:
    """The act of one seat, which free words may mean without its number: theirs if there is one, else it is asked."""

    def done(talk: Talk, argument: str) -> Reply:
        if talk.reading is None:
            return do(talk, argument)
        campaign = talk.campaign(argument or None, lambda served: served.briefings)
        participant = talk.acting()
        fitting = _fitting(talk, campaign, participant)
        if len(fitting) == 1:
            return do(talk, str(fitting[0].id))
        if not fitting:
            return show(talk, f"{campaign.key} {participant.code}")
        scenes = {seat.id: Scene.of_seat(talk, str(seat.id))[0] for seat in fitting}
        choices = tuple(
            scenes[seat.id].choice(
                "seats.of", f"{word} {seat.id}", name=seat.attendee_name, short=scenes[seat.id].short
            )
            for seat in fitting[:8]
        )
        return replace(talk.say("seats.which_seat", campaign.key, *choices), behaviour="clarify")

    return done


def in_words(word: str, do: Do) -> Do:
    """The act of a briefing, which free words may mean without naming it all."""

    def done(talk: Talk, argument: str) -> Reply:
        if talk.reading is None:
            return do(talk, argument)
        campaign = talk.campaign(argument or None, lambda served: served.briefings)
        participant = talk.acting()
        held = {seat.briefing for seat in seats_of(talk.session, campaign.key, participant.code)}
        meant = _meant(talk, campaign)
        meant = [one for one in meant if one.key in held] or meant
        if len(meant) == 1:
            return do(talk, Scene(talk, campaign, meant[0], participant).keys)
        scenes = [Scene(talk, campaign, briefing, participant) for briefing in meant or campaign.briefings]
        choices = tuple(scene.choice("seats.show_one", scene.action(word), short=scene.short) for scene in scenes)
        return replace(talk.say("seats.which", campaign.key, *choices), behaviour="clarify")

    return done


def leave_by_words(leave: Do) -> Do:
    """The place in the line that is meant: the only one there is, else all seats are shown with theirs."""

    def done(talk: Talk, argument: str) -> Reply:
        if talk.reading is None:
            return leave(talk, argument)
        campaign = talk.campaign(argument or None, lambda served: served.briefings)
        participant = talk.acting()
        rows = line_of(talk.session, campaign.key, participant.code)
        if len(rows) == 1:
            return leave(talk, str(rows[0].id))
        return show(talk, f"{campaign.key} {participant.code}")

    return done


def _fitting(talk: Talk, campaign: Campaign, participant: Participant) -> list[Seat]:
    """The firm's seats that the words may mean: those at the briefings they name, and the asker's own before others."""
    meant = {one.key for one in _meant(talk, campaign)}
    held = seats_of(talk.session, campaign.key, participant.code)
    fitting = [seat for seat in held if seat.briefing in meant] or held
    own = Attendee("", talk.contact.email, talk.contact_id).keys
    mine = [seat for seat in fitting if seat.attendee_key in own]
    named = [seat for seat in fitting if seat.attendee_name.casefold() in talk.ask.text.casefold()]
    return named or (mine if _ME.search(talk.ask.text) and mine else fitting)


def _planned(scene: Scene, words: str) -> Reply:
    """What the words wish at this briefing: names are asked for where they are missing, and all is read back."""
    talk = scene.talk
    if not scene.is_open:
        return scene.say("seats.closed")
    me, others = people_meant(words, talk.reading.asked.count if talk.reading else None)
    if refused := over_limit(scene, me + others):
        return refused
    if not others:
        return (
            read_back(scene, [], me=True, waited_for=scene.action(TAKE))
            if talk.contact.name
            else take(talk, scene.keys)
        )
    return with_people(talk, f"{scene.keys} {ME}" if me and talk.contact.name else scene.keys)


def people_meant(words: str, count: int | None) -> tuple[bool, int]:
    """Whether the words mean who writes them, and how many others."""
    me = bool(_ME.search(words))
    several = _SEVERAL.search(words)
    others = 0
    if several:
        number = several[1] or several[2]
        others = _NUMBERS.get(number.lower()) or int(number)
    elif _OTHERS.search(words):
        others = 1
    if count is not None and not several:
        me = me or (count == 1 and not others)  # "1 seat on the 24th": whoever asks
        others = max(others, min(count, MOST) - me)
    return (me or not others), others


def _meant(talk: Talk, campaign: Campaign) -> Sequence[Briefing]:
    """The briefings that the words fit; those that are over are not meant."""
    ahead = [one for one in campaign.briefings if campaign.opening(one) > talk.now]
    if talk.reading is None:
        return ahead
    wanted = Wanted.of(talk.reading, campaign.briefings)
    return [one for one in ahead if wanted.fits(one)]


def _which(talk: Talk, campaign: Campaign, participant: Participant, meant: Sequence[Briefing]) -> Reply:
    """Several briefings fit, or none: all of them in a line each, with a button to each."""
    shown = meant or campaign.briefings
    scenes = [Scene(talk, campaign, briefing, participant) for briefing in shown]
    lines = [f"• {scene.line}" for scene in scenes]
    phrase = "seats.which" if meant else "seats.none_fits"
    choices = tuple(scene.choice("seats.show_one", scene.action(ONE), short=scene.short) for scene in scenes)
    said = talk.say(phrase, campaign.key, *choices)
    return replace(said, text="\n".join([said.text, *lines]), behaviour="clarify")


def _listed(scene: Scene) -> str:
    """A briefing, and below it who of the firm has a seat there or waits for one."""
    waiting = line_of(scene.talk.session, scene.campaign.key, scene.participant.code, scene.briefing.key)
    lines = [scene.line, *(who(scene, seat) for seat in scene.seats)]
    lines += [scene.talk.label("seats.waits.short", scene.campaign.key, name=row.attendee_name)
              for row in waiting if row.state == "waiting"]  # fmt: skip
    if len(lines) == 1:
        lines.append(scene.talk.label("seats.none_yet", scene.campaign.key))
    return "\n".join(lines)
