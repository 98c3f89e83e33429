"""The Python Record Linkage Toolkit with its unsupervised ECM classifier: binary
agreement by Jaro-Winkler from 0.85 for texts and equality for the rest, as its
documentation compares Febrl."""

import recordlinkage as rl

NOTE = ("recordlinkage: ECM classifier, unsupervised, agreement by Jaro-Winkler >= 0.85 for texts and equality "
        "for dates, numbers and categories; blocked on several columns")

EXACT = {"dob", "date_of_birth", "street_number", "postcode", "state", "soc_sec_id", "gender", "phone"}
LEFT_OUT = {"row", "source", "full_name", "first_and_surname"}  # the parts of names are compared
BLOCKS = {
    "fake_1000": ["first_name", "surname", "dob", "email"],
    "febrl4": ["soc_sec_id", "date_of_birth", "surname", "given_name", "postcode"],
    "febrl4_no_ssid": ["date_of_birth", "surname", "given_name", "postcode"],
    "historical_35k": [["first_name", "surname"], ["surname", "dob"], ["first_name", "dob"],
                       ["postcode_fake", "first_name"], ["postcode_fake", "surname"], ["dob", "birth_place"]],
    "fodors_zagats": ["city", "phone", "name"],
}


def link(file):
    rows = file.rows.copy()
    if "phone" in rows:
        rows["phone"] = rows["phone"].str.replace(r"\D", "", regex=True)
    a, b = rows, None
    if file.lists:
        a, b = (rows[rows["source"] == s] for s in sorted(rows["source"].unique()))
    tables = [t for t in (a, b) if t is not None]
    pairs = None
    for block in BLOCKS[file.name]:
        columns = [block] if isinstance(block, str) else block
        indexer = rl.Index()
        indexer.block(columns)
        found = indexer.index(*[t.dropna(subset=columns) for t in tables])
        pairs = found if pairs is None else pairs.union(found)
    compare = rl.Compare()
    for column in rows.columns:
        if column in LEFT_OUT:
            continue
        if column in EXACT:
            compare.exact(column, column, label=column)
        else:
            compare.string(column, column, method="jarowinkler", threshold=0.85, label=column)
    features = compare.compute(pairs, *tables)
    features = features.loc[:, features.nunique() > 1]
    classifier = rl.ECMClassifier()
    classifier.fit(features)
    p = classifier.prob(features)
    first, second = zip(*p.index) if len(p) else ((), ())
    return list(first), list(second), p.to_numpy()
