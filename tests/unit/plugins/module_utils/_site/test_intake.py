# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.coder.classic.plugins.module_utils._site import intake
from ansible_collections.coder.classic.plugins.module_utils._site.variables import TABLE

LEAST = {
    "coder_url": "https://coder.example.com",
    "coder_satellite_url": "https://sydney.example.com",
    "coder_provider_cluster_uid": "11111111-2222-3333-4444-555555555555",
}
REGIONS = ("sydney", "frankfurt")
SECRET = "s3cr3t-of-somebody"
ENDLESS: list = []
ENDLESS.append(ENDLESS)


def take(regions=REGIONS, groups=("coder_regions", "sydney"), **changes):
    variables = {name: value for name, value in {**LEAST, **changes}.items() if value != "absent"}
    return intake.take(variables, hostname="sydney-1", groups=list(groups), regions=regions)


def taken(name, value, **others):
    values, wrong, _said = take(**{name: value}, **others)
    assert wrong == []
    return values[name]


def refused(name, value, **others):
    """The one finding about a variable, whose value must then not be among the values."""
    values, wrong, _said = take(**{name: value}, **others)
    (finding,) = wrong
    assert finding["code"] == "invalid_variable"
    assert finding["message"].startswith(f"{name} is ")
    assert name in finding["next"]
    assert "sydney-1" in finding["where"]
    assert name not in values
    return finding


@pytest.mark.parametrize(("given", "number"), [(7, 7), ("7", 7), (" 7 ", 7), ("+7", 7), (100, 100), (1, 1)])
def test_a_number_may_be_given_as_text(given, number):
    value = taken("coder_rebuild_parallel", given)
    assert (value, type(value)) == (number, int)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (0, "the number 0"),
        (-1, "the number -1"),
        ("0", "the text '0'"),
        ("five", "the text 'five'"),
        ("", "an empty text"),
        ("1.5", "the text '1.5'"),
        (1.5, "the number 1.5"),
        (5.0, "the number 5.0"),
        (True, "the boolean true"),
        (101, "the number 101"),
        ("9" * 400, "the text '999"),
        ([5], "a list"),
        ({"a": 5}, "a mapping"),
    ],
)
def test_what_is_no_number_or_beyond_its_bounds_is_told_with_what_is_allowed(given, told):
    finding = refused("coder_rebuild_parallel", given)
    assert told in finding["message"]
    assert "a whole number from 1 to 100" in finding["why"]


@pytest.mark.parametrize("variable", [v for v in TABLE if v.least is not None], ids=lambda variable: variable.name)
def test_every_number_has_its_bounds(variable):
    assert taken(variable.name, str(variable.least)) == variable.least
    assert taken(variable.name, variable.most) == variable.most
    refused(variable.name, variable.least - 1)
    refused(variable.name, str(variable.most + 1))


@pytest.mark.parametrize(
    ("given", "flag"),
    [
        *((word, True) for word in (True, "true", "True", "yes", "on", "1", 1)),
        *((word, False) for word in (False, "false", "FALSE", "no", "off", " 0", 0)),
    ],
)
def test_a_boolean_may_be_given_as_text(given, flag):
    assert taken("coder_shared_clusters", given) is flag


@pytest.mark.parametrize("given", ["", "nope", 2, 1.0, "falsch", [], ["true"], {}])
def test_what_is_no_boolean_is_refused(given):
    assert "true or false" in refused("coder_shared_clusters", given)["why"]


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ("sydney", ["sydney"]),
        ("sydney, frankfurt", ["sydney", "frankfurt"]),
        ("sydney,sydney,", ["sydney"]),
        (["sydney", "frankfurt"], ["sydney", "frankfurt"]),
        (["sydney,frankfurt"], ["sydney", "frankfurt"]),
        ('["sydney", "frankfurt"]', ["sydney", "frankfurt"]),
        ("", []),
        ([], []),
    ],
)
def test_consent_names_regions(given, names):
    assert taken("coder_confirm_retire", given) == names


@pytest.mark.parametrize(
    "given",
    [True, False, 1, 0, 1.5, [1, 2], [None], ["sydney", ""], ["sydney", True], {"sydney": True}, ",", "[1]", "[sydney"],
)
@pytest.mark.parametrize("regions", [REGIONS, None])
def test_consent_is_no_yes_and_no_number(given, regions):
    finding = refused("coder_confirm_retire", given, regions=regions)
    assert "-e coder_confirm_retire=" in finding["why"]


@pytest.mark.parametrize("given", ["true", "True", "yes", "1", "-1", "no", ["yes"], "sydney,1"])
@pytest.mark.parametrize("regions", [REGIONS, None])
def test_consent_is_neither_as_text(given, regions):
    refused("coder_confirm_retire", given, regions=regions)


def test_consent_to_a_region_that_is_none_is_refused_where_the_regions_are_known():
    assert "known: sydney, frankfurt" in refused("coder_confirm_retire", "sidney")["why"]
    refused("coder_lock_takeover", "sydney-1")
    assert taken("coder_confirm_retire", "sidney", regions=None) == ["sidney"]


def test_a_region_may_be_called_no():
    values, wrong, _said = take(regions=["no"], groups=["coder_regions", "no"], coder_confirm_retire="no")
    assert (wrong, values["coder_confirm_retire"]) == ([], ["no"])


@pytest.mark.parametrize(
    ("given", "values"),
    [
        ({"coderd": {"replicas": 2}}, {"coderd": {"replicas": 2}}),
        ("coderd:\n  replicas: 2\n", {"coderd": {"replicas": 2}}),
        ('{"coderd": {"replicas": 2}}', {"coderd": {"replicas": 2}}),
        ("# nothing yet\n", {}),
        ("", {}),
    ],
)
def test_helm_values_may_be_given_as_text(given, values):
    assert taken("coder_satellite_values", given) == values


@pytest.mark.parametrize(
    "given",
    [
        f"password: [{SECRET}",
        SECRET,
        f"- {SECRET}",
        [SECRET],
        5,
        f"a: {SECRET}\n---\nb: 1",
        {"password": SECRET, "replicas": float("inf")},
        f"{{password: {SECRET}, size: 1e999}}",
        # What holds itself has no end.
        f"{{password: {SECRET}, a: &x [*x]}}",
        {"password": SECRET, "a": ENDLESS},
    ],
)
def test_helm_values_are_refused_without_telling_any(given):
    assert SECRET not in str(refused("coder_satellite_values", given))


@pytest.mark.parametrize("given", [[SECRET], f"{SECRET}\nx", {"token": SECRET}, 12345678])
def test_a_token_is_never_told(given):
    told = str(refused("coder_token", given))
    assert SECRET not in told and "12345678" not in told


def test_a_line_break_at_the_end_of_a_token_is_none_of_it():
    assert taken("coder_token", SECRET + "\n") == SECRET


@pytest.mark.parametrize("given", ["https://coder.example.com", "http://[::1]:8080/", " https://coder.example.com\n"])
def test_a_url_is_taken(given):
    assert taken("coder_url", given) == given.strip()


@pytest.mark.parametrize(
    "given",
    [
        "coder.example.com",
        "ftp://coder.example.com",
        "https://",
        f"https://me:{SECRET}@coder.example.com",
        f"https://coder.example.com/?token={SECRET}",
        f"https://coder.example.com/#{SECRET}",
        "https://coder.example.com:port",
        "",
        5,
    ],
)
def test_a_url_without_host_or_with_more_than_that_is_refused(given):
    assert SECRET not in str(refused("coder_satellite_url", given))


@pytest.mark.parametrize("given", ["", " ", "1f0c 8a53", 12345, True, ["1f0c8a53"], "1f0c\n8a53"])
def test_a_uid_is_never_empty(given):
    for name in ("coder_provider_cluster_uid", "coder_satellite_cluster_uid", "coder_primary_cluster_uid"):
        refused(name, given)


def test_a_path_begins_at_home(monkeypatch):
    monkeypatch.setenv("HOME", "/home/operator")
    assert taken("coder_provider_kubeconfig", "~/.kube/config") == "/home/operator/.kube/config"
    assert taken("coder_helm_binary", "$HOME/bin/helm") == "/home/operator/bin/helm"
    assert taken("coder_satellite_chart_ref", "~/coder-1.21.7.tgz") == "/home/operator/coder-1.21.7.tgz"
    refused("coder_provider_kubeconfig", "")
    refused("coder_provider_kubeconfig", ["~/.kube/config"])


@pytest.mark.parametrize("given", [1.21, False, 0, "", ["1.21.7"]])
def test_a_text_is_a_text(given):
    finding = refused("coder_satellite_chart_version", given)
    assert ("in quotes" in finding["why"]) == isinstance(given, (bool, int, float))


@pytest.mark.parametrize("given", ["uninstall", "", True, ["retire"], "Retire"])
def test_a_choice_is_one_of_its_words(given):
    assert "one of migrate, retire, rollback" in refused("coder_goal", given)["why"]


@pytest.mark.parametrize(("given", "names"), [("a, b", ["a", "b"]), (["a", "b"], ["a", "b"]), ([], []), ("", [])])
def test_workspaces_may_be_given_as_text(given, names):
    assert taken("coder_workspaces_leave", given) == names


@pytest.mark.parametrize("given", [5, True, [5], ["a", ""], {"a": 1}])
def test_workspaces_are_names(given):
    refused("coder_workspaces_leave", given)


def test_all_that_is_wrong_is_said_at_once():
    _values, wrong, _said = take(
        coder_url="absent", coder_soak_seconds=-5, coder_rebuild_parallel=0, coder_provider_cluster_uid=""
    )
    assert [(entry["code"], entry["message"].split()[0]) for entry in wrong] == [
        ("missing_variable", "coder_url"),
        ("invalid_variable", "coder_provider_cluster_uid"),
        ("invalid_variable", "coder_rebuild_parallel"),
        ("invalid_variable", "coder_soak_seconds"),
    ]
    assert all(entry["where"] and entry["why"] and entry["untouched"] and entry["next"] for entry in wrong)


def test_only_two_variables_are_required():
    _values, wrong, _said = intake.take({}, hostname="sydney-1", groups=["coder_regions", "sydney"])
    assert [entry["message"].split()[0] for entry in wrong] == ["coder_url", "coder_satellite_url"]


def test_null_is_as_good_as_not_given():
    values, wrong, said = take(coder_rebuild_parallel=None, coder_provider_cluster_uid=None, coder_url=None)
    assert values["coder_rebuild_parallel"] == 5
    assert [entry["code"] for entry in wrong] == ["missing_variable"]
    assert [entry["code"] for entry in said] == ["unpinned_cluster"]


def test_a_region_needs_its_address_and_a_provider_nothing():
    values, wrong, said = take(coder_ca_path="/etc/ca.pem")
    assert (wrong, said) == ([], [])
    assert {
        "coder_region": "sydney",
        "coder_satellite_name": "sydney",
        "coder_satellite_ca_path": "/etc/ca.pem",
        "coder_satellite_namespace": "coder-satellite",
        "coder_satellite_release": "coder-satellite",
        "coder_satellite_chart_ref": "coder",
        "coder_satellite_chart_repo_url": "https://helm.coder.com",
        "coder_satellite_values": {},
        "coder_provider_name": "sydney-1",
        "coder_provider_namespace": "coder",
        "coder_provider_release": "coder-workspace-provider",
        "coder_primary_namespace": "coder",
        "coder_cordon_reason": "Region sydney is being migrated",
        "coder_workspaces_leave": [],
        "coder_confirm_retire": [],
    }.items() <= values.items()
    absent = {"coder_satellite_chart_version", "coder_satellite_kubeconfig", "coder_satellite_context", "coder_token"}
    assert not absent & set(values)


def test_a_host_gets_lists_and_mappings_of_its_own():
    take()[0]["coder_workspaces_leave"].append("mine")
    take()[0]["coder_satellite_values"]["mine"] = 1
    values = take()[0]
    assert (values["coder_workspaces_leave"], values["coder_satellite_values"]) == ([], {})


def test_nothing_stands_in_for_what_is_wrong():
    values, wrong, _said = take(
        coder_region=5, coder_satellite_name="", coder_satellite_ca_path="", coder_ca_path="/ca", coder_provider_name=[]
    )
    assert len(wrong) == 4
    assert not {"coder_region", "coder_satellite_name", "coder_satellite_ca_path", "coder_provider_name"} & set(values)


@pytest.mark.parametrize(
    ("reference", "repository", "expected"),
    [
        (None, None, ("coder", "https://helm.coder.com")),
        (None, "https://mirror.example.com", ("coder", "https://mirror.example.com")),
        ("coder", None, ("coder", "https://helm.coder.com")),
        ("internal/coder", None, ("internal/coder", None)),
        ("./coder-1.21.7.tgz", None, ("./coder-1.21.7.tgz", None)),
        ("coder-1.21.7.tgz", "https://mirror.example.com", ("coder-1.21.7.tgz", None)),
        ("oci://registry.example.com/coder", None, ("oci://registry.example.com/coder", None)),
    ],
)
def test_the_chart_comes_from_one_place(reference, repository, expected):
    values, wrong, _said = take(coder_satellite_chart_ref=reference, coder_satellite_chart_repo_url=repository)
    assert wrong == []
    assert (values["coder_satellite_chart_ref"], values.get("coder_satellite_chart_repo_url")) == expected


def test_no_repository_stands_in_for_a_wrong_one():
    values, _wrong, _said = take(coder_satellite_chart_repo_url="helm.coder.com")
    assert "coder_satellite_chart_repo_url" not in values


@pytest.mark.parametrize("region", ["frankfurt", "coder_regions", "sidney"])
@pytest.mark.parametrize("regions", [REGIONS, None])
def test_the_region_is_a_group_of_the_host(region, regions):
    _values, wrong, _said = take(regions=regions, coder_region=region)
    (finding,) = wrong
    assert finding["code"] == "wrong_region"
    assert region in finding["message"] and "sydney" in finding["where"]


@pytest.mark.parametrize("groups", [["coder_regions"], ["coder_regions", "frankfurt", "sydney"]])
def test_where_the_groups_do_not_tell_the_region_it_must_be_given(groups):
    values, wrong, _said = take(groups=groups)
    (finding,) = wrong
    assert finding["code"] == "missing_variable" and "coder_region" in finding["message"]
    assert "coder_region" not in values and "coder_satellite_name" not in values


def test_one_of_several_groups_can_be_the_region():
    values, wrong, _said = take(groups=["coder_regions", "frankfurt", "sydney"], coder_region="sydney")
    assert (wrong, values["coder_region"]) == ([], "sydney")


def test_groups_that_are_no_regions_do_not_count():
    values, wrong, _said = take(groups=["coder_regions", "on_gke", "sydney"])
    assert (wrong, values["coder_region"]) == ([], "sydney")


def test_typing_errors_are_called_out_without_their_values():
    _values, wrong, said = take(coder_confirm_retired=SECRET, coder_zzz=SECRET, ansible_host="x")
    assert wrong == []
    assert [(entry["code"], entry["message"].split()[0]) for entry in said] == [
        ("unknown_variable", "coder_confirm_retired"),
        ("unknown_variable", "coder_zzz"),
    ]
    assert "coder_confirm_retire," in said[0]["next"]
    assert SECRET not in str(said)


def test_a_provider_without_the_uid_of_its_cluster_is_told_how_to_get_it():
    _values, wrong, said = take(coder_provider_cluster_uid="absent")
    assert wrong == []
    (warning,) = said
    assert warning["code"] == "unpinned_cluster" and "kube-system" in warning["next"]


@pytest.mark.parametrize("name", ["coder_status_file", "coder_backup_dir", "coder_values_file"])
def test_what_is_written_is_no_device(name, tmp_path):
    assert "/dev/null" in str(refused(name, "/dev/null"))
    assert taken(name, str(tmp_path / "new")) == str(tmp_path / "new")
    # An access may come from a pipe.
    assert taken("coder_provider_kubeconfig", "/dev/null") == "/dev/null"
