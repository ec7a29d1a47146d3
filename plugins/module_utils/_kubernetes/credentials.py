# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whom an access acts as: the user of a kubeconfig, made complete. Private to this collection."""

from __future__ import annotations

import base64
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from ansible_collections.coder.classic.plugins.module_utils._kubernetes import exec_credential, tls_material
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.kubeconfig_entry import (
    Entry,
    file_content,
    mapping,
    path_of,
    refusal,
    text,
    texts,
)

# How long before its end a credential of a plugin is replaced, and how often a file with a token is read again.
SECONDS_BEFORE_THE_END = 60.0
SECONDS_PER_READING = 60.0
#: kubeconfig field -> header; what a user's extra values are called stands in their headers' names
IMPERSONATION = {"as": "Impersonate-User", "as-uid": "Impersonate-Uid", "as-groups": "Impersonate-Group"}
EXTRA = "Impersonate-Extra-"
HEADER_LETTERS = set("!#$&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")


class Credential(NamedTuple):
    """fields: a kubeconfig's user (secret!), complete; renew_at: when to ask again (time.time()), None where that is not
    known; can_renew: asking again may give another one.
    """

    fields: dict[str, Any]
    expires: datetime | None = None
    renew_at: float | None = None
    can_renew: bool = False

    def __repr__(self) -> str:
        return f"Credential(expires={self.expires}, renew_at={self.renew_at})"


def of_user(user: Entry | None, cluster: dict[str, Any], environment: Mapping[str, str]) -> Credential:
    """cluster is for a plugin that wants to know it. Raises ClassicError ``invalid``, ``credential_plugin``."""
    if user is None:
        return Credential({})
    if mapping(user, "auth-provider"):
        raise refusal(
            user,
            "auth-provider",
            "kubectl and helm gave these providers up (gcp and azure in 1.26).",
            "Replace it by a credential plugin (exec): gke-gcloud-auth-plugin, kubelogin or the one of your cloud.",
        )
    fields = {**_impersonation(user), **tls_material.client_certificate(user)}
    token, token_file = _token(user, "token", user.fields.get("token")), path_of(user, "tokenFile")
    username, password = text(user, "username"), text(user, "password")
    if token_file:
        # kubectl prefers the file, and goes by the token where that cannot be read.
        read = file_content(user, "tokenFile", token_file)
        token = _token(user, "tokenFile", read.decode("latin-1"))
        if token is None:
            raise refusal(user, "tokenFile", f"The file {token_file} is empty.")
        fields["tokenFile"] = token_file
    if token and (username or password):
        raise refusal(user, "username", "There is a token as well, and only one of the two can be meant.")
    if token:
        renew_at = time.time() + SECONDS_PER_READING if token_file else None
        return Credential({**fields, "token": token}, None, renew_at, bool(token_file))
    if username or password:
        return Credential({**fields, "username": username or "", "password": password or ""})
    if mapping(user, "exec"):
        return _of_plugin(user, fields, cluster, environment)
    return Credential(fields)


def authorization(fields: dict[str, Any]) -> str | None:
    """The header of that name for a complete user."""
    if "token" in fields:
        return f"Bearer {fields['token']}"
    if "username" in fields:
        return "Basic " + base64.b64encode(f"{fields['username']}:{fields['password']}".encode()).decode()
    return None


def impersonation(fields: dict[str, Any]) -> list[tuple[str, str]]:
    """The headers that say whom a complete user acts as. Names may repeat."""
    found = []
    for field, name in IMPERSONATION.items():
        values = fields.get(field) or []
        found += [(name, value) for value in ([values] if isinstance(values, str) else values)]
    for key, values in (fields.get("as-user-extra") or {}).items():
        found += [(EXTRA + _escaped(key), value) for value in values]
    # What is no ASCII goes as UTF-8, as Go sends it; http.client takes text for latin-1.
    return [(name, value.encode().decode("latin-1")) for name, value in found]


def _of_plugin(
    user: Entry, fields: dict[str, Any], cluster: dict[str, Any], environment: Mapping[str, str]
) -> Credential:
    issued = exec_credential.issue(user, cluster, environment)
    if issued.token:
        fields["token"] = _token(user._replace(labels={}), "exec", issued.token)
    if issued.certificate and issued.key:
        certificate, key = issued.certificate.encode(), issued.key.encode()
        tls_material.check(user, "exec", certificate, key)
        fields |= tls_material.fields(certificate, key)
    if issued.expires is None:
        return Credential(fields, can_renew=True)
    now, end = time.time(), issued.expires.timestamp()
    # One that lives for a short time only is not asked for at every request.
    return Credential(fields, issued.expires, max(end - SECONDS_BEFORE_THE_END, now + (end - now) / 2), True)


def _token(user: Entry, field: str, value: Any) -> str | None:
    """Without the blanks and line breaks around it, which come from pasting."""
    if value is not None and not isinstance(value, str):
        raise refusal(user, field, "It must be text.")
    token = (value or "").strip()
    if not all("!" <= letter <= "~" for letter in token):
        raise refusal(
            user,
            field,
            "The token has a line break, a blank or another character in its middle that no token has.",
            "Copy the token again, in one piece, then run again.",
        )
    return token or None


def _impersonation(user: Entry) -> dict[str, Any]:
    found: dict[str, Any] = {
        "as": text(user, "as"),
        "as-uid": text(user, "as-uid"),
        "as-groups": texts(user, "as-groups"),
        "as-user-extra": mapping(user, "as-user-extra"),
    }
    for key, values in found["as-user-extra"].items():
        if not isinstance(key, str) or not isinstance(values, list) or not all(isinstance(one, str) for one in values):
            raise refusal(user, "as-user-extra", "It must be names with lists of texts.")
    found = {field: value for field, value in found.items() if value}
    if found and "as" not in found:
        raise refusal(user, next(iter(found)), "It counts only together with the field as (whom to act as).")
    for _name, value in impersonation(found):
        if any(ord(letter) < 32 or ord(letter) == 127 for letter in value):
            raise refusal(user, "as", "Whom to act as has a line break or another control character.")
    return found


def _escaped(key: str) -> str:
    return "".join(
        letter if letter in HEADER_LETTERS else "".join(f"%{byte:02X}" for byte in letter.encode()) for letter in key
    )
