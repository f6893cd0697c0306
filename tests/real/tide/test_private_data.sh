#!/bin/bash
# PrivateData hides others' jobs from a plain user: no reading of the queue then proves anything, nothing is launched, exit
# 9. Root works as the owner of the state folder, which is how this test becomes a plain user.
. "$(dirname "$0")/lib.sh"
slurm_up SLURM_TEST_PRIVATEDATA=cloud,jobs
config_local
chmod 755 "$work"
chmod 644 "$TIDE_CONFIG"
mkdir -p "$work/state"
chown nobody "$work/state"
submit -n1 --mem=200 --wrap 'sleep 300' >/dev/null
exits 9 tide scale-once
says 'PrivateData'
same "nothing was launched" "" "$(sinfo -hN -o %N)"
check "the store is the owner's, not root's" test "$(stat -c %U "$work/state/tide.db")" = nobody
chown root "$work/state" "$work"/state/*
check "root itself, who sees all jobs, launches" until_true 60 jobs_run 1
scancel --user=root
check "and it goes" until_true 60 machines_are 0
exit $failed
