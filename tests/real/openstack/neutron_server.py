"""neutron_server.py --config-file FILE: neutron-server with every model configured before the first request."""
import sys

import neutron.db.migration.models.head  # noqa: F401
import sqlalchemy.orm
from neutron.cmd.eventlet.server import main

sys.argv[0] = "neutron-server"
sqlalchemy.orm.configure_mappers()
main()
