"""One seed tree: every random stream is derived from the run's seed by name, never by order of use."""

import hashlib

import numpy as np


def derive(seed: int, *names: str | int) -> int:
    """Return the 63-bit seed of the stream called `names` under `seed`.

    derive(s, a, b) = first 8 bytes of SHA-256("s/a/b"), top bit cleared. The same names give the same stream
    on every machine and in every worker; another name gives an independent one.

    >>> derive(0, "evaluation", 3) == derive(0, "evaluation", 3)
    True
    >>> derive(0, "evaluation", 3) == derive(0, "tuning", 3)
    False
    """
    text = "/".join(str(part) for part in (seed, *names))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def stream(seed: int, *names: str | int) -> np.random.Generator:
    """Return a NumPy generator for the stream called `names` under `seed` (see `derive`)."""
    return np.random.default_rng(derive(seed, *names))
