"""The front door: `streamlit run streamlit_app.py`."""

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from gan.frontend import FromMemory
from gan.live import lifespan, routes

base = ("/" + st.get_option("server.baseUrlPath").strip("/")).rstrip("/")
script = Path(__file__).parent / "gan" / "app" / "main.py"
app = st.App(script, routes=routes(base), lifespan=lifespan, middleware=[Middleware(FromMemory, base=base)])
