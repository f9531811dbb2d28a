"""The front door: `streamlit run streamlit_app.py`."""

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from gan.app import event_loops
from gan.errors import LiveGANError
from gan.server.admission import Admission
from gan.server.assets import FromMemory
from gan.server.guard import HostGuard
from gan.server.hosts import OwnHosts, trusted_proxies
from gan.server.http import EXCEPTION_HANDLERS
from gan.server.lifespan import lifespan
from gan.server.routes import routes

base = ("/" + st.get_option("server.baseUrlPath").strip("/")).rstrip("/")
script = Path(__file__).parent / "gan" / "app" / "main.py"
try:
    ours = OwnHosts.from_environment(st.get_option("browser.serverAddress"), st.get_option("server.address"))
    guard = Middleware(HostGuard, ours=ours, proxies=trusted_proxies(), base=base)
except LiveGANError as error:
    raise SystemExit(str(error)) from None
event_loops.use()
middleware = [guard, Middleware(Admission, base=base), Middleware(FromMemory, base=base)]
app = st.App(
    script, routes=routes(base), lifespan=lifespan, middleware=middleware, exception_handlers=EXCEPTION_HANDLERS
)
