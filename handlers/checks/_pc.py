"""Has a target tested on the participant's own PC: offers the link and the code, asks what is seen, shows the slip."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from handlers.checks._ages import in_words
from handlers.checks._answered import keep_answer, keep_pasted, look_as_well
from handlers.checks._commands import linux_command, windows_commands
from handlers.checks._found import REPORT, TERMINAL
from handlers.checks._pasted import Pasted, read_pasted
from handlers.checks._seen import OTHER, SIGHTS, Answer
from handlers.checks._side import outcome
from handlers.checks._slip import Slip, address_of, slip_of
from handlers.checks._targets import NotATarget, Wanted
from handlers.probe import PHASES
from handlers.talk import Act, Gone, Talk
from models import checks
from models.campaign import Campaign, Target
from models.checks import Asked, Check, PcTest
from models.message import Choice, Reply
from models.wording import Wording

SAW, SLIP, COMMANDS, PASTED = "/saw", "/slip", "/commands", "/pasted"
PATH = "v"  # of the page, below the address of Usher
SAID = 300  # letters of one's own words that are kept
OFFERED = 10


def offer(talk: Talk, argument: str) -> Reply:
    """`/terminal [CAMPAIGN] [TARGET] [PARTICIPANT]`: a link and a code that let somebody in once, and the questions."""
    try:
        wanted = Wanted.of(talk, argument)
    except NotATarget as refused:
        raise Gone from refused
    if wanted.target is None:
        choices = (Choice(talk.script(wanted.wording.word(one.name)), wanted.action(TERMINAL, one))
                   for one in wanted.campaign.targets[:OFFERED])  # fmt: skip
        return replace(talk.say("terminal.which", wanted.campaign.key, *choices), behaviour="clarify")
    code, now = wanted.participant.code, talk.machine_now
    if wait := checks.wait_for_test(talk.session, talk.contact_id, code, now):
        left = talk.script(in_words(wanted.wording, wait.until - now))
        return talk.say(f"checks.wait.{wait.whose}", wanted.campaign.key, most=wait.most, firm=wanted.firm, wait=left)
    made = checks.offer_test(talk.session, wanted.asked(wanted.target), talk.phrasing.pc_page.key, now)
    return _offered(wanted, wanted.target, made)


def saw(talk: Talk, argument: str) -> Reply:
    """`/saw TEST [ANSWER [WORDS]]`: asks what was seen, or keeps it. The first answer counts, wherever it was given."""
    number, _, rest = argument.partition(" ")
    test, campaign, target = _test(talk, number)
    key, _, said = rest.partition(" ")
    if test.result_id is None and not key:
        return _question(talk, campaign, target, test)
    if test.result_id is None and key == OTHER and not said.strip():
        talk.expect(f"{SAW} {number} {OTHER}")
        return talk.say("terminal.other", campaign.key)
    if key and key not in SIGHTS:
        raise Gone
    answer = Answer(key, said.strip()[:SAID] if key == OTHER else "")
    if test.result_id is None:
        look_as_well(talk.session, test, talk.now, talk.machine_now)
    return _shown(talk, keep_answer(talk.session, campaign, target, test, answer, talk.now, talk.machine_now))


def slip(talk: Talk, argument: str) -> Reply:
    """`/slip [CAMPAIGN] [PARTICIPANT]`: the slip of the last test on a PC of the participant."""
    words = argument.split()
    key = words.pop(0) if words and words[0] in talk.phrasing.campaigns else None
    campaign = talk.campaign(key, lambda served: served.targets)
    participant = talk.acting(words[0].upper() if words else None)
    last = checks.last_seen(talk.session, participant.code, campaign.key)
    target = _target(campaign, last.target) if last else None
    if last is None or target is None:
        again = Choice(talk.label("command.terminal"), f"{TERMINAL} {campaign.key}")
        return talk.say("terminal.none", campaign.key, again, firm=f"{participant.name} ({participant.code})")
    return _shown(talk, slip_of(talk.session, campaign, target, last, talk.language))


def commands(talk: Talk, argument: str) -> Reply:
    """`/commands TEST`: what IT staff may run on the PC; what they paste next is read."""
    test, campaign, target = _test(talk, argument)
    talk.expect(f"{PASTED} {test.id}")
    listed = "\n".join(windows_commands(target))
    return talk.say("terminal.it.text", campaign.key, commands=listed, linux=linux_command(target))


def pasted(talk: Talk, argument: str) -> Reply:
    """`/pasted TEST OUTPUT`: what the tools printed, kept where it shows a cause or that the page answers."""
    number, _, text = argument.partition(" ")
    test, campaign, target = _test(talk, number)
    read = read_pasted(text)
    if read is None:
        return talk.say("terminal.it.unread", campaign.key, _answer(talk, campaign, test), _it(talk, campaign, test))
    if read.cause is None and (target.url or read.works == "dns"):
        talk.expect(f"{PASTED} {test.id}")
        return _so_far(talk, campaign, test, read)
    asked = Asked(test.campaign, test.target, test.participant, talk.contact_id, str(talk.ask.sender), test.place,
                  talk.language, talk.now)  # fmt: skip
    look_as_well(talk.session, test, talk.now, talk.machine_now)
    return _shown(talk, keep_pasted(talk.session, campaign, target, asked, read, talk.machine_now))


ACTS: Mapping[str, Act] = {
    TERMINAL: Act(offer), SAW: Act(saw), SLIP: Act(slip), COMMANDS: Act(commands), PASTED: Act(pasted)
}  # fmt: skip


def _test(talk: Talk, number: str) -> tuple[PcTest, Campaign, Target]:
    """The asker's own test, while it may be answered. Raises `Gone`, and `NotTheirs` where they act no more."""
    test = talk.session.get(PcTest, int(number)) if number.isascii() and number.isdigit() and len(number) < 10 else None
    if test is None or test.contact_id != talk.contact_id:
        raise Gone
    talk.acting(test.participant)
    campaign = talk.campaign(test.campaign)
    target = _target(campaign, test.target)
    over = talk.machine_now >= test.recorded_at + checks.ANSWERS
    if target is None or (over and test.result_id is None):
        raise Gone
    return test, campaign, target


def _target(campaign: Campaign, key: str) -> Target | None:
    return next((one for one in campaign.targets if one.key == key), None)


def _offered(wanted: Wanted, target: Target, made: checks.Offered) -> Reply:
    talk, key = wanted.talk, wanted.campaign.key
    head = talk.label("terminal.offer", key, name=wanted.wording.word(target.name), firm=wanted.firm)
    doors = list(_doors(wanted, target, made))
    steps = "\n".join(talk.script(line) for line in steps_of(wanted.wording, target))
    never = talk.label("terminal.never", key)
    choices = [_it(talk, wanted.campaign, made.test)]
    if target.url:
        choices.insert(0, _answer(talk, wanted.campaign, made.test))
    said = talk.say("terminal.offer", key, *choices, name="", firm="")
    return replace(said, text="\n\n".join((head, *doors, steps, never)))


def _doors(wanted: Wanted, target: Target, made: checks.Offered) -> Iterator[str]:
    """Where the test can be done. A browser opens pages only, and a link without a place is of use only on our page."""
    talk, key = wanted.talk, wanted.campaign.key
    at, on_page = talk.phrasing.pc_page.address, talk.ask.room.channel == "web"
    if not target.url:
        yield talk.label("terminal.offer.host", key, name=wanted.wording.word(target.name))
        return
    if at or on_page:
        page = f"{(at or '/').rstrip('/')}/{PATH}"
        yield talk.label("terminal.offer.link", key, link=f"{page}?language={talk.language}#{made.token}")
        yield talk.label("terminal.offer.code" if at else "terminal.offer.code.here", key, page=page, code=made.code)
        yield talk.label("terminal.offer.chat", key)
    else:
        yield talk.label("terminal.offer.none", key)


def steps_of(wording: Wording, target: Target) -> Iterator[str]:
    """What is done on the PC, as the circular says; where it gives no steps, the least that must be done."""
    texts = [wording.word(step.text) for step in target.steps]
    if not texts and target.url:
        texts = [wording.say("terminal.step.open"), wording.say("terminal.step.see")]
    for number, text in enumerate(texts, 1):
        yield wording.say("terminal.step", number=number, text=text)
    yield wording.say("terminal.address", url=address_of(target))


def _question(talk: Talk, campaign: Campaign, target: Target, test: PcTest) -> Reply:
    choices = (Choice(_label(talk, campaign, one), f"{SAW} {test.id} {one}") for one in SIGHTS)
    name = talk.wording(campaign).word(target.name)
    return replace(talk.say("terminal.question", campaign.key, *choices, name=name), behaviour="clarify")


def _label(talk: Talk, campaign: Campaign, key: str) -> str:
    return SIGHTS[key].code or talk.label(f"terminal.saw.{key}", campaign.key)


def _answer(talk: Talk, campaign: Campaign, test: PcTest) -> Choice:
    return Choice(talk.label("terminal.answer", campaign.key), f"{SAW} {test.id}")


def _it(talk: Talk, campaign: Campaign, test: PcTest) -> Choice:
    return Choice(talk.label("terminal.it", campaign.key), f"{COMMANDS} {test.id}")


def _so_far(talk: Talk, campaign: Campaign, test: PcTest, read: Pasted) -> Reply:
    phases = PHASES[: PHASES.index(read.works) + 1] if read.works else ()
    named = (talk.label("terminal.stage.ok", phase=talk.label(f"terminal.phase.{one}")) for one in phases)
    stages = talk.label("comma").join(named)
    return talk.say("terminal.it.so_far", campaign.key, _answer(talk, campaign, test), stages=stages)


def _shown(talk: Talk, found: Slip) -> Reply:
    check: Check = found.check
    again = f"{TERMINAL} {check.campaign} {check.target} {check.participant}"
    shown = replace(found, language=talk.language)
    choices = [Choice(talk.label("terminal.again", check.campaign), again)]
    if outcome(check) != "works":
        choices.append(Choice(talk.label("support"), f"{REPORT} {again.partition(' ')[2]}"))
    said = talk.say("terminal.again", check.campaign, *choices)
    return replace(said, text=shown.text)
