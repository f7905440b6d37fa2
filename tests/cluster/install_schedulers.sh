#!/usr/bin/env bash
# Install Slurm and Grid Engine (Debian, Ubuntu) for `make test-clusters`, without starting them as
# services: the tests do that themselves.
set -euo pipefail
packages=(slurmctld slurmd slurm-client munge gridengine-master gridengine-exec
  gridengine-client iproute2)
[ -e /usr/sbin/sendmail ] || packages+=(msmtp-mta)  # a small one, instead of exim
if ! dpkg --status "${packages[@]}" &>/dev/null; then
  sudo=$([ "$(id -u)" = 0 ] || echo "sudo -n")
  $sudo bash -euc '
    policy=/usr/sbin/policy-rc.d
    if ! [ -e $policy ]; then
      trap "rm $policy" EXIT
      printf "#!/bin/sh\nexit 101\n" > $policy && chmod 0755 $policy
    fi
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
  ' install "${packages[@]}"
fi
