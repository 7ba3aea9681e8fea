#!/usr/bin/env bash
# Start a Slurm of one node on this machine's loopback: start_slurm.sh FOLDER, as root.
# Needs the Debian packages slurm-wlm and munge. Prints what to export; stop_slurm.sh ends it.
# The node claims one GPU, which is a name only, so that jobs that ask for it take turns.
# Jobs find the configuration where Debian's Slurm looks for it, so there must be none there yet.
set -euo pipefail
if [ -e /etc/slurm/slurm.conf ]; then
    echo "this machine has a Slurm already: /etc/slurm/slurm.conf" >&2
    exit 1
fi
folder=$(mkdir -p "$1" && cd "$1" && pwd)
mkdir -p "$folder"/{state,spool,munge,log}

# munge: a key, a socket and files of our own; an existing munged is left alone.
head -c 128 /dev/urandom > "$folder/munge/key"
chown -R munge "$folder/munge"
chmod 0755 "$folder" "$folder/munge"
chmod 0400 "$folder/munge/key"
start-stop-daemon --start --quiet --chuid munge --exec "$(command -v munged)" -- --force \
    --key-file "$folder/munge/key" --socket "$folder/munge/socket" \
    --pid-file "$folder/munge/pid" --log-file "$folder/munge/log" \
    --seed-file "$folder/munge/seed"

name=$(hostname -s)
memory=$(awk '/MemTotal/ {print int(0.9 * $2 / 1024)}' /proc/meminfo)
cat > "$folder/slurm.conf" <<END
ClusterName=loopback
SlurmctldHost=$name(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$folder/munge/socket
CredType=cred/munge
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/log/slurmctld.log
SlurmdLogFile=$folder/log/slurmd.log
SlurmctldPort=46817
SlurmdPort=46818
ProctrackType=proctrack/pgid
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
ReturnToService=2
MinJobAge=86400
SchedulerParameters=sched_interval=1,bf_interval=5
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
GresTypes=gpu
NodeName=$name NodeAddr=127.0.0.1 CPUs=$(nproc) RealMemory=$memory Gres=gpu:1 State=UNKNOWN
PartitionName=main Nodes=$name Default=YES MaxTime=INFINITE State=UP
END
echo "Name=gpu File=/dev/null" > "$folder/gres.conf"
touch "$folder/cgroup.conf"

export SLURM_CONF="$folder/slurm.conf"
ln -sf "$folder/slurm.conf" "$folder/gres.conf" "$folder/cgroup.conf" /etc/slurm/
slurmctld
slurmd
for _ in $(seq 30); do
    sinfo --noheader --states=idle 2>/dev/null | grep -q . && break
    sleep 1
done
if ! sinfo --noheader --states=idle | grep -q .; then
    echo "the node did not come up; see $folder/log" >&2
    exit 1
fi
echo "export SLURM_CONF=$SLURM_CONF"
