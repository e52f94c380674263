"""Says who of a participant has a seat at which briefing, and whether it is registered where that counts."""

from collections.abc import Sequence

from handlers.status._scene import Scene
from models.campaign import Briefing
from models.seats import Rules, Seat, State, Waiting, line_of, place_in_line, seats_of


def say_seats(scene: Scene) -> str:
    """Who of the participant has a seat at which briefing, or waits for one: only its own people are shown it."""
    if not scene.campaign.briefings:
        return ""
    shown = [(briefing, lines) for briefing in scene.campaign.briefings if (lines := _people(scene, briefing))]
    if not shown:
        return scene.say("status.seats.none")
    registry = _registry(scene, [briefing for briefing, _ in shown])
    told = (line for briefing, lines in shown for line in (_day(scene, briefing), *lines))
    return "\n".join((scene.say("status.seats"), *filter(None, [registry]), *told))


def _people(scene: Scene, briefing: Briefing) -> list[str]:
    which = scene.talk.session, scene.campaign.key, scene.participant.code, briefing.key
    waiting = [row for row in line_of(*which) if row.state == "waiting"]
    return [*(_seat(scene, seat) for seat in seats_of(*which)), *(_waits(scene, briefing, row) for row in waiting)]


def _seat(scene: Scene, seat: Seat) -> str:
    name = seat.attendee_name
    if seat.state == State.OFFERED and seat.offer_until:
        return scene.say("status.seat.offered", name=name, until=scene.wording.moment(seat.offer_until))
    if not scene.campaign.registry:
        return scene.say("status.seat", name=name)
    if seat.booked_at is None:
        return scene.say("status.seat.open", name=name)
    if not (seat.booked_reference or "").strip("- –"):
        return scene.say("status.seat.booked.bare", name=name)
    return scene.say("status.seat.booked", name=name, reference=seat.booked_reference)


def _waits(scene: Scene, briefing: Briefing, row: Waiting) -> str:
    place = place_in_line(scene.talk.session, Rules.of(scene.campaign, briefing), row)
    return scene.say("status.seat.waiting", name=row.attendee_name, place=place)


def _day(scene: Scene, briefing: Briefing) -> str:
    day, mode = scene.wording.on(briefing.on, "list_date"), scene.wording.word(briefing.mode_name)
    return scene.say("status.briefing", day=day, mode=mode)


def _registry(scene: Scene, briefings: Sequence[Briefing]) -> str:
    """Where the registration is made that counts, and until when where that is the same for all."""
    registry, closes = scene.wording.word(scene.campaign.registry), {briefing.closes for briefing in briefings}
    if not registry:
        return ""
    due = scene.campaign.fact.get(closes.pop() or "") if len(closes) == 1 else None
    if due is None:
        return scene.say("status.registry", registry=registry)
    late = ".over" if scene.wording.state(due) == "over" else ""
    return scene.say(f"status.registry.due{late}", registry=registry, stated=scene.wording.stated(due))
