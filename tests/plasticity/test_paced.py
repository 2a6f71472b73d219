"""Sheets at another pace: amplitudes times, slow times by, everything else as it was."""

import pytest

from isocortex.errors import DescriptionError
from isocortex.plasticity.rule import Soft
from isocortex.plasticity.rules.consolidation import Relaxation
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


def test_a_pace_of_zero_is_refused():
    with pytest.raises(DescriptionError, match="more than 0"):
        Sheet.default().paced(0)
