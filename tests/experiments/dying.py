"""A job whose process ends without a word, as when the system runs out of memory."""

import os


def dies(name, tell):
    os._exit(9)
