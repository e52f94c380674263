"""Takes how somebody wishes to be reminded by any circular: not at night, and by which channel first."""

import re
from collections.abc import Iterator
from dataclasses import replace

from handlers.reminders._scene import channels
from handlers.talk import Talk
from handlers.understand import fold
from models.message import Choice, Reply
from models.reminders import CHANNELS, QUIET, ReminderWish, reach_of, read_quiet, wish, wishes_of
from models.wording import Wording

QUIET_WORD, CHANNELS_WORD, OFF = "/quiet", "/channels", "off"
NIGHTS = ("22:00-08:00", "19:00-09:00")  # those that are offered
_HOUR = r"(\d{1,2})(?:[:.h](\d{2}))?\s*(am|pm|点|时)?(半)?"
_HOURS = re.compile(rf"(?:^|\D)(早上|上午|下午|晚上|夜晚)?{_HOUR}\s*(?:-|–|—|~|to|until|till|and|至|到)\s*"
                    rf"(早上|上午|下午|晚上|夜晚)?(?:第二天|翌日)?(早上|上午)?{_HOUR}")  # fmt: skip
_OFF = re.compile(r"^(?:off|none|no|never)$"
                  r"|\b(?:no|stop|end|remove|without|turn off|switch off) (?:the |my )?quiet hours"
                  r"|quiet hours off|^(?:关|取消|没有|不用|停止)|(?:关闭|取消)(?:静音|免打扰)")  # fmt: skip
_NAMES = {
    "slack": re.compile(r"\bslack\b"),
    "telegram": re.compile(r"\b(?:telegram|tg)\b"),
    "mail": re.compile(r"\be?mails?\b|电邮|邮件"),
    "web": re.compile(r"\bweb(?: ?page| ?chat| ?site)?\b|网页"),
}


def quiet(talk: Talk, argument: str) -> Reply:
    """`/quiet [22:00-08:00|off]`: no reminders in these hours, by the clock of the circular."""
    words = talk.ask.text if talk.reading else argument
    folded = " ".join(fold(words).split())
    if not folded:
        return _ask_quiet(talk, "")
    if _OFF.search(folded):
        _record(talk, QUIET, "")
        return talk.say("reminders.quiet.off")
    value = read_hours(folded)
    if value is None:
        return _ask_quiet(talk, "" if talk.reading else "reminders.quiet.unread")
    _record(talk, QUIET, value)
    begin, _, end = value.partition("-")
    return talk.say("reminders.quiet.done", None, _off(talk), begin=begin, end=end, zone=_wording(talk).zone)


def first_channel(talk: Talk, argument: str) -> Reply:
    """`/channels [slack telegram …]`: by which of the channels that they have the person is reminded first."""
    words = fold(talk.ask.text if talk.reading else argument)
    named = sorted((found.start(), name) for name, sign in _NAMES.items() if (found := sign.search(words)))
    wished, mine = [name for _, name in named], own_channels(talk)
    if not mine:
        return talk.say("reminders.channels.no_address")
    missing = [name for name in wished if name not in mine]
    if missing:
        return _ask_channel(talk, talk.label("reminders.channels.missing", channel=channel_name(talk, missing[0])))
    if not wished:
        unread = bool(words.strip()) and not talk.reading
        return _ask_channel(talk, talk.label("reminders.channels.unread") if unread else "")
    _record(talk, CHANNELS, " ".join(wished))
    return talk.say("reminders.channels.done", None, *_channel_choices(talk), channels=_in_order(talk))


def read_hours(folded: str) -> str | None:
    """`22-8`, `10 pm to 8 am`, `22:00-08:00`, and such in Chinese, as `22:00-08:00`; None for anything else."""
    found = _HOURS.search(folded)
    if found is None:
        return None
    part, hour, minute, sign, half, part_2, part_3, hour_2, minute_2, sign_2, half_2 = found.groups()
    begin = _clock(hour, "30" if half else minute, sign, part)
    end = _clock(hour_2, "30" if half_2 else minute_2, sign_2, part_2 or part_3)
    value = f"{begin}-{end}"
    return value if read_quiet(value) else None


def quiet_of(talk: Talk) -> tuple[str, str] | None:
    """Their quiet hours, as they are shown."""
    hours = wishes_of(talk.session, [talk.contact_id]).quiet.get(talk.contact_id)
    return (f"{hours[0]:%H:%M}", f"{hours[1]:%H:%M}") if hours else None


def own_channels(talk: Talk) -> list[str]:
    """The channels by which they can be reached, in the order in which they are tried."""
    whose = talk.contact_id
    reach = reach_of(talk.session, [whose], channels(talk))
    return list(dict.fromkeys(to.channel for to in reach.where(whose, wishes_of(talk.session, [whose]))))


def channel_name(talk: Talk, channel: str) -> str:
    return talk.label(f"firms.channel.{channel}")


def _clock(hour: str, minute: str | None, sign: str | None, part: str | None) -> str:
    number = int(hour)
    if number <= 12 and (sign == "pm" or part in ("下午", "晚上", "夜晚")):
        number = 0 if number == 12 and part in ("晚上", "夜晚") else number % 12 + 12
    elif number == 12 and (sign == "am" or part in ("早上", "上午")):
        number = 0
    return f"{0 if number == 24 else number:02d}:{minute or '00'}"


def _ask_quiet(talk: Talk, first: str) -> Reply:
    now = quiet_of(talk)
    told = talk.label("reminders.quiet.now", begin=now[0], end=now[1]) if now else talk.label("reminders.quiet.none")
    choices = (Choice(night.replace("-", " – "), f"{QUIET_WORD} {night}") for night in NIGHTS)
    off = [_off(talk)] if now else []
    said = talk.say("reminders.quiet.which", None, *choices, *off, zone=_wording(talk).zone)
    parts = (talk.label(first) if first else "", told, said.text)
    return replace(said, text="\n\n".join(filter(None, parts)), behaviour="clarify")


def _ask_channel(talk: Talk, first: str) -> Reply:
    phrase = "reminders.channels.which" if len(own_channels(talk)) > 1 else "reminders.channels.only"
    said = talk.say(phrase, None, *_channel_choices(talk), channels=_in_order(talk))
    return replace(said, text="\n\n".join(filter(None, (first, said.text))), behaviour="clarify")


def _channel_choices(talk: Talk) -> Iterator[Choice]:
    mine = own_channels(talk)
    for name in mine[1:]:
        order = " ".join((name, *(one for one in mine if one != name)))
        label = talk.label("reminders.channels.first", channel=channel_name(talk, name))
        yield Choice(label, f"{CHANNELS_WORD} {order}")


def _in_order(talk: Talk) -> str:
    return talk.label("comma").join(channel_name(talk, name) for name in own_channels(talk))


def _off(talk: Talk) -> Choice:
    return Choice(talk.label("reminders.quiet.off.button"), f"{QUIET_WORD} {OFF}")


def _wording(talk: Talk) -> Wording:
    return talk.wording(talk.phrasing.first)


def _record(talk: Talk, what: str, value: str) -> None:
    said = ReminderWish(contact_id=talk.contact_id, what=what, value=value, at=talk.now, recorded_at=talk.machine_now)
    wish(talk.session, said)
