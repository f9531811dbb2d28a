"""`bench`: measurements that anyone can repeat."""

from __future__ import annotations

import argparse
import sys

from gan.cli.common import print_json


def bench(options: argparse.Namespace) -> int:
    """Measure one subject; the last line on stdout is one JSON object."""
    from gan.bench import measure

    subjects = ("scale", "load", "views", "desks", "class", "start", "presets", "detectors")
    subject = next((name for name in subjects if getattr(options, name)), "step")
    subject = "runs" if options.runs else "device" if options.device else subject
    result = measure(
        subject,
        lambda what: print(f"measuring {what} ...", file=sys.stderr),
        runs=options.runs or 1,
        device=options.device or "cpu",
        into_readme=options.readme,
        only=options.only,
    )
    print_json(result)
    return 0
