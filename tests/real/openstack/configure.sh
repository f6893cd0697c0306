# shellcheck shell=bash disable=SC2154
# The configuration files of the five services, all state below $dir; sourced by openstack.sh.
admin() { cat <<C
auth_url = http://127.0.0.1:$keystone/v3
auth_type = password
username = admin
password = secret
project_name = admin
user_domain_id = default
project_domain_id = default
C
}
authtoken() { cat <<C
[keystone_authtoken]
www_authenticate_uri = http://127.0.0.1:$keystone/v3
$(admin)
service_token_roles_required = true
service_token_roles = admin
token_cache_time = ${OS_TOKEN_CACHE:-300}
C
}
auth() { cat <<C
$(admin)
region_name = RegionOne
valid_interfaces = public
C
}
db() { printf '[database]\nconnection = sqlite:///%s/db/%s.sqlite?timeout=60\nsqlite_synchronous = false\n' "$dir" "$1"; }
configure() {
  mkdir -p "$dir"/{etc/{keystone,placement,glance,neutron,nova},db,log,images,fernet,credkeys,nova,lock}
  chmod 700 "$dir"/{fernet,credkeys}
  cat >"$dir/etc/keystone/keystone.conf" <<C
[DEFAULT]
log_file = $dir/log/keystone.log
public_endpoint = http://127.0.0.1:$keystone/
$(db keystone)
[token]
provider = fernet
expiration = ${OS_TOKEN_TTL:-3600}
allow_expired_window = 0
[identity]
password_hash_rounds = 4
[fernet_tokens]
key_repository = $dir/fernet
[fernet_receipts]
key_repository = $dir/fernet
[credential]
key_repository = $dir/credkeys
C
  cat >"$dir/etc/placement/placement.conf" <<C
[DEFAULT]
log_file = $dir/log/placement.log
[placement_database]
connection = sqlite:///$dir/db/placement.sqlite
sqlite_synchronous = false
sync_on_startup = true
[api]
auth_strategy = keystone
$(authtoken)
C
  cat >"$dir/etc/glance/glance-api.conf" <<C
[DEFAULT]
log_file = $dir/log/glance.log
enabled_backends = file:file
use_keystone_limits = false
$(db glance)
[glance_store]
default_backend = file
[file]
filesystem_store_datadir = $dir/images
[paste_deploy]
flavor = keystone
$(authtoken)
[oslo_concurrency]
lock_path = $dir/lock
C
  sed "s#/etc/glance/#$dir/etc/glance/#" "$dir/deb/usr/share/glance-common/glance-api-paste.ini" >"$dir/etc/glance/glance-api-paste.ini"
  cat >"$dir/etc/neutron/neutron.conf" <<C
[DEFAULT]
bind_host = 127.0.0.1
bind_port = $neutron
core_plugin = ml2
service_plugins = router
pagination_max_limit = ${OS_NETWORK_PAGE:--1}
api_workers = 0
rpc_workers = 0
rpc_state_report_workers = 0
transport_url = fake://
auth_strategy = keystone
state_path = $dir/neutron
log_file = $dir/log/neutron.log
api_paste_config = $dir/deb/usr/share/neutron-common/api-paste.ini
notify_nova_on_port_status_changes = false
notify_nova_on_port_data_changes = true
dhcp_agent_notification = false
$(db neutron)
[ml2]
type_drivers = local,flat
tenant_network_types = local
mechanism_drivers = bindall
extension_drivers = port_security
[nova]
$(auth)
[quotas]
quota_port = -1
$(authtoken)
[oslo_concurrency]
lock_path = $dir/lock
C
  sed "s#/etc/nova/#$dir/etc/nova/#" "$dir/deb/usr/share/nova-common/api-paste.ini" >"$dir/etc/nova/api-paste.ini"
  cat >"$dir/etc/nova/nova.conf" <<C
[DEFAULT]
transport_url = fake://
compute_driver = ${OS_DRIVER:-fake.FakeDriver}
host = fake1
my_ip = 127.0.0.1
enabled_apis = osapi_compute
osapi_compute_listen = 127.0.0.1
osapi_compute_listen_port = $nova
osapi_compute_workers = 1
metadata_listen = 127.0.0.1
metadata_listen_port = $metadata
metadata_workers = 1
state_path = $dir/nova
log_file = $dir/log/nova.log
max_concurrent_builds = ${OS_BUILDS:-0}
reserved_host_memory_mb = 0
reserved_host_disk_mb = 0
vif_plugging_is_fatal = false
vif_plugging_timeout = 0
service_down_time = 600
report_interval = 60
sync_power_state_interval = -1
heal_instance_info_cache_interval = -1
update_resources_interval = 300
reclaim_instance_interval = 0
[api]
max_limit = ${OS_MAX_LIMIT:-1000}
auth_strategy = keystone
[wsgi]
api_paste_config = $dir/etc/nova/api-paste.ini
[api_database]
connection = sqlite:///$dir/db/nova_api.sqlite
sqlite_synchronous = false
$(db nova)
[conductor]
workers = 1
[scheduler]
workers = 1
[filter_scheduler]
track_instance_changes = false
[quota]
instances = ${OS_QUOTA_INSTANCES:-10000}
cores = -1
ram = -1
[key_manager]
backend = nova.keymgr.conf_key_mgr.ConfKeyManager
[vnc]
enabled = false
[notifications]
notification_format = unversioned
[oslo_messaging_notifications]
driver = noop
[oslo_concurrency]
lock_path = $dir/lock
$(authtoken)
[glance]
$(auth)
[placement]
$(auth)
[neutron]
$(auth)
service_metadata_proxy = true
metadata_proxy_shared_secret = metadata-secret
[cinder]
$(auth)
[service_user]
send_service_user_token = false
C
  # A mechanism driver that binds every port at once, found by an entry point on PYTHONPATH.
  mkdir -p "$dir/py/bindall-1.0.dist-info"
  printf 'Metadata-Version: 2.1\nName: bindall\nVersion: 1.0\n' >"$dir/py/bindall-1.0.dist-info/METADATA"
  printf '[neutron.ml2.mechanism_drivers]\nbindall = bindall:BindAll\n' >"$dir/py/bindall-1.0.dist-info/entry_points.txt"
  cp "$here/bindall.py" "$dir/py/"
}
