"""The command line, run as a user runs it (in this process, except where a signal is wanted)."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import PATIENCE, wait_until
from numpy.typing import NDArray

from gan.__main__ import main, markdown_table
from gan.recording import epochs
from gan.runs import set_aside
from gan.runs.open_runs import OpenRuns
from gan.runs.registry import ROOT, RunRegistry
from gan.settings import Settings
from gan.training.own_networks import OwnNetworks
from gan.training.own_trial import Facts, try_out

QUICK = ["--digits", "7", "--batch-size", "512", "--g-hidden", "16", "--d-hidden", "16", "--device", "cpu"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkpoints folder of its own, by the variable that users have."""
    monkeypatch.setenv("LIVEGAN_CHECKPOINTS", str(tmp_path / "runs"))
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # the test runner keeps its own handlers
    return tmp_path / "runs"


def result(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """The JSON object on the last line of stdout."""
    return dict(json.loads(capsys.readouterr().out.splitlines()[-1]))


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What is printed when a command is refused: one line, status 2."""
    assert main(arguments) == 2
    printed = capsys.readouterr().err.strip().splitlines()
    assert len(printed) == 1
    return printed[0]


def test_train_then_resume_then_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", *QUICK, "--epochs", "2", "--name", "demo", "--lr-g", "1e-3"]) == 0
    first = result(capsys)
    assert first["name"] == "demo"
    assert (first["state"], first["epochs"], first["batches"]) == ("finished", 2, 26)
    assert first["seconds"] > 0
    assert first["images_per_second"] == pytest.approx(2 * 6265 / first["seconds"], rel=0.01)
    assert {"d_loss", "g_loss", "d_real_acc", "d_fake_acc"} <= first.keys()
    assert first["step"] == "fast"
    assert "faster" in first["step_reason"]

    assert main(["train", "--resume", "demo", "--epochs", "3"]) == 0
    second = result(capsys)
    assert (second["state"], second["epochs"], second["batches"]) == ("finished", 3, 39)

    assert main(["runs"]) == 0
    assert re.search(r"demo +finished +3 of 3 +39 +[\d.e+]+ \(epoch [123]\)", capsys.readouterr().out)


def test_a_trimmed_run_is_trained_again_as_a_new_run(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    assert main(["train", *QUICK, "--epochs", "2", "--name", "demo"]) == 0
    first = result(capsys)
    assert "It has trained its 2 epochs; raise Epochs to go on." in refusal(capsys, "train", "--resume", "demo")
    assert main(["trim", "demo", "--epochs", "1,2", "--discriminators"]) == 0
    assert [kept.discriminator for kept in epochs.list_kept(folder / "demo")] == [True, True]
    assert main(["trim", "demo", "--epochs", "2"]) == 0
    capsys.readouterr()
    sentence = "It has trained its 2 epochs, and its training state was not kept, so it cannot go on;"
    assert sentence in refusal(capsys, "train", "--resume", "demo", "--epochs", "9")
    assert "it goes with --name alone" in refusal(capsys, "train", "--again", "demo", "--epochs", "9")
    assert main(["train", "--again", "demo", "--name", "mine"]) == 0
    again = result(capsys)
    same = ("state", "batches", "d_loss", "g_loss", "d_real_acc", "d_fake_acc")
    assert again["name"] == "mine"
    assert {name: again[name] for name in same} == {name: first[name] for name in same}
    assert (folder / "demo" / "epochs" / "00002.safetensors").exists()


def test_what_is_set_aside_is_listed_restored_and_thrown_away(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    main(["train", *QUICK, "--epochs", "1", "--name", "demo"])
    capsys.readouterr()
    assert main(["aside", "demo"]) == 0
    assert capsys.readouterr().out == "Nothing is set aside.\n"
    set_aside.keep(folder / "demo")
    assert main(["aside", "demo"]) == 0
    assert re.search(r"^ +1 +1 +13 +\d+\.\d", capsys.readouterr().out.splitlines()[1])
    assert main(["runs"]) == 0
    assert "1 set aside." in capsys.readouterr().out
    assert main(["aside", "demo", "--restore", "1"]) == 0
    assert result(capsys) == {"name": "demo-set-aside"}
    assert "Nothing is set aside under number 1." in refusal(capsys, "aside", "demo", "--discard", "1")
    set_aside.keep(folder / "demo")
    assert main(["aside", "demo", "--discard", "1"]) == 0
    assert not (folder / "demo" / "aside").exists()


def test_the_bin_is_listed_and_emptied_and_gives_runs_back(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    main(["train", *QUICK, "--epochs", "1", "--name", "demo"])
    RunRegistry(folder).delete("demo")
    capsys.readouterr()
    assert main(["bin"]) == 0
    assert re.search(r"^\d{13}-demo +\d+\.\d +30 .* demo$", capsys.readouterr().out.splitlines()[1])
    assert main(["bin", "restore", "demo"]) == 0
    assert result(capsys) == {"name": "demo"}
    assert "There is no run 'demo' in the bin." in refusal(capsys, "bin", "restore", "demo")
    assert "takes the name of a run in the bin" in refusal(capsys, "bin", "restore")
    RunRegistry(folder).delete("demo")
    assert main(["bin", "empty"]) == 0
    emptied = result(capsys)
    assert emptied["runs"] == 1
    assert emptied["bytes"] > 10_000
    assert main(["bin", "list"]) == 0
    assert capsys.readouterr().out == "The bin is empty.\n"


def test_samples_as_numbers_and_as_a_picture(tmp_path: Path) -> None:
    main(["train", *QUICK, "--epochs", "1", "--name", "demo"])
    numbers, again, picture = tmp_path / "s.npy", tmp_path / "again.npy", tmp_path / "s.png"
    assert main(["sample", "demo", "--count", "70", "--seed", "3", "--out", str(numbers)]) == 0
    assert main(["sample", "demo", "--count", "70", "--seed", "3", "--out", str(again)]) == 0
    assert main(["sample", "demo", "--count", "9", "--out", str(picture)]) == 0
    images = np.load(numbers)
    assert images.dtype == np.float32
    assert images.shape == (70, 1, 28, 28)
    assert -1 <= images.min() < images.max() <= 1
    assert np.array_equal(images, np.load(again))
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_samples_that_the_disk_refuses_leave_the_file_that_was_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "images.npy"
    out.write_bytes(b"kept")
    main(["train", *QUICK, "--epochs", "1", "--name", "demo"])
    capsys.readouterr()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, before[1]))
    try:
        assert main(["sample", "demo", "--count", "1000", "--out", str(out)]) == 2
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert capsys.readouterr().err == f"livegan: {out} could not be written: File too large.\n"
    assert [path.name for path in tmp_path.glob("*images*")] == ["images.npy"]
    assert out.read_bytes() == b"kept"


def test_samples_of_a_chosen_digit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    quick = [*QUICK, "--epochs", "1", "--digits", "3,7"]
    main(["train", *quick, "--name", "plain"])
    main(["train", *quick, "--conditional", "on", "--epochs", "2", "--name", "chosen"])
    out = str(tmp_path / "sevens.npy")

    def drawn(*options: str) -> NDArray[np.float32]:
        assert main(["sample", "chosen", "--count", "20", "--out", out, *options]) == 0
        images: NDArray[np.float32] = np.load(out)
        return images

    threes, sevens, in_turn = drawn("--digit", "3"), drawn("--digit", "7"), drawn()
    assert threes.shape == (20, 1, 28, 28)
    assert np.array_equal(in_turn[::2], threes[::2])
    assert np.array_equal(in_turn[1::2], sevens[1::2])
    assert not np.array_equal(threes, sevens)
    assert not np.array_equal(drawn("--digit", "3", "--epoch", "1"), threes)
    assert "Run plain cannot draw a chosen digit" in refusal(capsys, "sample", "plain", "--digit", "3", "--out", out)
    assert "has never seen digit 5; choose among 3, 7." in refusal(
        capsys, "sample", "chosen", "--digit", "5", "--out", out
    )
    assert "--digit is 10" in refusal(capsys, "sample", "chosen", "--digit", "10", "--out", out)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["train", "--lr-g", "5"], "Generator learning rate (lr_g) is '5'; it must be a number from 1e-06 to 0.1."),
        (["train", "--digits", "3,x"], "Digits (digits) is '3,x'"),
        (["train", "--name", "x" * 65], "A name has at most 64 characters; this one has 65."),
        (["train", "--resume", ""], "There is no run named ''."),
        (["train", "--again", ""], "There is no run named ''."),
        (["train", "--name", ""], "A name needs at least one letter or digit."),
        (["train", "--epochs", "1_0"], "Epochs (epochs) is '1_0'; it must be a whole number"),
        (["train", "--digits", "1,1"], "Digits (digits) is '1,1'"),
        (["train", "--resume", "nobody"], "There is no run named 'nobody'."),
        (["sample", "nobody", "--out", "x.npy"], "There is no run named 'nobody'"),
        (["sample", "nobody", "--out", "x.txt"], "its name must end in .npy or .png."),
        (["sample", "nobody", "--count", "0", "--out", "x.npy"], "it must be a whole number from 1 to 1000000."),
    ],
)
def test_bad_input_is_one_sentence(capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str) -> None:
    assert sentence in refusal(capsys, *arguments)


def test_a_fixed_knob_cannot_change_on_resume(capsys: pytest.CaptureFixture[str]) -> None:
    main(["train", *QUICK, "--epochs", "1", "--name", "demo"])
    capsys.readouterr()
    assert "is fixed when a run starts" in refusal(capsys, "train", "--resume", "demo", "--batch-size", "64")


def test_a_damaged_run_is_refused(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    main(["train", *QUICK, "--epochs", "1", "--name", "demo"])
    capsys.readouterr()
    for name in ("run.json", "previous.json"):
        (folder / "demo" / name).write_text("{}")
    assert "Run demo is damaged" in refusal(capsys, "train", "--resume", "demo")
    assert "Run demo cannot be sampled" in refusal(capsys, "sample", "demo", "--out", "x.npy")


def test_a_preset_is_a_starting_point(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    assert main(["train", *QUICK, "--preset", "tiny-latent", "--dropout", "0.1", "--epochs", "1", "--name", "p"]) == 0
    settings = json.loads((folder / "p" / "run.json").read_text())["settings"]
    assert (settings["latent_dim"], settings["dropout"]) == (2, 0.1)


def test_a_knob_without_effect_is_told_and_recorded(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    assert main(["train", *QUICK, "--epochs", "1", "--momentum-g", "0.5", "--beta1-g", "0.6", "--name", "idle"]) == 0
    told = [line for line in capsys.readouterr().err.splitlines() if line.startswith("livegan: ")]
    assert told == [
        "livegan: Generator SGD momentum (momentum_g) has no effect here. Only with SGD as the generator's optimiser."
    ]
    assert json.loads((folder / "idle" / "run.json").read_text())["settings"]["momentum_g"] == 0.5


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_writes_a_checkpoint(folder: Path, number: signal.Signals) -> None:
    command = [sys.executable, "-m", "gan", "train", *QUICK, "--epochs", "10000", "--name", "stopped"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        wait_until(lambda: (folder / "stopped" / "grids" / "00003.png").exists())
        process.send_signal(number)
        printed, _ = process.communicate(timeout=PATIENCE)
    last = json.loads(printed.splitlines()[-1])
    saved = json.loads((folder / "stopped" / "run.json").read_text())
    assert process.returncode == 0
    assert last["state"] == saved["state"] == "interrupted"
    assert last["batches"] == saved["batch"] >= 39


def test_the_readme_holds_the_settings_as_they_are() -> None:
    readme = (ROOT / "README.md").read_text()
    assert markdown_table() in readme


@pytest.mark.parametrize(
    "arguments",
    [
        ["sample", "demo", "--out", "x.npy", "--count", "1_0"],
        ["evaluate", "demo", "--epoch", "٣"],
        ["judge", "demo", "--count", "١٢"],
        ["aside", "demo", "--restore", "1_0"],
    ],
)
def test_numbers_of_options_are_plain_digits(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(arguments)
    assert "is not a whole number in plain digits" in capsys.readouterr().err


# --- the terminal ------------------------------------------------------------------------------------------------


def test_training_where_nothing_can_be_saved_is_refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVEGAN_CHECKPOINTS", "/dev/null")
    assert "No run can be saved in /dev/null (File exists);" in refusal(capsys, "train", *QUICK, "--epochs", "1")


def test_ctrl_c_ends_a_command_with_status_130(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_runs: OpenRuns) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(OpenRuns, "summaries", interrupted)
    assert main(["runs"]) == 130
    assert capsys.readouterr().err == "livegan: Cancelled.\n"


@pytest.mark.parametrize("arguments", [["runs"], ["settings"]])
@pytest.mark.parametrize(
    ("into", "reason"), [("/dev/full", "No space left on device"), ("a closed pipe", "Broken pipe")]
)
def test_an_output_that_cannot_be_written_is_one_line(arguments: list[str], into: str, reason: str) -> None:
    if into == "/dev/full":
        output = os.open(into, os.O_WRONLY)
    else:
        reader, output = os.pipe()
        os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "gan", *arguments], cwd=ROOT, stdout=output, stderr=subprocess.PIPE, text=True,
        check=False,
    )  # fmt: skip
    os.close(output)
    assert (done.returncode, done.stderr) == (2, f"livegan: The output could not be written: {reason}.\n")


# --- networks of one's own ---------------------------------------------------------------------------------------


def test_the_networks_of_the_readme_train_and_replay(
    capsys: pytest.CaptureFixture[str], folder: Path, tmp_path: Path
) -> None:
    section = (ROOT / "README.md").read_text("utf-8").split("### Networks of your own")[1]
    (source,) = re.findall(r"```python\n(.*?)```", section.split("\n### ")[0], re.DOTALL)
    assert sum(line != "" for line in source.splitlines()) <= 10
    path = tmp_path / "my_networks.py"
    path.write_text(source)
    small = ["--digits", "7", "--batch-size", "1024", "--latent-dim", "8", "--g-hidden", "16", "--device", "cpu"]
    assert main(["train", "--networks", str(path), *small, "--epochs", "1", "--name", "mine"]) == 0
    out, err = capsys.readouterr()
    assert "(g_hidden) has no effect here. my_networks.py says how this run's networks are built." in err
    told = json.loads(out.splitlines()[-1])
    assert (told["state"], told["step"]) == ("finished", "reference")
    assert told["step_reason"] == "The fast step trains the fully connected networks alone."
    assert (folder / "mine" / "networks.py").read_text() == source
    assert main(["replay", "mine"]) == 0
    assert result(capsys)["weights_equal"] is True
    assert main(["sample", "mine", "--count", "3", "--out", str(tmp_path / "three.npy")]) == 0
    assert np.load(tmp_path / "three.npy").shape == (3, 1, 28, 28)

    assert main(["train", "--resume", "mine", "--networks", str(path), "--epochs", "2"]) == 0
    path.write_text(source.replace("400", "300"))
    assert refusal(capsys, "train", "--resume", "mine", "--networks", str(path)) == (
        "livegan: Run mine began with another file, my_networks.py, so it cannot continue with my_networks.py; start a "
        "new run."
    )
    assert "it goes with --name alone" in refusal(capsys, "train", "--again", "mine", "--networks", str(path))
    (folder / "mine" / "networks.py").write_text(path.read_text())
    assert refusal(capsys, "replay", "mine") == (
        "livegan: Run mine cannot be replayed: networks.py is not the file that the run began with (my_networks.py); "
        "put that one back."
    )


def test_what_is_wrong_with_networks_of_ones_own_is_one_sentence(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, folder: Path
) -> None:
    path = tmp_path / "mine.py"
    assert "mine.py cannot be read" in refusal(capsys, "train", "--networks", str(path))
    path.write_text("class Generator:\n    x = (\n")
    assert "mine.py, line 2: it cannot be executed (SyntaxError: " in refusal(capsys, "train", "--networks", str(path))
    assert not any(folder.iterdir())


def test_the_convolutional_example_passes_its_trial() -> None:
    own = OwnNetworks.read(ROOT / "examples" / "convolutional.py")
    assert try_out(own, Settings(), last=96) == Facts(347_073, 36_577, dropout=False)
