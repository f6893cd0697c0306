"""neutron_db.py URL: Neutron's schema in one go, without its migrations."""
import sys, sqlalchemy as sa
from neutron.db.migration.models import head
head.get_metadata().create_all(sa.create_engine(sys.argv[1]))
