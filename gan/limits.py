"""What the server takes from outside, and how much of it: one place for every limit that a refusal names."""

from __future__ import annotations

MIB = 2**20

# --- requests ----------------------------------------------------------------------------------------------------

MAX_COMMAND = 65_536  # bytes of a posted command
MAX_STEPS = 100  # of a run that wait to be trained
MAX_LOOKS = 32  # at a run's newest weights that wait for its thread
MAX_COMMANDS = 200  # that are being checked and passed on
MAX_EXPORTS = 20  # of all runs, zips included, that are being made or wait
MAX_COMPUTATIONS = 50  # of images and neighbours for the playground that are made or wait
MAX_ACTIVE = 100  # runs that train, rest in a pause or wait in the queue

# --- uploads -----------------------------------------------------------------------------------------------------

MAX_UPLOAD = 200 * MIB  # bytes of the zip
MAX_CONTENT = 400 * MIB  # bytes of all files in it
MAX_FILES = 20_000

# --- runs --------------------------------------------------------------------------------------------------------

MAX_TITLE = 64  # characters of a run's name as it was typed
PAUSE_KEEPS_SLOT = 600.0  # seconds for which a run that is paused keeps its place among those that train
MOST_ESTIMATED = 100  # runs ahead in the queue; beyond this nobody works out how long they take
BIN_DAYS = 30  # for which a deleted run stays in the bin
