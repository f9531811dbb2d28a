"""What dialogs share that ask before something is removed."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from gan.errors import LiveGANError


def confirm(question: str, *, keep: str, remove: str, key: str, act: Callable[[], None]) -> None:
    """Ask in the dialog that is open, with a button each to `keep` and to `remove`.

    `act` removes; the dialog then closes, or shows why it could not be done. `key`: of the button that removes.
    """
    st.markdown(question)
    left, right = st.columns(2)
    if right.button(keep, width="stretch"):
        st.rerun()
    if left.button(remove, key=key, width="stretch"):
        try:
            act()
        except LiveGANError as error:
            st.error(str(error))
        else:
            st.rerun()
