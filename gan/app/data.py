"""The Data page: the real images that the discriminator sees."""

from __future__ import annotations

import base64

import streamlit as st

from gan.app import acting, words
from gan.app.address import caption
from gan.app.fixed_settings import class_pills
from gan.app.visitor import visitor
from gan.classroom.people import Role
from gan.data import image_sets
from gan.server.application import the_application
from gan.settings import KNOBS

_CREDITS = {
    "mnist": "MNIST: handwritten digits by Yann LeCun, Corinna Cortes and Christopher J.C. Burges, CC BY-SA 3.0. "
    "It comes with LiveGAN.",
    "fashion": "FashionMNIST: clothes, by Han Xiao, Kashif Rasul and Roland Vollgraf (Zalando Research), MIT.",
    "kmnist": "KMNIST: handwritten Japanese characters by Tarin Clanuwat and others (CODH), CC BY-SA 4.0.",
}


def page() -> None:
    st.title("Data")
    choices, picture = st.columns(2, gap="large")
    with choices:
        dataset = st.segmented_control(
            "Data set", KNOBS["dataset"].choices, default="mnist", required=True, wrap=True, format_func=caption
        )
        split = st.segmented_control(
            "Images",
            KNOBS["split"].choices,
            default="train",
            required=True,
            wrap=True,
            format_func=caption,
            help=words.sentences()["split"]["sentence"],
        )
        digits = class_pills(dataset, key=f"shown classes of {dataset}", default=range(10))
        st.caption(_CREDITS[dataset])
        if not image_sets.available(dataset):
            _offer(dataset)
    with picture:
        _preview(dataset, split, digits)


def _preview(dataset: str, split: str, digits: list[int]) -> None:
    """64 real images, as the lecture shows them."""
    if not image_sets.available(dataset):
        st.info(f"{caption(dataset)} is not on this computer yet.")
        return
    if not digits:
        st.info("Choose at least one class.")
        return
    seed = st.session_state.setdefault("preview seed", 0)
    try:
        images = image_sets.load(dataset, split, digits)
        png = image_sets.preview(dataset, split, digits, seed)
    except image_sets.DataError as error:
        st.error(str(error))
        return
    words = f"64 of {len(images):,} real images"
    # within the page: Streamlit drops its own copy of a picture at the next choice, before a slow page has asked for it
    address = f"data:image/png;base64,{base64.b64encode(png).decode()}"
    st.html(f'<figure class="real-images"><img src="{address}" alt="{words}"><figcaption>{words}</figcaption></figure>')
    if st.button("64 others", icon=":material/shuffle:"):
        st.session_state["preview seed"] = seed + 1
        st.rerun()


def _offer(dataset: str) -> None:
    """Offer to download a set that does not come with LiveGAN; another thread downloads it."""
    status = the_application().downloads.status(dataset)
    if status.state == "downloading":
        _follow(dataset)
        return
    if status.state == "failed":
        st.error(status.sentence)
    if visitor().role is Role.STUDENT:
        st.caption("The teacher can download it.")
        return
    label = f"Download {caption(dataset)}"
    if st.button(label, type="primary", icon=":material/download:"):
        acting.download(dataset)
        st.rerun()
    st.caption(f"{image_sets.DOWNLOADS[dataset].cost}.")


@st.fragment(run_every=0.5)
def _follow(dataset: str) -> None:
    """Show the progress of a download, whichever page began it."""
    status = the_application().downloads.status(dataset)
    if status.state != "downloading":
        st.rerun()
    st.progress(status.share, status.sentence)
    if visitor().role is not Role.STUDENT and st.button("Cancel"):
        acting.cancel_download(dataset)
