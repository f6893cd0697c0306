"""seed.py KEYSTONE NOVA GLANCE: flavors and an image."""
import sys

from keystoneauth1 import session
from keystoneauth1.identity import v3

keystone, nova, glance = sys.argv[1:4]
admin = session.Session(auth=v3.Password(auth_url=keystone + "/v3", username="admin", password="secret", project_name="admin",
                                         user_domain_id="default", project_domain_id="default"))
for name, ram, vcpus, disk in (("m1.tiny", 512, 1, 1), ("m1.small", 2048, 2, 20), ("m1.large", 8192, 4, 80), ("c1.half", 450000, 1, 1), ("c1.huge", 999999999, 1, 1)):
    admin.post(nova + "/v2.1/flavors", json={"flavor": {"name": name, "ram": ram, "vcpus": vcpus, "disk": disk}})
image = admin.post(glance + "/v2/images", json={"name": "debian-12", "disk_format": "raw", "container_format": "bare", "visibility": "public"}).json()
admin.put(f"{glance}/v2/images/{image['id']}/file", data=b"\0" * 1024, headers={"Content-Type": "application/octet-stream"})
