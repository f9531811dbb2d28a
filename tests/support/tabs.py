"""A tab of Streamlit's without a browser: it sends what a page's own script sends, and whatever a forger would."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from typing import Any

from classes import ClassServer
from helpers import PATIENCE
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

START: dict[str, Any] = {"values": {}, "name": None, "step": None, "parent": None, "epoch": 0, "preset": None}


class Tab:
    """One tab.

    Attributes:
        buttons: the ids of all buttons that it was ever shown, by the last part, which is their key.
        components: those of LiveGAN's own components, by their key.
        fragments: the ids of parts of the page that run by themselves.
        texts: the Markdown that it was shown.
        run: the run that the Train page shows; None: a draft.
    """

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._page = ""
        self._fragment_of: dict[str, str] = {}
        self.buttons: dict[str, str] = {}
        self.components: dict[str, str] = {}
        self.fragments: set[str] = set()
        self.texts: list[str] = []
        self.run: str | None = None

    def open(self, page: str, query: str = "") -> None:
        """Go to a page by its address."""
        self._run(ClientState(query_string=query, page_name=page))

    def act(self, *widgets: WidgetState) -> None:
        """Say that the user has done something with these widgets."""
        self._run(self._state(widgets))

    def press(self, key: str) -> None:
        """Press a button of this tab, in the part of the page or the dialog that it is in."""
        button = self.buttons[key]
        self._run(self._state([pressed(button)], self._fragment_of[button]))

    def act_within(self, fragment: str, *widgets: WidgetState) -> None:
        """Have a part of the page run by itself; nothing is answered, since this tab may have no such part."""
        self.send(BackMsg(rerun_script=self._state(widgets, fragment)))

    def send(self, message: BackMsg) -> None:
        self._socket.send(message.SerializeToString())

    def _state(self, widgets: Sequence[WidgetState], fragment: str = "") -> ClientState:
        states = WidgetStates(widgets=widgets)
        return ClientState(widget_states=states, page_script_hash=self._page, fragment_id=fragment)

    def _run(self, state: ClientState) -> None:
        """Ask for a run of the script, and take all that it shows."""
        self.texts.clear()
        self.send(BackMsg(rerun_script=state))
        while True:
            message = ForwardMsg.FromString(self._socket.recv(timeout=PATIENCE, decode=False))
            kind = message.WhichOneof("type")
            if kind == "script_finished" and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                return
            if kind == "new_session":
                self._page = message.new_session.page_script_hash
            elif kind == "navigation":
                self._page = message.navigation.page_script_hash or self._page
            elif kind == "delta":
                self._note(message.delta)

    def _note(self, delta: Any) -> None:
        if delta.fragment_id:
            self.fragments.add(delta.fragment_id)
        element = delta.new_element
        match element.WhichOneof("type"):
            case "button":
                self.buttons[_key(element.button.id)] = element.button.id
                self._fragment_of[element.button.id] = delta.fragment_id
            case "bidi_component":
                self.components[_key(element.bidi_component.id)] = element.bidi_component.id
                if _key(element.bidi_component.id) == "live":
                    self.run = json.loads(element.bidi_component.json)["run"]
            case "markdown":
                self.texts.append(element.markdown.body)
            case "alert":
                self.texts.append(element.alert.body)
            case "exception":
                self.texts.append(element.exception.message)


@contextlib.contextmanager
def tab(server: ClassServer, cookie: str) -> Iterator[Tab]:
    """A new tab of whoever has the cookie."""
    with connect(
        f"ws://localhost:{server.port}/_stcore/stream", additional_headers={"Cookie": cookie}, proxy=None,
        max_size=None, subprotocols=[Subprotocol("streamlit")],
    ) as socket:  # fmt: skip
        yield Tab(socket)


def started(server: ClassServer, cookie: str, **wanted: object) -> str:
    """The name of a run that whoever has the cookie starts on the Train page; `wanted`: what differs from `START`."""
    with tab(server, cookie) as page:
        page.open("train", "run=new")
        page.act(told(page.components["live"], "start", START | wanted))
        assert page.run is not None, page.texts
        return page.run


def pressed(button: str) -> WidgetState:
    """A button, by its id, that the user has pressed."""
    return WidgetState(id=button, trigger_value=True)


def told(component: str, event: str, value: object) -> WidgetState:
    """What one of LiveGAN's components, by its id, tells the script."""
    events = json.dumps([{"event": event, "value": value}])
    return WidgetState(id=f"$$STREAMLIT_INTERNAL_KEY_{component}__events", json_trigger_value=events)


def _key(identity: str) -> str:
    """`$$ID-<hash>-<key>` ends with the key that the script gave the widget."""
    return identity.split("-", 2)[-1]
