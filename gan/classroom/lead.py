"""What the teacher shows: the place that students' pages follow, and the sentence for which they look up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gan import strict_json
from gan.classroom.kept import Kept
from gan.classroom.people import Role
from gan.errors import LiveGANError
from gan.limits import MAX_LEAD_FILE, MAX_LOOK_UP, MAX_PLACE_VALUES

NAME = ".lead.json"
LOOK_UP = "Look up, please."  # if the teacher writes no sentence


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Moment(_Strict):
    """Where in its recording a run is shown: after an epoch, or in a replay, which may be playing.

    `rate`: batches that the replay passes in a second at its `speed`, a multiple of the run's own.
    """

    kind: Literal["epoch", "replay"]
    epoch: Annotated[int, Field(ge=0, le=10_000_000)]
    batch: Annotated[float, Field(ge=0, le=1e9)] = 0.0
    speed: Annotated[float, Field(ge=0, le=1e6)] = 1.0
    rate: Annotated[float, Field(ge=0, le=1e9)] = 0.0
    playing: bool = False


class Place(_Strict):
    """A page and what it shows.

    `unnamed`: nothing says whose run it is. `latent`: the playground's place, as a link to it has it behind the #.
    """

    page: Literal["train", "lessons", "playground", "runs", "data", "words"]
    run: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    lesson: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    step: Annotated[int, Field(ge=0, le=1000)] | None = None
    moment: Moment | None = None
    latent: Annotated[str, Field(max_length=8000)] | None = None
    unnamed: bool = False


class LeadState(BaseModel):
    """`leader`: the tab of the teacher that students follow; None if they follow none."""

    leader: Annotated[str, Field(pattern=r"^[0-9a-f]{8,32}$")] | None = None
    place: Place | None = None
    look_up: Annotated[str, Field(min_length=1, max_length=MAX_LOOK_UP)] | None = None


class Lead:
    """Any thread may ask. It is kept: after a restart the class is where it was."""

    def __init__(
        self,
        folder: Path,
        is_read_only: Callable[[], bool] = lambda: False,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        """`changed`: tells the pages."""
        self._kept = Kept(folder, NAME, LeadState, MAX_LEAD_FILE, is_read_only, changed)

    def view(self, role: Role) -> dict[str, Any]:
        """What pages are told: students only where to go, teachers also which tab leads."""
        state = self._kept.state
        told = {"following": state.leader is not None, "look_up": state.look_up}
        place = state.place.model_dump() if state.place is not None and state.leader is not None else None
        return told | ({"leader": state.leader} if role is Role.TEACHER else {"place": place})

    def follow(self, content: bytes) -> None:
        """Follow the tab and the place in a teacher's request, or no longer any; raises LiveGANError."""
        asked = _checked(content)
        with self._kept.lock:
            place = asked.place or (self._kept.state.place if asked.leader == self._kept.state.leader else None)
            self._kept.set(self._kept.state.model_copy(update={"leader": asked.leader, "place": place}))

    def look_up(self, sentence: str | None) -> None:
        """Have all students look up, and say why; None releases them. Raises LiveGANError."""
        told = None if sentence is None else " ".join(sentence.split()) or LOOK_UP
        if told is not None and len(told) > MAX_LOOK_UP:
            raise LiveGANError(f"The sentence for which students look up has at most {MAX_LOOK_UP} characters.")
        with self._kept.lock:
            self._kept.set(self._kept.state.model_copy(update={"look_up": told}))

    def forget(self) -> None:
        self._kept.forget()


class _Asked(_Strict):
    leader: Annotated[str, Field(pattern=r"^[0-9a-f]{8,32}$")] | None
    place: Place | None = None


def _checked(content: bytes) -> _Asked:
    try:
        return _Asked.model_validate(strict_json.loads(content, MAX_PLACE_VALUES))
    except (ValidationError, strict_json.NotJSON):
        raise LiveGANError("This is no place that a class could follow; reload the page.") from None
