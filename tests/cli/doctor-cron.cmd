# exit 3: what only this shell finds is told with --as-cron: cron has no TIDE_CONFIG
tide doctor --as-cron -q | sed -E 's/-> Write.*scale-once/-> Write ... scale-once/; s/ \(.*is not there\)//'
exit "${PIPESTATUS[0]}"
