"""The page that a released assignment has for students: how to check a notebook and hand it in (pure)."""

from __future__ import annotations

from collections.abc import Sequence

from babel.dates import format_datetime

from grader.words.speech import speech
from rubric.schema import Rubric


def student_page(rubric: Rubric, folder: str, files: Sequence[str], notebook: str) -> str:
    """The page as Markdown, in the rubric's language.

    folder: what the release is called. files: the course's data, by their names beside a notebook. notebook:
    the one to start from; empty where there is none.
    """
    speak = speech(rubric.language)
    steps: list[str] = []
    if notebook:
        steps.append(speak("Start from `{notebook}`. Keep its headings.", notebook=notebook))
    if files:
        data = f"{folder}/{rubric.worlds[0].files}"
        steps.append(
            speak(
                "Copy the files of `{data}` beside your notebook: {names}. Read them by their names alone.",
                data=data,
                names=", ".join(files),
            )
        )
    steps += [
        speak("Print each answer whole, with its name in front, computed by your own code."),
        speak("Check it as often as you like:")
        + f"\n\n   ```sh\n   grader check {notebook or 'homework.ipynb'} --rubric {folder}\n   ```",
        speak("Restart the kernel, run all cells from top to bottom, and hand in the one notebook."),
    ]
    lines = [f"# {rubric.title}", ""]
    if rubric.due is not None:
        when = format_datetime(rubric.due, "long", locale=rubric.language)
        lines += [speak("Hand it in by {when}.", when=when), ""]
    lines += [f"{number}. {step}" for number, step in enumerate(steps, 1)]
    told = [
        (speak("found"), speak("nothing is to do")),
        (speak("missing"), speak("print it, whole, with its name in front")),
        (speak("fixed"), speak("compute it in the notebook; typed-in numbers do not count")),
        (speak("varies"), speak("set the seed before you draw random numbers")),
    ]
    says, todo = speak("the check says"), speak("what to do")
    lines += ["", f"| {says} | {todo} |", "|---|---|"]
    lines += [f"| {word} | {what} |" for word, what in told]
    lines += [
        "",
        speak("This says what was found, not whether it is right."),
        "",
        speak(
            "The grader runs on Linux. On Windows, install WSL (`wsl --install` in a terminal) and work in "
            "it. On macOS, add `--allow-unsafe`: your own notebook then runs without a cage."
        ),
    ]
    return "\n".join(lines) + "\n"
