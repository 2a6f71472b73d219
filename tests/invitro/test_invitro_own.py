"""Data of one's own beside the package's."""

import dataclasses
import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from isocortex.cli import app
from isocortex.commands.invitro import fit_again_text
from isocortex.errors import DataError, DescriptionError
from isocortex.invitro import compare, holdout, lab, profile, score
from isocortex.invitro.fit import fit_profiles
from isocortex.invitro.laminar import laminar_sheet
from isocortex.invitro.pathway import pathways
from isocortex.invitro.profile import Profile
from isocortex.invitro.sources import TABLES, begin, own_data, packaged
from isocortex.invitro.table import points, studies

DOCUMENT = Path(__file__).parents[2] / "docs" / "invitro.md"


WHERE = 'pre = "L5E"\npost = "L5E"\ncompartment = "basal"\narea = "V1"\n'


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """The folder that one begins with."""
    folder = tmp_path / "mine"
    folder.mkdir()
    begin(folder)
    return folder


def more(file: Path, text: str) -> None:
    """Add to a file."""
    with file.open("a") as f:
        f.write(text)


def test_rows_of_ones_own_stand_beside_the_packages_and_nowhere_else(mine: Path) -> None:
    before = points()
    with own_data(mine):
        assert {p.name for p in points()} - {p.name for p in before} == {
            f"example2026/{name}" for name in ("p10", "p25", "m10", "m50", "p10_APV", "burst_p10")
        }
        assert set(pathways()) > {"example-l23", "l5-l5"}
    assert points() == before
    assert "example2026" not in studies()


def test_the_example_uses_every_kind_of_table_but_drugs_and_gates(mine: Path) -> None:
    assert {f.name for f in mine.iterdir()} == set(TABLES) - {"drugs.toml", "gates.toml"}


def test_what_is_edited_between_two_uses_is_read_anew(mine: Path) -> None:
    with own_data(mine):
        assert sum(p.study == "example2026" for p in points()) == 6
    more(mine / "points.csv", "example2026,m20,example-l23,example_pairs,,-20 ms,,0.8,0.1,4,no,memory,\n")
    with own_data(mine):
        assert sum(p.study == "example2026" for p in points()) == 7


def test_a_study_of_ones_own_leaves_the_packages_held_out_points_as_they_are(mine: Path) -> None:
    file = mine / "points.csv"
    file.write_text(file.read_text().replace(",no,memory,", ",yes,page,"))
    with own_data(mine):
        new = {p for p in holdout.drawn() if p.startswith("example2026/")}
        rest = holdout.drawn() - new
        assert holdout.fit_again(pathways()) == ["example-l23"]  # of which nothing was fitted
        assert not holdout.put_aside() & new
    assert len(new) == 1  # one in five of its six
    assert rest == holdout.drawn()


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("studies.toml", "[egger1999]\ncitation = 'x'\ndoi = 'x'\npreparation = 'x'\n",
         "mine/studies.toml.egger1999: the package has 'egger1999' already"),
        ("pathways.toml", "[l5-l5]\n", "mine/pathways.toml.l5-l5: "),
        ("points.csv", "example2026,x,example-l23,exmple_pairs,,5 ms,,1.1,0.1,4,no,memory,\n",
         "mine/points.csv, line 8: protocol: no protocol 'exmple_pairs'; allowed: "),
        ("points.csv", "egger1999,l4_f50_p10,l4-l4,single_02hz,,5 ms,,1.1,0.1,4,no,memory,\n",
         "mine/points.csv, line 8: point: egger1999/l4_f50_p10 is in points.csv, line "),
        ("drugs.toml", "[magic]\nblocks = 'all'\n", "mine/drugs.toml.magic.blocks: is 'all'"),
        ("gates.toml", "[g]\ntitle = 't'\n", "mine/gates.toml.g.points: is missing"),
        ("gates.toml", "[g]\ntitle = 't'\npoints = 'a/*'\ncriterion = 'sign'\ngates = true\n",
         "mine/gates.toml.g.points: is 'a/*'; a list of names or patterns is needed"),
        ("gates.toml", "[g]\ntitle = 't'\npoints = ['a/*']\ncriterion = 'sign'\ngates = 'no'\n",
         "mine/gates.toml.g.gates: is 'no'; true or false is needed"),
        ("gates.toml", "[g]\ntitle = 't'\npoints = []\ncriterion = 'measured'\ngates = true\nrange = [1.0]\n"
         "measure = 'tetanus_weak'\n", "mine/gates.toml.g.range: is [1.0]; two numbers in order are needed"),
        ("pathways.toml", f'["a/b"]\n{WHERE}rule = {{ name = "pair_stdp" }}\nfree = {{}}\n', "'a/b' is no name for a pathway"),
        ("pathways.toml", f'[all]\n{WHERE}rule = {{ name = "pair_stdp" }}\nfree = {{}}\n', "'all' is no name for a pathway"),
        ("pathways.toml", f'[x]\n{WHERE}rule = "pair_stdp"\nfree = {{}}\n', "x.rule: is 'pair_stdp'; a table is needed"),
        ("pathways.toml", f'[x]\n{WHERE}rule = {{ name = "soft" }}\nfree = {{}}\n', "x.rule.name: 'soft' is no rule"),
        ("pathways.toml", f'[x]\n{WHERE}rule = {{ name = "pair_stdp" }}\nslow = {{ name = "soft" }}\nfree = {{}}\n',
         "x.slow.name: 'soft' is no slow part"),
        ("pathways.toml", f'[x]\n{WHERE}rule = {{ name = "pair_stdp" }}\nfree = {{}}\nneeds = {{ A_plus = "NMDA_post" }}\n',
         "x.needs.A_plus: is 'NMDA_post'; a list of targets is needed"),
        ("pathways.toml", f'[x]\n{WHERE}rule = {{ name = "pair_stdp" }}\nfree = {{}}\nselect = "onto L5"\n', "x.select: "),
        ("studies.toml", "= 3", "mine/studies.toml: is not TOML"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_with_folder_and_file(mine: Path, file: str, text: str, said: str) -> None:
    more(mine / file, text)
    with own_data(mine), pytest.raises((DataError, DescriptionError), match=re.escape(said)):
        points()
        score.gates()


def test_a_folder_that_is_none_or_has_nothing_or_another_table_is_refused(tmp_path: Path, mine: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    (mine / "point.csv").write_text("")
    for folder, said in (
        (tmp_path / "there", r"there: is no folder; isocortex invitro new \S+there makes one"),
        (empty, r"empty: has none of studies\.toml, "),
        (mine, r"mine/point\.csv: is no table of the laboratory; .* did you mean 'points\.csv'"),
    ):
        with pytest.raises(DataError, match=said), own_data(folder):
            pass


def test_the_folder_stays_the_same_where_the_working_directory_changes(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(mine.parent)
    with own_data("mine"):
        monkeypatch.chdir("/")
        assert "example2026" in studies()
    monkeypatch.chdir(mine)
    more(mine / "points.csv", "x\n")
    with own_data("."), pytest.raises(DataError, match=r"mine/points.csv, line 8: has 1 cells"):
        points()


def test_a_byte_order_mark_is_passed_over(mine: Path) -> None:
    for file in mine.iterdir():
        file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    with own_data(mine):
        assert {"example2026/p10", "egger1999/l4_f50_p10"} <= {p.name for p in points()}


def test_the_command_that_mends_a_fit_has_the_folder(mine: Path) -> None:
    folder = mine.rename(mine.parent / "my slices")
    with own_data(folder):
        assert fit_again_text(["example-l23"]).endswith(f"run isocortex invitro fit example-l23 --data '{folder}'")
    assert fit_again_text(["l5-l5"]).endswith("run isocortex invitro fit l5-l5")


def test_points_that_stand_once_more_have_names_of_their_own(mine: Path) -> None:
    """The package's l5-l5-trunk takes those of l5-l5 too."""
    more(mine / "pathways.toml", """
[mine-trunk]
pre = "L5E"
post = "L5E"
compartment = "basal"
area = "V1"
cell = "trunk"
site = "50 um"
again = "l5-l5"
rule = { name = "dendritic_voltage" }
free = { A_LTP = [1e-7, 0.1] }
""")  # fmt: skip
    theirs = {p.name for p in points()}
    with own_data(mine):
        names = [p.name for p in points()]
        mine_again = [p for p in points() if p.pathway == "mine-trunk"]
    assert len(set(names)) == len(names)
    assert theirs < set(names)
    assert len(mine_again) == sum(p.pathway == "l5-l5-trunk" and p.again != "" for p in points())


def test_after_an_error_the_packages_data_are_there_alone(mine: Path) -> None:
    with pytest.raises(ValueError, match="mine"), own_data(mine):
        raise ValueError("mine")
    assert "example2026" not in studies()


def test_a_profile_of_ones_own_takes_the_place_of_the_packages(mine: Path) -> None:
    theirs = profile.known_profiles()["l4-l4"]
    name, value = next(iter(theirs.values.items()))
    (mine / "profiles").mkdir()
    profile.write(dataclasses.replace(theirs, values=dict(theirs.values) | {name: value / 2}), mine / "profiles" / "l4-l4.toml")
    with own_data(mine):
        assert profile.known_profiles()["l4-l4"].values[name] == pytest.approx(value / 2, rel=1e-5)
        assert profile.known_profiles()["l5-l5"] == PACKAGED["l5-l5"]
    assert profile.known_profiles()["l4-l4"] == theirs


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("A_minus = [", "eta = [", r"mine/profiles/example-l23.toml.values.A_minus: no such key; .*; or run isocortex"),
        ('name = "pair_stdp"', 'name = "suppression"', r"fit.rule: is 'pair_stdp', and that of the pathway is 'suppression'"),
        ("[example-l23", "[other-l23", r"fit.pathway: no pathway 'example-l23'; .*; remove the file where the pathway is gone"),
    ],
)  # fmt: skip
def test_a_profile_that_is_out_of_date_says_how_it_is_mended(mine: Path, old: str, new: str, said: str) -> None:
    (mine / "profiles").mkdir()
    record = dict(pathway="example-l23", rule="pair_stdp")
    profile.write(Profile("example-l23", dict(A_plus=0.01, A_minus=0.01), {}, record), mine / "profiles" / "example-l23.toml")
    with own_data(mine):
        assert "example-l23" in profile.known_profiles()
    for file in ("pathways.toml", "points.csv"):
        text = (mine / file).read_text().replace(old, new)
        (mine / file).write_text(text.replace(",example-l23,", ",other-l23,") if "other" in new else text)
    with own_data(mine), pytest.raises((DataError, DescriptionError), match=said):
        profile.known_profiles()


def test_the_shared_set_wants_profiles_of_all_pathways_that_have_points(mine: Path) -> None:
    (mine / "points.csv").write_text((mine / "points.csv").read_text().replace(",no,memory,", ",yes,page,"))
    with own_data(mine), pytest.raises(DescriptionError, match="example-l23: has no profile; run isocortex invitro fit"):
        compare.own(profile.known_profiles())


def test_the_sheet_cites_the_studies_that_a_profile_was_fitted_to_and_no_others(mine: Path) -> None:
    more(mine / "points.csv", "example2026,new,l4-l4,example_pairs,,10 ms,,0.8,0.1,4,yes,file,\n")
    with own_data(mine):
        (doc,) = (e.doc for e in laminar_sheet().entries if e.select == pathways()["l4-l4"].select)
    assert "Egger" in doc
    assert "Nobody" not in doc


PACKAGED = dict(profile.known_profiles())

ROWS = """example2026,up,mine-x,example_pairs,,10 ms,,1.3,0.1,9,no,memory,
example2026,down,mine-x,example_pairs,,-20 ms,,0.8,0.1,9,no,memory,
example2026,burst,mine-x,example_bursts,,10 ms,,1.4,0.1,9,no,memory,
"""


def fitted(mine: Path, text: str) -> tuple[Profile, list[float]]:
    """The fit of a pathway of one's own, and what the slice gives for its points."""
    more(mine / "pathways.toml", f"[mine-x]\n{WHERE}{text}")
    more(mine / "points.csv", ROWS)
    with own_data(mine):
        (found,) = fit_profiles(["mine-x"], starts=1)
        results = lab.measure([p for p in points() if p.pathway == "mine-x"], {"mine-x": found})
    return found, [r.z for r in results]


@pytest.mark.parametrize(
    ("rule", "fixed", "free"),
    [
        ("pair_stdp", "", ("A_plus", "A_minus")),
        ("pair_stdp", "eta = 0.5\nw_max = 3.0", ("A_plus", "A_minus")),
        ("triplet", "eta = 2.0\nw_max = 3.0", ("A3_plus", "A2_minus")),
        ("inhibitory_stdp", "rho_0 = 0.0\nw_max = 3.0", ("eta",)),
    ],
)
def test_the_fit_is_that_of_the_slice_whatever_is_left_to_the_rules_defaults(
    mine: Path, rule: str, fixed: str, free: tuple[str, ...]
) -> None:
    bounds = "".join(f"{name} = [0.0001, 0.1]\n" for name in free)
    found, z = fitted(mine, f'[mine-x.rule]\nname = "{rule}"\n{fixed}\n[mine-x.free]\n{bounds}')
    assert sum(v**2 for v in z) == pytest.approx(found.fit["chi2"], rel=0.02, abs=0.01)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[mine-x.rule]\nname = "pair_stdp"\npairing = "nearest"\n[mine-x.free]\nA_plus = [0.001, 0.1]\n',
         "the fast model knows 'pair_stdp' with pairing = 'all' alone, not 'nearest'"),
        ('[mine-x.rule]\nname = "inhibitory_stdp"\n[mine-x.free]\neta = [0.001, 0.1]\n', "with rho_0 = 0.0 alone, not 5.0"),
        ('cell = "trunk"\nsite = "50 um"\n[mine-x.rule]\nname = "branches"\n[mine-x.free]\nA_pair = [0.001, 0.1]\n',
         "mine-x.rule.name: the fast model of the cell with a trunk does not know 'branches'"),
        ('[mine-x.rule]\nname = "pair_stdp"\n[mine-x.slow]\nname = "tagging"\n[mine-x.free]\ntheta_p = [0.01, 1.0]\n',
         "mine-x.slow: the fast model does not know 'tagging'; allowed: conversion"),
        ('[mine-x.rule]\nname = "pair_stdp"\n[mine-x.free]\n', "mine-x: has nothing to fit"),
    ],
)  # fmt: skip
def test_what_the_fast_model_does_not_know_is_refused(mine: Path, text: str, said: str) -> None:
    with pytest.raises(DescriptionError, match=re.escape(said)):
        fitted(mine, text)


def test_a_slow_part_of_ones_own_pathway_has_its_defaults(mine: Path) -> None:
    found, z = fitted(
        mine, '[mine-x.rule]\nname = "pair_stdp"\n[mine-x.slow]\nname = "conversion"\n[mine-x.free]\nmore = [1e-4, 10.0]\n'
    )
    assert sum(v**2 for v in z) == pytest.approx(found.fit["chi2"], rel=0.02)


def test_the_command_begins_fits_and_compares_and_leaves_the_package_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """From nothing to a fit and a gate: the rule of the example is one of pairs, and its windows follow from few points."""
    monkeypatch.chdir(tmp_path)
    shipped = {f: f.read_bytes() for f in packaged("").rglob("*.*ml")}
    invoke = CliRunner().invoke
    assert invoke(app, ["invitro", "new", "mine"]).exit_code == 0
    missing = invoke(app, ["invitro", "example2026", "--data", "mine"]).exception
    assert str(missing) == "example-l23: has no profile; run isocortex invitro fit example-l23 --data mine"
    fitted = invoke(app, ["invitro", "fit", "example-l23", "--data", "mine", "--json", "--quiet"])
    assert fitted.exit_code == 0, fitted.stderr
    values = json.loads(fitted.stdout)["profiles"][0]["values"]
    # 60 pairings at 10 ms: 60 A_plus exp(-10/15) = 0.32, and in the other order 60 A_minus exp(-10/30) = 0.22
    assert values["A_plus"] == pytest.approx(0.32 / 60 / 0.513, rel=0.1)
    assert values["A_minus"] == pytest.approx(0.22 / 60 / 0.717, rel=0.1)
    (tmp_path / "mine" / "gates.toml").write_text(
        '[orders]\ntitle = "either order"\npoints = ["example2026/?10"]\ncriterion = "sign"\ngates = true\n'
    )
    compared = invoke(app, ["invitro", "example2026", "--data", "mine", "--json", "--quiet"])
    assert compared.exit_code == 0, compared.stderr
    document = json.loads(compared.stdout)
    assert {p["study"] for p in document["points"]} == {"example2026"}
    assert [(g["name"], g["passed"]) for g in document["gates"]] == [("orders", True)]
    (block,) = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text("utf-8"), flags=re.DOTALL)
    exec(compile(block, "docs/invitro.md", "exec"), {})
    assert capsys.readouterr().out.count("example2026/") == 6
    assert shipped == {f: f.read_bytes() for f in packaged("").rglob("*.*ml")}
    assert {f.name for f in (tmp_path / "mine" / "profiles").iterdir()} == {"example-l23.toml"}


def test_the_command_does_not_write_over_data(mine: Path) -> None:
    invoke = CliRunner().invoke
    assert "mine: has studies.toml already; give another folder" in str(invoke(app, ["invitro", "new", str(mine)]).exception)
    assert "needs one folder, not 0" in str(invoke(app, ["invitro", "new"]).exception)
