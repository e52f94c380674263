"""What is said of a test on a participant's own PC is linted: it rests on the circular, and leads nowhere else."""

import pytest

from models.campaign import Campaign, Picture, Step, lint

WORDS = {"en": "Open the MS Edge browser.", "zh-Hant": "開啟 MS Edge 瀏覽器。"}


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"task": "parking"}, "there is no task 'parking'"),
        ({"steps": (Step(source="nowhere", text=WORDS),)}, "there is nothing with the key 'nowhere'"),
        ({"steps": (Step(source="connection.browser", text={"en": "Open it."}),)}, "is missing in zh-Hant"),
        ({"steps": (Step(source="connection.close", text=WORDS | {"en": "Close by 17:00."}),)}, "17:00 is not printed"),
        ({"picture": Picture(url="https://evil.example/x.png", width=1, height=1)}, "it is not at the target"),
    ],
)  # fmt: skip
def test_a_slip_in_the_data_is_told(campaign: Campaign, changed: dict[str, object], problem: str) -> None:
    sso = campaign.targets[0].model_copy(update=changed)
    found = [str(one) for one in lint(campaign.model_copy(update={"targets": (sso,)}))]
    assert any(problem in one for one in found), found


def test_the_circular_of_2023_declares_its_connection_task(campaign: Campaign) -> None:
    sso = campaign.targets[0]
    assert sso.task == "connection"
    assert [step.source for step in sso.steps] == ["connection.browser", "connection.screen", "connection.close"]
    assert [one for one in lint(campaign) if "target" in str(one)] == []
