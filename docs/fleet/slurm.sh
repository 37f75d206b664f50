#!/bin/sh
# SPDX-License-Identifier: MIT
# sbatch --array=1-8 slurm.sh, then: kexec-bpf fleet merge shard-* -o merged
#SBATCH --job-name=fleet
#SBATCH --cpus-per-task=4
exec kexec-bpf fleet run FLEET.json -o "shard-$SLURM_ARRAY_TASK_ID" --shard auto -j "$SLURM_CPUS_PER_TASK" \
  --cache "$KEXEC_BPF_FLEET_CACHE"
