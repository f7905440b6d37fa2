#!/usr/bin/env bash
# A Grid Engine of one host with eight slots and two faked GPUs, on this machine, as root.
# usage: gridengine.sh FOLDER, as the first process of a PID namespace, in a network of its own
# (Grid Engine listens on every address); ends when its standard input is closed. Says "ready" once
# jobs can run. FOLDER/pid must hold the number of the process whose network this is.
set -euo pipefail
box=$1
hostname localhost
ip link set lo up
mkdir -p "$box"/{bin,log,root/default/common,spool/qmaster,spool/execd,spool/spooldb}
for each in /var/lib/gridengine/*; do
  test "${each##*/}" = default || ln -s "$each" "$box/root/"
done
export SGE_ROOT=$box/root SGE_CELL=default SGE_QMASTER_PORT=6444 SGE_EXECD_PORT=6445
arch=$(/usr/share/gridengine/util/arch)
export SGE_ARCH=$arch PATH=/usr/lib/gridengine:/usr/sbin:$PATH
common=$SGE_ROOT/default/common

sed -e 's/^admin_user.*/admin_user none/' -e "s|/var/spool/gridengine|$box/spool|" \
  /usr/share/gridengine/default-bootstrap > "$common/bootstrap"
echo localhost > "$common/act_qmaster"
sed -e "s|^execd_spool_dir.*|execd_spool_dir $box/spool/execd|" \
  -e 's/^min_\(.\)id.*/min_\1id 0/' -e 's/^load_report_time.*/load_report_time 00:00:02/' \
  -e 's/flush_time=00:00:15/flush_time=00:00:01 accounting_flush_time=00:00:01/' \
  /usr/share/gridengine/default-configuration > "$box/configuration"
{
  spoolinit berkeleydb libspoolb "$box/spool/spooldb" init
  spooldefaults configuration "$box/configuration"
  spooldefaults complexes /usr/share/gridengine/util/resources/centry
  spooldefaults usersets /usr/share/gridengine/util/resources/usersets
  spooldefaults managers root
} &> "$box/log/spool"

until_true() { for _ in {1..300}; do "$@" &> /dev/null && return; sleep 0.1; done; "$@"; }
SGE_ND=1 sge_qmaster &> "$box/log/qmaster" &
until_true qconf -sh
configure() {
  qconf -ah localhost || true
  qconf -as localhost
  qconf -ssconf | sed -e 's/^schedule_interval.*/schedule_interval 0:0:1/' \
    -e 's/^flush_\(.*\)_sec.*/flush_\1_sec 1/' > "$box/scheduler"
  qconf -Msconf "$box/scheduler"
  (qconf -sc; echo "gpu gpu INT <= YES YES 0 0") > "$box/complexes"
  qconf -Mc "$box/complexes"
  printf '%s\n' "hostname localhost" "load_scaling NONE" "complex_values gpu=2,mem_free=40G" "user_lists NONE" \
    "xuser_lists NONE" "projects NONE" "xprojects NONE" "usage_scaling NONE" \
    "report_variables NONE" > "$box/host"
  qconf -Ae "$box/host" || qconf -Me "$box/host"
  printf '%s\n' "pe_name smp" "slots 99" "user_lists NONE" "xuser_lists NONE" \
    "start_proc_args NONE" "stop_proc_args NONE" "allocation_rule \$pe_slots" \
    "control_slaves FALSE" "job_is_first_task TRUE" "urgency_slots min" \
    "accounting_summary FALSE" "qsort_args NONE" > "$box/pe"
  qconf -Ap "$box/pe"
  SGE_SINGLE_LINE=1 qconf -sq | sed -e 's/^qname.*/qname all.q/' -e 's/^hostlist.*/hostlist localhost/' \
    -e 's/^slots.*/slots 8/' -e 's/^pe_list.*/pe_list smp/' -e 's/^load_thresholds.*/load_thresholds NONE/' \
    -e 's|^shell .*|shell /bin/sh|' -e 's/^notify.*/notify 0:0:2/' > "$box/queue"
  qconf -Aq "$box/queue"
}
configure &> "$box/log/configure"
SGE_ND=1 sge_execd &> "$box/log/execd" &
for command in qsub qstat qdel qacct qmod; do  # slow while a test wants them to be
  {
    echo "#!/bin/sh"
    echo "while [ -e $box/slow-$command ]; do sleep 0.1; done"
    echo "export SGE_ROOT=$SGE_ROOT SGE_CELL=default SGE_QMASTER_PORT=6444 SGE_EXECD_PORT=6445"
    echo "exec nsenter --target $(cat "$box/pid") --net --uts /usr/bin/$command \"\$@\""
  } > "$box/bin/$command"
  chmod 0755 "$box/bin/$command"
done
up() { test -n "$(qstat -f | awk '$1 ~ /^all.q@/ && NF == 5')"; }
until_true up
echo ready
cat > /dev/null
rm -rf "$box"
