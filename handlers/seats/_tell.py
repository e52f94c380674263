"""Words what was done with seats: who holds them, that another registration counts, and what can be done next."""

from collections.abc import Sequence
from dataclasses import replace

from handlers.calendar import seat_file
from handlers.seats._scene import Scene, shortened
from models.campaign import Briefing
from models.message import Choice, File, Reply
from models.seats import Attendee, Seat, State, line_of, login, place_in_line

TAKE, WITH, HOLD, SWAP, MOVE, FREE = "/take", "/with", "/hold", "/swap", "/move", "/free"
WAIT, QUEUE, UNWAIT, ACCEPT, BOOKED, UNBOOKED = "/wait", "/queue", "/unwait", "/accept", "/booked", "/unbooked"
ONE = "/seat"
SEATS = "/seats"


def told(scene: Scene, phrase: str, seats: Sequence[Seat] = (), **fields: object) -> Reply:
    """What was done, which seats there are now, and that the registration that counts is made elsewhere."""
    names = "\n".join(who(scene, seat) for seat in seats)
    said = scene.say(phrase, names=names, **fields)
    parts = [said.text, _login(scene, seats), counts(scene, scene.seats)]
    choices = (*_registered(scene, scene.seats), *next_steps(scene))
    files = files_of(scene, seats)
    return replace(said, text="\n\n".join(filter(None, parts)), choices=choices, files=files, answer=_answer(scene))


def counts(scene: Scene, seats: Sequence[Seat]) -> str:
    """That this list is only this bot's, and what was said of the registration that counts."""
    held = [seat for seat in seats if seat.state == State.HELD]
    if held and all(seat.booked_at for seat in held):
        references = scene.wording.say("comma").join(sorted({seat.booked_reference or "–" for seat in held}))
        return scene.say("seats.booked", references=references).text
    return scene.say("seats.counts" if scene.is_open else "seats.counts.over").text


def who(scene: Scene, seat: Seat) -> str:
    """One seat in a line: whose it is, and whether it is only on offer."""
    mail = f" <{seat.attendee_email}>" if seat.attendee_email else ""
    name = f"• {seat.attendee_name}{mail}"
    if seat.state == State.OFFERED and seat.offer_until:
        until = scene.talk.script(scene.wording.moment(seat.offer_until))
        return name + scene.talk.label("seats.on_offer", scene.campaign.key, until=until)
    return name


def next_steps(scene: Scene) -> tuple[Choice, ...]:
    return (
        scene.choice("seats.show_one", scene.action(ONE), short=scene.short),
        scene.choice("seats.show_all", f"{SEATS} {scene.campaign.key} {scene.participant.code}"),
    )


def _registered(scene: Scene, seats: Sequence[Seat]) -> tuple[Choice, ...]:
    """The button to say that the registration that counts is made, while that is not said of every seat."""
    held = [seat for seat in seats if seat.state == State.HELD]
    if not held or all(seat.booked_at for seat in held):
        return ()
    return (scene.choice("seats.say_booked", scene.action(BOOKED), form=True),)


def _login(scene: Scene, seats: Sequence[Seat]) -> str:
    """How to get in, if support has told: at once to who registers later than that."""
    if not scene.briefing.login or not any(seat.state == State.HELD for seat in seats):
        return ""
    given = login(scene.talk.session, scene.campaign.key, scene.briefing.key)
    return scene.say("seats.login", login=given.text).text if given else scene.say("seats.login.later").text


def files_of(scene: Scene, seats: Sequence[Seat], *, cancelled: bool = False) -> tuple[File, ...]:
    """The calendar files that the asker gets: their own, and those of who gets none by mail."""
    own = Attendee("", scene.talk.contact.email, scene.talk.contact_id).keys
    return tuple(
        _file(scene, seat, cancelled=cancelled)
        for seat in seats
        if seat.state == State.HELD and (seat.attendee_key in own or not (scene.talk.mails and seat.attendee_email))
    )


def _file(scene: Scene, seat: Seat, *, cancelled: bool) -> File:
    file = seat_file(
        scene.campaign,
        scene.briefing,
        uid=seat.uid,
        sequence=seat.sequence + cancelled,
        cancelled=cancelled,
        attendee_name=seat.attendee_name,
        attendee_email=None,
        organizer=scene.talk.phrasing.organizer,
        language=scene.talk.language,
        stamp=scene.talk.machine_now,
    )
    name = f"{scene.campaign.key}-{scene.briefing.key}-{seat.number}.ics"
    return replace(file, name=name)


def _answer(scene: Scene) -> str:
    """What the turn is kept as being about, for what is asked next."""
    return f"{scene.campaign.key}/{scene.briefing.key}"


def one(scene: Scene) -> Reply:
    """A briefing with the firm's seats, and all that can be done there."""
    seats, waiting = (
        scene.seats,
        line_of(scene.talk.session, scene.campaign.key, scene.participant.code, scene.briefing.key),
    )
    lines = [scene.say("seats.one").text, *(who(scene, seat) for seat in seats)]
    lines += [
        scene.talk.label("seats.waits", scene.campaign.key, name=row.attendee_name,
                         place=place_in_line(scene.talk.session, scene.rules, row))
        for row in waiting if row.state == "waiting"
    ]  # fmt: skip
    if not seats and not waiting:
        lines.append(scene.talk.label("seats.none_yet", scene.campaign.key))
    text = "\n".join(lines) + "\n\n" + counts(scene, seats)
    choices = [*_registered(scene, seats), *_taking(scene, seats)]
    for seat in seats:
        choices += _of_seat(scene, seat)
    choices += [
        scene.choice("seats.leave_line", f"{UNWAIT} {row.id}", name=row.attendee_name)
        for row in waiting
        if row.state == "waiting"
    ]
    choices.append(scene.choice("seats.show_all", f"{SEATS} {scene.campaign.key} {scene.participant.code}"))
    return replace(scene.say("seats.one"), text=text, choices=tuple(choices), answer=_answer(scene))


def _taking(scene: Scene, seats: Sequence[Seat]) -> list[Choice]:
    """What can be taken: a seat, or a place in the line where no seat is left for the participant."""
    if not scene.is_open:
        return []
    me = Attendee("", scene.talk.contact.email, scene.talk.contact_id)
    mine = any(seat.attendee_key in me.keys for seat in seats)
    if scene.rules.limit is not None and len(seats) >= scene.rules.limit:
        return [] if mine else [scene.choice("seats.wait", scene.action(WAIT))]
    own = [] if mine else [scene.choice("seats.take", scene.action(TAKE))]
    return [*own, scene.choice("seats.with", scene.action(WITH), form=True)]


def _of_seat(scene: Scene, seat: Seat) -> list[Choice]:
    name = shortened(seat.attendee_name)
    if seat.state == State.OFFERED:
        return [
            scene.choice("seats.accept", f"{ACCEPT} {seat.id}", name=name),
            scene.choice("seats.decline", f"{FREE} {seat.id}", name=name),
        ]
    if scene.talk.now >= scene.rules.starts:
        return []
    change = [
        scene.choice("seats.swap", f"{SWAP} {seat.id}", name=name, form=True),
        scene.choice("seats.move", f"{MOVE} {seat.id}", name=name),
    ]
    return [*(change if scene.is_open else ()), scene.choice("seats.free", f"{FREE} {seat.id}", name=name)]


def elsewhere(scene: Scene) -> list[Briefing]:
    """The other briefings that can still be registered for."""
    others = (one for one in scene.campaign.briefings if one.key != scene.briefing.key)
    return [one for one in others if scene.at(one).is_open]
