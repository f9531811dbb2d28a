"""The Class page: how students join, who has, their desks, and the teacher's link; on every page, who one is."""

from __future__ import annotations

import html

import streamlit as st

from gan.app import acting, desks
from gan.app.confirmation import confirm
from gan.app.text import escaped
from gan.app.visitor import visitor
from gan.classroom import codes, qr
from gan.classroom.opening import Kind
from gan.classroom.people import Person, Role
from gan.errors import LiveGANError
from gan.server.application import the_application
from gan.server.class_address import class_address

CORNER = "join card in the corner"  # in the session: whether it is shown there
START = ".venv/bin/streamlit run streamlit_app.py --server.address 0.0.0.0"


def page() -> None:
    st.title("Class")
    kind, me = the_application().classroom.opening.kind, visitor()
    if me.role is Role.STUDENT:
        desks.own(me)
    elif kind is Kind.ALONE:
        _how_to_open()
    elif kind is Kind.OPEN:
        st.info("LIVEGAN_OPEN is 1: everybody who reaches this server steers all runs. For a class, start it without.")
    else:
        card, people = st.columns(2, gap="large")
        with card:
            _join_card()
        with people:
            _people()
            desks.limits()
            desks.in_use()
            _teachers_link()


def corner() -> None:
    """The join card in a corner of whatever page is open, for the projector."""
    if visitor().role is Role.TEACHER and st.session_state.get(CORNER):
        st.html(f'<aside class="join-corner" aria-label="Join the class">{_card()}</aside>')


def who_am_i(me: Person) -> None:
    """In the sidebar: a student's name, and the way to another device."""
    if me.role is not Role.STUDENT:
        return
    st.markdown(f"You are **{escaped(me.name)}**")
    with st.popover("Use another device"):
        if st.button("Show a code", key="device code"):
            code = acting.use_another_device()
            st.html(f'<div class="join-card">{_picture(f"{_address()}/?join={code}")}</div>')
            st.markdown(f"Scan this, or open `{_address()}` there and type **{codes.shown_code(code)}**.")
            st.caption("It works once, for five minutes.")
    if st.button("Leave the class", key="leave class", type="tertiary", help="Forgets your name; your runs stay"):
        acting.leave_class()
        st.rerun()


# --- parts -------------------------------------------------------------------------------------------------------


def _how_to_open() -> None:
    st.markdown(
        "Only this computer reaches LiveGAN now, and whoever uses it steers everything. To let a class in, end LiveGAN "
        "in its terminal (Ctrl-C) and start it with"
    )
    st.code(START, language="sh", wrap_lines=True)
    st.markdown(
        "The terminal then shows your own link, which makes you the teacher, and your students' address and code."
    )


def _address() -> str:
    return class_address(the_application().classroom.opening, st.context.url or "")


def _card() -> str:
    """The address, the code and both in one picture, as HTML."""
    code, address = the_application().classroom.code, _address()
    shown = html.escape(address.partition("://")[2])
    return (
        f'<div class="join-card">{_picture(f"{address}/?join={code}")}<p class="join-address">{shown}</p>'
        f'<p class="join-code">{codes.shown_code(code)}</p></div>'
    )


def _picture(address: str) -> str:
    return f'<img src="{qr.picture(address)}" alt="QR code of {html.escape(address)}">'


def _join_card() -> None:
    st.html(_card())
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Full screen", icon=":material/fullscreen:"):
            _full_screen()
        st.toggle(
            "In a corner of each page", key="corner toggle", value=bool(st.session_state.get(CORNER)), on_change=_turn
        )
        if st.button("New code"):
            acting.renew_code()
            st.rerun()
    st.caption("Students open the address, or scan the picture, type the code and choose a name.")


def _turn() -> None:
    st.session_state[CORNER] = st.session_state["corner toggle"]


@st.dialog("Join the class", width="large")
def _full_screen() -> None:
    st.html(f'<div class="join-large">{_card()}</div>')


@st.fragment(run_every=2)
def _people() -> None:
    """Those who have joined, and whether they are here."""
    classroom = the_application().classroom
    students = classroom.students()
    here = sum(classroom.presence.is_here(student.id) for student in students)
    st.subheader(f"{here} here, {len(students)} joined" if students else "Nobody has joined yet")
    with st.container(height=360 if len(students) > 6 else "content", border=False):
        for student in students:
            _row(student, classroom.presence.is_here(student.id))
    if students:
        link = '<a href="api/class/reports.zip" download>Lab reports</a>'
        st.html(f"{link} of each desk's newest run, and of others with notes")
    if students and st.button("Close the class", key="close class"):
        _ask_to_close(len(students))


def _row(student: Person, is_here: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{escaped(student.name)}**{'' if is_here else ', away'}")
        if st.button("Remove", key=f"remove {student.id}", help=f"Take {escaped(student.name)} out of the class"):
            acting.remove_student(student.id)
            st.rerun()


@st.dialog("Close the class?")
def _ask_to_close(count: int) -> None:
    names = "the name" if count == 1 else f"all {count} names"
    question = f"LiveGAN forgets {names}, all answers and the league, and the code changes. The runs stay."
    confirm(question, keep="Keep it open", remove="Close the class", key="destroy class", act=acting.close_class)


def _teachers_link() -> None:
    with st.expander("Your own link"):
        st.caption("Whoever opens it becomes the teacher. Do not show it to the class.")
        st.code(f"{_address()}/?teacher={the_application().classroom.key}", language=None, wrap_lines=True)
        if st.button("Make a new link", help="Ends the sessions of all other teachers"):
            try:
                acting.renew_key()
            except LiveGANError as error:
                st.error(str(error))
            else:
                st.rerun()
