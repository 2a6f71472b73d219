"""Benchmarks and cross-checks: what is computed from the children's answers, and the parts that need no peer."""

import ast
import json
import math
import sys
from pathlib import Path

import numpy as np
import pytest

from isocortex.anatomy.potjans import full_rates
from isocortex.bench import peers, plastic, scale
from isocortex.bench.process import ChildError, answer, ask, isocortex
from isocortex.bench.rows import check, failed, median, one_round, ratios, summary
from isocortex.bench.run import PEER_ROWS, plastic_checks, rate_checks, run_bench, take_turns
from isocortex.bench.table import tables
from isocortex.crosscheck import pair, potjans, static
from isocortex.crosscheck.__main__ import main as crosscheck
from isocortex.crosscheck.result import Check
from isocortex.errors import DescriptionError, IsocortexError

COLUMNS = {"system", "version", "threads", "wall_per_bio_s", "rate_hz", "ns_per_event", "bytes_per_synapse", "build_s"}
TINY = plastic.NETWORK | dict(n_E=80, n_I=20, source_rate=60.0, warm_up=10.0, duration=100.0)


def fake(wall, **more):
    return (
        dict(version="1", wall=wall, spikes=50, synapses=2000, cells=100, rate_E=10.0, build_s=1.0, bytes_per_synapse=10.0)
        | more
    )


# ---------------------------------------------------------------- rows


def test_wall_is_divided_by_biological_seconds():
    assert one_round(fake(3.0), duration=500.0)["wall_per_bio_s"] == 6.0


def test_events_are_spikes_times_mean_out_degree():
    # 50 spikes of cells with 20 synapses each: 1,000 events in 1 us
    assert one_round(fake(1e-6), 1000.0)["ns_per_event"] == pytest.approx(1.0)


def test_counted_events_win_over_the_mean():
    assert one_round(fake(1e-6, events=500), 1000.0)["ns_per_event"] == pytest.approx(2.0)


def test_no_events_no_time_an_event():
    assert one_round(fake(1.0, spikes=0), 1000.0)["ns_per_event"] is None


def test_summary_holds_medians_and_spread():
    row = summary("x", [one_round(fake(w), 1000.0) for w in (9.0, 1.0, 2.0)])
    assert row.keys() >= COLUMNS
    assert row["wall_per_bio_s"] == 2.0
    assert row["spread"] == [1.0, 9.0]
    assert row["rounds"] == 3


def test_median_leaves_out_what_is_unknown():
    assert median([None, 3.0, 1.0]) == 2.0
    assert median([None]) is None


def test_ratios_are_of_medians_and_skip_failures():
    rows = [summary("isocortex", [one_round(fake(2.0), 1000.0)]), summary("NEST", [one_round(fake(120.0), 1000.0)])]
    assert ratios([*rows, failed("Brian2", "no compiler")]) == {"NEST / isocortex": 60.0}
    assert ratios([failed("isocortex", "broken"), rows[1]]) == {}


def test_failed_rows_have_every_column():
    assert failed("x", "why").keys() == COLUMNS | {"error"}


@pytest.mark.parametrize(
    ("value", "bounds", "passed"),
    [(60.0, {"least": 60}, True), (59.9, {"least": 60}, False), (0.7, {"most": 0.7}, True), (None, {"most": 1}, False),
     (math.nan, {"least": 0}, False)],
)  # fmt: skip
def test_checks(value, bounds, passed):
    assert check("x", value, **bounds)["passed"] is passed


def test_a_rate_outside_the_band_fails_the_bench():
    rows = [summary("isocortex", [one_round(fake(0.5), 1000.0)]), summary("NEST", [one_round(fake(99.0, rate_E=2.0), 1000.0)])]
    found = {c["name"]: c["passed"] for c in plastic_checks(ratios(rows)) + rate_checks(rows)}
    assert found["rate of isocortex (Hz)"]
    assert not found["rate of NEST (Hz)"]
    assert found["NEST / isocortex"]
    assert not found["Brian2 / isocortex"]  # a peer that is missing passes nothing


# ---------------------------------------------------------------- turns


def test_systems_take_turns_with_a_seed_a_round():
    order = []

    def system(name):
        return lambda spec, say: order.append((name, spec["seed"])) or fake(1.0)

    rows = take_turns({"a": system("a"), "b": system("b")}, dict(seed=7, duration=1000.0), 2, lambda _: None)
    assert order == [("a", 7), ("b", 7), ("a", 8), ("b", 8)]
    assert [r["system"] for r in rows] == ["a", "b"]


def test_a_system_that_fails_is_a_row_and_is_not_asked_again():
    asked, said = [], []

    def broken(spec, say):
        asked.append(spec["seed"])
        raise IsocortexError("nest: no wheel for this machine")

    rows = take_turns({"NEST": broken, "a": lambda s, _: fake(1.0)}, dict(seed=0, duration=1000.0), 3, said.append)
    assert asked == [0]
    assert rows[0]["error"] == "nest: no wheel for this machine"
    assert rows[1]["rounds"] == 3
    assert any("no wheel" in line for line in said)


def test_unknown_benchmark_and_rounds():
    with pytest.raises(DescriptionError, match="did you mean 'plastic'"):
        run_bench("plastik")
    with pytest.raises(DescriptionError, match="at least 1"):
        run_bench("plastic", rounds=0)


def test_the_document_fits_json_and_the_terminal():
    row = summary("isocortex", [one_round(fake(1.0), 1000.0)])
    document = dict(bench="plastic", rows=[row, failed("NEST", "why not")], ratios={}, checks=[check("x", None, most=1.0)])
    assert json.loads(json.dumps(document)) == document
    systems, checks = tables(document)
    assert systems.row_count == 3  # the error has a line of its own
    assert checks.row_count == 1


# ---------------------------------------------------------------- children


def test_answer_is_the_last_json_line():
    assert answer("x", 0, 'chatter\n{"a": 1}\nbye\n', "") == {"a": 1}


@pytest.mark.parametrize(("code", "out", "said"), [(0, "no json", "gave no JSON"), (3, '{"a": 1}', "ended with code 3")])
def test_a_child_that_fails(code, out, said):
    with pytest.raises(ChildError, match=said):
        answer("x", code, out, "")


def test_ask_gives_one_core_and_returns_the_answer():
    program = "import sys, json, os; d = json.load(sys.stdin); d['omp'] = os.environ['OMP_NUM_THREADS']; print(json.dumps(d))"
    got = ask([sys.executable, "-c", program], {"a": 1})
    assert (got["a"], got["omp"]) == (1, "1")


def test_ask_says_when_time_is_up_and_what_was_said_last():
    with pytest.raises(ChildError, match=r"within 0\.2 s"):
        ask([sys.executable, "-c", "import time; time.sleep(9)"], {}, timeout=0.2)
    with pytest.raises(ChildError, match="the reason"):
        ask([sys.executable, "-c", "raise SystemExit('the reason')"], {})


def test_the_network_runs_in_a_process_of_its_own():
    got = isocortex("plastic", TINY)
    assert got["synapses"] == pytest.approx(1000, rel=0.2)  # 100 x 100 x 0.1
    assert got["spikes"] > 0
    assert got["wall"] > 0
    # 2 B target, 4 B weight, 4 B last seen; the rows weigh much in so small a network
    assert got["bytes_per_synapse"] >= 10


# ---------------------------------------------------------------- peers


def test_peers_live_where_the_user_says(monkeypatch, tmp_path):
    monkeypatch.setenv("ISOCORTEX_PEERS", str(tmp_path))
    assert peers.cache_folder() == tmp_path
    monkeypatch.delenv("ISOCORTEX_PEERS")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert peers.cache_folder() == tmp_path / "isocortex" / "peers"


def test_a_peer_without_its_compiler_says_so(monkeypatch, tmp_path):
    monkeypatch.setenv("ISOCORTEX_PEERS", str(tmp_path))
    monkeypatch.setenv("PATH", "")
    with pytest.raises(peers.PeerError, match=r"brian2: needs g\+\+ on the path"):
        peers.ensure(peers.PEERS["brian2"])


def test_an_environment_is_made_once(monkeypatch, tmp_path):
    monkeypatch.setenv("ISOCORTEX_PEERS", str(tmp_path))
    calls = []
    peer = peers.Peer("some", ("some==1",), "some")
    python = peers.python_of(tmp_path / "some")
    python.parent.mkdir(parents=True)

    def make(peer, command):
        calls.append(command)
        python.parent.mkdir(parents=True, exist_ok=True)
        python.touch()

    monkeypatch.setattr(peers, "_call", make)
    assert peers.ensure(peer) == python
    made = len(calls)
    assert peers.ensure(peer) == python
    assert len(calls) == made > 0
    peers.ensure(peers.Peer("some", ("some==2",), "some"))  # other versions: made anew
    assert len(calls) == 2 * made


@pytest.mark.parametrize("name", peers.PEERS)
def test_peer_scripts_stand_alone(name):
    tree = ast.parse(Path(peers.PEERS[name].script).read_text())
    imported = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    imported |= {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    assert not [m for m in imported if m.startswith("isocortex")]


def test_rows_name_known_peers():
    assert {peer for peer, _ in PEER_ROWS.values()} == set(peers.PEERS)


# ---------------------------------------------------------------- networks


def test_the_plastic_network_is_the_one_promised():
    p = plastic.NETWORK
    cells = p["n_E"] + p["n_I"]
    assert cells * cells * p["probability"] == pytest.approx(10e6)
    assert (p["delay"], p["dt"], p["sources"]) == (1.5, 0.1, 800)
    area = plastic.area(p)
    assert area.projections[0].name == plastic.PLASTIC
    assert {(q.pre, q.weight) for q in area.projections} == {("V1.E", 20.0), ("V1.I", 160.0)}
    assert plastic.stack(p).weight.w_max == p["w_max"]


@pytest.mark.parametrize("synapses", scale.SIZES)
def test_sizes_have_the_synapses_that_they_say(synapses):
    area = scale.area(scale.SPEC | dict(synapses=synapses))
    assert area["E"].n * area.projections[0].indegree == synapses


# ---------------------------------------------------------------- cross-checks


def test_check_lines_state_value_and_tolerance():
    assert Check("x", 0.5, "mV", most=1.0).line() == "pass  x: 0.5 mV (at most 1 mV)"
    assert Check("x", 3.0, "", least=4.0, note="why").line() == "FAIL  x: 3 (at least 4; why)"
    assert not Check("x", math.nan, "").passed


def test_unknown_part(capsys):
    assert crosscheck(["statik"]) == 2
    assert "did you mean 'static'" in capsys.readouterr().err


def test_trains_of_the_pair_never_meet():
    # even and odd steps, and a delay of a whole even number of steps between them
    pre, post = pair.trains(1, 0), pair.trains(2, 1)
    steps = [np.round(np.concatenate(t) / pair.DT).astype(int) % 2 for t in (pre, post)]
    assert set(steps[0]) == {0}
    assert set(steps[1]) == {1}
    assert round(pair.DELAY / pair.DT) % 2 == 0


@pytest.mark.parametrize(("axonal", "dendritic"), [(3.0, 0.0), (0.0, 3.0)])
def test_the_pair_against_a_brute_force_sum(axonal, dendritic):
    pre, post = pair.trains(3, 0), pair.trains(4, 1)
    got = pair.weights(pre, post, axonal, dendritic)
    expected = [brute_force(a, b, axonal, dendritic) for a, b in zip(pre, post, strict=True)]
    assert np.abs(got - expected).max() < pair.TOLERANCE


def brute_force(pre, post, axonal, dendritic):
    """Each spike at the synapse, one after the other, in float64."""
    r, w, x, y, last = pair.RULE, 1.0, 0.0, 0.0, 0.0
    events = [(t + axonal, True) for t in [*pre, pair.DURATION]] + [(t + dendritic, False) for t in post]
    for t, is_pre in sorted(events):
        x, y, last = x * math.exp(-(t - last) / r["tau_plus"]), y * math.exp(-(t - last) / r["tau_minus"]), t
        if is_pre:
            w, x = max(w - r["A_minus"] * y, 0.0), x + 1
        else:
            w, y = min(w + r["A_plus"] * x, pair.W_MAX), y + 1
    return w


def test_spikes_that_only_one_has_are_counted():
    a, b = {(10, 0), (20, 1)}, {(10, 0), (21, 1)}
    assert static.compare(a, b)[0].value == 2
    assert static.compare(a, b)[0].note.endswith("the first difference at 2.0 ms")
    assert static.compare(a, a)[0].passed


def test_distance_is_the_largest_gap_of_the_distribution_functions():
    assert potjans.distance(np.array([1.0, 2.0]), np.array([3.0, 4.0])) == 1.0
    assert potjans.distance(np.array([1.0, 3.0]), np.array([1.0, 2.0])) == 0.5
    assert potjans.distance(np.arange(5.0), np.arange(5.0)) == 0.0


def test_distributions_are_judged_by_the_spread_between_seeds():
    rng = np.random.default_rng(0)

    def draw(shift):
        return {name: rng.normal(shift, 1.0, 400) for name in ("L4E", "L4I")}

    same = [(draw(0.0), draw(0.0)) for _ in range(3)]
    other = [(draw(0.0), draw(0.5)) for _ in range(3)]
    assert potjans.distributions("rates", same).passed
    assert not potjans.distributions("rates", other).passed


def test_published_rates_have_the_published_ordering():
    rates = full_rates()
    assert all(c.passed for c in potjans.ordering(rates))
    assert all(c.value == 0 for c in potjans.closeness(rates, rates))
    for wrong in (0.0, 0.4, 2.1):  # silence, less than half, more than double
        assert [c.passed for c in potjans.closeness(rates | dict(L4E=wrong * rates["L4E"]), rates)].count(False) == 1
    assert not all(c.passed for c in potjans.closeness(rates | dict(L23E=0.0), rates))
    swapped = rates | dict(L5E=rates["L6E"], L6E=rates["L5E"])
    assert not all(c.passed for c in potjans.ordering(swapped))
