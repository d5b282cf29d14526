#!/bin/sh
# Debian packages of the peers that the end-to-end tests talk to. Without apt or root: says what is missing and goes on;
# the tests that need a missing peer are then skipped loudly (in CI a missing peer is a failure).
set -u
packages="swaks opendkim opendkim-tools opendmarc python3-dkim clamav-daemon unbound knot slapd ldap-utils postfix openssl"
missing=""
for p in $packages; do
  dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $p"
done
if [ -n "$missing" ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "gatehouse: installing the test peers:$missing" >&2
    # Services must not start by themselves: the tests start and stop their own.
    printf '#!/bin/sh\nexit 101\n' >/tmp/gatehouse-policy-rc.d && chmod +x /tmp/gatehouse-policy-rc.d
    [ -e /usr/sbin/policy-rc.d ] || { cp /tmp/gatehouse-policy-rc.d /usr/sbin/policy-rc.d; made_policy=1; }
    apt-get update -qq >&2 || true
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/tmp/gatehouse-peers.log 2>&1 \
      || echo "gatehouse: some peers did not install, see /tmp/gatehouse-peers.log" >&2
    [ "${made_policy:-0}" = 1 ] && rm -f /usr/sbin/policy-rc.d
  else
    echo "gatehouse: these Debian packages are missing, their tests will be skipped:$missing" >&2
  fi
fi
# Exim excludes Postfix as a package, so it is unpacked beside the checkout's node_modules and run from there.
exim_dir=.cache/exim
if [ ! -x "$exim_dir/usr/sbin/exim4" ] && command -v apt-get >/dev/null 2>&1; then
  mkdir -p "$exim_dir"
  (cd "$exim_dir" && apt-get download -qq exim4-daemon-light exim4-base exim4-config >/dev/null 2>&1 \
    && for d in *.deb; do dpkg-deb -x "$d" .; done) || echo "gatehouse: Exim could not be fetched; its tests will be skipped" >&2
fi
exit 0
