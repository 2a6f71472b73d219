"""Every part of the library describes itself: equation, source, sets, ranges."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from importlib.resources import files

import numpy as np
import pytest

from isocortex.errors import DescriptionError
from isocortex.plasticity.registry import parts
from isocortex.plasticity.rule import Integral, Jump, Leak, Rule, SlowPart, Trace
from isocortex.plasticity.rules.bcm import BCM
from isocortex.plasticity.rules.dendritic_prediction import DendriticPrediction
from isocortex.plasticity.rules.dendritic_voltage import DendriticVoltage
from isocortex.plasticity.rules.eligibility import Eligibility
from isocortex.plasticity.rules.triplet import TripletSTDP
from isocortex.plasticity.rules.voltage import VoltageRule

RULES = {name: cls for name, cls in parts().items() if issubclass(cls, Rule)}
SLOW = {name: cls for name, cls in parts().items() if issubclass(cls, SlowPart)}
DESCRIBED = {name: cls for name, cls in parts().items() if cls.__module__.startswith("isocortex.")}
LIBRARY = RULES | {n: SLOW[n] for n in ("consolidation", "relaxation", "eligibility", "conversion")}
FIT_SETS = [
    # A2+, A3+, A2-, A3-, tau_x, tau_y: Pfister & Gerstner 2006, tables 3 and 4
    ("visual_all_full", 5e-10, 6.2e-3, 7e-3, 2.3e-4, 101, 125),
    ("visual_all_minimal", 0, 6.5e-3, 7.1e-3, 0, None, 114),
    ("visual_nearest_full", 8.8e-11, 5.3e-2, 6.6e-3, 3.1e-3, 714, 40),
    ("visual_nearest_minimal", 0, 5.0e-2, 8.0e-3, 0, None, 40),
    ("hippocampus_all_full", 6.1e-3, 6.7e-3, 1.6e-3, 1.4e-3, 946, 27),
    ("hippocampus_all_minimal", 5.3e-3, 8.0e-3, 3.5e-3, 0, None, 40),
    ("hippocampus_nearest_full", 4.6e-3, 9.1e-3, 3.0e-3, 7.5e-9, 575, 47),
    ("hippocampus_nearest_minimal", 4.6e-3, 9.1e-3, 3.0e-3, 0, None, 48),
]


def test_the_library_is_complete() -> None:
    wanted = {"pair_stdp", "triplet", "voltage", "burst", "dendritic_prediction", "inhibitory_stdp", "bcm", "oja",
              "suppression", "conversion", "inhibitory_scaling",
              "heterosynaptic", "transmitter_induced", "scaling", "consolidation", "relaxation", "eligibility"}  # fmt: skip
    assert wanted <= set(LIBRARY)


@pytest.mark.parametrize("name", LIBRARY)
def test_a_references_doi_is_in_some_text_of_the_part(name: str) -> None:
    cls = LIBRARY[name]
    assert re.search(r"doi:10\.\d{4}/\S+", cls.reference)


@pytest.mark.parametrize("name", DESCRIBED)
def test_a_part_says_what_it_is(name: str) -> None:
    cls = DESCRIBED[name]
    assert "=" in cls.equation
    assert re.search(r"\b(19|20)\d\d\b", cls.reference)
    assert cls.meant_for
    assert "Limit" in (cls.__doc__ or "")
    for f in dataclasses.fields(cls):
        if "quantity" in f.metadata:
            assert f.metadata["quantity"]["doc"], f.name
            assert f.metadata["quantity"]["source"], f.name


FITTED = [(name, "l23-l5-trunk") for name in ("A_LTP", "A_post", "theta_plus", "theta_d", "tau_x", "tau_plus", "tau_post")]


@pytest.mark.parametrize(("name", "pathway"), [*FITTED, ("K", "l5-l5-trunk"), ("h", "l5-l5-trunk")])
def test_a_round_default_names_the_fit_that_it_is_near(name: str, pathway: str) -> None:
    fit = tomllib.loads((files("isocortex.invitro") / "data" / "profiles" / f"{pathway}.toml").read_text(encoding="utf-8"))
    source = DendriticVoltage.__dataclass_fields__[name].metadata["quantity"]["source"]
    assert source.startswith(f"assumption; {pathway} fits ")
    said = [float(number) for number in re.findall(r"(?<![\w-])\d[\d.e-]*", source.partition("fits ")[2])]
    low, high = fit["intervals"][name]
    assert said == pytest.approx([fit["values"][name], low, high], rel=0.04)
    assert low <= getattr(DendriticVoltage(), name) <= high


@pytest.mark.parametrize("name", LIBRARY)
def test_every_set_makes_a_part_and_names_its_source(name: str) -> None:
    cls = LIBRARY[name]
    for title, (values, source) in cls.sets.items():
        made = cls.make(values)
        assert {k: getattr(made, k) for k in values} == values, title
        assert re.search(r"\b(19|20)\d\d\b|NEST", source), title


@pytest.mark.parametrize("name", RULES)
def test_a_rules_traces_and_terms_are_known(name: str) -> None:
    for values in ({}, *(v for v, _ in RULES[name].sets.values())):
        rule = RULES[name].make(values)
        assert rule.terms()
        for term in rule.terms():
            assert isinstance(term, Integral | Jump | Leak)
            if not isinstance(term, Leak) and term.trace is not None:
                assert isinstance(term.trace, Trace)
                assert term.trace.tau > 0


@pytest.mark.parametrize("name", RULES)
def test_the_state_at_the_start_is_fresh_and_has_the_declared_names(name: str) -> None:
    rule = RULES[name]()
    first, second = rule.initial(3), rule.initial(3)
    assert set(first) == set(rule.state)
    for key in first:
        assert first[key].shape[0] == 3
        assert first[key].dtype == np.float32
        assert first[key] is not second[key]
        first[key][:] = 7
        assert not (second[key] == 7).any()


@pytest.mark.parametrize(("name", "a2p", "a3p", "a2m", "a3m", "tau_x", "tau_y"), FIT_SETS)
def test_triplet_sets_are_the_published_ones(
    name: str, a2p: float, a3p: float, a2m: float, a3m: float, tau_x: float | None, tau_y: float
) -> None:
    rule = TripletSTDP.make(TripletSTDP.sets[name][0])
    assert (rule.A2_plus, rule.A3_plus, rule.A2_minus, rule.A3_minus) == (a2p, a3p, a2m, a3m)
    assert (rule.tau_plus, rule.tau_minus, rule.tau_y) == (16.8, 33.7, tau_y)
    assert tau_x is None or rule.tau_x == tau_x
    assert rule.pairing == ("nearest" if "nearest" in name else "all")
    assert len(rule.terms()) == (2 if "minimal" in name else 3)


def test_numbers_from_memory_say_so() -> None:
    for name in ("visual_nearest_full", "hippocampus_all_minimal", "hippocampus_nearest_full", "hippocampus_nearest_minimal"):
        assert "from memory" in TripletSTDP.sets[name][1]
    assert "from memory" in VoltageRule.sets["somatosensory_cortex"][1]


@pytest.mark.parametrize("name", LIBRARY)
def test_a_time_constant_of_zero_is_refused(name: str) -> None:
    times = [f.name for f in dataclasses.fields(LIBRARY[name]) if f.name.startswith("tau")]
    for field in set(times) - {"tau_rise"}:  # without a rise: a term less
        with pytest.raises(DescriptionError, match=rf"{field}: is 0 ms; must be more than 0"):
            LIBRARY[name].make({field: 0.0})
    assert times or name == "transmitter_induced"


def test_what_concerns_two_fields_is_checked() -> None:
    with pytest.raises(DescriptionError, match="tau_s: is 10 ms; must be below tau_L"):
        DendriticPrediction(tau_s=10.0)
    with pytest.raises(DescriptionError, match="tau_theta: is 50 ms; must be at least tau_y"):
        BCM(tau_theta=50.0)
    with pytest.raises(DescriptionError, match="did you mean 'DA'"):
        Eligibility(modulator="Da")
