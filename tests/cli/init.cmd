# exit 0: init writes what config check passes; a file that is there is replaced only with a yes
unset TIDE_CONFIG SLURM_CONF AWS_PROFILE OS_CLOUD
export PATH=$WORK/bin:$PATH
tide init --defaults -c new.toml --name demo --head localhost --cloud local --command "$source_dir/examples/local/sleep-node" || exit
tide config check -c new.toml || exit
cat new.toml
tide init --defaults -c new.toml --name other --cloud local --command /bin/true
echo "exit $?"
printf '%s\n' typed slurm head.example ec2 7 big 4 7GiB eu-central-1 ami-0abc c7i.xlarge,c6i.xlarge | tide init -c typed.toml -q || exit
tide config check -c typed.toml || exit
sed -n '/clouds/,$p' typed.toml
