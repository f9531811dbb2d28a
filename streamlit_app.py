"""The front door: `streamlit run streamlit_app.py`."""

from pathlib import Path

import streamlit as st

from gan.live import lifespan, routes

base = "/" + st.get_option("server.baseUrlPath").strip("/")
script = Path(__file__).parent / "gan" / "app" / "main.py"
app = st.App(script, routes=routes(base.rstrip("/")), lifespan=lifespan)
