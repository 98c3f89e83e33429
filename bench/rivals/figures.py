"""Reads the linkage files and turns pairs with probabilities into figures.

The figures are defined as those of Habeas are (docs/bench-match.md): every pair of rows
of one cluster is a true pair; f1 is the best over all thresholds, of the pairs
themselves or of the clusters that they make, whichever is better; f1_at_half is of the
clusters at p = 0.5.
"""

import os

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

THRESHOLDS = [0.001, 0.01, 0.05, *[i / 20 for i in range(2, 20)], 0.97, 0.99, 0.999, 0.9999, 0.99999]


class File:
    """Rows as strings (missing: None), the cluster of each, and whether rows come from
    two lists of which each names everybody once."""

    def __init__(self, name, rows, cluster, lists):
        self.name, self.rows, self.cluster, self.lists = name, rows.reset_index(drop=True), np.asarray(cluster), lists
        self.rows["row"] = np.arange(len(self.rows))
        _, sizes = np.unique(self.cluster, return_counts=True)
        self.true_pairs = int((sizes * (sizes - 1) // 2).sum())


def read(path):
    table = pd.read_csv(path, dtype=str, encoding="utf-8-sig", keep_default_na=False)
    table.columns = [c.strip() for c in table.columns]
    return table.apply(lambda c: c.str.strip()).replace("", None)


def files(directory):
    """Yields what the directory holds of the files whose settings are known."""
    for name in ["fake_1000", "febrl4", "historical_35k"]:
        path = os.path.join(directory, name + ".csv")
        if not os.path.exists(path):
            continue
        rows = read(path)
        cluster = pd.factorize(rows["cluster"])[0]
        rows = rows.drop(columns=[c for c in ("cluster", "unique_id", "rec_id") if c in rows])
        yield File(name, rows, cluster, "source" in rows)
        if "soc_sec_id" in rows:
            yield File(name + "_no_ssid", rows.drop(columns=["soc_sec_id"]), cluster, "source" in rows)
    parts = [os.path.join(directory, n) for n in ("fodors.csv", "zagats.csv", "fodors_zagats_matches.csv")]
    if all(map(os.path.exists, parts)):
        a, b, links = map(read, parts)
        a["source"], b["source"] = "a", "b"
        rows = pd.concat([a, b], ignore_index=True)
        place = {(s, i): n for n, (s, i) in enumerate(zip(rows["source"], rows["id"]))}
        cluster = np.arange(len(rows))
        for x, y in zip(links["fodors_id"], links["zagats_id"]):
            cluster[place["b", y]] = place["a", x]
        yield File("fodors_zagats", rows.drop(columns=["id"]), cluster, True)


def rates(true, predicted, all_true):
    precision = true / predicted if predicted else 0.0
    recall = true / all_true if all_true else 0.0
    f1 = 2 * precision * recall / (precision + recall) if true else 0.0
    return {"precision": precision, "recall": recall, "f1": f1}


def of_clusters(file, a, b):
    n = len(file.cluster)
    _, found = connected_components(coo_array((np.ones(len(a)), (a, b)), shape=(n, n)), directed=False)
    def pairs(labels):
        _, sizes = np.unique(labels, return_counts=True)
        return int((sizes.astype(np.int64) * (sizes - 1) // 2).sum())
    both = found.astype(np.int64) * (int(file.cluster.max()) + 1) + file.cluster
    return rates(pairs(both), pairs(found), file.true_pairs)


def figures(file, a, b, p):
    """a and b are row numbers, p the probabilities that they are the same."""
    a, b, p = np.asarray(a), np.asarray(b), np.asarray(p, dtype=float)
    order = np.argsort(-p, kind="stable")
    a, b, p = a[order], b[order], p[order]
    true = np.cumsum(file.cluster[a] == file.cluster[b])
    best = {"precision": 0.0, "recall": 0.0, "f1": 0.0}
    if len(p):
        last = np.append(p[1:] != p[:-1], True)  # pairs of one probability stand or fall together
        predicted = np.arange(1, len(p) + 1)
        f1 = np.where(last, 2 * true / (predicted + file.true_pairs), 0)
        at = int(np.argmax(f1))
        best = rates(int(true[at]), int(predicted[at]), file.true_pairs)
    half = None
    for t in THRESHOLDS:
        n = int(np.searchsorted(-p, -t, side="right"))
        c = of_clusters(file, a[:n], b[:n])
        if c["f1"] > best["f1"]:
            best = c
        if t == 0.5:
            half = c["f1"]
    return {**best, "f1_at_half": half}
