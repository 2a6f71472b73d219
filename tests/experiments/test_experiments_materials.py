"""What the area settles with: the rates of images, and nothing of what makes an image."""

import numpy as np

from isocortex.experiments.config import Config
from isocortex.experiments.materials import learned_images, materials, unstructured
from isocortex.experiments.schedule import LEARN


def test_every_cell_has_the_rates_of_the_images_and_cells_have_nothing_in_common():
    rng = np.random.default_rng(1)
    common = rng.choice([2.0, 80.0], size=(400, 1))  # all cells of an image alike
    rates = (common * np.arange(1, 6), common + np.zeros(5))
    on, off = unstructured(rates, np.arange(400), 3000, seed=0)
    assert on.shape == off.shape == (3000, 5)
    for made, given in ((on, rates[0]), (off, rates[1])):
        for cell in range(5):
            assert set(made[:, cell]) == set(given[:, cell])
        np.testing.assert_allclose(made.mean(0), given.mean(0), rtol=0.06)  # 4 standard errors
        correlation = np.corrcoef(made.T)[np.triu_indices(5, 1)]
        assert np.abs(correlation).max() < 4 / np.sqrt(3000)


def test_only_images_that_may_be_learned_from_are_used_upright_and_altered_ones():
    shown = materials(Config(settle=20, learn=20, again=10, look=20, marks=(1.0,)))
    s = shown.schedule
    images = learned_images(s)
    assert set(images) == set(s.image[s.kind == LEARN])
    assert {"digits", "rotate"} <= {str(s.phase[s.image == i][0]) for i in images}
    assert shown.noise.shape == (2, 20, 100)
    for channel, rates in enumerate(shown.rates):
        assert all(np.isin(shown.noise[channel, :, cell], rates[images, cell]).all() for cell in range(100))


def test_the_checksum_tells_other_images_from_these():
    small = dict(settle=5, learn=20, again=10, look=20, marks=(1.0,))
    one, same, other = (materials(Config(**small, altered=how)).checksum() for how in ("rotate", "rotate", "invert"))
    assert one == same != other
