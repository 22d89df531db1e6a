"""How near texts are to each other, and which groups they form, from their vectors of length 1."""

import numpy as np

# Rows that are compared at a time: a block of 1,024 with 15,000 others takes 60 MB.
BLOCK = 1024
STARTS, ROUNDS = 4, 50


def nearest(vectors: np.ndarray, others: np.ndarray, places: np.ndarray | None = None) -> np.ndarray:
    """The largest cosine similarity of each row (texts, dimensions) to a row of `others`.

    Where the rows are themselves among the others, `places` says where, and each is compared with all but itself. Empty
    if there is nothing to compare with.
    """
    if len(others) < (1 if places is None else 2):
        return np.zeros(0)
    found = []
    for start in range(0, len(vectors), BLOCK):
        similarities = vectors[start : start + BLOCK] @ others.T
        if places is not None:
            similarities[np.arange(len(similarities)), places[start : start + BLOCK]] = -np.inf
        found.append(similarities.max(axis=1))
    return np.concatenate(found or [np.zeros(0)]).astype(np.float64)


def mean_pairwise(vectors: np.ndarray) -> float | None:
    """The mean cosine similarity of all pairs of two different rows; None for fewer than two rows.

    From the length of the sum of all rows, whose square is the sum over all ordered pairs, each row with itself among
    them.
    """
    count = len(vectors)
    if count < 2:
        return None
    total = vectors.sum(axis=0, dtype=np.float64)
    return float((total @ total - count) / (count * (count - 1)))


def clusters(vectors: np.ndarray, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Spherical k-means (Dhillon and Modha 2001): the number of each row's cluster, and the centres, largest first.

    The best of `STARTS` starts by k-means++ (Arthur and Vassilvitskii 2007). There are fewer centres than `count` if
    there are not so many different rows. The same vectors and seed give the same clusters.
    """
    rows = vectors.astype(np.float64)
    drawn = np.random.default_rng(seed)
    tries = [_converged(rows, _spread(rows, count, drawn)) for _ in range(STARTS)]
    centres = max(tries, key=lambda found: (rows @ found.T).max(axis=1).sum())
    members = (rows @ centres.T).argmax(axis=1)
    sizes = np.bincount(members, minlength=len(centres))
    order = np.argsort(-sizes, kind="stable")
    order = order[sizes[order] > 0]
    return (rows @ centres[order].T).argmax(axis=1), centres[order]


def _spread(rows: np.ndarray, count: int, drawn) -> np.ndarray:
    """Rows far from each other to begin with: each is drawn by its squared distance to the nearest one so far."""
    centres = [rows[drawn.integers(len(rows))]]
    while len(centres) < count:
        distances = np.clip(1 - (rows @ np.stack(centres).T).max(axis=1), 0, None)
        distances[distances < 1e-9] = 0
        if not distances.any():
            break
        centres.append(rows[drawn.choice(len(rows), p=distances / distances.sum())])
    return np.stack(centres)


def _converged(rows: np.ndarray, centres: np.ndarray) -> np.ndarray:
    members = None
    for _ in range(ROUNDS):
        before, members = members, (rows @ centres.T).argmax(axis=1)
        if before is not None and (members == before).all():
            break
        sums = np.zeros_like(centres)
        np.add.at(sums, members, rows)
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        centres = np.where(lengths > 1e-12, sums / np.maximum(lengths, 1e-12), centres)
    return centres
