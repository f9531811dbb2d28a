"""All that a page's script can change, in one place: each function asks the table of permissions, then acts.

Other files of this room only look at the registry. Every function may raise `NotAllowed`, and what it calls raises.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import BinaryIO, ParamSpec, TypeVar

from gan.app.visitor import visitor
from gan.classroom import permissions
from gan.classroom.permissions import Standing
from gan.recording.commands import Command
from gan.runs.desks import checked_limits
from gan.runs.run import Run
from gan.server.application import the_application, the_registry
from gan.server.class_address import greeting
from gan.server.own_desk import asked_by, desk_of, owns
from gan.settings import Settings

P = ParamSpec("P")
T = TypeVar("T")


def checked(act: Callable[P, T]) -> Callable[P, T]:
    """The function for those whom its row in the table names; the first argument of one for desks is a run."""
    row = permissions.row_of_call(act.__name__)

    @wraps(act)
    def ask_and_act(*arguments: P.args, **options: P.kwargs) -> T:
        me = visitor()
        own_desk = row.least is Standing.OWN_DESK and owns(me, str(arguments[0]))
        permissions.check(me, row, own_desk=own_desk)
        return act(*arguments, **options)

    return ask_and_act


# --- runs --------------------------------------------------------------------------------------------------------


@checked
def start(settings: Settings, name: str | None, *, paused: bool) -> Run:
    return the_registry().start(settings, name, paused=paused, desk=desk_of(visitor()))


@checked
def branch(parent: str, epoch: int, values: dict[str, object], name: str | None, *, paused: bool) -> Run:
    return the_registry().branch(parent, epoch, values, name, paused=paused, desk=desk_of(visitor()))


@checked
def command(run: str, wanted: Command) -> None:
    the_application().league.check_command(run, wanted)
    the_registry().command(run, wanted, asked_by(visitor()))


@checked
def delete(run: str) -> str | None:
    """Move a run to the bin; its key there."""
    return the_registry().delete(run)


@checked
def hide(run: str, is_hidden: bool) -> None:
    the_registry().hide(run, is_hidden)


@checked
def unpack(file: BinaryIO, filename: str) -> str:
    """Add the run in a zip; its name."""
    return the_registry().unpack(file, filename)


@checked
def restore(key: str) -> None:
    """Take a run out of the bin."""
    the_registry().restore(key)


@checked
def empty_bin() -> None:
    the_registry().empty_bin()


@checked
def restore_aside(run: str, number: int) -> str:
    """Make a run of its own of what is set aside; its name."""
    return the_registry().restore_aside(run, number)


@checked
def discard_aside(run: str, number: int) -> None:
    the_registry().discard_aside(run, number)


# --- data sets ---------------------------------------------------------------------------------------------------


@checked
def download(dataset: str) -> None:
    the_application().downloads.begin(dataset)


@checked
def cancel_download(dataset: str) -> None:
    the_application().downloads.cancel(dataset)


# --- the class ---------------------------------------------------------------------------------------------------


@checked
def use_another_device() -> str:
    """A code with which another device becomes this student."""
    return the_application().classroom.device_code(visitor().id)


@checked
def leave_class() -> None:
    """Forget the student who uses this tab, on all devices; the runs stay."""
    the_application().classroom.remove(visitor().id)


@checked
def remove_student(student: str) -> None:
    the_application().classroom.remove(student)


@checked
def renew_code() -> None:
    the_application().classroom.renew_code()


@checked
def renew_key() -> None:
    """Make a new teacher's link, which the terminal shows, too; this tab stays the teacher's."""
    classroom = the_application().classroom
    classroom.renew_key(visitor().id)
    print(greeting(classroom), flush=True)


@checked
def set_desk_limits(runs: int, megabytes: int, batches: int) -> None:
    """Set what each student's desk may have."""
    the_registry().desk_limits = checked_limits(runs, megabytes, batches)


@checked
def clear_desks(desks: list[str]) -> None:
    """Move all runs of the desks with these ids to the bin."""
    the_registry().clear_desks(desks)


@checked
def close_class() -> None:
    the_application().classroom.close()
