#!/bin/sh
#SBATCH --array=0-3
#SBATCH --job-name=kexec-bpf-fleet
# Each task builds its shard; afterwards, with all folders at hand:
#   kexec-bpf fleet merge shard-* -o fleet
exec kexec-bpf fleet run FLEET.json -o "shard-$SLURM_ARRAY_TASK_ID" --shard auto
