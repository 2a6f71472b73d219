"""Parts by name, and a user's own rule from a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from isocortex.anatomy.circuit import Area, Cortex, Population, Projection
from isocortex.cells.lif import LIF
from isocortex.errors import DataError, DescriptionError
from isocortex.plasticity import registry
from isocortex.plasticity.registry import load_file, part, part_name, parts, register
from isocortex.plasticity.rule import Additive, Gate, Jump, Part, PowerLaw, Rule, ShortTerm, SlowPart, Soft
from isocortex.plasticity.rules.pair import PairSTDP
from isocortex.plasticity.sheet import Sheet

TEN_LINES = '''
from isocortex.describe import quantity
from isocortex.plasticity.rule import Jump, Rule

class PreOnly(Rule):
    """Every presynaptic spike depresses."""
    eta: float = quantity(0.01, "1", least=0, role="rate")
    def terms(self):
        return (Jump(),)
    @staticmethod
    def step(c, s, post):
        return {}, (-c.eta + 0 * post.spike,)
'''


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(registry, "_own", {})
    yield


def test_built_in_parts_are_found_by_name_and_bases_are_not() -> None:
    found = parts()
    expected = dict(additive=Additive, soft=Soft, power_law=PowerLaw, short_term=ShortTerm, gate=Gate, pair_stdp=PairSTDP)
    assert {k: found[k] for k in expected} == expected
    assert not {Part, Rule, SlowPart} & set(found.values())
    assert list(found) == sorted(found)


def test_a_name_is_the_classes_own_or_its_words() -> None:
    class HTTPLikeRule(Rule):
        pass

    class Child(PairSTDP):
        pass

    assert part_name(HTTPLikeRule) == "http_like_rule"
    assert part_name(Child) == "child", "a subclass does not inherit the name"
    assert part_name(PairSTDP()) == "pair_stdp"


def test_an_unknown_name_suggests_the_nearest() -> None:
    with pytest.raises(DescriptionError, match="did you mean 'pair_stdp'"):
        part("pair_sdtp")


def test_two_classes_with_one_name_are_an_error_but_defining_again_is_not() -> None:
    def define() -> type[Rule]:
        class Mine(Rule):
            pass

        return Mine

    register(define())
    again = register(define())
    assert part("mine") is again

    class Other(Rule):
        name = "mine"

    with pytest.raises(DescriptionError, match="both named 'mine'"):
        register(Other)

    class Soft(Rule):
        pass

    with pytest.raises(DescriptionError, match="both named 'soft'"):
        register(Soft)
    with pytest.raises(DescriptionError, match="is not a part"):
        register(int)  # type: ignore[type-var]


def test_a_ten_line_rule_of_a_users_file_works_in_a_sheet(tmp_path: Path) -> None:
    file = tmp_path / "my_rules.py"
    file.write_text(TEN_LINES)
    sheet_text = '[[entry]]\nselect = "V1.L4E -> V1.L4E"\nparts = [{ name = "pre_only", eta = 0.5 }]\n'
    with pytest.raises(DescriptionError, match="no part 'pre_only'"):
        Sheet.from_toml(sheet_text)
    (cls,) = load_file(file)
    sheet = Sheet.from_toml(sheet_text)
    area = Area("V1", (Population("L4E", 4, LIF()),), (Projection("L4E", "L4E", probability=0.5),))
    rule = sheet.resolve(Cortex((area,)))["V1.L4E->V1.L4E"].rules[0]
    assert rule == cls(eta=0.5)
    assert rule.terms() == (Jump(),)
    assert Sheet.from_toml(sheet.to_toml()) == sheet
    assert load_file(file)[0] is part("pre_only"), "loading again takes the file as it is now"


def test_what_is_wrong_with_a_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no file"):
        load_file(tmp_path / "missing.py")
    broken = tmp_path / "broken.py"
    broken.write_text("import not_a_module_at_all\n")
    with pytest.raises(DataError, match="ModuleNotFoundError"):
        load_file(broken)
    empty = tmp_path / "empty.py"
    empty.write_text("from isocortex.plasticity.rules.pair import PairSTDP\n")
    with pytest.raises(DescriptionError, match="defines no part"):
        load_file(empty)
    other = tmp_path / "sub" / "my_rules.py"
    other.parent.mkdir()
    other.write_text(TEN_LINES)
    (tmp_path / "my_rules.py").write_text(TEN_LINES)
    load_file(tmp_path / "my_rules.py")
    with pytest.raises(DescriptionError, match="both named 'pre_only'"):
        load_file(other)
