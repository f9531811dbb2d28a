"""What the server takes from outside, and how much of it: one place for every limit that a refusal names."""

from __future__ import annotations

KIB, MIB = 2**10, 2**20

# --- requests ----------------------------------------------------------------------------------------------------

REQUEST_TIME = 10.0  # seconds until a request has arrived whole, its body included; uploads may take longer
MAX_COMMAND = 65_536  # bytes of a posted command
MAX_STEPS = 100  # of a run that wait to be trained
MAX_LOOKS = 32  # at a run's newest weights that wait for its thread
MAX_PENDING_COMMANDS = 200  # that are being checked and passed on
MAX_EXPORTS = 20  # of all runs, zips included, that are being made or wait
MAX_COMPUTATIONS = 50  # of images and neighbours for the playground that are made or wait
MAX_VIEW_CHANNELS = 100  # different views, of all runs, that are watched at the same time
MAX_VIEW_COMPUTATIONS = 150  # of views that are made or wait
MAX_ACTIVE = 100  # runs that train, rest in a pause or wait in the queue: of the teacher, and as many of desks

# --- a class -----------------------------------------------------------------------------------------------------

MAX_STUDENTS = 500  # of a class; beyond it, whoever was away for the longest time is forgotten
MAX_STUDENT_NAME = 24  # characters
MAX_TEACHER_SESSIONS = 50  # browsers that are the teacher's at the same time
MAX_SOCKETS = 24  # WebSockets of one person: a tab takes two or three
MAX_JOIN_FORM = 4 * 1024  # bytes of what somebody who joins sends
MAX_CLASS_FILE = 256 * 1024  # bytes; 500 students take 40 kB
MAX_LEAD = 16 * KIB  # bytes of what a teacher's page tells of the place that it shows; a playground's link takes 4 kB
MAX_LEAD_FILE = 64 * KIB
MAX_PLACE_VALUES = 2_000  # in it
MAX_LOOK_UP = 120  # characters of the sentence for which students look up
MAX_LEAGUE = 8 * KIB  # bytes of what opens a league or enters one
MAX_LEAGUE_VALUES = 200  # in it
MAX_LEAGUE_FILE = 2 * MIB  # 2,000 entries take 600 kB
MAX_LEAGUE_ENTRIES = 2_000
MAX_ENTRIES_EACH = 10  # of one student
LEAGUE_ROWS = 60  # of the table that students' pages are told
WRONG_KEY_DELAY = 1.0  # seconds until a wrong key or code is answered
MAX_DELAYED = 50  # such answers that wait at the same time; further ones come at once

# --- questions to a class ----------------------------------------------------------------------------------------

MAX_QUESTIONS = 100  # that a class remembers, with their answers; the oldest go first
MAX_QUESTION_BODY = 8 * KIB
MAX_QUESTION_TEXT = 300  # characters
MAX_CHOICES = 6
MAX_CHOICE_TEXT = 160  # characters
MIN_QUESTION_SECONDS, MAX_QUESTION_SECONDS = 5.0, 3600.0
MAX_ANSWER_BODY = 4 * KIB  # 64 points take 1.5 kB
MAX_POINTS = 64  # of a drawing
MAX_ANSWER_CHANGES = 60  # of one student to one question
MAX_PENDING_ANSWERS = 1_000  # that wait until they are written down
MAX_OWN_ANSWERS = 3  # of them, of one student
MAX_VALUES = 300  # in the JSON of a question or an answer
MAX_CURVES_SHOWN = 100
MAX_QUESTIONS_FILE = 64 * MIB  # 100 questions with 500 drawings each take 50 MB
MAX_QUESTIONS_LINE = 16 * KIB

# --- runs --------------------------------------------------------------------------------------------------------

MAX_TITLE = 64  # characters of a run's name as it was typed
PAUSE_KEEPS_SLOT = 600.0  # seconds for which a run that is paused keeps its place among those that train
MOST_ESTIMATED = 100  # runs ahead in the queue; beyond this nobody works out how long they take
BIN_DAYS = 30  # for which a deleted run stays in the bin
MAX_BATCHES = 12_000_000  # a run ends there: 25,000 epochs of the default, in 192 MB of figures
MAX_COMMANDS = 100_000  # in the record of a run
COMMANDS_IN_RESERVE = 100  # of them: what still ends a run whose record is full

# --- desks: what a student's desk may have, unless the teacher sets it otherwise (`gan.runs.desks`) ------------------

DESK_RUNS = 3  # that it keeps
DESK_MEGABYTES = 60  # on disk, of all its runs
DESK_BATCHES = 2_000  # that it may train in a run
MAX_DESK_NAME = 24  # characters
TURN_CYCLE = 5.0  # seconds in which each desk has one turn, if turns need not be shorter than SHORTEST_TURN
DESK_CHECKPOINT = 4.0  # seconds of training between two checkpoints of a run, at least
SHORTEST_TURN, LONGEST_TURN = 0.1, 1.0  # seconds

# --- the files of a run: bytes of each that are read at all ------------------------------------------------------

MAX_RUN_FILE = 4 * MIB  # 10,000 full states take 3.5 MB in it
MAX_RUN_VALUES = 150_000  # in `run.json`
MAX_COMMANDS_FILE = 16 * MIB
MAX_COMMAND_LINE = 4 * KIB  # a move of all knobs at once takes 700 bytes
MAX_SERIES = 192 * MIB
MAX_SCORES = 8 * MIB  # 10,000 epochs take 4 MB
MAX_SCORES_VALUES = 600_000
MAX_HEALTH = MIB  # 300 points of the deepest networks take 300 kB
MAX_HEALTH_VALUES = 50_000
MAX_PICTURE = 128 * KIB  # 242 x 242 pixels take 59 KB if nothing is packed
MAX_STATE = 448 * MIB  # the largest networks, their moments and their average take 415 MB
MAX_WEIGHTS = 192 * MIB
MAX_TENSOR_HEADER = 128 * KIB  # of a safetensors file; that of the largest networks takes 20 kB
MAX_TENSORS = 4_000  # values in such a header
MAX_NOTES = 20_000  # characters of the notes on a run
MAX_NOTES_BODY = 128 * KIB  # bytes of what a page sends of them: JSON takes six for some characters
MAX_NETWORKS_FILE = 256 * KIB  # of a file with networks of one's own

# --- other files -------------------------------------------------------------------------------------------------

MAX_REFERENCE_STATS = 16 * MIB  # what images of a data set are measured against; it takes 1 MB
MAX_LESSON = 128 * KIB  # of the file of a lesson; ours take 5 kB
MAX_LESSONS = 200  # in a folder

# --- uploads -----------------------------------------------------------------------------------------------------

MAX_UPLOADS = 4  # that are under way at the same time; each is in memory until it is whole
UPLOAD_SILENCE = 15.0  # seconds without a byte after which an upload is given up
MAX_UPLOAD = 200 * MIB  # bytes of the zip
MAX_CONTENT = 256 * MIB  # bytes of all files in it
MAX_FILES = 12_000
MAX_DIRECTORY = 3 * MIB  # bytes of the zip's list of its files
MAX_UPLOADED_SERIES = 80 * MIB  # 5 million batches
MAX_UPLOADED_STATES = 500
MAX_UPLOADED_WEIGHTS = 1_000  # epochs that kept their weights


def in_words(size: int) -> str:
    """A number of bytes as a refusal names it."""
    return f"{size // MIB} MB" if size >= MIB else f"{size // KIB} kB"
