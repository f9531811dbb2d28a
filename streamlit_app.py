"""The front door: `streamlit run streamlit_app.py`."""

from functools import partial
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from gan.app import event_loops
from gan.classroom.classroom import check_own_key
from gan.classroom.opening import opening_of
from gan.errors import LiveGANError
from gan.server.admission import Admission
from gan.server.assets import FromMemory
from gan.server.gate import Gate
from gan.server.guard import HostGuard
from gan.server.hosts import OwnHosts, trusted_proxies
from gan.server.http import EXCEPTION_HANDLERS
from gan.server.lifespan import lifespan
from gan.server.routes import routes

base = ("/" + st.get_option("server.baseUrlPath").strip("/")).rstrip("/")
script = Path(__file__).parent / "gan" / "app" / "main.py"
try:
    ours = OwnHosts.from_environment(st.get_option("browser.serverAddress"), st.get_option("server.address"))
    check_own_key()
    guard = Middleware(HostGuard, ours=ours, proxies=trusted_proxies(), base=base)
except LiveGANError as error:
    raise SystemExit(str(error)) from None
event_loops.use()
opening = opening_of(st.get_option("server.address"), st.get_option("server.port"), base)
middleware = [guard, *(Middleware(each, base=base) for each in (Admission, Gate, FromMemory))]
app = st.App(
    script,
    routes=routes(base),
    lifespan=partial(lifespan, opening=opening),
    middleware=middleware,
    exception_handlers=EXCEPTION_HANDLERS,
)
