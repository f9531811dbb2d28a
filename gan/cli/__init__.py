"""The commands of the command line, one subject a file; `gan/__main__.py` parses their options.

Each command takes the parsed options and returns the exit status; `LiveGANError` is caught once, in `__main__.py`.
Commands import what is slow themselves, so that `--help` answers at once. May import: every room.
"""
