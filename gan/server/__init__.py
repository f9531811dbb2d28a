"""The HTTP and WebSocket routes that are not Streamlit's own. Starlette only.

`routes` lists them all. Each subject has a module: `commands`, `streams`, `downloads`, `weights`, `playground`,
`datasets`, `page_files`, and `no_route` for every other address. `application` is all that the server holds while it
runs; `lifespan` opens and closes it. `broadcast` sends a run to its viewers, `messages` encodes what they get. `http`
answers refusals. `guard` and `hosts` keep other sites out; `admission`, `handles`, `request_time` and `worker_pool`
keep crowds within limits; `assets` serves Streamlit's files from memory; `uvicorn_fixes` adapts the web server.

May import: runs and all rooms below it; never Streamlit.
"""
