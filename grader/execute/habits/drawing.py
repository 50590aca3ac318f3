# mypy: ignore-errors
"""Where there is no screen, what would open a window draws in the notebook.

Every way to ask matplotlib for a window (`%matplotlib qt`, `matplotlib.use`, `plt.switch_backend`,
MPLBACKEND) and for widgets gives the inline backend. `tqdm.notebook` without ipywidgets draws its bars as
text.
"""

import os
import sys

from .telling import WHERE, say, tell
from .watching import when_imported

INLINE = "module://matplotlib_inline.backend_inline"
_FILMS = (".mp4", ".avi", ".mov", ".mkv", ".webm", ".m4v")
_HERE = (INLINE, "inline", "agg", "matplotlib_inline", "pdf", "svg", "ps", "pgf", "cairo", "template")


def _drawn_here(backend):
    """The backend that is asked for, or the inline one in place of a window."""
    if not isinstance(backend, str) or backend.lower() in _HERE:
        return backend
    tell("display", "", f"matplotlib.use({backend!r})", "instead")
    return INLINE


def _in_place_of_windows(matplotlib):
    use = matplotlib.use

    def use_inline(backend, warn=False, *, force=True):  # `warn` was there once
        return use(_drawn_here(backend), force=force)

    matplotlib.use = use_inline
    if str(os.environ.get("MPLBACKEND", "")) != INLINE:  # set by the student before the import
        use_inline(os.environ.get("MPLBACKEND", INLINE))


def _switch_in_place_of_windows(pyplot):
    switch = pyplot.switch_backend

    def switch_backend(newbackend):
        return switch(_drawn_here(newbackend))

    pyplot.switch_backend = switch_backend
    manager = sys.modules["matplotlib.backend_bases"].FigureManagerBase
    manager.window = manager.frame = _Window()


class _Window:
    """Of a figure, where there is no screen: whatever is asked of it is done to nothing."""

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        tell("display", "", f"window.{name}", "instead")
        return self

    def __call__(self, *args, **kwargs):
        return self


def _unfilmed(animation):
    """Films need another program; an animation that is saved as one is skipped."""
    kind, film = animation.Animation, animation.FFMpegWriter.isAvailable
    save, to_video = kind.save, kind.to_html5_video

    def skipped(call):
        tell("display", "", call, "instead")
        say(f"Films can't be made {WHERE}; this was skipped.")
        return ""

    def save_or_skip(self, filename, *args, **kwargs):
        if str(filename).lower().endswith(_FILMS) and not film():
            skipped("Animation.save()")
        else:
            save(self, filename, *args, **kwargs)

    def to_video_or_skip(self, *args, **kwargs):
        return to_video(self, *args, **kwargs) if film() else skipped("Animation.to_html5_video()")

    kind.save, kind.to_html5_video = save_or_skip, to_video_or_skip


def prepare():
    when_imported("matplotlib.animation", _unfilmed)
    when_imported("matplotlib", _in_place_of_windows)
    when_imported("matplotlib.pyplot", _switch_in_place_of_windows)


def install(shell):
    enable = shell.enable_matplotlib

    def enable_matplotlib(gui=None):
        return enable("inline" if gui not in (None, "inline", "agg") else gui)

    shell.enable_matplotlib = enable_matplotlib
    notebook = sys.modules.get("tqdm.notebook")
    if notebook is not None and notebook.IProgress is None:
        plain = sys.modules["tqdm.std"]
        notebook.tqdm = notebook.tqdm_notebook = plain.tqdm
        notebook.trange = notebook.tnrange = plain.trange
