"""What all tests share."""

from __future__ import annotations

from hypothesis import settings

# No deadline: an example may land on a busy machine. The same examples every time: a failure is news, not luck.
settings.register_profile("livegan", deadline=None, derandomize=True)
settings.load_profile("livegan")
