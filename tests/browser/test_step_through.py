"""The tab "Step through": a batch opened stage by stage, then trained and recorded by the run."""

from __future__ import annotations

import re
from collections.abc import Callable

from chromium import App
from playwright.sync_api import Page, expect

from gan.recording import commands_file
from gan.views.step_lines import SOURCE

OpenPage = Callable[..., Page]


def test_a_batch_is_stepped_through_by_key_and_then_trained(app: App, open_page: OpenPage) -> None:
    page = open_page(f"{app.url}/?run=new&dropout=0.3")
    page.get_by_label("Name", exact=True).fill("slow")
    page.get_by_role("group", name="Training").get_by_role("button", name="Step", exact=True).click()
    page.get_by_role("tab", name="Step through").click()
    page.get_by_role("button", name="Step through batch 2").click()
    walk = page.get_by_role("group", name=re.compile("^Batch 2, stage by stage"))
    expect(walk).to_be_focused()
    titles = []
    for number in range(1, 12):
        expect(walk.get_by_text(f"Batch 2, stage {number} of 11")).to_be_visible()
        titles.append(walk.get_by_role("heading").inner_text())
        for line in walk.locator(".lg-step-line[data-lit]").all_inner_texts():
            assert line.lstrip("0123456789").strip() in SOURCE
        page.keyboard.press("ArrowRight")
    assert len(set(titles)) == 11
    expect(walk.get_by_role("definition")).to_have_count(4)  # the last stage has the four figures of the chart
    d_loss = walk.get_by_role("definition").first.inner_text()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    expect(walk.get_by_role("list", name="The first fake images").get_by_role("listitem")).to_have_count(16)

    walk.get_by_role("button", name="Train this batch").click()
    told = page.get_by_role("status").filter(has_text="The run has trained batch 2 and recorded the step")
    expect(told).to_contain_text(f"D loss {d_loss}")
    expect(page.get_by_role("button", name="Step through batch 3")).to_be_focused()
    record, complaint = commands_file.read_valid(app.folder / "slow")
    assert complaint is None
    assert [(command.batch, command.kind) for command in record] == [(0, "step"), (1, "step")]

    page.get_by_role("button", name="Resume").click()
    page.get_by_role("button", name="Pause the run").click()
    expect(page.get_by_role("button", name=re.compile("^Step through batch"))).to_be_visible()
