"""Jobs that end, or do not, in ways of their own."""

import os
import pathlib
import time


def dies(name, tell):
    """Its process ends without a word, as when the system runs out of memory."""
    os._exit(9)


def stops_when_asked(name, begun, tell):
    """Writes its name down, and runs until it is asked to stop."""
    with pathlib.Path(begun).open("a") as file:
        file.write(name)
    while not tell(0.0, {}):
        time.sleep(0.05)


def never_stops(name, begun, tell):
    """Hears nothing for a minute."""
    pathlib.Path(begun).touch()
    time.sleep(60)
