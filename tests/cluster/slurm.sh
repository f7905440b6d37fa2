#!/usr/bin/env bash
# A Slurm of three virtual nodes with eight cores and two faked GPUs each, on this machine, as root.
# usage: slurm.sh FOLDER, as the first process of a PID namespace: everything ends when it does,
# and it does when its standard input is closed. Says "ready" once the nodes are idle.
set -euo pipefail
box=$1
mkdir -p "$box"/{bin,dev,etc,log,run,state,spool/node1,spool/node2,spool/node3}
mkdir -m 0700 "$box/munge"
hostname localhost

ports=($(python3 -c '
import socket
free = [socket.socket() for _ in range(4)]
for each in free: each.bind(("127.0.0.1", 0))
print(*(each.getsockname()[1] for each in free))'))

head -c 128 /dev/urandom > "$box/munge/key" && chmod 0400 "$box/munge/key"
for gpu in 0 1; do mknod "$box/dev/nvidia$gpu" c 1 3; done  # Slurm wants device files: /dev/null
cat > "$box/etc/gres.conf" << END
AutoDetect=off
NodeName=node[1-3] Name=gpu Type=fake File=$box/dev/nvidia[0-1] Flags=nvidia_gpu_env
END
cat > "$box/etc/slurm.conf" << END
ClusterName=box
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort=${ports[0]}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$box/run/munge.sock
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
StateSaveLocation=$box/state
SlurmdSpoolDir=$box/spool/%n
SlurmctldPidFile=$box/run/slurmctld.pid
SlurmdPidFile=$box/run/slurmd-%n.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
DefMemPerCPU=500
GresTypes=gpu
SchedulerParameters=bf_interval=1,sched_interval=1,sched_min_interval=0,batch_sched_delay=0,requeue_delay=1
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
AccountingStorageType=accounting_storage/none
MinJobAge=3600
ReturnToService=2
KillWait=2
SlurmdTimeout=30
SlurmdParameters=config_overrides
MpiDefault=none
Prolog=$box/prolog
MailProg=/bin/true
$(for n in 1 2 3; do
  echo "NodeName=node$n NodeHostname=localhost NodeAddr=127.0.0.1 Port=${ports[n]}" \
    "CPUs=8 RealMemory=40000 Gres=gpu:fake:2"
done)
PartitionName=cpu Nodes=ALL Default=YES MaxTime=2:00:00
PartitionName=gpu Nodes=ALL MaxTime=2:00:00
PartitionName=requeued Nodes=ALL PreemptMode=REQUEUE
PartitionName=cancelled Nodes=ALL PreemptMode=CANCEL
PartitionName=urgent Nodes=ALL PriorityTier=9 PreemptMode=OFF
END
printf '#!/bin/sh\n! [ -e %s/broken-$SLURMD_NODENAME ]\n' "$box" > "$box/prolog"
chmod 0755 "$box/prolog"
for command in sbatch srun squeue sinfo scontrol scancel; do  # slow while a test wants them to be
  printf '#!/bin/sh\nwhile [ -e %s/slow-%s ]; do sleep 0.1; done\nSLURM_CONF=%s exec %s "$@"\n' \
    "$box" $command "$box/etc/slurm.conf" "$(command -v $command)" > "$box/bin/$command"
  chmod 0755 "$box/bin/$command"
done
chmod -R go+rX "$box/bin" "$box/etc" "$box/run"

export PATH=$box/bin:/usr/sbin:$PATH SLURM_CONF=$box/etc/slurm.conf
until_true() { for _ in {1..300}; do "$@" &> /dev/null && return; sleep 0.1; done; "$@"; }
munged --foreground --force --num-threads 2 --key-file "$box/munge/key" --socket "$box/run/munge.sock" \
  --pid-file "$box/run/munged.pid" --log-file "$box/log/munged" --seed-file "$box/munge/seed" 2> /dev/null &
until_true munge -n --socket "$box/run/munge.sock"
slurmctld -D -c &> "$box/log/slurmctld" &
until_true scontrol ping
for node in node1 node2 node3; do slurmd -D -c -N $node &> "$box/log/$node" & done
idle() { test "$(sinfo --noheader --Node --partition cpu --format %t | sort -u)" = idle; }
until_true idle
echo ready
cat > /dev/null
rm -rf "$box"
