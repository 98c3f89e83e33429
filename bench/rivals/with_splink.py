"""Splink with the settings that its documentation shows for the same data: the tutorial
and the accuracy example for fake_1000 (the better of the two counts), the febrl4 and the
50k example. The restaurants have no published settings; theirs are in the same style."""

import logging

import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

logging.disable(logging.ERROR)

NOTE = ("splink: settings of its own documentation for each file, with the training shown there; "
        "for fake_1000 the better of the two that it shows; the restaurants in the same style")

CITY = cl.ExactMatch("city").configure(term_frequency_adjustments=True)

PLANS = {
    "fake_1000": [
        dict(
            comparisons=[cl.NameComparison("first_name"), cl.NameComparison("surname"),
                         cl.LevenshteinAtThresholds("dob", 1), CITY, cl.EmailComparison("email")],
            blocking=[block_on("first_name", "city"), block_on("surname"), block_on("dob")],
            certain=[block_on("first_name", "dob"),
                     "l.first_name = r.first_name and levenshtein(r.surname, l.surname) <= 2", block_on("email")],
            recall=0.7, pairs=2e6, training=[block_on("first_name", "surname"), block_on("dob")]),
        dict(
            comparisons=[cl.ForenameSurnameComparison("first_name", "surname"),
                         cl.DateOfBirthComparison("dob", input_is_string=True), CITY, cl.EmailComparison("email")],
            blocking=[block_on("first_name"), block_on("surname"), block_on("dob"), block_on("email")],
            certain=["l.first_name = r.first_name and levenshtein(r.dob, l.dob) <= 1",
                     "l.surname = r.surname and levenshtein(r.dob, l.dob) <= 1",
                     "l.first_name = r.first_name and levenshtein(r.surname, l.surname) <= 2", "l.email = r.email"],
            recall=0.7, pairs=1e6, training=[block_on("dob"), block_on("email"), block_on("first_name", "surname")]),
    ],
    "febrl4": [dict(
        comparisons=[
            cl.NameComparison("given_name").configure(term_frequency_adjustments=True),
            cl.NameComparison("surname").configure(term_frequency_adjustments=True),
            cl.DateOfBirthComparison("date_of_birth", input_is_string=True, datetime_format="%Y%m%d",
                                     invalid_dates_as_null=True),
            cl.DamerauLevenshteinAtThresholds("soc_sec_id", [1, 2]),
            cl.ExactMatch("street_number").configure(term_frequency_adjustments=True),
            cl.DamerauLevenshteinAtThresholds("postcode", [1, 2]).configure(term_frequency_adjustments=True)],
        blocking=[block_on("given_name", "surname"), "l.given_name = r.surname and l.surname = r.given_name",
                  block_on("date_of_birth"), block_on("soc_sec_id"), block_on("state", "address_1"),
                  block_on("street_number", "address_1"), block_on("postcode")],
        certain=[block_on("soc_sec_id"), block_on("given_name", "surname", "date_of_birth")],
        recall=0.8, pairs=1e6, training=[block_on("date_of_birth"), block_on("postcode")])],
    "historical_35k": [dict(
        comparisons=[
            cl.ForenameSurnameComparison("first_name", "surname",
                                         forename_surname_concat_col_name="first_name_surname_concat"),
            cl.DateOfBirthComparison("dob", input_is_string=True), cl.PostcodeComparison("postcode_fake"),
            cl.ExactMatch("birth_place").configure(term_frequency_adjustments=True),
            cl.ExactMatch("occupation").configure(term_frequency_adjustments=True)],
        blocking=[block_on("substr(first_name,1,3)", "substr(surname,1,4)"), block_on("surname", "dob"),
                  block_on("first_name", "dob"), block_on("postcode_fake", "first_name"),
                  block_on("postcode_fake", "surname"), block_on("dob", "birth_place"),
                  block_on("substr(postcode_fake,1,3)", "dob"), block_on("substr(postcode_fake,1,3)", "first_name"),
                  block_on("substr(postcode_fake,1,3)", "surname"),
                  block_on("substr(first_name,1,2)", "substr(surname,1,2)", "substr(dob,1,4)")],
        certain=[block_on("first_name", "surname", "dob"),
                 block_on("substr(first_name,1,2)", "surname", "substr(postcode_fake,1,2)"),
                 block_on("dob", "postcode_fake")],
        recall=0.6, pairs=1e7, training=[block_on("first_name", "surname"), block_on("dob")])],
    "fodors_zagats": [dict(
        comparisons=[cl.JaroWinklerAtThresholds("name", [0.92, 0.8]), cl.LevenshteinAtThresholds("addr", [2, 6]), CITY,
                     cl.LevenshteinAtThresholds("phone", [1, 2]), cl.ExactMatch("type")],
        blocking=[block_on("city"), block_on("phone"), block_on("substr(name,1,4)"), block_on("substr(addr,1,6)")],
        certain=[block_on("phone"), block_on("name", "city")],
        recall=0.8, pairs=1e6, training=[block_on("phone"), block_on("name")])],
}
# Without the number that gives it away: the same settings, less what uses it.
PLANS["febrl4_no_ssid"] = [{
    **PLANS["febrl4"][0],
    "comparisons": [c for i, c in enumerate(PLANS["febrl4"][0]["comparisons"]) if i != 3],
    "blocking": [c for i, c in enumerate(PLANS["febrl4"][0]["blocking"]) if i != 3],
    "certain": PLANS["febrl4"][0]["certain"][1:],
}]


def prepared(file):
    rows = file.rows.copy()
    if "phone" in rows:
        rows["phone"] = rows["phone"].str.replace(r"\D", "", regex=True)
    if "first_name" in rows and "surname" in rows:
        rows["first_name_surname_concat"] = rows["first_name"] + " " + rows["surname"]
    return rows


def run(plan, rows, lists):
    settings = SettingsCreator(
        link_type="link_only" if lists else "dedupe_only", unique_id_column_name="row",
        comparisons=plan["comparisons"], blocking_rules_to_generate_predictions=plan["blocking"])
    tables = [t.drop(columns="source") for _, t in rows.groupby("source")] if lists else rows
    linker = Linker(tables, settings, DuckDBAPI())
    train = linker.training
    train.estimate_probability_two_random_records_match(plan["certain"], recall=plan["recall"])
    train.estimate_u_using_random_sampling(max_pairs=plan["pairs"], seed=1)
    for rule in plan["training"]:
        train.estimate_parameters_using_expectation_maximisation(rule, estimate_without_term_frequencies=True)
    found = linker.inference.predict(threshold_match_probability=0.0005).as_pandas_dataframe()
    return found["row_l"].to_numpy(), found["row_r"].to_numpy(), found["match_probability"].to_numpy()


def link(file):
    from figures import figures
    rows = prepared(file)
    runs = [run(plan, rows, file.lists) for plan in PLANS[file.name]]
    return max(runs, key=lambda r: figures(file, *r)["f1"])
