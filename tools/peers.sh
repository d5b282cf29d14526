#!/bin/sh
# Debian packages of the peers that the end-to-end tests talk to. Without apt or root: says what is missing and goes on;
# the tests that need a missing peer are then skipped loudly (in CI a missing peer is a failure).
#
# `--bench` adds the peers of `gatehouse bench relay`. Quick when everything is there; starts no service.
set -u
packages="swaks libnet-ssleay-perl opendkim opendkim-tools opendmarc python3 python3-dkim python3-nacl clamav-daemon unbound knot knot-dnsutils slapd ldap-utils postfix openssl libidn12 libgnutls-dane0 sqlmap wapiti rsyslog rsyslog-gnutls chromium zbar-tools"
bench_packages="rspamd postfix-policyd-spf-python"
[ "${1:-}" = "--bench" ] && packages="$packages $bench_packages"
log=${TMPDIR:-/tmp}/gatehouse-peers.log

command -v dpkg-query >/dev/null 2>&1 || {
  echo "gatehouse: not a Debian machine; the tests against real peers will be skipped" >&2
  exit 0
}
# shellcheck disable=SC2086
there=$(dpkg-query -W -f='${Package} ${Status}\n' $packages 2>/dev/null | sed -n 's/ install ok installed$//p')
missing=""
for p in $packages; do
  printf '%s\n' "$there" | grep -qx "$p" || missing="$missing $p"
done

install_missing() {
  echo "gatehouse: installing the test peers:$missing" >&2
  # Services must not start by themselves: the tests start and stop their own.
  made_policy=0
  if [ ! -e /usr/sbin/policy-rc.d ]; then
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
    chmod 755 /usr/sbin/policy-rc.d
    made_policy=1
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT INT TERM
  fi
  apt-get update -qq >"$log" 2>&1 || echo "gatehouse: apt-get update failed, see $log" >&2
  # Postfix asks how it should be set up; the tests bring their own configuration.
  echo "postfix postfix/main_mailer_type select No configuration" | debconf-set-selections 2>/dev/null
  # shellcheck disable=SC2086
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >>"$log" 2>&1 ||
    echo "gatehouse: some peers did not install, see $log" >&2
  if [ "$made_policy" = 1 ]; then
    rm -f /usr/sbin/policy-rc.d
    trap - EXIT INT TERM
  fi
}

if [ -n "$missing" ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    install_missing
  else
    echo "gatehouse: these Debian packages are missing, their tests will be skipped:$missing" >&2
  fi
fi

# Exim excludes Postfix as a package, so its files are unpacked beside the checkout and run from there, unconfigured.
exim_dir=.cache/exim
if [ ! -x "$exim_dir/usr/sbin/exim4" ] && command -v apt-get >/dev/null 2>&1; then
  mkdir -p "$exim_dir/download"
  # apt drops its privileges for a download and needs a folder it may then write to.
  chmod 777 "$exim_dir/download"
  if (cd "$exim_dir/download" && apt-get download -qq exim4-daemon-light) >>"$log" 2>&1 &&
    dpkg-deb -x "$exim_dir"/download/exim4-daemon-light_*.deb "$exim_dir" >>"$log" 2>&1; then
    rm -rf "$exim_dir/download"
  else
    echo "gatehouse: Exim could not be fetched (see $log); its tests will be skipped" >&2
  fi
fi
exit 0
