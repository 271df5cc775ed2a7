"""A quasi-Poisson regression (log link) of many series on one design at once.

Libraries fit one series at a time, some milliseconds each, which is minutes for the thousands of series of a night.
Here each step of iteratively reweighted least squares is one product of matrices for all (McCullagh and Nelder 1989,
2.5). Start and end of the iteration are those of R's `glm.fit`, so that answers agree with it where a group has no
case at all and the estimate runs off to minus infinity.
"""

from dataclasses import dataclass

import numpy as np

from linli.insight.trends.bounds import Flags, Floats

STEPS = 25
CLOSE = 1e-8


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    design: Floats
    counts: Floats
    weights: Floats
    coefficients: Floats
    mean: Floats
    covariance: Floats
    """Of the coefficients, for a dispersion of one."""
    converged: Flags

    @property
    def degrees(self) -> int:
        return self.design.shape[0] - self.design.shape[1]

    @property
    def dispersion(self) -> Floats:
        """Pearson's, as it comes out: below one where counts are more even than Poisson."""
        return (self.weights * (self.counts - self.mean) ** 2 / self.mean).sum(axis=1) / self.degrees

    def leverage(self) -> Floats:
        variance = np.einsum("np,spq,nq->sn", self.design, self.covariance, self.design, optimize=True)
        return np.minimum(self.weights * self.mean * variance, 1 - 1e-9)

    def at(self, row: Floats) -> tuple[Floats, Floats]:
        """The linear predictor at a row of the design and its variance for a dispersion of one."""
        return self.coefficients @ row, np.maximum(0, np.einsum("p,spq,q->s", row, self.covariance, row))


def fit(counts: Floats, design: Floats, sizes: Floats, weights: Floats | None = None) -> Fit:
    """Counts are `sizes` (people, or how much of a usual day) times what the design explains.

    The design has more rows than columns and full rank; sizes are above zero.
    """
    offset = np.log(sizes)
    width = design.shape[1]
    weighted = np.ones_like(counts) if weights is None else weights
    crossed = np.einsum("np,nq->npq", design, design).reshape(len(design), width * width)
    coefficients = np.zeros((len(counts), width))
    covariance = np.zeros((len(counts), width, width))
    mean = counts + 0.1
    deviance = _deviance(counts, mean, weighted)
    running = np.arange(len(counts))
    converged = np.zeros(len(counts), np.bool_)
    for _step in range(STEPS):
        if not len(running):
            break
        now, was, given = mean[running], counts[running], weighted[running]
        pull = given * now
        information = (pull @ crossed).reshape(-1, width, width)
        target = (pull * (np.log(now) + was / now - 1 - offset[running])) @ design
        covariance[running] = _inverse(information)
        coefficients[running] = np.einsum("spq,sq->sp", covariance[running], target)
        mean[running] = np.exp(np.clip(coefficients[running] @ design.T + offset[running], -30, 30))
        after = _deviance(was, mean[running], given)
        done = np.abs(after - deviance[running]) < CLOSE * (np.abs(after) + 0.1)
        deviance[running] = after
        converged[running[done]] = True
        running = running[~done]
    return Fit(design, counts, weighted, coefficients, mean, covariance, converged)


def _deviance(counts: Floats, mean: Floats, weights: Floats) -> Floats:
    ratio = np.where(counts > 0, counts, mean) / mean
    return 2 * (weights * (counts * np.log(ratio) - (counts - mean))).sum(axis=1)


def _inverse(information: Floats) -> Floats:
    """Scaled to a unit diagonal first: a group without cases has next to no weight, not none.

    What is added to the diagonal is far below what the iteration leaves, and keeps a hopeless series from stopping all.
    """
    size = np.sqrt(np.maximum(np.einsum("spp->sp", information), 1e-300))
    both = size[:, :, None] * size[:, None, :]
    return np.linalg.inv(information / both + 1e-12 * np.eye(information.shape[1])) / both
