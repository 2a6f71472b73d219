"""Superficial adaptation: a fast component that learns how a new world looks, and leaves the familiar one as it was.

Images without labels that fit no known world fill a short window. From it an equaliser is learned that brings the new world
to the familiar one; nothing deeper changes. The old statistics are kept, and each image is seen through whichever world fits
it better, so what was adapted is undone at once when the old world returns.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from isocortex.learn.equaliser import Equaliser, World, equaliser
from isocortex.learn.signature import Fit, signatures


@dataclasses.dataclass(frozen=True)
class Adapting:
    """How the superficial layers follow unlabelled input; what a sheet gives."""

    strength: float = 1.0  # how far towards the familiar world an image is brought
    reversible: bool = True  # keep the familiar world beside the new one, and choose by fit
    span: int = 200  # images from which a new world is settled
    least: int = 20  # ... and from which it is first believed
    strange: float = 2.5  # strangeness beyond which an image fits no known world
    most: int = 8  # worlds that are kept


@dataclasses.dataclass
class Adapted:
    """A world that was adapted to."""

    fit: Fit
    equaliser: Equaliser


class Worlds:
    """The familiar world, those adapted to, and the window of what fits none."""

    _forming: Adapted | None = None  # from the window, made when asked and then kept while the familiar world goes on growing

    def __init__(self, early: np.ndarray, adapting: Adapting) -> None:
        self.adapting = adapting
        self.familiar = World.none(early.shape[1:3])
        self.fit = Fit.none()
        self.adapted: list[Adapted] = []
        self.window: list[np.ndarray] = []
        self.evidence = 0.0
        self.learn(early)

    def learn(self, images: np.ndarray) -> None:
        """Take images in that belong to the familiar world, or fit it best."""
        rows = signatures(images)
        at_home = self._route(rows) == 0
        self.fit.see(rows[at_home])
        self.familiar.see(images[at_home])

    def meet(self, images: np.ndarray) -> None:
        """Take images in that come without a label, in their order."""
        if self.adapting.strength <= 0:
            return
        rows = signatures(images)
        strange = self._strange(rows)
        for i in range(len(images)):
            if not strange[i]:
                self.evidence = max(0.0, self.evidence - 0.25)
                if self.evidence == 0.0:
                    self._forget_window()
                continue
            self.window.append(images[i])
            self.evidence += 1.0
            self._forming = None
            if len(self.window) >= self.adapting.span:
                self._settle()
                strange[i + 1 :] = self._strange(rows[i + 1 :])

    def present(self, images: np.ndarray) -> np.ndarray:
        """What the areas receive: each image through the equaliser of the world that fits it."""
        known = self._known()
        if not known:
            return images
        out = images.copy()
        where = self._route(signatures(images))
        for k, world in enumerate(known, start=1):
            if (where == k).any():
                out[where == k] = world.equaliser(images[where == k])
        return out

    def nbytes(self) -> int:
        """Bytes of everything kept."""
        worlds = sum(w.equaliser.nbytes() + w.fit.mean.nbytes + w.fit.scatter.nbytes for w in self.adapted)
        return worlds + self.familiar.nbytes() + sum(x.nbytes for x in self.window)

    def _known(self) -> list[Adapted]:
        """The worlds adapted to, and the one that is forming."""
        if len(self.window) < self.adapting.least:
            return self.adapted
        if self._forming is None:
            self._forming = self._from_window()
        return [*self.adapted, self._forming]

    def _route(self, rows: np.ndarray) -> np.ndarray:
        """0 for the familiar world, k for the k-th adapted one; (n,)."""
        known = self._known()
        if not known:
            return np.zeros(len(rows), np.int64)
        if not self.adapting.reversible:  # the latest world has taken the place of all others
            return np.full(len(rows), len(known))
        return np.asarray(np.stack([f.misfit(rows) for f in (self.fit, *(w.fit for w in known))]).argmin(0))

    def _strange(self, rows: np.ndarray) -> np.ndarray:
        fits = (self.fit, *(w.fit for w in self.adapted))
        return np.asarray(np.stack([f.strangeness(rows) for f in fits]).min(0) > self.adapting.strange)

    def _from_window(self) -> Adapted:
        images = np.stack(self.window)
        fit = Fit.none()
        fit.see(signatures(images))
        return Adapted(fit, equaliser(images, self.familiar, self.adapting.strength))

    def _settle(self) -> None:
        self.adapted = [*self.adapted, self._from_window()][-self.adapting.most :]
        self._forget_window()

    def _forget_window(self) -> None:
        self.window, self.evidence, self._forming = [], 0.0, None
