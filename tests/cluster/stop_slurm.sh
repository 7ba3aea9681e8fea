#!/usr/bin/env bash
# Stop what start_slurm.sh FOLDER started.
set -u
for file in "$1"/slurmd.pid "$1"/slurmctld.pid "$1"/munge/pid; do
    if [ -f "$file" ]; then kill "$(cat "$file")" 2>/dev/null; fi
done
for name in slurm gres cgroup; do
    if [ "$(readlink "/etc/slurm/$name.conf")" = "$1/$name.conf" ]; then
        rm "/etc/slurm/$name.conf"
    fi
done
