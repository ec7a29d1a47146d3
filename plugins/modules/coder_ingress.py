# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: coder_ingress
short_description: Finds and rewrites the site's own routes to the main deployment
version_added: 0.1.0
description:
  - For sites with an ingress controller of their own (C(ingress.useDefault=false)). Finds every Ingress, and every HTTPRoute where the
    cluster serves them, that leads to one of the Services C(cemanager), C(coderd), C(dashboard) and C(envproxy) in the deployment's
    namespace and would not lead to the right Service and port any more.
  - C(dashboard) and C(envproxy) are taken over by the main Service. Ports 8080, 80 and 3000 become O(to_http_port), 8443 and 443 become
    O(to_https_port). Ports that are named are looked up in the Service. In place of a name the number is written.
  - All namespaces are looked at where that is allowed, else that of the deployment alone, which is then told as a problem.
  - Objects of O(release) itself are left out, since Helm changes them. So are Services of these names that are not the chart's.
  - With O(rewrite=true) each of these objects is kept in a file of its own, and then only the fields are patched that name the Service
    and the port. Where an object has changed since it was read, the server refuses the patch.
  - Nothing is begun when one of them belongs to Argo CD, Flux, another release of Helm or a controller, leads to an unknown port, or
    would be refused by the API server. All patches are tried as a dry run before the first. The error names all of these objects.
author:
  - coder.classic contributors (@coder-classic)
extends_documentation_fragment:
  - coder.classic.cluster_auth
  - coder.classic.attributes
  - coder.classic.attributes.cluster_group
attributes:
  check_mode:
    support: full
    details: Tries the patches as a dry run and writes nothing. The diff is the same.
  diff_mode:
    support: full
    details: Each field that is rewritten.
  idempotent:
    support: full
    details: A run that was killed is gone on with by the next one.
notes:
  - Routes of other kinds (C(IngressRoute), C(VirtualService), C(TLSRoute), C(Route) of OpenShift, a controller's TCP services) are not
    looked at.
  - When the routes have to change is up to the caller. They lead nowhere until the Service of that name and port is there, so that both
    belong into one step.
options:
  release:
    description: Name of the main deployment's release.
    type: str
    default: coder
  namespace:
    description: Namespace of the main deployment.
    type: str
    default: coder
  to_service:
    description:
      - The main Service as it is called once the step is done, V(coderd), or V(cemanager) while the values have that key.
    type: str
    required: true
  to_http_port:
    description: Its port for HTTP, V(80) with C(coderd.serviceNext), else V(8080).
    type: int
    required: true
  to_https_port:
    description: Its port for HTTPS, V(443) with C(coderd.serviceNext), else V(8443).
    type: int
    required: true
  rewrite:
    description: Rewrite them. Otherwise they are only told.
    type: bool
    default: false
  backup_dir:
    description:
      - Folder for the objects as they are before, one YAML file each, which C(kubectl apply -f) takes. Made if it is missing, with
        mode 0700. The files have mode 0600, since annotations may hold secrets.
      - Required with O(rewrite=true).
    type: path
seealso:
  - module: coder.classic.coder_values
  - module: coder.classic.coder_deployment_info
"""

EXAMPLES = r"""
- name: Tell which routes must change for serviceNext
  coder.classic.coder_ingress:
    namespace: coder
    context: primary
    to_service: coderd
    to_http_port: 80
    to_https_port: 443

- name: Rewrite them
  coder.classic.coder_ingress:
    namespace: coder
    context: primary
    to_service: coderd
    to_http_port: 80
    to_https_port: 443
    rewrite: true
    backup_dir: backups/primary
"""

RETURN = r"""
routes:
  description:
    - What leads (before this run led) somewhere else than it must, a row for each backend. An object that is changed by hand alone has one
      row. Null where no route could be read.
  returned: success
  type: list
  elements: dict
  contains:
    kind:
      description: V(Ingress), V(HTTPRoute), or V(Service) for one of type ExternalName.
      type: str
      sample: Ingress
    api_version:
      description: The version under which it was read.
      type: str
      sample: networking.k8s.io/v1
    namespace:
      description: Its namespace.
      type: str
      sample: coder
    name:
      description: Its name.
      type: str
      sample: web
    host:
      description: The host, several with commas; null for all, and where no backend is concerned.
      type: str
      sample: coder.example.com
    path:
      description: The path, several with commas; null for all, and where no backend is concerned.
      type: str
      sample: /
    service:
      description: The Service that it leads to; null where no backend is concerned.
      type: str
      sample: cemanager
    port:
      description: The port as the object says it, a number or a name.
      type: raw
      sample: 8080
    to_service:
      description: The Service that it must lead to.
      type: str
      sample: coderd
    to_port:
      description: The port that it must lead to; null where nobody can tell.
      type: int
      sample: 80
    managed_by:
      description: Who would undo a change (Argo CD, Flux, a release of Helm, a controller); null for nobody.
      type: str
      sample: Argo CD
    by_hand:
      description: What of the object only a person can change, such as an annotation that names a Service. No contents are told.
      type: list
      elements: str
      sample: [annotation nginx.ingress.kubernetes.io/configuration-snippet names cemanager]
problems:
  description: What could not be seen, each with the keys of a failure (C(code), C(message), C(why), C(next) ...).
  returned: success
  type: list
  elements: dict
rewritten:
  description: Objects that were rewritten, in check mode would be.
  returned: success
  type: list
  elements: str
  sample: [Ingress coder/web]
backups:
  description: The files in which they are kept as they were, in check mode would be.
  returned: success
  type: list
  elements: str
  sample: [backups/primary/ingress.coder.web.0123456789ab.yaml]
diff:
  description: The fields before and after.
  returned: when something is rewritten
  type: dict
  contains:
    before:
      description: A line for each field as it was.
      type: str
    after:
      description: A line for each field as it is.
      type: str
"""

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils import _module
from ansible_collections.coder.classic.plugins.module_utils._arguments import CLUSTER_AUTH
from ansible_collections.coder.classic.plugins.module_utils._deployment.routes.run import run
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import cluster_from_params

ARGUMENTS = {
    **CLUSTER_AUTH,
    "release": {"type": "str", "default": "coder"},
    "namespace": {"type": "str", "default": "coder"},
    "to_service": {"type": "str", "required": True},
    "to_http_port": {"type": "int", "required": True},
    "to_https_port": {"type": "int", "required": True},
    "rewrite": {"type": "bool", "default": False},
    "backup_dir": {"type": "path"},
}


def work(params: dict[str, Any], task: _module.Task) -> dict[str, Any]:
    try:
        result = run(cluster_from_params(params), params, task.check_mode)
    except OSError as error:
        raise ClassicError(
            "The routes cannot be kept in files.",
            code="invalid",
            where=params["backup_dir"],
            why=error.strerror or str(error),
            untouched="All routes.",
            next_step="Make the folder writable or choose another one, then run again.",
        ) from error
    for line in result.pop("said"):
        task.warn(line)
    return result


def main() -> None:
    _module.main(ARGUMENTS, work)


if __name__ == "__main__":
    main()
