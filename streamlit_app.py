"""The front door: `streamlit run streamlit_app.py`."""

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from gan.admission import Admission
from gan.app import script_loops
from gan.frontend import FromMemory
from gan.guard import HostGuard
from gan.hosts import HostsError, OwnHosts, trusted_proxies
from gan.live import lifespan, routes

base = ("/" + st.get_option("server.baseUrlPath").strip("/")).rstrip("/")
script = Path(__file__).parent / "gan" / "app" / "main.py"
try:
    ours = OwnHosts.from_environment(st.get_option("browser.serverAddress"), st.get_option("server.address"))
    guard = Middleware(HostGuard, ours=ours, proxies=trusted_proxies(), base=base)
except HostsError as error:
    raise SystemExit(str(error)) from None
script_loops.use()
middleware = [guard, Middleware(Admission, base=base), Middleware(FromMemory, base=base)]
app = st.App(script, routes=routes(base), lifespan=lifespan, middleware=middleware)
