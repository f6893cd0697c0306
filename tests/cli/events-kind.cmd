# exit 2: a kind that there is not is refused, with the kinds that there are
tide reset small -q || exit
tide events --kind launch || exit
tide events --kind terminated
