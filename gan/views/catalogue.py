"""All views by the names in their addresses: `/api/runs/<run>/views/<view>?<parameters>`.

To add one, write a function of a `Moment` that returns `Figures`, and an entry here.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from gan.training.sampling import GRID_IMAGES
from gan.views import image_map, units
from gan.views.figures import Figures, missing, whole_number, whole_numbers
from gan.views.gradient_health import health
from gan.views.image_map import MOST_DOTS
from gan.views.images import DOTS
from gan.views.moment import Moment
from gan.views.outputs import outputs
from gan.views.overview import overview
from gan.views.verdicts import explanation, verdicts

Query = Mapping[str, str]


@dataclass(frozen=True)
class View:
    """A view.

    Attributes:
        compute: makes the figures of a moment with the parameters that `parse` returned.
        moments: whether it needs the optimisers' moments, which are copied for those who do alone.
        parse: reads the parameters from the query of an address; raises `BadParameter`.
    """

    compute: Callable[[Moment, Any], Figures]
    parse: Callable[[Query], Hashable] = lambda query: None
    moments: bool = False


def _of_layers(compute: Callable[[Moment, Any], Figures]) -> Callable[[Moment, Any], Figures]:
    """A view that looks into the layers of the fully connected networks."""

    def of_moment(moment: Moment, parameters: Any) -> Figures:
        if moment.own is not None:
            return missing(
                f"This run trains networks of its own ({moment.own.file}); only fully connected layers are shown here."
            )
        return compute(moment, parameters)

    return of_moment


VIEWS: dict[str, View] = {
    # the game
    "cloud": View(lambda moment, _: image_map.cloud(moment.settings)),
    "cloud-pixels": View(lambda moment, _: image_map.cloud_pixels(moment.settings)),
    "map": View(lambda moment, _: image_map.positions(moment)),
    "dots": View(image_map.dots, lambda query: whole_numbers(query, "dots", DOTS, MOST_DOTS)),
    "outputs": View(lambda moment, _: outputs(moment)),
    "verdicts": View(lambda moment, _: verdicts(moment)),
    "explanation": View(explanation, lambda query: whole_number(query, "image", GRID_IMAGES)),
    # inside
    "overview": View(_of_layers(lambda moment, _: overview(moment))),
    "units": View(_of_layers(units.unit_figures), units.parse),
    "health": View(_of_layers(lambda moment, _: health(moment)), moments=True),
}
