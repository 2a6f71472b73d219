"""A checksum sees names, dtypes, shapes and bits, and nothing else."""

import itertools

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra import numpy as hnp

from isocortex.results import checksum as c

DTYPES = st.sampled_from(["bool", "uint8", "uint16", "int32", "int64", "float32", "float64", "complex64"])
ARRAYS = DTYPES.flatmap(lambda d: hnp.arrays(d, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5)))


@given(a=ARRAYS, b=ARRAYS)
@settings(max_examples=40, deadline=None)
def test_the_order_of_names_and_the_layout_in_memory_do_not_matter(a, b):
    one = c.checksum({"x": a, "y": {"z": b}})
    other = c.checksum({"y": {"z": np.asarray(b, order="F")}, "x": a.astype(a.dtype.newbyteorder(">"))})
    assert one == other
    assert len(one) == 32


@given(a=hnp.arrays("float32", st.integers(1, 40)), cuts=st.lists(st.integers(0, 40), max_size=4))
@settings(max_examples=40, deadline=None)
def test_blocks_give_the_checksum_of_the_whole(a, cuts):
    edges = [0, *sorted(min(k, len(a)) for k in cuts), len(a)]
    blocks = [a[i:j] for i, j in itertools.pairwise(edges)]
    assert c.combine([c.leaf(("x",), a.shape, blocks)]) == c.checksum({"x": a})


def test_whatever_makes_arrays_differ_makes_checksums_differ():
    base = np.arange(6, dtype=np.float32)
    flipped = base.copy()
    flipped.view(np.uint32)[3] ^= 1
    nests = [
        {"x": base}, {"y": base}, {"x": base.astype(np.float64)}, {"x": base.reshape(2, 3)}, {"x": flipped},
        {"x": base.view(np.int32)}, {"x": {"x": base}}, {"x": base, "y": base}, {"x": base[:0]}, {},
        {"x": np.float32(0.0)}, {"x": np.float32(-0.0)}, {"x": np.zeros(1, np.float32)},
    ]  # fmt: skip
    assert len({c.checksum(n) for n in nests}) == len(nests)


def test_names_cannot_be_moved_between_levels():
    a = np.zeros(1)
    assert c.checksum({"a": {"b/c": a}}) != c.checksum({"a/b": {"c": a}})


@pytest.mark.parametrize("bad", [np.array([object()]), "text", np.zeros(1, [("a", "f4")])])
def test_what_is_no_number_is_an_error_that_names_the_place(bad):
    with pytest.raises(ValueError, match="state/odd: has the dtype"):
        c.checksum({"state": {"odd": bad}})


def test_a_name_that_is_no_text_is_an_error():
    with pytest.raises(ValueError, match="3: a name must be text"):
        c.checksum({"state": {3: np.zeros(1)}})
