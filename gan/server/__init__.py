"""The routes beside the Streamlit page: live streams, commands, downloads, and files from memory. Starlette only.

May import: runs and all rooms below it; never Streamlit.
"""
