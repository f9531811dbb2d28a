"""Ways through the latent space, as the playground's modules compute them in a real Chromium; NumPy checks them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from chromium import App
from numpy.typing import NDArray
from playwright.sync_api import Page
from scripting import floats_of, packed, run_js

OpenPage = Callable[..., Page]
Vectors = NDArray[np.float64]
SIZES = (1, 2, 3, 10, 100, 512)
STEPS = 9


@pytest.fixture
def page(app: App, open_page: OpenPage) -> Page:
    """A page of the server that is nothing but our modules."""
    return open_page(f"{app.url}/api/health")


# --- ways through the latent space -------------------------------------------------------------------------------


def pairs(size: int) -> Vectors:
    """Ends of walks, n x 2 x size: random ones of all lengths, then the awkward ones."""
    rng = np.random.default_rng(size)
    plain = rng.standard_normal((60, 2, size)) * 10.0 ** rng.uniform(-3, 2, (60, 2, 1))
    a, b = plain[:4, 0], plain[:4, 1]
    zero, first = np.zeros_like(a), np.eye(size)[[0] * 4]
    odd = [(zero, zero), (zero, a), (a, zero), (a, a), (a, 3 * a), (a, -a), (a, -2 * a), (first, -first),
           (a, a + 1e-6 * b), (a, -a + 1e-6 * b), (a, a + 1e-9 * b), (a, -a + 1e-9 * b)]  # fmt: skip
    return np.concatenate([plain, *(np.stack(pair, axis=1) for pair in odd)]).astype(np.float32).astype(np.float64)


def walks(page: Page, ends: Vectors, kind: str) -> Vectors:
    """n x STEPS x size."""
    size = ends.shape[2]
    made = run_js(
        page,
        """const { walk, row } = await module("latent");
        const ends = floats(given.ends);
        const all = new Float32Array(ends.length / 2 * given.steps);
        for (let i = 0; i < ends.length / given.size; i += 2) {
          const [a, b] = [row(ends, i, given.size), row(ends, i + 1, given.size)];
          all.set(walk(a, b, given.steps, given.kind), i / 2 * given.steps * given.size);
        }
        return text(all);""",
        ends=packed(torch.from_numpy(ends)), size=size, steps=STEPS, kind=kind,
    )  # fmt: skip
    return floats_of(made).reshape(-1, STEPS, size).astype(np.float64)


def test_walks_keep_to_their_ends(page: Page) -> None:
    for size in SIZES:
        check_walks(page, pairs(size), size)


def check_walks(page: Page, ends: Vectors, size: int) -> None:
    straight, arc = walks(page, ends, "linear"), walks(page, ends, "spherical")
    for made in (straight, arc):
        assert np.isfinite(made).all()
        assert np.array_equal(made[:, [0, -1]], ends)
    share = np.linspace(0, 1, STEPS)[:, None]
    lines = (1 - share) * ends[:, :1] + share * ends[:, 1:]
    scale = np.linalg.norm(ends, axis=2).max(axis=1)[:, None]
    assert (np.abs(straight - lines) <= 1e-6 * scale[..., None]).all()
    norms = np.linalg.norm(arc, axis=2)
    if size == 1:  # from one side of zero to the other there is no way around it
        assert np.allclose(arc, straight, rtol=1e-5, atol=1e-9)
        return
    first, last = norms[:, :1], norms[:, -1:]
    assert (norms >= np.minimum(first, last) - 1e-6 * scale).all()
    assert (norms <= np.maximum(first, last) + 1e-6 * scale).all()
    assert (np.abs(norms - (first + share.T * (last - first))) <= 2e-6 * scale).all()


def test_a_spherical_walk_turns_evenly(page: Page) -> None:
    """Each step turns by the same share of the angle between the ends, also between opposite ones."""
    for size in (2, 3, 100):
        check_turns(page, pairs(size))


def check_turns(page: Page, ends: Vectors) -> None:
    ends = ends[(np.linalg.norm(ends, axis=2) > 0).all(axis=1)]
    arc = walks(page, ends, "spherical")
    units = arc / np.linalg.norm(arc, axis=2, keepdims=True)
    turns = 2 * np.arcsin(np.linalg.norm(np.diff(units, axis=1), axis=2) / 2)
    chords = np.linalg.norm(units[:, 0] - units[:, -1], axis=1) / 2
    whole = 2 * np.arcsin(np.minimum(chords, 1))
    assert np.allclose(turns, whole[:, None] / (STEPS - 1), atol=2e-4)


def test_tours_are_closed_and_pads_have_their_corners(page: Page) -> None:
    size, steps = 7, 5
    points = np.random.default_rng(2).standard_normal((4, size)).astype(np.float32)
    made = run_js(
        page,
        """const { tour, tourPoint, pad, walk, row } = await module("latent");
        const flat = floats(given.points);
        const points = [0, 1, 2, 3].map((i) => row(flat, i, given.size));
        const lone = points.slice(0, 1);
        const out = {};
        for (const kind of ["linear", "spherical"]) {
          const at = (i) => tourPoint(points, i / (4 * given.steps) + 3, kind);
          const corners = [[0, 0], [1, 0], [0, 1], [1, 1]].map(([x, y]) => pad(points, x, y, kind));
          const grid = [];
          for (let y = 0; y <= 1; y += 0.125) for (let x = 0; x <= 1; x += 0.125) grid.push(pad(points, x, y, kind));
          out[kind] = {
            tour: [...tour(points, given.steps, kind)], alone: [...tour(lone, 2, kind)],
            along: Array.from({ length: 4 * given.steps }, (_, i) => [...at(i)]).flat(),
            home: [...walk(points[3], points[0], given.steps + 1, kind)],
            corners: corners.flatMap((z) => [...z]), grid: grid.flatMap((z) => [...z]),
          };
        }
        return out;""",
        points=packed(torch.from_numpy(points)), size=size, steps=steps,
    )  # fmt: skip
    for kind, each in made.items():
        ways = {name: np.array(numbers).reshape(-1, size) for name, numbers in each.items()}
        assert np.array_equal(ways["tour"][::steps], points)
        assert np.allclose(ways["tour"][-steps:], ways["home"][:-1], atol=1e-6)
        assert np.allclose(ways["tour"], ways["along"], atol=1e-5)
        assert np.array_equal(ways["alone"], points[[0, 0]])
        assert np.array_equal(ways["corners"], points)
        norms, bounds = np.linalg.norm(ways["grid"], axis=1), np.linalg.norm(points, axis=1)
        assert norms.max() <= bounds.max() + 1e-5
        assert (norms.min() >= bounds.min() - 1e-5) == (kind == "spherical")  # a straight mixture does get too short


def test_arithmetic(page: Page) -> None:
    made = run_js(
        page,
        """const { arithmetic, mean, moved } = await module("latent");
        const [a, b, c, z] = [[1, 2], [3, 6], [10, 0], [0.5, 0.25]].map((x) => Float32Array.from(x));
        return [mean([a, b]), arithmetic([a, b], [c], z), arithmetic([], [], z), arithmetic([a], [], z),
          moved(z, [a, b], [2, -1]), moved(z, [], []), z].map((x) => [...x]);""",
    )
    assert made == [[2, 4], [-7.5, 4.25], [0.5, 0.25], [1.5, 2.25], [-0.5, -1.75], [0.5, 0.25], [0.5, 0.25]]


def test_a_plane_is_a_true_map_of_three_points(page: Page) -> None:
    for size in (1, 2, 3, 100):
        check_planes(page, pairs(size), size)


def check_planes(page: Page, ends: Vectors, size: int) -> None:
    thirds = np.random.default_rng(1).standard_normal((len(ends), 1, size))
    thirds[-20:] = ends[-20:, :1] * np.linspace(-2, 2, 20)[:, None, None]  # all on one line
    triples = np.concatenate([ends, thirds], axis=1).astype(np.float32)
    made = run_js(
        page,
        """const { plane, planePoint, planeGrid } = await module("latentPlane");
        const { row } = await module("latent");
        const flat = floats(given.triples);
        return Array.from({ length: flat.length / given.size / 3 }, (_, k) => {
          const laid = plane(...[0, 1, 2].map((i) => row(flat, 3 * k + i, given.size)));
          const back = laid.points.map(([x, y]) => planePoint(laid, x, y));
          const grid = planeGrid(laid, -1, 2, 0.5, 3, 2);
          const { u, v, origin } = laid;
          return { u: [...u], v: [...v], origin: [...origin], back: back.map((z) => [...z]), grid: [...grid] };
        });""",
        triples=packed(torch.from_numpy(triples)), size=size,
    )  # fmt: skip
    for triple, laid in zip(triples, made, strict=True):
        u, v, origin = (np.array(laid[name]) for name in ("u", "v", "origin"))
        assert np.array_equal(origin, triple[0])
        assert np.linalg.norm(u) == pytest.approx(1, abs=1e-6)
        assert np.linalg.norm(v) == pytest.approx(float(size > 1), abs=1e-6)
        assert u @ v == pytest.approx(0, abs=1e-6)
        scale = max(np.abs(triple).max(), 1e-30)
        if size > 1:
            assert np.abs(np.array(laid["back"]) - triple).max() <= 1e-5 * scale
        right, down = np.meshgrid([-1, -0.5, 0], [2, 2.5])
        cells = origin + right.reshape(-1, 1) * u + down.reshape(-1, 1) * v
        assert np.allclose(np.array(laid["grid"]).reshape(-1, size), cells, rtol=1e-5, atol=1e-5 * max(scale, 1))
