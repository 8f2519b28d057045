import pytest
from hypothesis import given
from hypothesis import strategies as st

from packetflow.library.student import quantile, two_sided_p

# From printed tables of Student's t (two-sided 5 % and 1 %).
TABLE = [
    (1, 12.706, 63.657), (2, 4.303, 9.925), (5, 2.571, 4.032), (10, 2.228, 3.169),
    (30, 2.042, 2.750), (120, 1.980, 2.617),
]  # fmt: skip


@pytest.mark.parametrize(("freedom", "five", "one"), TABLE)
def test_quantiles_match_printed_tables(freedom: int, five: float, one: float) -> None:
    assert quantile(0.05, freedom) == pytest.approx(five, abs=6e-4)
    assert quantile(0.01, freedom) == pytest.approx(one, abs=6e-4)


@given(st.floats(0, 50), st.integers(1, 500))
def test_p_falls_as_t_grows_and_stays_a_probability(t: float, freedom: int) -> None:
    here, farther = two_sided_p(t, freedom), two_sided_p(t + 1, freedom)

    assert 0 <= farther < here <= 1


@given(st.floats(0.001, 0.999), st.integers(1, 300))
def test_the_quantile_undoes_p(p: float, freedom: int) -> None:
    assert two_sided_p(quantile(p, freedom), freedom) == pytest.approx(p, rel=1e-6)


def test_an_infinite_t_has_no_chance() -> None:
    assert two_sided_p(float("inf"), 3) == 0
