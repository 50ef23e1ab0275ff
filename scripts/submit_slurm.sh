#!/usr/bin/env bash
# Train on a Slurm cluster, and go on by itself after preemption or when the job's time is up.
#
#   scripts/submit_slurm.sh [options of sbatch] -- [options of seqfer train]
#   scripts/submit_slurm.sh --gres=gpu:2 --ntasks-per-node=2 --cpus-per-task=8 --time=4:00:00 -- \
#       --config configs/train_cnnrnn.yaml --data.stores study --data.labels study/labels.csv -o runs/one \
#       --trainer.devices 2 --trainer.strategy ddp
#
# Slurm sends SIGUSR1 two minutes before the time is up (or what --signal says): the training keeps a checkpoint
# at the end of its step and queues itself again. Where it is stopped without a word, it goes on from the last
# checkpoint, at most SEQFER_CHECKPOINT_STEPS (default 200) steps back. SEQFER names the command if it is not
# seqfer.
set -euo pipefail

batch=()
while [ $# -gt 0 ] && [ "$1" != "--" ]; do
    batch+=("$1")
    shift
done
if [ $# -lt 2 ]; then
    echo "usage: $0 [options of sbatch] -- [options of seqfer train]" >&2
    exit 2
fi
shift
command=$(printf '%q ' srun ${SEQFER:-seqfer} train "$@" --ckpt_path=auto \
    "--checkpoint_every_n_steps=${SEQFER_CHECKPOINT_STEPS:-200}")
sbatch --job-name=seqfer-train --requeue --open-mode=append --signal=USR1@120 --parsable "${batch[@]}" <<EOF
#!/usr/bin/env bash
exec $command --trainer.num_nodes="\$SLURM_JOB_NUM_NODES"
EOF
