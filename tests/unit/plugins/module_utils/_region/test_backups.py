# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import json

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from unit.plugins.module_utils._kubernetes.fake_cluster import FakeCluster, secret
from unit.plugins.module_utils._kubernetes.fake_cluster import record as release_record
from unit.plugins.module_utils._region.scene import WANTED

from ansible_collections.coder.classic.plugins.module_utils._coder import satellite_secret
from ansible_collections.coder.classic.plugins.module_utils._coder.satellite_key import public_key_of
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._region import backups
from ansible_collections.coder.classic.plugins.module_utils._region.steps import backup

NO_MORE = serialization.NoEncryption()
RELEASE = {"name": "coder-satellite", "namespace": "coder-satellite"}


def private_key():
    made = ed25519.Ed25519PrivateKey.generate()
    return made.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, NO_MORE).decode()


MINE, OTHER = private_key(), private_key()


def held(tmp_path, wanted=None, key=MINE):
    public_key = public_key_of(key) if key else None
    wanted = {**WANTED, "backup_dir": str(tmp_path), **(wanted or {})}
    return backups.satellite_is_held(wanted, {"public_key": public_key})


def key_secret(key):
    data = {satellite_secret.KEY: base64.b64encode(key.encode()).decode()}
    return {
        "kind": "Secret",
        "metadata": {"name": satellite_secret.SECRET, "namespace": "coder-satellite"},
        "data": data,
    }


def written(tmp_path, name, *items):
    file = tmp_path / "sydney" / "satellite" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(items[0] if isinstance(items[0], str) else json.dumps({"items": list(items)}))


def test_a_key_is_held_whatever_the_revision_and_what_else_lies_there(tmp_path):
    assert held(tmp_path) is False
    written(tmp_path, "coder-satellite.v1.json", {"kind": "Secret", "metadata": {"name": "other"}}, key_secret(MINE))
    written(tmp_path, "coder-satellite.v2.json", key_secret(OTHER))
    written(tmp_path, "coder-satellite.v3.json", "{")
    assert held(tmp_path) is True
    assert held(tmp_path, key=OTHER) is True
    assert held(tmp_path, key=private_key()) is False
    # Of another region, or of another release.
    assert held(tmp_path, {"region": "perth"}) is False
    assert held(tmp_path, {"satellite": {**WANTED["satellite"], "release": "other"}}) is False


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", '{"items": 1}', '{"items": [null]}', '{"items": [{"kind": "Secret"}]}', key_secret("no key"),
     {**key_secret(MINE), "data": None}, {**key_secret(MINE), "data": {satellite_secret.KEY: "%"}}],
)  # fmt: skip
def test_what_cannot_be_read_is_no_backup(tmp_path, content):
    written(tmp_path, "coder-satellite.v1.json", content)
    assert held(tmp_path) is False


def test_without_a_place_or_a_key_nobody_can_tell(tmp_path):
    assert held(tmp_path, {"backup_dir": None}) is None
    assert held(tmp_path, key=None) is None


def satellite_cluster():
    manifest = f"apiVersion: v1\nkind: Secret\nmetadata: {{name: {satellite_secret.SECRET}}}\n"
    stored = secret(release_record(manifest, **RELEASE))
    return FakeCluster([stored, key_secret(MINE)])


def test_what_is_written_is_held_and_is_private(tmp_path):
    wanted = {**WANTED, "backup_dir": str(tmp_path)}
    assert backup.write(satellite_cluster(), wanted, "satellite", RELEASE, True)["changed"] is True
    assert list(tmp_path.iterdir()) == []
    result = backup.write(satellite_cluster(), wanted, "satellite", RELEASE, False)
    assert result["path"] == str(tmp_path / "sydney" / "satellite" / "coder-satellite.v1.json")
    assert (tmp_path / "sydney" / "satellite").stat().st_mode & 0o077 == 0
    assert held(tmp_path) is True
    assert backup.write(satellite_cluster(), wanted, "satellite", RELEASE, False)["changed"] is False


@pytest.mark.parametrize("check_mode", [True, False])
def test_what_cannot_be_written_says_where_and_that_nothing_is_removed(tmp_path, check_mode):
    (tmp_path / "file").write_text("")
    for folder, code in ((None, "no_backup_place"), (str(tmp_path / "file"), "backup_failed")):
        with pytest.raises(ClassicError) as caught:
            backup.write(satellite_cluster(), {**WANTED, "backup_dir": folder}, "satellite", RELEASE, check_mode)
        error = caught.value
        assert error.code == code and "coder_backup_dir" in error.next_step and "nothing is removed" in error.untouched
