{{- /*
Copyright (c) 2026 coder.classic contributors
SPDX-License-Identifier: GPL-3.0-or-later
*/ -}}

{{- define "coder.oldServices" }}ingress-nginx envproxy{{ end }}

{{- define "coder.versionEnv" }}{{ end }}
