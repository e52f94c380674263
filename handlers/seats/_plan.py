"""Takes seats: for oneself at a tap, for others with their names and addresses, read back before they are held."""

from collections.abc import Sequence
from dataclasses import replace

from pydantic import TypeAdapter

from handlers.seats._notices import Notices
from handlers.seats._people import NotRead, Person, read_name, read_people, without_me
from handlers.seats._scene import Scene
from handlers.seats._tell import HOLD, ONE, QUEUE, SWAP, TAKE, WAIT, WITH, elsewhere, next_steps, one, told, who
from handlers.talk import CANCEL, Gone, Talk
from models.contacts import rename
from models.message import Choice, Reply
from models.participants import may_have_address
from models.seats import (
    AlreadySeated,
    Attendee,
    BriefingFull,
    OthersWait,
    ParticipantFull,
    RegistrationClosed,
    reserve,
    swap,
    wait,
)

ME = "me"
_PEOPLE = TypeAdapter(list[Person])


def take(talk: Talk, argument: str) -> Reply:
    """A seat for the asker; a first time they say under which name."""
    scene, given = Scene.of(talk, argument)
    if not scene.is_open:
        return closed(scene)
    if given:
        try:
            rename(talk.session, talk.contact_id, read_name(given))
        except NotRead:
            return _name(scene, TAKE)
    if not talk.contact.name:
        return _name(scene, TAKE)
    return _reserve(scene, [myself(talk)])


def with_people(talk: Talk, argument: str) -> Reply:
    """Seats for the people named, and with `me` first for the asker too: read back, and held once that is right."""
    scene, given = Scene.of(talk, argument)
    if not scene.is_open:
        return closed(scene)
    too = given.partition(" ")[0] == ME  # what was asked before counts the asker in
    named, words = without_me(given.removeprefix(ME) if too else given)
    waited_for = scene.action(WITH, ME) if too else scene.action(WITH)
    me = (too or named) and bool(talk.contact.name)
    if not words.strip(" ,;&+"):
        if named and me:
            return read_back(scene, [], me=True, waited_for=waited_for)
        talk.expect(waited_for)
        return scene.say("seats.who_comes_too" if me else "seats.who_comes", stop(scene))
    try:
        people = _checked(scene, words)
    except NotRead as wrong:
        talk.expect(waited_for)
        return _not_read(scene, wrong)
    return read_back(scene, people, me=me, waited_for=waited_for)


def read_back(scene: Scene, people: Sequence[Person], *, me: bool, waited_for: str) -> Reply:
    """What would be held, to be said yes to."""
    talk = scene.talk
    attendees = ([myself(talk)] if me else []) + [Attendee(one.name, one.email) for one in people]
    if refused := over_limit(scene, len(attendees)):
        return refused
    fields = {"people": _PEOPLE.dump_json(list(people)).decode(), "me": ME if me else ""}
    mark = talk.expect(waited_for, fields | {"scene": scene.keys, "kind": TAKE})
    names = "\n".join(f"• {one.name}" + (f" <{one.email}>" if one.email else "") for one in attendees)
    hold = scene.choice("seats.hold", f"{HOLD} {mark}", count=len(attendees))
    phrase = "seats.read_back" if len(attendees) > 1 else "seats.read_back.one"
    said = scene.say(phrase, hold, stop(scene), names=names, count=len(attendees))
    return replace(said, behaviour="clarify")


def hold(talk: Talk, argument: str) -> Reply:
    """Do what was read back."""
    draft = talk.draft(argument)
    if draft.fields.get("kind") == SWAP:
        return _swap(talk, draft.fields)
    scene, attendees = _planned(talk, draft.fields)
    return _reserve(scene, attendees)


def queue(talk: Talk, argument: str) -> Reply:
    """Put those who were read back, and found no seat, on the waiting list."""
    scene, attendees = _planned(talk, talk.draft(argument).fields)
    talk.settle_draft()
    return _wait(scene, attendees)


def wait_myself(talk: Talk, argument: str) -> Reply:
    scene, given = Scene.of(talk, argument)
    if given:
        try:
            rename(talk.session, talk.contact_id, read_name(given))
        except NotRead:
            return _name(scene, WAIT)
    return _wait(scene, [myself(talk)]) if talk.contact.name else _name(scene, WAIT)


def swap_attendee(talk: Talk, argument: str) -> Reply:
    """Another person for a seat: read back before it is changed."""
    number, _, words = argument.partition(" ")
    scene, seat = Scene.of_seat(talk, number)
    if not scene.is_open:
        return closed(scene)
    if not words.strip():
        talk.expect(f"{SWAP} {number}")
        return scene.say("seats.who_instead", stop(scene), name=seat.attendee_name)
    try:
        people = _checked(scene, words)
        if len(people) > 1:
            raise NotRead("one_only")
    except NotRead as wrong:
        talk.expect(f"{SWAP} {number}")
        return _not_read(scene, wrong)
    fields = {"people": _PEOPLE.dump_json(people).decode(), "seat": number, "kind": SWAP}
    mark = talk.expect(f"{SWAP} {number}", fields)
    agree = scene.choice("seats.swap_now", f"{HOLD} {mark}")
    old, new = seat.attendee_name, f"{people[0].name} <{people[0].email}>"
    return replace(scene.say("seats.read_swap", agree, stop(scene), old=old, new=new), behaviour="clarify")


def closed(scene: Scene) -> Reply:
    return scene.say("seats.closed")


def stop(scene: Scene) -> Choice:
    return scene.choice("seats.stop", CANCEL)


def myself(talk: Talk) -> Attendee:
    return Attendee(talk.contact.name or "", talk.contact.email, talk.contact_id)


def _reserve(scene: Scene, attendees: Sequence[Attendee]) -> Reply:
    talk = scene.talk
    try:
        done = reserve(talk.session, scene.rules, scene.participant.code, talk.contact_id, attendees, scene.moment)
    except RegistrationClosed:
        return closed(scene)
    except (ParticipantFull, BriefingFull, OthersWait) as full:
        return _full(scene, attendees, full)
    talk.settle_draft()
    Notices.of(talk).held([seat for seat in done.seats if seat.uid in done.new])
    phrase = "seats.held" if done.new else "seats.held.already"
    return told(scene, phrase, done.seats, count=len(done.seats))


def _full(scene: Scene, attendees: Sequence[Attendee], full: ParticipantFull | BriefingFull | OthersWait) -> Reply:
    """No seat: who holds them, and what can be done instead."""
    talk = scene.talk
    people = [Person(one.name, one.email or "") for one in attendees if one.contact_id != talk.contact_id]
    me = ME if len(people) < len(attendees) else ""
    fields = {"people": _PEOPLE.dump_json(people).decode(), "me": me, "scene": scene.keys, "kind": TAKE}
    mark = talk.expect(scene.action(WITH), fields)
    mine = scene.seats
    names = "\n".join(who(scene, seat) for seat in mine)
    if isinstance(full, ParticipantFull):
        # Of a limit that is not reached some seats are left, and all of them together were refused.
        phrase = "seats.full.firm" if full.free <= 0 else "seats.full.too_many"
        said = scene.say(phrase, limit=scene.rules.limit, names=names, free=full.free, count=len(attendees))
    else:
        said = scene.say("seats.full.all", names=names)
    choices = [scene.choice("seats.queue", f"{QUEUE} {mark}", count=len(attendees))]
    choices += [scene.choice("seats.show_one", scene.action(ONE), short=scene.short)] if mine else []
    choices += [scene.choice("seats.show_one", other.action(ONE), short=other.short)
                for other in map(scene.at, elsewhere(scene))]  # fmt: skip
    return replace(said, choices=(*choices[:8], stop(scene)), behaviour="clarify")


def over_limit(scene: Scene, count: int) -> Reply | None:
    """More than a participant may ever have: refused whole, before anybody is asked for a yes."""
    limit = scene.rules.limit
    if limit is None or count <= limit:
        return None
    others = [scene.choice("seats.show_one", other.action(ONE), short=other.short)
              for other in map(scene.at, elsewhere(scene))]  # fmt: skip
    return scene.say("seats.over_limit", *others[:6], count=count, limit=limit)


def _wait(scene: Scene, attendees: Sequence[Attendee]) -> Reply:
    talk = scene.talk
    try:
        rows = [wait(talk.session, scene.rules, scene.participant.code, talk.contact_id, one, scene.moment)
                for one in attendees]  # fmt: skip
    except RegistrationClosed:
        return closed(scene)
    except AlreadySeated as taken:
        return scene.say("seats.has_one", *next_steps(scene), name=taken.seat.attendee_name)
    if offered := {row.id for row in rows if row.state == "offered"}:
        names = "\n".join(who(scene, seat) for seat in scene.seats if seat.waiting_id in offered)
        shown = one(scene)
        return replace(shown, text=f"{scene.say('seats.offered_now', names=names).text}\n\n{shown.text}")
    waiting = "\n".join(f"• {row.attendee_name}" for row in rows)
    return told(scene, "seats.waiting", waiting=waiting, rule=_offer_rule(scene))


def _offer_rule(scene: Scene) -> str:
    """When a seat is offered, and how long it is kept for who waits."""
    hours = int(scene.rules.offer_lasts.total_seconds() // 3600)
    if scene.rules.offers_from is None:
        return scene.talk.label("seats.offers", scene.campaign.key, hours=hours)
    at = scene.talk.script(scene.wording.moment(scene.rules.offers_from))
    return scene.talk.label("seats.offers.from", scene.campaign.key, hours=hours, at=at)


def _swap(talk: Talk, fields: dict[str, str]) -> Reply:
    scene, seat = Scene.of_seat(talk, fields["seat"])
    person = _PEOPLE.validate_json(fields["people"])[0]
    try:
        done = swap(
            talk.session, scene.rules, seat.id or 0, scene.participant.code, talk.contact_id,
            Attendee(person.name, person.email), scene.moment,
        )  # fmt: skip
    except RegistrationClosed:
        return closed(scene)
    except AlreadySeated as taken:
        return scene.say("seats.has_one", *next_steps(scene), name=taken.seat.attendee_name)
    talk.settle_draft()
    if done.before is None:
        return told(scene, "seats.held.already", [done.seat], count=1)
    Notices.of(talk).swapped(done.seat, done.before)
    return told(scene, "seats.swapped", [done.seat], old=done.before.attendee_name)


def _planned(talk: Talk, fields: dict[str, str]) -> tuple[Scene, list[Attendee]]:
    if fields.get("kind") != TAKE:
        raise Gone
    scene, _ = Scene.of(talk, fields["scene"])
    people = _PEOPLE.validate_json(fields["people"])
    own = [myself(talk)] if fields["me"] else []
    return scene, own + [Attendee(one.name, one.email or None) for one in people]


def _checked(scene: Scene, words: str) -> list[Person]:
    """The people named, whose addresses are all of the firm, where it has said which those are."""
    people = read_people(words)
    for person in people:
        if not may_have_address(scene.talk.session, scene.participant.code, person.email):
            raise NotRead("other_domain", person.email)
    return people


def _not_read(scene: Scene, wrong: NotRead) -> Reply:
    return scene.say(f"seats.not_read.{wrong.what}", stop(scene), piece=wrong.piece)


def _name(scene: Scene, word: str) -> Reply:
    scene.talk.expect(scene.action(word))
    return scene.say("seats.your_name", stop(scene))
