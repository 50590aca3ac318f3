"""What is said to people, in each language.

A sentence is written in English where it is said: as data, ``Said("template", values)``, by what runs and
judges notebooks; by ``speak("template", name=value)`` on pages. The template is a literal, the message id of
gettext's catalogues in ``languages/``. What a student or a teacher wrote is a value and is never translated.

A language is one file there, and nothing else names it. Begin French, or take new sentences into German::

    keys="-k Said -k speak -k around -k counted:2,3 --no-default-keywords"
    pybabel extract -F babel.cfg $keys -o messages.pot .
    pybabel init -i messages.pot -o grader/words/languages/fr.po -l fr
    pybabel update -i messages.pot -o grader/words/languages/de.po -l de --no-fuzzy-matching

``tests/test_words.py`` names what is missing and what nobody says any more.
"""
