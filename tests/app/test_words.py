"""The words that the app explains."""

from __future__ import annotations

import inspect
import re

from gan.app.components.modules import FOLDER
from gan.app.words import sentences, words
from gan.explain import in_the_game, in_the_images
from gan.settings import KNOBS


def test_every_word_has_one_plain_sentence_and_an_anchor_of_its_own() -> None:
    assert len({word.anchor for word in words()}) == len(words()) > 25
    assert len(sentences()) == sum(len(word.names) for word in words())  # no name twice
    for word in words():
        assert re.fullmatch(r"[a-z0-9-]+", word.anchor)
        assert word.sentence.endswith(".")
        assert not set(word.sentence) & set("*$`\n"), word.title


def test_what_warnings_and_pages_refer_to_is_explained() -> None:
    sources = [inspect.getsource(module) for module in (in_the_game, in_the_images)]
    of_finding = re.compile(r'^        "([a-z0-9-]+)", "(?:losses|accuracy|digits|copies|images)"', re.MULTILINE)
    referred = {name for source in sources for name in of_finding.findall(source)}
    assert len(referred) >= 6
    for script in FOLDER.rglob("*.js"):
        text = script.read_text("utf-8")
        referred |= set(re.findall(r'"data-word": "([\w-]+)"', text)) | set(re.findall(r"[^$]\{([\w-]+)\|", text))
    assert {"fid", "gradient"} <= referred
    assert referred <= sentences().keys()
    assert {"dropout", "latent_dim", "label_smoothing", "r1_gamma", "ema_decay"} <= sentences().keys() & KNOBS.keys()
