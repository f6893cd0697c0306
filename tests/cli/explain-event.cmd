# exit 2: a past decision, and one that is not there
tide reset small -q
tide explain --event 1
tide explain --event 99
