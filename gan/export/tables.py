"""All figures of a run as one table: a row per batch, with the values of the knobs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from numpy.typing import NDArray

from gan.export import record
from gan.recording.metric_history import METRICS


def table(folder: Path) -> pa.Table:
    """Columns batch and epoch (from 1), the four figures (float32), and the knobs of `ExportedRecord.knobs`.

    If one network ever learned alone there is a column `trained`: "both", "d" or "g".

    Raises:
        DamagedRun
    """
    run = record.read(folder)
    batch = np.arange(1, len(run.rows) + 1)
    columns: dict[str, NDArray[Any]] = {"batch": batch, "epoch": (batch - 1) // run.run_file.batches_per_epoch + 1}
    columns |= {name: run.rows[:, index] for index, name in enumerate(METRICS)}
    columns |= {knob: run.values(knob) for knob in run.knobs()}
    learned = run.learned()
    columns |= {} if learned is None else {"trained": learned}
    settings = run.run_file.initial_settings.model_dump_json()
    return pa.table(columns).replace_schema_metadata({"livegan.run": folder.name, "livegan.settings": settings})


def csv(folder: Path) -> bytes:
    """The table as CSV, whose numbers read back exactly. Raises `DamagedRun`."""
    out = pa.BufferOutputStream()
    pyarrow.csv.write_csv(table(folder), out, pyarrow.csv.WriteOptions(quoting_header="none", quoting_style="none"))
    content: bytes = out.getvalue().to_pybytes()
    return content


def parquet(folder: Path) -> bytes:
    """The table as Parquet, with the run's first settings in its metadata. Raises `DamagedRun`."""
    out = pa.BufferOutputStream()
    pyarrow.parquet.write_table(table(folder), out, compression="zstd")
    content: bytes = out.getvalue().to_pybytes()
    return content
