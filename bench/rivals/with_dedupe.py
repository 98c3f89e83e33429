"""dedupe, which learns from labels: it is given a generous sample of the truth, which
none of the others sees."""

import itertools
import random

import dedupe
import numpy as np
from dedupe import variables

LABELS = 1000  # of each kind, at most half of the true pairs

NOTE = f"dedupe: supervised; it was given up to {LABELS} true and as many false pairs (at most half of the true ones)"

SHORT = {"dob", "date_of_birth", "street_number", "postcode", "postcode_fake", "state", "soc_sec_id", "phone"}
EXACT = {"gender"}
LEFT_OUT = {"row", "source", "first_and_surname"}


def definition(rows):
    out = []
    for column in rows.columns:
        if column in LEFT_OUT:
            continue
        kind = variables.Exact if column in EXACT else variables.ShortString if column in SHORT else variables.String
        out.append(kind(column, has_missing=bool(rows[column].isna().any())))
    return out


def labelled(file, records):
    draw = random.Random(1)
    members = {}
    for row, cluster in enumerate(file.cluster):
        members.setdefault(cluster, []).append(row)
    source = file.rows["source"] if file.lists else None
    true = [p for m in members.values() for p in itertools.combinations(m, 2) if source is None or source[p[0]] != source[p[1]]]
    count = min(LABELS, len(true) // 2)
    false = []
    # Half of the false pairs share a value, as the ones do that are hard to tell.
    column = "surname" if "surname" in file.rows else "name"
    alike = [g.tolist() for g in file.rows.groupby(column)["row"].apply(list).map(np.array) if len(g) > 1]
    while len(false) < count:
        pair = draw.sample(draw.choice(alike), 2) if len(false) % 2 and alike else draw.sample(range(len(records)), 2)
        x, y = sorted(pair)
        if file.cluster[x] != file.cluster[y] and (source is None or source[x] != source[y]):
            false.append((x, y))
    pick = lambda pairs: [(records[x], records[y]) for x, y in pairs]
    return {"match": pick(draw.sample(true, count)), "distinct": pick(false)}


def link(file):
    rows = file.rows
    records = {i: {k: v for k, v in r.items() if k not in LEFT_OUT} for i, r in enumerate(rows.to_dict("records"))}
    np.random.seed(1)
    random.seed(1)
    labels = labelled(file, records)
    if file.lists:
        a, b = ({i: r for i, r in records.items() if rows["source"][i] == s} for s in sorted(rows["source"].unique()))
        method = dedupe.RecordLink(definition(rows), num_cores=1, in_memory=True)
        method.prepare_training(a, b, sample_size=5000)
    else:
        a, b = records, None
        method = dedupe.Dedupe(definition(rows), num_cores=1, in_memory=True)
        method.prepare_training(a, sample_size=5000)
    method.mark_pairs(labels)
    method.train(recall=0.95)
    scores = method.score(method.pairs(a, b) if file.lists else method.pairs(a))
    return scores["pairs"][:, 0].astype(int), scores["pairs"][:, 1].astype(int), scores["score"]
