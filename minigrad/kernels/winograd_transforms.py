"""The mathematics of Winograd's F(4×4, 3×3), along one axis; see `winograd`.

Six numbers of the input hold four places for a kernel of three. Both are polynomials: their
product's coefficients follow from its values at six points. The matrices of Lavin and Gray (2016)
take polynomials to their values (G for the kernel, Bᵀ for the input, in the transposed problem) and
back (Aᵀ). Each function is one of them, times a vector; its transpose is the step's gradient.
"""

from __future__ import annotations

from minigrad.kernels.kernel import inner

# The polynomials behind the method are taken at 0, ±P, ±Q and infinity. The usual ±1, ±2 need
# fewer multiplications, but rounding errors are four times larger.
P, Q = 3 / 4, 3 / 2
P2, P3, Q2, Q3 = P**2, P**3, Q**2, Q**3
AT_P, AT_Q = 1 / (2 * P2 * (P2 - Q2)), 1 / (2 * Q2 * (Q2 - P2))


@inner
def input_transform(d0, d1, d2, d3, d4, d5):
    """Bᵀ d."""
    a, b = d4 - Q2 * d2, P * (d3 - Q2 * d1)
    c, e = d4 - P2 * d2, Q * (d3 - P2 * d1)
    first = P2 * Q2 * d0 - (P2 + Q2) * d2 + d4
    last = P2 * Q2 * d1 - (P2 + Q2) * d3 + d5
    return first, a + b, a - b, c + e, c - e, last


@inner
def weight_transform(w0, w1, w2):
    """G w."""
    a, b = AT_P * w0 + (AT_P * P2) * w2, (AT_P * P) * w1
    c, d = AT_Q * w0 + (AT_Q * Q2) * w2, (AT_Q * Q) * w1
    return (1 / (P2 * Q2)) * w0, a + b, a - b, c + d, c - d, w2


@inner
def output_transform(m0, m1, m2, m3, m4, m5):
    """Aᵀ m."""
    a, b, c, d = m1 + m2, m1 - m2, m3 + m4, m3 - m4
    return m0 + a + c, P * b + Q * d, P2 * a + Q2 * c, P3 * b + Q3 * d + m5


@inner
def upstream_transform(g0, g1, g2, g3):
    """A g, the transpose of `output_transform`."""
    a, b = g0 + P2 * g2, P * g1 + P3 * g3
    c, d = g0 + Q2 * g2, Q * g1 + Q3 * g3
    return g0, a + b, a - b, c + d, c - d, g3


@inner
def gradient_transform(s0, s1, s2, s3, s4, s5):
    """Gᵀ s, the transpose of `weight_transform`."""
    a, b = AT_P * (s1 + s2), AT_P * P * (s1 - s2)
    c, d = AT_Q * (s3 + s4), AT_Q * Q * (s3 - s4)
    return (1 / (P2 * Q2)) * s0 + a + c, b + d, P2 * a + Q2 * c + s5
