"""catalog.py KEYSTONE OUT TYPE=NAME=URL...: the service catalogue, project hpc with user scaler, an application credential.

OUT gets an openrc file of the user and, as comments, what else there is."""
import sys

from keystoneauth1 import session
from keystoneauth1.identity import v3

keystone, out = sys.argv[1], sys.argv[2]


def login(user, password, project):
    return session.Session(auth=v3.Password(auth_url=keystone + "/v3", username=user, password=password, project_name=project,
                                            user_domain_id="default", project_domain_id="default"))


admin = login("admin", "secret", "admin")


def post(path, **body):
    return admin.post(keystone + "/v3" + path, json=body).json()


for argument in sys.argv[3:]:
    kind, name, url = argument.split("=", 2)
    service = post("/services", service={"type": kind, "name": name})["service"]["id"]
    for interface in ("public", "internal", "admin"):
        post("/endpoints", endpoint={"service_id": service, "interface": interface, "region_id": "RegionOne", "url": url})
project = post("/projects", project={"name": "hpc", "domain_id": "default"})["project"]["id"]
user = post("/users", user={"name": "scaler", "password": "scaler-secret", "domain_id": "default", "default_project_id": project})["user"]["id"]
roles = {role["name"]: role["id"] for role in admin.get(keystone + "/v3/roles").json()["roles"]}
admin.put(f"{keystone}/v3/projects/{project}/users/{user}/roles/{roles['member']}")
own = login("scaler", "scaler-secret", "hpc")
credential = own.post(f"{keystone}/v3/users/{user}/application_credentials",
                      json={"application_credential": {"name": "ci", "secret": "app-secret"}}).json()["application_credential"]
with open(out, "w", encoding="utf-8") as file:
    file.write(f"""export OS_AUTH_URL={keystone}/v3
export OS_USERNAME=scaler
export OS_PASSWORD=scaler-secret
export OS_PROJECT_NAME=hpc
export OS_USER_DOMAIN_ID=default
export OS_PROJECT_DOMAIN_ID=default
export OS_REGION_NAME=RegionOne
export OS_IDENTITY_API_VERSION=3
# application credential: {credential['id']} app-secret
# administrator: admin secret, project admin; user {user}, project {project}
""")
