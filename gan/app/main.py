"""The script that Streamlit runs for every visit: navigation, the list of runs, then the page."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from gan.app import classroom, data, draft, following, lessons, playground, runs, session, train, words
from gan.app.components.classroom import classroom_bar
from gan.app.components.lessons import chosen_lesson
from gan.app.components.runs import chosen, runs_list
from gan.app.visitor import own_desk, seat, visitor
from gan.classroom.people import Role
from gan.server.application import the_registry

FOLDER = Path(__file__).parent
ABOUT = """**LiveGAN** trains a GAN on handwritten digits while you watch and steer it.

The network and the algorithm are those of lecture 18.4 of Sebastian Raschka's STAT 453."""


def open_run(component: str) -> None:
    """Show the run that the user clicked; the next script goes to the Train page."""
    st.session_state["go to"] = "train"
    session.look_at(chosen(component))


def all_runs() -> None:
    st.session_state["go to"] = "runs"


def take_lesson() -> None:
    """Take the lesson that the user chose; the next script goes to the Train page."""
    st.session_state["go to"] = "train"
    lessons.take(*chosen_lesson())


def taken_over() -> None:
    """This server may write now; the next script says so."""
    st.session_state["taken over"] = True


def main() -> None:
    icon = str(FOLDER / "icon.svg")
    st.set_page_config("LiveGAN", icon, layout="wide", initial_sidebar_state=248, menu_items={"About": ABOUT})
    st.logo(icon, size="large")
    st.html(FOLDER / "page.css")
    me = visitor()
    if me.role is Role.STRANGER:
        st.error("You are no longer in this class; reload the page to join it again.")
        st.stop()
    classroom_bar(seat(me), own_desk(me), on_go=following.go)
    pages = {
        "train": st.Page(train.page, title="Train", icon=":material/insights:", url_path="train", default=True),
        "lessons": st.Page(
            lambda: lessons.page(take_lesson), title="Lessons", icon=":material/school:", url_path="lessons"
        ),
        "playground": st.Page(
            playground.page, title="Playground", icon=":material/explore:", url_path="playground"
        ),
        "runs": st.Page(
            lambda: runs.page(lambda: open_run("runs_table")),
            title="Runs", icon=":material/history:", url_path="runs",
        ),
        "data": st.Page(data.page, title="Data", icon=":material/grid_view:", url_path="data"),
        "words": st.Page(words.page, title="Words", icon=":material/menu_book:", url_path="words"),
        "class": st.Page(classroom.page, title="Class", icon=":material/groups:", url_path="class"),
    }  # fmt: skip
    page = st.navigation(list(pages.values()))
    there = pages.get(st.session_state.pop("go to", ""))
    if there is not None and there != page:
        of_run = there in (pages["train"], pages["playground"])
        st.switch_page(there, query_params={"run": session.wanted() or ""} if of_run else None)
    if page is not pages["train"]:
        draft.catch_up()
    reason = the_registry().read_only
    if reason:
        st.warning(reason, icon=":material/lock:")
    elif st.session_state.pop("taken over", False):
        st.success("The other LiveGAN server has ended; this one has taken over its runs.", icon=":material/lock_open:")
    page.run()
    classroom.corner()
    with st.sidebar:
        classroom.who_am_i(me)
        st.caption("Runs")
        looked_at = st.session_state.get("run") if page is pages["train"] else None
        runs_list(
            looked_at, reason, own_desk(me),
            on_select=lambda: open_run("runs_list"), on_all=all_runs, on_claim=taken_over,
        )  # fmt: skip


main()
