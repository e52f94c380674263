"""Says a report to people in three parts: the verdict in a line, who can do something about it, and what comes next."""

from dataclasses import dataclass

from handlers.probe._report import Report
from models.wording import in_script, phrases


@dataclass(frozen=True)
class Said:
    verdict: str
    owner: str
    next: str


def in_words(report: Report, language: str, name: str, guide: str = "") -> Said:
    """`name` is what the campaign calls the target, `guide` where it says the set-up is described."""
    written = "zh-Hant" if language.startswith("zh") else "en"

    def say(key: str, **fields: str) -> str:
        return in_script(phrases()[written][key].format(**fields), language)

    sentences = [say(f"check.next.{report.cause}", name=name)]
    if guide and report.verdict in {"fail", "warning"} and report.owner.startswith("your"):
        sentences.append(say("check.guide", guide=guide))
    kind = ".warning" if report.verdict == "warning" else ""
    line = say(f"check.cause.{report.cause}", name=name)
    return Said(
        say(f"check.verdict{kind}", line=line) if kind else line,
        say(f"check.owner.{report.owner}"),
        (" " if written == "en" else "").join(sentences),
    )
