#!/usr/bin/env bash
# Install what tests need besides Python (Debian, Ubuntu): a browser, Slurm and Grid Engine. The
# tests start the schedulers themselves: as services they are not started.
set -euo pipefail
packages=(slurmctld slurmd slurm-client munge gridengine-master gridengine-exec
  gridengine-client iproute2)
command -v chromium >/dev/null || packages+=(chromium)
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
