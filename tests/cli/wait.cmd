# exit 12: what is so already returns at once; what does not come is a time-out
tide wait --for empty || exit
tide wait --for ready=0 || exit
tide wait --for idle=1 --timeout 1s
