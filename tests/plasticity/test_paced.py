"""Sheets at another pace: amplitudes times, slow times by, everything else as it was."""

import pytest

from isocortex import Area, Forced, Population, Projection, Simulation, SpikeTrain
from isocortex.errors import DescriptionError
from isocortex.plasticity.rule import Soft
from isocortex.plasticity.rules.consolidation import Relaxation
from isocortex.plasticity.rules.conversion import Conversion
from isocortex.plasticity.rules.eligibility import Eligibility
from isocortex.plasticity.rules.pair import PairSTDP
from isocortex.plasticity.sheet import Entry, Sheet


def test_rates_are_multiplied_slow_times_divided_and_the_rest_kept():
    sheet = Sheet([Entry("*.E -> *.E", [PairSTDP(eta=2.0, tau_plus=15.0), Soft(w_max=3.0), Relaxation(tau=60e3)])])
    pair, soft, relaxation = sheet.paced(10).entries[0].parts
    assert pair == PairSTDP(eta=20.0, tau_plus=15.0)
    assert soft == Soft(w_max=3.0)
    assert relaxation.tau == pytest.approx(6e3)


def test_pace_one_is_the_sheet_itself_and_paces_multiply():
    sheet = Sheet.default()
    assert sheet.paced(1) == sheet
    assert sheet.paced(2).paced(3).entries == sheet.paced(6).entries


@pytest.mark.parametrize("parts", [(PairSTDP(A_plus=1e-3), Eligibility()), (PairSTDP(A_plus=0.0, A_minus=1e-3), Conversion())])
def test_learning_from_reward_is_as_many_times_as_fast_and_not_its_square(parts):
    """Twice 10 ms between the spikes, dopamine throughout: amplitudes so small that the change is proportional to the pace."""
    pre, post = Population("pre", 1, SpikeTrain()), Population("E", 1, Forced())
    area = Area("P", (pre, post), (Projection("pre", "E", 1.0, one_to_one=True),))
    changes = []
    for pace in (1, 10):
        sim = Simulation(area, Sheet([Entry("P.pre -> P.E", parts)]).paced(pace))
        sim.set_spikes("P.pre", [50.0, 70.0], 0)
        sim.set_spikes("P.E", [60.0], 0)
        sim.set_modulator("DA", 2.0)
        sim.run(2000)
        changes.append(float(sim.weights("P.pre->P.E").w[0]) - 1)
    assert changes[1] / changes[0] == pytest.approx(10, rel=2e-3)


@pytest.mark.parametrize("pace", [0, -1, float("nan"), float("inf"), "x"])
def test_a_pace_that_is_no_number_above_zero_is_refused(pace):
    with pytest.raises(DescriptionError, match="a finite number above 0"):
        Sheet.default().paced(pace)
