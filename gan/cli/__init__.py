"""The commands of the command line, one subject a file; `gan/__main__.py` parses their options.

Each command takes the parsed options and returns the exit status; `LiveGANError` is caught once, in `__main__.py`.
Each imports slow modules itself, so that `--help` answers at once. May import: every room.
"""
