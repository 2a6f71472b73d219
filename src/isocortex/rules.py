"""All parts that a sheet can name, in one place: ``from isocortex.rules import TripletSTDP, Soft``."""

from __future__ import annotations

from isocortex.plasticity.rule import Additive, Gate, PowerLaw, ShortTerm, Soft
from isocortex.plasticity.rules.bcm import BCM
from isocortex.plasticity.rules.branches import Branches
from isocortex.plasticity.rules.burst import BurstRule
from isocortex.plasticity.rules.consolidation import Consolidation, Relaxation
from isocortex.plasticity.rules.conversion import Conversion
from isocortex.plasticity.rules.dendritic_prediction import DendriticPrediction
from isocortex.plasticity.rules.dendritic_voltage import DendriticVoltage
from isocortex.plasticity.rules.eligibility import Eligibility
from isocortex.plasticity.rules.heterosynaptic import Heterosynaptic, TransmitterInduced
from isocortex.plasticity.rules.inhibitory import InhibitorySTDP
from isocortex.plasticity.rules.oja import Oja
from isocortex.plasticity.rules.pair import PairSTDP
from isocortex.plasticity.rules.scaling import InhibitoryScaling, SynapticScaling
from isocortex.plasticity.rules.suppression import Suppression
from isocortex.plasticity.rules.tagging import TagAndCapture
from isocortex.plasticity.rules.triplet import TripletSTDP
from isocortex.plasticity.rules.voltage import VoltageRule

__all__ = [
    "BCM",
    "Additive",
    "Branches",
    "BurstRule",
    "Consolidation",
    "Conversion",
    "DendriticPrediction",
    "DendriticVoltage",
    "Eligibility",
    "Gate",
    "Heterosynaptic",
    "InhibitorySTDP",
    "InhibitoryScaling",
    "Oja",
    "PairSTDP",
    "PowerLaw",
    "Relaxation",
    "ShortTerm",
    "Soft",
    "Suppression",
    "SynapticScaling",
    "TagAndCapture",
    "TransmitterInduced",
    "TripletSTDP",
    "VoltageRule",
]
