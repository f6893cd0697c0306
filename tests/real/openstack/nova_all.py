"""nova_all.py CONFIG COMPUTES: Nova's API, scheduler, conductor and computes in one process on the in-process message bus."""
import sys
import nova.monkey_patch  # noqa: F401  (must come first)
import eventlet
from oslo_log import log as logging
from oslo_service import service as osvc
import nova.conf
from nova import config, context, objects, service
from nova.objects import host_mapping
from nova.virt import fake
CONF = nova.conf.CONF
config.parse_args(["nova-all", "--config-file", sys.argv[1]])
logging.setup(CONF, "nova")
objects.register_all()
objects.Service.enable_min_version_cache()
# Zed asks placement for every instance of the host at each claim, for reshapes that never happen
# here: quadratic in the number of servers (200 servers: 205 s with it, see the report).
from nova.scheduler.client import report
report.SchedulerReportClient.get_allocations_for_provider_tree = lambda self, context, nodename: {}
# keep SQLite connections open between transactions (SQLAlchemy 1.4 opens a new one each time)
from sqlalchemy import pool
from sqlalchemy.dialects.sqlite import pysqlite
pysqlite.SQLiteDialect_pysqlite.get_pool_class = classmethod(lambda cls, url: pool.QueuePool)
launcher = osvc.ServiceLauncher(CONF)
# these bind: before any outgoing connection takes their port
api = service.WSGIService("osapi_compute", use_ssl=False)
meta = service.WSGIService("metadata", use_ssl=False)
launcher.launch_service(service.Service.create(binary="nova-conductor", topic="conductor"))
launcher.launch_service(service.Service.create(binary="nova-scheduler", topic="scheduler"))
for n in range(1, int(sys.argv[2]) + 1):
    host = "fake%d" % n
    CONF.set_override("host", host)
    launcher.launch_service(service.Service.create(host=host, binary="nova-compute", topic="compute"))
ctx = context.get_admin_context()
for _ in range(300):  # the computes start in green threads: wait until each is mapped to the cell
    host_mapping.discover_hosts(ctx)
    if len(host_mapping.HostMappingList.get_all(ctx)) >= int(sys.argv[2]):
        break
    eventlet.sleep(0.2)
launcher.launch_service(api)
launcher.launch_service(meta)
launcher.wait()
