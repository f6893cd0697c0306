# exit 11: caps of a day and a month are shown with what is used, refuse a launch with numbers, and take a person's word
sed -i 's/^\[clouds.here\]/[money]\nper_day = 3.0\nper_month = 40\n&/' tide.toml
tide config check || exit 1
tide cost
tide cost set --day 2.99 2>said || exit 1
sed -E 's/[0-9]{4}-[0-9]{2}-[0-9]{2}/DAY/' said >&2
tide cost set --day 1 --month 0.5
echo "a day above its month: exit $?"
tide cost set
echo "nothing said: exit $?"
tide cost set --month much
echo "no amount: exit $?"
tide cost | sed -E 's/[0-9]{4}-[0-9]{2}-[0-9]{2}/DAY/'
slurm waiting
tide pools -o csv | grep per_day | sed -E 's/[0-9]+\.[0-9]+/N/g'
tide launch small 2>err >out
code=$?
sed -E 's/[0-9]+\.[0-9]+/N/g' err >&2
tide events --kind cost-set | sed -E 's/ on [0-9-]+/ on DAY/'
exit $code
