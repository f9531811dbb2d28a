"""`evaluate` and `classifier`: measure the images of a run, and train the classifier that measures those of MNIST."""

from __future__ import annotations

import argparse
import dataclasses
import time

from gan.cli.common import SEEDS, check_range, print_json, progress_bar, run_folder
from gan.cli.data_sets import require_images
from gan.errors import LiveGANError, prefixed


def evaluate(options: argparse.Namespace) -> int:
    """Measure the images of a run's generator; prints one JSON object."""
    from gan.data.class_names import CLASS_NAMES
    from gan.quality import metrics
    from gan.quality.reference import reference
    from gan.recording import epochs, networks_file, weights
    from gan.recording.atomic_files import DamagedRun
    from gan.recording.run_file import read_run_file
    from gan.training import device

    check_range("--count", options.count, 100, 60_000)
    check_range("--seed", options.seed, *SEEDS)
    folder = run_folder(options.name)
    device.use_one_thread()  # the last bits of a figure do not depend on the number of cores
    start = time.monotonic()
    with prefixed(f"Run {options.name} cannot be evaluated", DamagedRun):
        kept = weights.newest(folder) if options.epoch is None else epochs.read(folder, options.epoch)
        tensors, settings, batch = kept
        epoch = batch // read_run_file(folder).batches_per_epoch if options.epoch is None else options.epoch
        generator = weights.generator_of(tensors, settings, networks_file.of_run(folder), raw=options.raw)
    require_images(settings, options.yes)
    with progress_bar() as progress:
        real = reference(settings, progress)
    labels = metrics.labels_to_measure(settings, real, options.count, options.seed)
    images = metrics.samples(generator, settings, options.count, options.seed, labels)
    quality = metrics.measure(images, real, options.seed, copies_of=None, labels=labels)
    side = "averaged" if weights.is_averaged(tensors) and not options.raw else "raw"
    result = {"name": options.name, "epoch": epoch, "batch": batch, "weights": side,
              "classes": CLASS_NAMES[settings.dataset], **dataclasses.asdict(quality),
              "seconds": round(time.monotonic() - start, 3)}  # fmt: skip
    print_json(result)
    return 0


def classifier(options: argparse.Namespace) -> int:
    """Make the feature statistics of MNIST again, the file that ships; prints one JSON object."""
    from gan.data import image_sets
    from gan.quality import feature_stats
    from gan.quality.classifier import accuracy
    from gan.training import device

    check_range("--seed", options.seed, *SEEDS)
    device.use_one_thread()  # so that the same seed gives the same file on any number of cores
    start = time.monotonic()
    train, everything = image_sets.load("mnist", "train"), image_sets.load("mnist", "all")
    with progress_bar() as progress:
        stats = feature_stats.make(train, progress, options.seed)
    try:
        size = feature_stats.save(stats, feature_stats.SHIPPED)
    except OSError as error:
        raise LiveGANError(f"{feature_stats.SHIPPED.name} could not be written: {error.strerror}.") from None
    test = image_sets.ImageSet(everything.images[len(train) :], everything.labels[len(train) :], "MNIST, test images")
    result = {"test_accuracy": round(accuracy(stats.classifier, test), 6),
              "seconds": round(time.monotonic() - start, 3), "bytes": size}  # fmt: skip
    print_json(result)
    return 0
