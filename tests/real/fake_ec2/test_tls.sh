#!/bin/bash
# test_tls.sh BUILD_DIR: proxy, private CA, wrong host name, expired certificate, another CA, with real TLS.
/usr/bin/python3 -c 'import cryptography' 2>/dev/null || {
  echo "SKIPPED: no python3-cryptography; install it with: apt-get install python3-cryptography" >&2
  exit 77
}
. "$(dirname "$0")/lib.sh"
/usr/bin/python3 "$here/tls_front.py" "$work" "$server" >"$work/front.log" 2>&1 </dev/null &
servers+=($!)
for _ in $(seq 300); do
  [ -s "$work/ports" ] && break
  sleep 0.1
done
port() { sed -n "s/^$1=//p" "$work/ports"; }
ca="ca_file = \"$work/ca.pem\""

url=https://127.0.0.1:$(port good) config_aws "$ca"
exits 0 tide -v scale-once
says '^clouds: aws DescribeInstances 1$'
url=https://127.0.0.1:$(port good) config_aws
AWS_CA_BUNDLE=$work/ca.pem exits 0 tide scale-once
before=$(calls DescribeInstances)
for name in wrong expired strange; do
  url=https://127.0.0.1:$(port $name) config_aws "$ca"
  exits 3 tide scale-once
  says 'shows a certificate that is not trusted'
  says 'ca_file'
done
url=https://127.0.0.1:$(port good) config_aws
exits 3 tide scale-once
says 'shows a certificate that is not trusted'

# The host has no address here: only the proxy knows where it is.
url=https://ec2.tide.test config_aws "$ca" "proxy = \"http://127.0.0.1:$(port proxy)\""
exits 0 tide scale-once
same "asked by the proxy" "CONNECT ec2.tide.test:443 HTTP/1.1" "$(sort -u "$work/proxy.log")"
rm "$work/proxy.log"
url=https://ec2.tide.test config_aws "$ca"
HTTPS_PROXY=http://127.0.0.1:$(port proxy) exits 0 tide scale-once
same "asked by the environment's proxy" "CONNECT ec2.tide.test:443 HTTP/1.1" "$(sort -u "$work/proxy.log")"
rm "$work/proxy.log"
HTTPS_PROXY=http://127.0.0.1:$(port proxy) NO_PROXY=.tide.test exits 6 tide scale-once
says 'has no address'
check "NO_PROXY is obeyed" test ! -e "$work/proxy.log"
url=https://ec2.other.test config_aws "$ca" "proxy = \"http://127.0.0.1:$(port proxy)\""
exits 3 tide scale-once # a proxy is no excuse for a wrong name
says 'shows a certificate that is not trusted'
same "a refused certificate is asked nothing" "$((before + 2))" "$(calls DescribeInstances)"
exit $failed
