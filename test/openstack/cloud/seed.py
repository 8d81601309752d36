"""Makes the regions, catalog, projects, users and limits of the test cloud. Leaves alone what exists already.

usage: seed.py AUTH_URL PASSWORD OT1_IMAGE_URL OT2_IMAGE_URL
"""

import sys

import requests

auth_url, password, *image_urls = sys.argv[1:]
DOMAIN = {"id": "default"}
REGIONS = dict(zip(("ot1", "ot2"), image_urls))
# Each user's first project is the default one.
USERS = {
    "glance": [("service", "admin"), ("service", "service")],
    "facade": [("service", "service")],
    "copier": [("service", "service"), ("tenant-a", "member"), ("tenant-b", "member")],
    "alice": [("tenant-a", "member")],
    "bob": [("tenant-b", "member")],
    "carol": [("tenant-a", "member"), ("tenant-b", "member")],
    "rita": [("tenant-a", "reader")],
}
# oslo.limit reads endpoints and limits, and the facade reads secrets of access keys. None belongs to a project.
SYSTEM_READERS = ("glance", "facade")
# The limits of ot2, where unified limits are on. They are so high that no test reaches them, unless it sets
# a lower limit for a project. Sizes are in MiB.
LIMITS = {"image_size_total": 1_000_000, "image_stage_total": 1_000_000, "image_count_total": 10_000, "image_count_uploading": 1_000}

session = requests.Session()
session.trust_env = False
admin = {"user": {"name": "admin", "domain": DOMAIN, "password": password}}
answer = session.post(
    f"{auth_url}/auth/tokens",
    json={"auth": {"identity": {"methods": ["password"], "password": admin}, "scope": {"project": {"name": "admin", "domain": DOMAIN}}}},
)
if answer.status_code != 201:
    sys.exit(f"admin cannot sign in: {answer.status_code} {answer.text}")
session.headers["X-Auth-Token"] = answer.headers["X-Subject-Token"]


def call(method, path, body=None, **params):
    answer = session.request(method, auth_url + path, json=body, params=params)
    if answer.status_code >= 300:
        sys.exit(f"{method} {path}: {answer.status_code} {answer.text}")
    return answer.json() if answer.content else {}


def ensure(kind, body, **known):
    found = call("GET", f"/{kind}s", **known)[f"{kind}s"]
    return found[0]["id"] if found else call("POST", f"/{kind}s", {kind: body})[kind]["id"]


existing = {region["id"] for region in call("GET", "/regions")["regions"]}
for region in REGIONS:
    if region not in existing:
        call("POST", "/regions", {"region": {"id": region}})

image = ensure("service", {"type": "image", "name": "glance"}, type="image")
identity = ensure("service", {"type": "identity", "name": "keystone"}, type="identity")
endpoints = {(e["service_id"], e["region_id"], e["interface"]): e["id"] for e in call("GET", "/endpoints")["endpoints"]}
for region, image_url in REGIONS.items():
    for service, url in ((image, image_url), (identity, auth_url)):
        for interface in ("public", "internal", "admin"):
            body = {"service_id": service, "region_id": region, "interface": interface, "url": url}
            known = endpoints.get((service, region, interface))
            if known:
                call("PATCH", f"/endpoints/{known}", {"endpoint": {"url": url}})
            else:
                call("POST", "/endpoints", {"endpoint": body})

roles = {role["name"]: role["id"] for role in call("GET", "/roles")["roles"]}
for name in ("reader", "member", "admin", "service"):
    if name not in roles:
        roles[name] = call("POST", "/roles", {"role": {"name": name}})["role"]["id"]
for name, grants in USERS.items():
    projects = {
        project: ensure("project", {"name": project, "domain_id": "default"}, name=project, domain_id="default")
        for project, _ in grants
    }
    body = {"name": name, "domain_id": "default", "password": password, "default_project_id": projects[grants[0][0]]}
    user = ensure("user", body, name=name, domain_id="default")
    for project, role in grants:
        call("PUT", f"/projects/{projects[project]}/users/{user}/roles/{roles[role]}")
    if name in SYSTEM_READERS:
        call("PUT", f"/system/users/{user}/roles/{roles['reader']}")

for name, limit in LIMITS.items():
    if not call("GET", "/registered_limits", service_id=image, region_id="ot2", resource_name=name)["registered_limits"]:
        body = {"service_id": image, "region_id": "ot2", "resource_name": name, "default_limit": limit}
        call("POST", "/registered_limits", {"registered_limits": [body]})
