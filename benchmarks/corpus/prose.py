"""Headings, remarks and answers to question 4, as students write them."""

from __future__ import annotations

import random

from .truth import Recipe

FIRST = (
    "Ada", "Amina", "Anton", "Aylin", "Benedikt", "Chiara", "Daniel", "Elif", "Emre", "Fiona", "Hannah",
    "Igor", "Jana", "Kofi", "Lea", "Linh", "Luca", "Mara", "Milan", "Noor", "Olga", "Paul", "Qing",
    "Rosa", "Sami", "Tariq", "Ursula", "Viktor", "Wei", "Yara", "Zoe",
)  # fmt: skip
LAST = (
    "Abdi", "Baumann", "Chen", "Demir", "Engel", "Fischer", "Gupta", "Haas", "Ito", "Jovanović",
    "Keller", "Lang", "Moreau", "Nowak", "Okafor", "Petrov", "Quint", "Rossi", "Schulz", "Tran",
    "Ulrich", "Vogel", "Wagner", "Xu", "Yilmaz", "Zimmermann",
)  # fmt: skip

_TITLES = {
    "english": [
        "# Homework 4",
        "# Deep Learning - Homework 4",
        "## HW 4",
        "# Assignment 4: PyTorch",
        "Homework 4",
    ],
    "german": ["# Hausaufgabe 4", "# Deep Learning, Übungsblatt 4", "## Blatt 4"],
    "french": ["# Devoir 4"],
    "chinese": ["# 作业 4"],
    "spanish": ["# Tarea 4"],
}
_QUESTION = {
    "english": ["## Question {n}", "### {n}.", "## Task {n}", "**{n})**", "# Exercise {n}", "## ({n})"],
    "german": ["## Aufgabe {n}", "### Teil {n}", "**Frage {n}**"],
    "french": ["## Question {n}"],
    "chinese": ["## 问题 {n}", "## Question {n}"],
    "spanish": ["## Pregunta {n}"],
}
_TEXT = {
    1: [
        "Implementation of the network",
        "Network",
        "Here I implement the network with two hidden layers.",
        "",
    ],
    2: ["Forward pass", "Outputs of all layers", "Now the forward pass:", ""],
    3: ["Gradients", "Backward pass", "loss.backward() and the gradients of all parameters", ""],
}
_YES = [
    "Yes, I got the same results as in the previous homeworks.",
    "Same results up to rounding errors.",
    "The values are the same as in homework 3, where I computed the gradients by hand. "
    "The small differences come from float32.",
    "yes",
    "I compared the numbers with my numpy solution and they are identical.",
]
_NO = [
    "No, some values are different. I could not find the mistake.",
    "The forward pass is the same, but the gradients differ.",
    "Not exactly, maybe because PyTorch uses another precision.",
    "Yes, same results.",
]
_JA = [
    "Ja, die Ergebnisse sind dieselben wie in den vorherigen Hausaufgaben.",
    "Die Werte stimmen bis auf Rundungsfehler überein.",
]


def person(rng: random.Random) -> str:
    return f"{rng.choice(FIRST)} {rng.choice(LAST)}"


class Prose:
    """One student's text cells: how many there are and how they are worded."""

    def __init__(self, rng: random.Random, language: str, author: str) -> None:
        self.rng = rng
        self.language = language
        self.wordy = rng.choice([0, 1, 1, 2])
        self.question = rng.choice(_QUESTION[language])
        self.author = author

    def title(self) -> list[str]:
        if not self.wordy:
            return []
        return [
            self.rng.choice(_TITLES[self.language]) + (f"\n{self.author}" if self.rng.random() < 0.6 else "")
        ]

    def before(self, n: int) -> list[str]:
        if not self.wordy or (self.wordy == 1 and self.rng.random() < 0.3):
            return []
        text = self.rng.choice(_TEXT[n]) if self.wordy == 2 else ""
        return [self.question.format(n=n) + (f"\n{text}" if text else "")]

    def answer(self, recipe: Recipe) -> tuple[list[str], bool]:
        """Text cells for question 4, and whether they hold an answer."""
        if self.rng.random() < 0.25:
            return [], False
        words = _JA if self.language == "german" else _YES if recipe == Recipe() else _NO
        text = self.rng.choice(words)
        head = self.question.format(n=4)
        return ([f"{head}\n{text}"] if self.rng.random() < 0.7 else [head, text]), True
