"""Gives seats back, moves them to another briefing, takes offers, and notes the registration that counts."""

from dataclasses import replace

from handlers.seats._notices import Notices
from handlers.seats._plan import closed, stop
from handlers.seats._scene import Scene, is_number
from handlers.seats._tell import BOOKED, FREE, MOVE, UNBOOKED, elsewhere, files_of, next_steps, told
from handlers.talk import Gone, Talk
from models.message import Reply
from models.seats import (
    AlreadySeated,
    BriefingFull,
    NoSuchSeat,
    OfferOver,
    OthersWait,
    ParticipantFull,
    RegistrationClosed,
    State,
    Waiting,
    accept,
    book,
    free,
    leave_line,
    move,
    unbook,
)

NO_REFERENCE = frozenset({"-", "–", "—", "none", "no", "n/a", "nil", "沒有", "没有", "冇", "無", "无"})
REFERENCE_LENGTH = 60


def give_back(talk: Talk, argument: str) -> Reply:
    """Ask once, then give the seat back; to the next who waits, if anybody does."""
    number, _, sure = argument.partition(" ")
    scene, seat = Scene.of_seat(talk, number)
    if sure != "yes":
        agree = scene.choice("seats.free_now", f"{FREE} {number} yes")
        keep = scene.choice("seats.keep", stop(scene).action)
        phrase = "seats.free_sure" if seat.state == State.HELD else "seats.decline_sure"
        return replace(scene.say(phrase, agree, keep, name=seat.attendee_name), behaviour="clarify")
    try:
        done = free(talk.session, scene.rules, seat.id or 0, scene.participant.code, talk.contact_id, scene.moment)
    except RegistrationClosed:
        return scene.say("seats.begun")
    Notices.of(talk).freed(done)
    phrase = "seats.freed.next" if done.offered else "seats.freed"
    reply = replace(
        told(scene, phrase, name=done.seat.attendee_name), files=files_of(scene, [done.seat], cancelled=True)
    )
    if done.seat.booked_at:
        reply = replace(reply, text=f"{reply.text}\n\n{scene.say('seats.freed.elsewhere').text}")
    return reply


def move_seat(talk: Talk, argument: str) -> Reply:
    """Without another briefing named, ask for it; else move there, or nothing."""
    number, _, key = argument.partition(" ")
    scene, seat = Scene.of_seat(talk, number)
    others = elsewhere(scene)
    if not scene.is_open or not others:
        return closed(scene)
    if not key:
        choices = (scene.choice("seats.move_to", f"{MOVE} {number} {one.key}", short=scene.at(one).short)
                   for one in others)  # fmt: skip
        return replace(scene.say("seats.where_to", *choices, stop(scene), name=seat.attendee_name), behaviour="clarify")
    to = next((scene.at(one) for one in others if one.key == key), None)
    if to is None:
        raise Gone
    try:
        done = move(
            talk.session, scene.rules, to.rules, seat.id or 0, scene.participant.code, talk.contact_id, scene.moment
        )
    except RegistrationClosed:
        return closed(to)
    except AlreadySeated as taken:
        return to.say("seats.has_one", *next_steps(to), name=taken.seat.attendee_name)
    except (ParticipantFull, BriefingFull, OthersWait):
        return to.say("seats.move.full", *next_steps(scene), old=scene.short)
    if done.before:
        Notices.of(talk).moved(done)
    return told(to, "seats.moved", [done.seat], old=scene.short, name=seat.attendee_name)


def leave(talk: Talk, argument: str) -> Reply:
    """Leave the waiting list."""
    row = talk.session.get(Waiting, int(argument)) if is_number(argument) else None
    if row is None:
        raise Gone
    scene = Scene.named(talk, row.campaign, row.briefing, row.participant)
    offered = leave_line(talk.session, scene.rules, row.id or 0, scene.participant.code, talk.contact_id, scene.moment)
    Notices.of(talk).offered(offered)
    return told(scene, "seats.left_line", name=row.attendee_name)


def take_offer(talk: Talk, argument: str) -> Reply:
    scene, seat = Scene.of_seat(talk, argument)
    if seat.state == State.HELD:  # a double tap
        return told(scene, "seats.held.already", [seat], count=1)
    try:
        taken = accept(talk.session, scene.rules, seat.id or 0, scene.participant.code, talk.contact_id, scene.moment)
    except (OfferOver, NoSuchSeat):
        return scene.say("seats.offer_over", *next_steps(scene))
    Notices.of(talk).held([taken])
    return told(scene, "seats.held", [taken], count=1)


def booked(talk: Talk, argument: str) -> Reply:
    """The registration that counts was made: note its reference, which is asked for first."""
    scene, given = Scene.of(talk, argument)
    if not given:
        none = scene.choice("seats.no_reference", scene.action(BOOKED, "-"))
        talk.expect(scene.action(BOOKED))
        return replace(scene.say("seats.which_reference", none, stop(scene)), behaviour="clarify")
    reference = None if given.casefold() in NO_REFERENCE else " ".join(given.split())[:REFERENCE_LENGTH]
    seats = book(
        talk.session, scene.campaign.key, scene.briefing.key, scene.participant.code, talk.contact_id, reference,
        scene.moment,
    )  # fmt: skip
    if not seats:
        return scene.say("seats.nothing_to_book", *next_steps(scene))
    back = scene.choice("seats.unbook", scene.action(UNBOOKED))
    done = told(scene, "seats.noted", seats)
    return replace(done, choices=(back, *done.choices), files=())


def unbooked(talk: Talk, argument: str) -> Reply:
    scene, _ = Scene.of(talk, argument)
    seats = unbook(
        talk.session, scene.campaign.key, scene.briefing.key, scene.participant.code, talk.contact_id, scene.moment
    )
    return replace(told(scene, "seats.unnoted", seats), files=())
