"""The pages, in Streamlit. They know commands and snapshots; what moves on them is drawn by `components`."""
