"""What the columns mean and how the figures are made, in words."""

from __future__ import annotations

# key in a layer's measures -> (heading, decimals, meaning)
MEASURES: dict[str, tuple[str, int, str]] = {
    "rate_hz": ("Rate (Hz)", 1, "mean rate of the layer's excitatory cells during the test"),
    "decode_start": ("Ridge, before", 2, "as 'Ridge, after', before anything was learned"),
    "decode_ridge": ("Ridge, after", 2, "share of held-out images whose class a ridge classifier reads off the spike counts"),
    "decode_mean": ("Mean, after", 2, "the same, with the nearest class mean in place of ridge"),
    "tau90": ("tau90", 0, "presentations until 90 % of the layer's change of tuning has happened; smaller is faster"),
    "weights_changed": ("Weights moved", 2, "root mean square change of the layer's excitatory weights in the first phase"),
    "changed": ("Changed", 2, "1 - correlation of the tuning before and after the first phase, corrected for noise"),
    "reverted": ("Reverted", 2, "share of the first phase's change of tuning that learning the altered images undid"),
    "retained": ("Retained", 2, "correlation of the tuning after the first phase with that after the altered images"),
}

CAPTIONS: dict[str, str] = {
    "gradient": "Filled: the sheet as it is, in the colours of the layers. Hollow: the controls. Each dot is one layer of one "
    "arm in this run, a line its 95 % interval (bootstrap over cells); layers lie as in cortex, superficial on top.",
    "courses": "One line a layer, measured at looks during the run, with learning switched off. Dashed: where the "
    "next phase begins. Dotted: guessing.",
    "fields": "Receptive fields after the last phase, one small picture a cell (those that tell classes apart best): the mean "
    "of the tested images weighted by its spike counts, less the mean image. Red: pixels brighter, blue: darker than the mean "
    "when it fires. Each picture has its own scale.",
    "weights": "Weights of a sample of synapses of each pathway, before (grey) and after learning (line), as shares of the "
    "sample. The colour is that of the target's layer. The highest 0.1 % lie beyond the axis.",
    "rasters": "Each dot is one spike; cells lie in the order of the populations. Excitatory cells have the colour of their "
    "layer, inhibitory ones are grey.",
    "examples": "Images as they were given to the input population, by phase.",
    "table": "Best of each column and arm in bold. A dash: not measured, or never reached. ±: half of the 95 % interval, over "
    "cells (tuning) or presentations (decoding); a share below 0 or above 1 is there by noise.",
}
