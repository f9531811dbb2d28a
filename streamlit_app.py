"""The front door: `streamlit run streamlit_app.py`."""

from pathlib import Path

import streamlit as st

from gan.live import lifespan, routes

app = st.App(Path(__file__).parent / "gan" / "app" / "main.py", routes=routes(), lifespan=lifespan)
