"""What the columns mean and how the figures are made, in words."""

from __future__ import annotations

# key in a layer's measures -> (heading, decimals, meaning)
MEASURES: dict[str, tuple[str, int, str]] = {
    "rate_hz": ("Rate (Hz)", 1, "mean rate of the layer's excitatory cells during the test"),
    "decode_start": ("Ridge, before", 2, "as 'Ridge, end', before anything was learned"),
    "decode_digits": ("Ridge, after", 2, "as 'Ridge, end', after the first phase"),
    "decode_ridge": ("Ridge, end", 2, "share of held-out images whose class a ridge classifier reads off the spike counts"),
    "decode_mean": ("Mean, end", 2, "the same, with the nearest class mean in place of ridge"),
    "tau90": ("tau90", 0, "presentations until 90 % of the layer's change of tuning has happened; smaller is faster"),
    "weights_changed": ("Weights moved", 2, "root mean square change of the layer's excitatory weights in the first phase"),
    "changed": ("Changed", 2, "1 - correlation of the tuning before and after the first phase, corrected for noise"),
    "reverted": ("Reverted", 2, "share of the first phase's change of tuning that learning the altered images undid"),
    "retained": ("Retained", 2, "correlation of the tuning after the first phase with that after the altered images"),
}

CAPTIONS: dict[str, str] = {
    "gradient": "Filled: the sheet as it is, in the colours of the layers. Hollow: the controls. Each dot is one layer of "
    "one arm in this run, a line its 95 % interval (bootstrap over cells); layers lie as in cortex, superficial on top. A "
    "layer that did not learn, or changed no more than the noise of the measure, is drawn by its change alone.",
    "courses": "A row of panels an arm, on the same scales, and a line a layer; measured at looks during the run, with "
    "learning switched off. Tuning change: 1 - correlation with the tuning before learning, corrected for noise; a layer "
    "whose tuning could not be told from noise at a look has no point there, and none at all where that look is the first. "
    "Dashed: where the next phase begins. Dotted: guessing.",
    "fields": "The same cells before learning and after the last phase, those that tell classes apart best (mean of both "
    "looks): the mean of the tested images weighted by the cell's spike counts, less the mean image. Red: pixels brighter, "
    "blue: darker than the mean when it fires. Each picture has its own scale. Cells that fired fewer than 20 spikes at one "
    "of the looks are left out, and layers in which all did.",
    "weights": "Weights of a sample of synapses of each pathway, after settling (grey: before) and after the last phase "
    "(line), as shares of the sample, in multiples of the pathway's reference weight, the one that the anatomy gives it. The "
    "colour is that of the target's layer. The highest 0.1 % lie beyond the axis. Where more than a tenth of the sample lies "
    "at its smallest or largest weight in the end, the panel says so: as a rule that is a bound of the sheet.",
    "rasters": "The end of the last look, when held-out images are shown and nothing is learned: each dot is one spike, "
    "cells lie in the order of the populations, layers from the top down. On top: the class of the image that comes on "
    "there; a pause lies before each. Excitatory cells have the colour of their layer, inhibitory ones that of their class.",
    "circuit": "Populations by layer, excitatory ones on the left, classes of interneurons on the right, and every "
    "projection that is plastic, in the colour of its rule: arrows excite, bars inhibit. A grey line is an axon; it begins "
    "at the top of an excitatory box, or beside another. Projections that are not plastic, those onto interneurons among "
    "them, are not drawn. LGN.on and LGN.off are the relay: its ON cells fire where the image is brighter than around, its "
    "OFF cells where it is darker.",
    "examples": "Images as they were given to the input population, by phase.",
    "table": "Before: before learning; after: after the first phase; end: at the last look. Best of each column and arm in "
    "bold, of tau90 and what is retained only among layers that changed beyond noise. A dash: not measured, or never "
    "reached. ±: half of the 95 % interval, over cells (tuning) or presentations (decoding); a share below 0 or above 1 is "
    "there by noise. Cells are taken as independent: where they change together, as by a gain that all share, the interval "
    "over cells is too narrow and may miss a true zero. How far seeds differ is the test of that.",
}
