"""Student's t distribution, enough for p-values and confidence intervals of a slope.

The tail comes from the regularised incomplete beta function, by the continued fraction of the
NIST Digital Library of Mathematical Functions, 8.17.22, evaluated with Lentz's method (W. J.
Lentz, Applied Optics 15, 1976).
"""

from __future__ import annotations

import math

_TINY = 1e-300


def two_sided_p(t: float, freedom: int) -> float:
    """The probability that |t| or more arises by chance.

    Args:
        t: The statistic.
        freedom: Degrees of freedom, at least 1.

    >>> round(two_sided_p(2.228, 10), 3), two_sided_p(0.0, 5)
    (0.05, 1.0)
    """
    if math.isinf(t):
        return 0.0
    return incomplete_beta(freedom / 2, 0.5, freedom / (freedom + t * t))


def quantile(p: float, freedom: int) -> float:
    """The t that is exceeded in absolute value with probability *p*, by bisection.

    >>> round(quantile(0.05, 10), 3)
    2.228
    """
    low, high = 0.0, 1.0
    while two_sided_p(high, freedom) > p:
        high *= 2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if two_sided_p(middle, freedom) > p else (low, middle)
    return (low + high) / 2


def incomplete_beta(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function I_x(a, b).

    >>> round(incomplete_beta(2, 3, 0.5), 4)
    0.6875
    """
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    if x > (a + 1) / (a + b + 2):
        return 1 - incomplete_beta(b, a, 1 - x)
    log_front = (
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
        + a * math.log(x) + b * math.log1p(-x)
    )  # fmt: skip
    return math.exp(log_front) * _continued_fraction(a, b, x) / a


def _continued_fraction(a: float, b: float, x: float) -> float:
    c, d = 1.0, 1 - (a + b) * x / (a + 1)
    d = 1 / (d if abs(d) > _TINY else _TINY)
    value = d
    for m in range(1, 400):
        for top in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 + top * d
            d = 1 / (d if abs(d) > _TINY else _TINY)
            c = 1 + top / c
            c = c if abs(c) > _TINY else _TINY
            value *= c * d
        if abs(c * d - 1) < 1e-14:
            break
    return value
