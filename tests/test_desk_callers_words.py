"""The desk opens cases, sets status lines and corrects contacts for who phoned, and says so to the firm's people."""

import pytest
from sqlmodel import Session

from handlers.reception import Reception
from handlers.support import (
    Correct,
    Deed,
    EndMembership,
    HoldSeat,
    OpenCase,
    SetLine,
)
from models import contacts, status, support
from models.contacts import Contact
from models.forgetting import forget
from models.message import Address
from models.outbox import Message
from models.participants import ParticipantDomain
from models.retention import Due, Over, purge
from models.seats import seats_of
from models.support import Case, CaseCard, CaseEvent
from tests.callers_cast import BECAUSE, BRIEFING, MACHINE, Phone
from tests.firms import person
from tests.reception_cast import KEY, MORNING, Person
from tests.reminders_cast import ONE_DATABASE
from tests.status_cast import ALPHA, LINE

pytestmark = ONE_DATABASE


async def test_a_status_line_is_the_firms_own_word_that_sam_said_for_it(phone: Phone) -> None:
    assert (await phone.do(SetLine(KEY, LINE, done=True))).done
    declared = (await phone.store.read(status.standing, KEY, ALPHA))[LINE].declared
    assert declared
    assert (declared.by, declared.for_them, declared.evidence) == ("Sam", True, BECAUSE)
    assert (await phone.do(SetLine(KEY, LINE, done=True))).phrase == "callers.as_it_is"
    assert (await phone.do(SetLine(KEY, LINE, done=False))).done
    rows = await phone.store.read(status.history, KEY, ALPHA)
    assert [(one.what, one.by, one.contact_id) for one in rows] == [
        ("done", "Sam", phone.ids["amy"]), ("taken_back", "Sam", phone.ids["amy"])
    ]  # fmt: skip


async def test_a_case_of_a_contact_is_replied_to_at_their_own_address(phone: Phone) -> None:
    said = await phone.do(OpenCase("Do we need a new PC?", KEY))
    assert said.fields["detail"] == "case 1"
    (case,) = await phone.store.read(support.open_cases)
    assert (case.question, case.place, case.sender, case.participant, case.name, case.why) == (
        "Do we need a new PC?", "web:amy", "web:amy", ALPHA, "Amy Wong", "phone"
    )  # fmt: skip
    events = await phone.store.read(support.events_of, 1)
    assert [(one.kind, one.by, one.text) for one in events] == [("opened", "Sam", BECAUSE)]
    assert len(await phone.all(CaseCard)) == 1
    deed = Deed("/reply", 1, "No, the old one will do.", "k1", MORNING)
    await phone.store.write(phone.callers.desk.do, phone.sam, deed)
    sent = [one.address for one in await phone.all(Message) if one.key.startswith("reply:")]
    assert sent == ["web:amy"]


async def test_who_phones_again_on_the_same_subject_adds_to_the_open_case(phone: Phone) -> None:
    await phone.do(OpenCase("Do we need a new PC?", KEY))
    await phone.do(OpenCase("And which browser?", KEY))
    assert len(await phone.all(Case)) == 1
    events = await phone.store.read(support.events_of, 1)
    assert [one.kind for one in events] == ["opened", "said", "opened"]


async def test_the_reply_to_an_unnamed_caller_is_kept_and_nothing_is_sent(phone: Phone) -> None:
    await phone.do(OpenCase("What does it cost?", KEY, "Mr Chan"), phone.call(None))
    (case,) = await phone.store.read(support.open_cases)
    assert (case.by_phone, case.name, case.contact_id) == (True, "Mr Chan", None)
    deed = Deed("/reply", 1, "It costs nothing.", "k1", MORNING)
    said = await phone.store.write(phone.callers.desk.do, phone.sam, deed)
    assert (said.phrase, said.fields["who"]) == ("reply.by_phone", "Mr Chan")
    kept = [one.text for one in await phone.all(CaseEvent) if one.kind == "reply"]
    assert kept == ["It costs nothing."]
    assert [one for one in await phone.all(Message) if one.channel == "phone"] == []


async def test_two_unnamed_callers_of_one_firm_have_a_case_each(phone: Phone) -> None:
    for question in ("What does it cost?", "When does it begin?"):
        await phone.do(OpenCase(question, KEY), phone.call(None))
    assert len(await phone.all(Case)) == 2


async def test_a_corrected_address_takes_the_place_of_the_wrong_one(phone: Phone) -> None:
    await phone.do(Correct(email="amy.wnog@alpha.example.hk"))
    assert (await phone.do(Correct(email="Amy.Wong@alpha.example.hk"))).done
    addresses = await phone.store.read(contacts.addresses_of, phone.ids["amy"])
    assert sorted(map(str, addresses)) == ["mail:amy.wong@alpha.example.hk", "web:amy"]
    assert [one.detail for one in await phone.deeds()] == [f"contact {phone.ids['amy']}: e-mail"] * 2


async def test_who_is_told_of_a_new_address_does_not_read_it(phone: Phone) -> None:
    def wrong(session: Session) -> None:
        person(session, "Fay Ko", Address("mail", "stranger@alpha.example.hk"), ALPHA)

    await phone.store.write(wrong)
    fay = next(one for one in await phone.store.read(contacts.members, ALPHA) if one.name == "Fay Ko")
    phone.ids["fay"] = fay.id or 0
    await phone.do(Correct(email="fay.ko@alpha.example.hk"), phone.call("fay", "She spelled it out"))
    texts = {one.address: one.reply.text for one in await phone.told()}
    assert "Fay Ko (e-mail address)" in texts["mail:stranger@alpha.example.hk"]
    assert "fay.ko@" not in "".join(texts.values())


@pytest.mark.parametrize(
    ("email", "why"),
    [
        ("amy@gmail.com", "callers.anybodys"), ("amy at alpha", "callers.no_address"),
        ("ben@alpha.example.hk", "callers.taken"),
    ],
)  # fmt: skip
async def test_an_address_that_cannot_be_theirs_is_refused(phone: Phone, email: str, why: str) -> None:
    await phone.do(Correct(email="ben@alpha.example.hk"), phone.call("ben"))
    said = await phone.do(Correct(name="Somebody Else", email=email))
    assert (said.phrase, said.done) == (why, False)
    assert len(await phone.deeds()) == 1
    amy = await phone.store.read(lambda session: session.get_one(Contact, phone.ids["amy"]))
    assert (amy.name, amy.email) == ("Amy Wong", None)


async def test_an_address_outside_the_firms_domains_is_refused(phone: Phone) -> None:
    await phone.store.write(lambda session: session.add(ParticipantDomain(domain="alpha.hk", participant=ALPHA)))
    assert (await phone.do(Correct(email="amy@beta.hk"))).phrase == "callers.other_domain"
    assert (await phone.do(HoldSeat(KEY, BRIEFING, "Eva Ho", "eva@beta.hk"))).phrase == "callers.other_domain"
    assert (await phone.do(Correct(email="amy@alpha.hk"))).done


async def test_who_is_removed_hears_of_it_and_the_seats_stay_with_the_firm(phone: Phone) -> None:
    await phone.do(HoldSeat(KEY, BRIEFING, "Eva Ho", "eva@alpha.example.hk"))
    said = await phone.do(EndMembership())
    assert said.done
    assert [one.name for one in await phone.store.read(contacts.members, ALPHA)] == ["Ben Lee", None]
    assert "web:amy" in {one.address for one in await phone.told() if "acts for it no longer" in one.reply.text}
    (seat,) = await phone.store.read(seats_of, KEY, ALPHA)
    assert seat.contact_id == phone.ids["ben"]


async def test_what_was_done_for_whom_is_forgotten_with_them_and_goes_when_its_time_is_over(phone: Phone) -> None:
    await phone.do(HoldSeat(KEY, BRIEFING), phone.call(because="Ben Lee phoned for Amy Wong"))
    await phone.store.write(forget, phone.ids["amy"], MACHINE)
    (deed,) = await phone.deeds()
    assert "Amy" not in f"{deed.because} {deed.detail}"
    assert "Ben Lee phoned" in deed.because
    over = Due([Over(None, MORNING)], frozenset(), None)
    while await phone.store.write(purge, over, MACHINE):
        pass
    (deed,) = await phone.deeds()
    assert (deed.by, deed.deed, deed.because, deed.detail) == ("Sam", "hold seat for", "", "")


async def test_the_firm_reads_that_support_said_it_for_them(phone: Phone, reception: Reception) -> None:
    await phone.do(SetLine(KEY, LINE, done=True))
    amy = Person(reception, "amy")
    assert "said done by support (Sam) for your firm" in (await amy.say(f"/status {KEY} {ALPHA}")).text
